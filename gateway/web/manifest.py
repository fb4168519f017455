"""What a browser needs to install the app: its name, colours and icons."""

import json

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from contracts.speech import say
from gateway.deps import guest
from gateway.language import liked
from gateway.web.files import DAY, file

router = APIRouter(include_in_schema=False, dependencies=[Depends(guest)])


@router.get("/manifest.webmanifest")
async def manifest(request: Request) -> Response:
    """Describe the app (W3C Web Application Manifest)."""
    language = liked(request.scope)
    icons = [
        {"src": file("icon.svg"), "sizes": "any", "type": "image/svg+xml"},
        {"src": file("icon-192.png"), "sizes": "192x192", "type": "image/png"},
        {"src": file("icon-512.png"), "sizes": "512x512", "type": "image/png"},
        {
            "src": file("icon-512.png"),
            "sizes": "512x512",
            "type": "image/png",
            "purpose": "maskable",
        },
    ]
    words = {
        "id": "/",
        "name": "Ritmo",
        "short_name": "Ritmo",
        "description": say(language, "Your habits, on your own machine."),
        "lang": language,
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "background_color": "#f7f5f0",
        "theme_color": "#1b6f4d",
        "icons": icons,
    }
    headers = {"Cache-Control": DAY, "Vary": "Accept-Language"}
    text = json.dumps(words, ensure_ascii=False)
    return Response(text, 200, headers, "application/manifest+json")
