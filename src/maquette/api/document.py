"""The OpenAPI description: what FastAPI knows, and the routes that stand in front of it."""

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from maquette.api.problems import MEDIA_TYPE, documented
from maquette.api.schemas.common import Problem
from maquette.api.schemas.compat import StatusBody, StatusFailure
from maquette.api.schemas.jobs import EventOut

TITLE = "Maquette"
_ALSO: tuple[type[BaseModel], ...] = (Problem, StatusBody, StatusFailure, EventOut)
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
    for path in document["paths"].values():
        for operation in path.values():
            _tell_errors(operation["responses"])
    document["paths"] |= {"/api/status/{job_id}": {"get": _STATUS}, "/api/v1/jobs/{job_id}/events": {"get": _events()}}
    return _sorted(document)


def _more_schemas() -> dict[str, Any]:
    template = "#/components/schemas/{model}"
    _, definitions = models_json_schema([(model, "serialization") for model in _ALSO], ref_template=template)
    return definitions["$defs"]


def _tell_errors(responses: dict[str, Any]) -> None:
    """Every error of ours is a problem, whatever FastAPI thinks of it."""
    for status, response in responses.items():
        if int(status) >= 400:
            response["content"] = {MEDIA_TYPE: {"schema": _ref("Problem")}}


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def _json(description: str, name: str) -> dict[str, Any]:
    return {"description": description, "content": {"application/json": {"schema": _ref(name)}}}


_STATUS: dict[str, Any] = {
    "tags": ["compat"],
    "operationId": "get_status_compat",
    "summary": "Status, as polling front ends know it",
    "description": "Errors come in this route's own shape; a failed job is answered with 200.",
    "parameters": [
        _JOB_ID,
        {"name": "X-Session-Token", "in": "header", "required": True, "schema": {"type": "string"}},
    ],
    "responses": {
        "200": _json("How the job stands", "StatusBody"),
        "401": _json("There is no valid token (`UNAUTHORIZED`)", "StatusFailure"),
        "404": _json("The token opens no such job (`NOT_FOUND`)", "StatusFailure"),
        "503": _json("The database does not answer (`NOT_READY`)", "StatusFailure"),
    },
}


def _events() -> dict[str, Any]:
    number = {"type": "integer", "minimum": 0}
    responses: dict[str, Any] = {
        "200": {
            "description": "A stream; the data of each event is an `EventOut`, `event: ping` comes every 15 s",
            "content": {"text/event-stream": {"schema": {"type": "string"}, "x-event": _ref("EventOut")}},
        },
        "204": {"description": "The job has ended and the caller has all its events"},
    }
    errors = {str(status): response for status, response in documented("not_found").items()}
    _tell_errors(errors)
    return {
        "tags": ["jobs"],
        "operationId": "stream_events",
        "summary": "The events of a job as they happen",
        "parameters": [
            _JOB_ID,
            {"name": "since", "in": "query", "required": False, "schema": number},
            {"name": "Last-Event-ID", "in": "header", "required": False, "schema": number},
        ],
        "responses": responses | errors,
    }


def _sorted(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _sorted(value[key]) for key in sorted(value)}
    return [_sorted(item) for item in value] if isinstance(value, list) else value
