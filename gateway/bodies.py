"""How bodies are read: strictly, from JSON, straight into the model that a route names."""

from collections.abc import Callable, Coroutine, Mapping, Set
from types import MappingProxyType, NoneType, UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

from fastapi import APIRouter, Request
from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    Strict,
    ValidationError,
    create_model,
)
from pydantic_core import CoreSchema, core_schema
from starlette.responses import Response

from contracts.patch import Patch
from gateway.answers import Shown
from gateway.body import check_shape
from gateway.bounds import MAX_ERRORS, MAX_PARAMETERS
from gateway.descriptions import CHANGES, TAGS
from gateway.identity import bearer
from gateway.problems import BadRequest, documented
from gateway.scopes import check_scopes


class Body(Shown):
    """What is said to a route; fields that it does not know are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class _FromJson:
    """Lets a model be read from the bytes of a body."""

    def __get_pydantic_core_schema__(
        self, source: type[BaseModel], handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        def read(raw: Any, _: Any) -> Any:
            try:
                return source.model_validate_json(raw, extra="forbid")
            except ValidationError as error:
                # Not left to FastAPI, which would copy the whole body into each of the errors.
                found = error.errors(include_url=False, include_input=False)[:MAX_ERRORS]
                raise RequestValidationError(
                    [{**one, "loc": ("body", *one["loc"])} for one in found], body=raw
                ) from None

        return core_schema.no_info_wrap_validator_function(read, handler(source))


Model = TypeVar("Model", bound=BaseModel)
Said = Annotated[Model, _FromJson()]
"""A body: `Said[NewHabit]`."""


class _Request(Request):
    """A request whose JSON is left to the model that reads it; to say nothing is to say `{}`."""

    async def body(self) -> bytes:
        """Return the body as it came; an empty object for none."""
        return await super().body() or b"{}"

    async def json(self) -> Any:
        """Return the body as it came."""
        raw = await self.body()
        check_shape(raw)
        return raw


class Route(APIRoute):
    """A route that takes JSON, nothing that only looks like it, and no unknown parameters."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler, behind checks of the query and the media type."""
        handle = super().get_route_handler()
        known = queries(self.dependant)
        takes_json = self.body_field is not None
        for_persons = asks_who(self.dependant)

        async def handle_strictly(request: Request) -> Response:
            if for_persons:
                # Before the body is read: nobody sends a megabyte without being known and counted.
                check_scopes(await bearer(request), self.endpoint)
            if request.scope["query_string"]:
                check_query(request, known)
            if not takes_json:
                return await handle(request)
            if not _is_json(request):
                raise BadRequest(
                    415, "not_json", "Send the body as JSON, with Content-Type: application/json."
                )
            return await handle(_Request(request.scope, request.receive))

        return handle_strictly


def queries(dependant: Dependant) -> set[str]:
    """Name the query parameters of a route and of all that it depends on."""
    names = {field.alias for field in dependant.query_params}
    return names.union(*map(queries, dependant.dependencies))


def asks_who(dependant: Dependant) -> bool:
    """Tell whether a route is for people who are logged in."""
    return dependant.call is bearer or any(map(asks_who, dependant.dependencies))


def check_query(request: Request, known: Set[str]) -> None:
    """Refuse parameters that a route does not know: they may be misspelt."""
    if request.scope["query_string"].count(b"&") >= MAX_PARAMETERS:
        text = "The query has too many parameters: at most {most}."
        raise BadRequest(422, "too_many_parameters", text, most=MAX_PARAMETERS)
    unknown = [name for name in request.query_params if name not in known]
    if unknown:
        raise RequestValidationError(
            [
                {"type": "extra_forbidden", "loc": ("query", name), "msg": "", "input": None}
                for name in unknown
            ]
        )


def _is_json(request: Request) -> bool:
    """Tell whether the body says that it is JSON in UTF-8; no body at all is judged later."""
    given = request.headers.get("content-type")
    if given is None:
        headers = request.headers
        return headers.get("content-length", "0") == "0" and "transfer-encoding" not in headers
    media, _, parameters = given.partition(";")
    charset = parameters.lower().partition("charset=")[2].strip(' "') or "utf-8"
    return media.strip().lower() == "application/json" and charset in ("utf-8", "utf8")


def resource(tag: str, about: str = "") -> APIRouter:
    """Make the router of a resource: named `router` in a module of the gateway, it is found.

    `about` says what the operations under the tag are about; one resource of a tag says it.
    A route names the error answers that neither all give nor its shape tells of (`gateway.told`).
    """
    if about:
        TAGS[tag] = about
    return APIRouter(
        tags=[tag],
        route_class=Route,
        responses=documented(400, 422, 429, 431, 500, 503, 504),
        generate_unique_id_function=lambda route: route.name,
    )


def changes_of(
    name: str,
    command: type[Patch[Any]],
    *,
    of: type[BaseModel],
    instead: Mapping[str, Any] = MappingProxyType({}),
    example: dict[str, Any],
) -> type[BaseModel]:
    """Make the body of a PATCH from its command: what is absent stays; null clears what it may.

    A field that the command does not describe is described by what is changed (`of`); `instead`
    gives the types of those that are written otherwise outside.
    """
    fields: dict[str, Any] = {}
    for field, info in command.model_fields.items():
        if field in command.about - {"effective_from"}:
            continue
        kind = instead.get(field) or _without_none(info.annotation)
        kind = kind | None if field in command.clears else kind
        changed = of.model_fields.get(field, info)
        words = info.description or changed.description
        fields[field] = (kind, Field(default_factory=_nothing, description=words))
    config = ConfigDict(extra="forbid", frozen=True, json_schema_extra={"examples": [example]})
    doc = f"{(command.__doc__ or name).splitlines()[0]} What is not given stays as it is."
    made: type[BaseModel] = create_model(name, __config__=config, __doc__=doc, **fields)
    CHANGES[made] = (command, of)
    return made


def _nothing() -> None:
    """Stand for what was not given; unlike a default it does not show in the schema."""


def _without_none(annotation: Any) -> Any:
    """Take None out of a type, and let numbers and truths be nothing else."""
    if get_origin(annotation) in (Union, UnionType):
        kinds = [kind for kind in get_args(annotation) if kind is not NoneType]
        kind = kinds[0] if len(kinds) == 1 else Union[tuple(kinds)]  # noqa: UP007 - at run time
    else:
        kind = annotation
    plain = get_args(kind)[0] if get_origin(kind) is Annotated else kind
    return Annotated[kind, Strict()] if plain in (int, bool) else kind


def given(body: BaseModel) -> dict[str, Any]:
    """Return what was given, as it was read."""
    return {name: getattr(body, name) for name in body.model_fields_set}
