"""The OpenAPI description: what FastAPI knows, and the routes that stand in front of it."""

import re
from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from maquette.api.bounds import EVENTS_PATH, STREAM_JOBS
from maquette.api.compat.errors import is_old
from maquette.api.door import READINESS, is_open, reaches
from maquette.api.problems import MEDIA_TYPE, documented
from maquette.api.schemas.batches import NewBatchIn
from maquette.api.schemas.common import Problem
from maquette.api.schemas.compat import OldProblem, StatusBody, StatusFailure
from maquette.api.schemas.jobs import EventOut
from maquette.api.schemas.sockets import SocketAsked, SocketError, SocketEvent, SocketNote, SocketPong
from maquette.app.tickets import PATHS

TITLE = "Maquette"
_ALSO: tuple[type[BaseModel], ...] = (
    *(Problem, OldProblem, StatusBody, StatusFailure, EventOut, NewBatchIn),
    *(SocketAsked, SocketEvent, SocketNote, SocketPong, SocketError),
)
STATUS_PLACE = "/api/status"
STATUS_PATH = f"{STATUS_PLACE}/{{job_id}}"
SCHEMES: dict[str, Any] = {
    "key": {"type": "http", "scheme": "bearer", "description": "An API key: `Authorization: Bearer mq_…`"},
    "header": {
        "type": "apiKey",
        "in": "header",
        "name": "X-API-Key",
        "description": "An API key",
    },
    "cookie": {
        "type": "apiKey",
        "in": "cookie",
        "name": "maquette",
        "description": "A sign-in",
    },
    "session": {"type": "apiKey", "in": "header", "name": "X-Session-Token", "description": "The token of one job"},
    "ticket": {"type": "apiKey", "in": "query", "name": "ticket", "description": "Good for one request"},
}
_PARAMETER = re.compile(r"\{[^}]+\}")
_JOB_ID = {"name": "job_id", "in": "path", "required": True, "schema": {"type": "string"}}


def describe(app: FastAPI) -> dict[str, Any]:
    """The whole description, its keys sorted, the same every time."""
    document = get_openapi(
        title=TITLE,
        version="1",
        description="Photos in, finished assets out: cut-outs and shop-ready 3D models, as durable jobs.",
        routes=app.routes,
    )
    schemas = document["components"]["schemas"]
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    schemas.update(_more_schemas())
    for place, path in document["paths"].items():
        for operation in path.values():
            _tell_errors(operation["responses"], place)
    document["paths"] |= {
        STATUS_PATH: {"get": _STATUS},
        STATUS_PLACE: {"get": _STATUS_BY_QUERY},
        "/api/v1/jobs/{job_id}/events": {"get": _events()},
        EVENTS_PATH: {"get": _many_events()},
    }
    document["components"]["securitySchemes"] = SCHEMES
    for place, path in document["paths"].items():
        for method, operation in path.items():
            _tell_who(operation, place, method)
    return _sorted(document)


def _tell_who(operation: dict[str, Any], place: str, method: str) -> None:
    """What opens it; every place that the door guards says so without having to."""
    if is_open(place) or place == READINESS:
        operation["security"] = []
        return
    if place in (STATUS_PATH, STATUS_PLACE):
        operation["security"] = [{scheme: []} for scheme in ("session", "key", "header", "cookie")]
        return
    schemes = ["key", "header", "cookie"]
    schemes += ["session"] if reaches(method.upper(), place) else []
    schemes += ["ticket"] if method == "get" and PATHS.fullmatch(_PARAMETER.sub("x", place)) else []
    operation["security"] = [{scheme: []} for scheme in schemes]
    refusals = {str(status): response for status, response in documented("unauthorized").items()}
    _tell_errors(refusals, place)
    operation["responses"] = {"401": refusals["401"]} | operation["responses"]


def _more_schemas() -> dict[str, Any]:
    template = "#/components/schemas/{model}"
    _, definitions = models_json_schema([(model, "serialization") for model in _ALSO], ref_template=template)
    return definitions["$defs"]


def _tell_errors(responses: dict[str, Any], place: str) -> None:
    """Every error of ours is a problem, whatever FastAPI thinks of it."""
    problem = "OldProblem" if is_old(place) else "Problem"
    for status, response in responses.items():
        if int(status) >= 400:
            response["content"] = {MEDIA_TYPE: {"schema": _ref(problem)}}


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def _json(description: str, name: str) -> dict[str, Any]:
    return {"description": description, "content": {"application/json": {"schema": _ref(name)}}}


_STATUS: dict[str, Any] = {
    "tags": ["compat"],
    "operationId": "get_status_compat",
    "summary": "Status, as polling front ends know it",
    "description": "Errors come in this route's own shape; a failed job is answered with 200.",
    "parameters": [_JOB_ID],
    "responses": {
        "200": _json("How the job stands", "StatusBody"),
        "401": _json("There is no valid token or key (`UNAUTHORIZED`)", "StatusFailure"),
        "404": _json("It opens no such job (`NOT_FOUND`)", "StatusFailure"),
        "503": _json("The database does not answer (`NOT_READY`)", "StatusFailure"),
    },
}


_STATUS_BY_QUERY: dict[str, Any] = _STATUS | {
    "operationId": "get_status_by_query_compat",
    "summary": "The same, for front ends that name the job in the query",
    "parameters": [_JOB_ID | {"in": "query", "description": "The id of the job or of one of its photos"}],
}


def _events() -> dict[str, Any]:
    return {
        "tags": ["jobs"],
        "operationId": "stream_events",
        "summary": "The events of a job as they happen",
        "parameters": [_JOB_ID, *_resuming({"type": "integer", "minimum": 0})],
        "responses": _streaming("not_found"),
    }


def _many_events() -> dict[str, Any]:
    jobs = {"type": "string", "description": f"1 to {STREAM_JOBS} ids of jobs, separated by commas"}
    return {
        "tags": ["jobs"],
        "operationId": "stream_many_events",
        "summary": "The events of many jobs as they happen",
        "description": "The `id` of each event says how far every job was told; `event: gone` names a job that does "
        "not exist.\n\n**As a WebSocket** the same address takes messages of the form `SocketAsked` and sends "
        "`SocketEvent`, `SocketNote`, `SocketPong` and `SocketError`; see the guide to streams.",
        "parameters": [
            {"name": "jobs", "in": "query", "required": True, "schema": jobs},
            *_resuming({"type": "string"}),
        ],
        "responses": _streaming("not_found", "too_many_streams"),
    }


def _resuming(schema: dict[str, Any]) -> list[dict[str, Any]]:
    places = (("since", "query"), ("Last-Event-ID", "header"))
    return [{"name": name, "in": place, "required": False, "schema": schema} for name, place in places]


def _streaming(*codes: str) -> dict[str, Any]:
    responses: dict[str, Any] = {
        "200": {
            "description": "A stream; the data of each event is an `EventOut`, `event: ping` comes every 15 s",
            "content": {"text/event-stream": {"schema": {"type": "string"}, "x-event": _ref("EventOut")}},
        },
        "204": {"description": "All has been told: every job has ended and the caller has its events"},
    }
    errors = {str(status): response for status, response in documented(*codes).items()}
    _tell_errors(errors, EVENTS_PATH)
    return responses | errors


def _sorted(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _sorted(value[key]) for key in sorted(value)}
    return [_sorted(item) for item in value] if isinstance(value, list) else value
