"""Today, at `/`: what is due, and one tap for what is done."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from contracts.check_ins import GetToday
from gateway.deps import TheBus, guest
from gateway.web.layout import show
from gateway.web.plain import wants_page
from gateway.web.route import WebRoute, visitor
from gateway.web.status import greeted

router = APIRouter(include_in_schema=False, route_class=WebRoute)


@router.get("/")
async def look(request: Request, bus: TheBus) -> Response:
    """Show the day of whoever has signed in; a program is greeted."""
    if not wants_page(request):
        await guest(request)
        return await greeted(request)
    me = await visitor(request)
    today = await bus.ask(GetToday(), me)
    return show(request, "today.html", today=today)
