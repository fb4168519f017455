"""People: the caller's own profile at /v1/me, and all users for administrators."""

import re
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

from fastapi import Path, Query, Request
from pydantic import BaseModel, BeforeValidator, Field, WithJsonSchema
from starlette.responses import Response

from contracts.reminders import TIME, LocalTime, local_time, minutes_of
from contracts.users import (
    ChangeProfile,
    ChangeUser,
    DeleteMe,
    DeleteUser,
    GetProfile,
    GetUser,
    ListUsers,
    PersonDetails,
    User,
)
from gateway.answers import Shown, answer, etag_of, versioned
from gateway.bodies import Said, changes_of, given, resource
from gateway.deps import NOT_MODIFIED, Expected, IfNoneMatch, Key, PageCursor, TheBus, door_of
from gateway.erasures import certificate
from gateway.identity import Me
from gateway.problems import documented

router = resource("people", "The caller's own profile; and, for administrators, everybody's.")

ADMIN = documented(403)
UserId = Annotated[
    UUID, Path(description="Which user.", examples=["01890a5d-ac96-774b-bcce-b302099a8057"])
]
Search = Annotated[
    str,
    Query(
        description="Part of an address or a name.",
        max_length=100,
        pattern=r"^[^\x00-\x1f\x7f-\x9f]*$",
    ),
]

LATEST = 720
"""Minutes after midnight at which a day begins at the latest."""


def _minutes(given: object) -> int:
    """Read a time of day; minutes after midnight, as older clients send them, are read, too."""
    if isinstance(given, str) and re.fullmatch(TIME, given):
        given = minutes_of(given)
    if not isinstance(given, int) or isinstance(given, bool):
        raise ValueError("Write a time of day as HH:MM, such as 04:00.")
    if not 0 <= given <= LATEST:
        raise ValueError("A day begins between 00:00 and 12:00.")
    return given


DayStartGiven = Annotated[
    int,
    BeforeValidator(_minutes),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "pattern": r"^((0[0-9]|1[01]):[0-5][0-9]|12:00)$"},
                {"type": "integer", "minimum": 0, "maximum": LATEST, "deprecated": True},
            ]
        }
    ),
]


class Person(PersonDetails):
    """A person, as they and administrators see them."""

    day_start: LocalTime = Field(examples=["04:00"])
    """When their logical day begins, HH:MM on their clock; 12:00 at the latest."""


def person_of(user: User) -> Person:
    """Show a person."""
    words = user.model_dump(exclude={"day_start"})
    return Person(**words, day_start=local_time(user.day_start))


if TYPE_CHECKING:
    ProfileChanges = BaseModel
    UserChanges = BaseModel
else:
    ProfileChanges = changes_of(
        "ProfileChanges",
        ChangeProfile,
        of=Person,
        instead={"day_start": DayStartGiven},
        example={"zone": "Europe/London", "day_start": "04:00"},
    )
    UserChanges = changes_of(
        "UserChanges",
        ChangeUser,
        of=User,
        example={"disabled": True},
    )


class UserPage(Shown):
    """A page of users, newest first; `next` asks for the next page."""

    users: tuple[Person, ...]
    """The users, newest first."""
    next: str | None
    """The cursor of the next page; null: this is the last one."""


@router.get(
    "/v1/me",
    response_model=Person,
    responses=NOT_MODIFIED | documented(404),
    summary="Get my profile",
)
async def get_me(me: Me, bus: TheBus, known: IfNoneMatch = None) -> Response:
    """Get the caller's profile."""
    user = await bus.ask(GetProfile(), me)
    return versioned(person_of(user), user.version, known, moves=False)


@router.patch(
    "/v1/me", responses=documented(404), response_model=Person, summary="Change my profile"
)
async def change_me(
    request: Request,
    body: Said[ProfileChanges],
    me: Me,
    bus: TheBus,
    expected: Expected,
    key: Key = None,
) -> Response:
    """Change the caller's profile. Days that have passed stay as they were."""
    command = ChangeProfile(**given(body), expected_version=expected)
    user = await bus.ask(command, me, idempotency_key=key)
    door_of(request).languages.keep(user.user_id, user.language, user.version)
    return answer(person_of(user), headers={"ETag": etag_of(user.version)})


@router.delete("/v1/me", responses=documented(404), status_code=204, summary="Delete my account")
async def delete_me(me: Me, bus: TheBus, expected: Expected, key: Key = None) -> Response:
    """Delete the caller's account and all that Ritmo holds of theirs. There is no way back.

    `Location` is where a certificate tells what was erased where; it needs no login.
    """
    headers = await certificate(bus, me)
    await bus.ask(DeleteMe(expected_version=expected), me, idempotency_key=key)
    return Response(status_code=204, headers=headers)


@router.get("/v1/users", responses=ADMIN, response_model=UserPage, summary="List users")
async def list_users(
    me: Me,
    bus: TheBus,
    search: Search = "",
    limit: Annotated[int, Query(ge=1, le=100, description="How many at most.")] = 50,
    cursor: PageCursor = None,
) -> Response:
    """List users, newest first. For administrators."""
    page = await bus.ask(ListUsers(search=search, limit=limit, cursor=cursor), me)
    return answer(UserPage(users=tuple(map(person_of, page.users)), next=page.cursor))


@router.get("/v1/users/{user_id}", responses=ADMIN, response_model=Person, summary="Get a user")
async def get_user(user_id: UserId, me: Me, bus: TheBus) -> Response:
    """Get a user. For administrators."""
    user = await bus.ask(GetUser(user_id=user_id), me)
    return answer(person_of(user), headers={"ETag": etag_of(user.version)})


@router.patch(
    "/v1/users/{user_id}", responses=ADMIN, response_model=Person, summary="Change a user"
)
async def change_user(
    user_id: UserId, body: Said[UserChanges], me: Me, bus: TheBus, key: Key = None
) -> Response:
    """Disable or enable a user, or change their role. For administrators."""
    command = ChangeUser(user_id=user_id, **given(body))
    user = await bus.ask(command, me, idempotency_key=key)
    return answer(person_of(user), headers={"ETag": etag_of(user.version)})


@router.delete("/v1/users/{user_id}", responses=ADMIN, status_code=204, summary="Delete a user")
async def delete_user(user_id: UserId, me: Me, bus: TheBus, key: Key = None) -> Response:
    """Delete a user and all that Ritmo holds of theirs. For administrators.

    `Location` is where a certificate tells what was erased where; it needs no login.
    """
    await bus.ask(DeleteUser(user_id=user_id), me, idempotency_key=key)
    return Response(status_code=204, headers=await certificate(bus, me, user_id))
