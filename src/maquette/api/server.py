"""The HTTP server's application: a guard, four routes in raw ASGI, FastAPI behind them, and the page for the rest."""

from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.middleware.errors import ServerErrorMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from maquette.api import problems, sockets, streams
from maquette.api.attempts import Attempts
from maquette.api.bounds import EVENTS_PATH
from maquette.api.compat import batches as old_batches
from maquette.api.compat import optimize_model, photos, products, status
from maquette.api.compat.errors import OldErrors
from maquette.api.delivery import HEAD
from maquette.api.document import TITLE, describe
from maquette.api.door import Door
from maquette.api.identity import Identity
from maquette.api.observation import Observed, see, seeing
from maquette.api.origins import Origins
from maquette.api.routes import (
    assets,
    batches,
    calls,
    costs,
    files,
    hooks,
    jobs,
    keys,
    metrics,
    owners,
    pipelines,
    profiles,
    projects,
    queues,
    results,
    service,
    sign_in,
    tickets,
    uploads,
    webhooks,
)
from maquette.api.security import Guard, SmallBodies, with_headers
from maquette.api.services import Services
from maquette.api.tail import Tail
from maquette.api.web import WebPage

ROUTERS = (
    projects.router,
    owners.router,
    assets.router,
    uploads.router,
    files.router,
    jobs.router,
    calls.router,
    batches.router,
    costs.router,
    results.router,
    pipelines.router,
    profiles.router,
    queues.router,
    service.router,
    metrics.router,
    sign_in.router,
    tickets.router,
    webhooks.router,
    hooks.router,
    keys.router,
    optimize_model.router,
    photos.router,
    products.router,
    old_batches.router,
)
UPLOADS = frozenset(
    {
        ("POST", "/api/v1/assets"),
        ("PUT", "/api/v1/assets"),
        ("POST", "/api/v1/projects/import"),
        ("POST", "/api/upload-photo"),
    }
)
ANNOUNCED = "/files/uploads/"
API_PREFIXES = ("/api/", "/files/")
API_PATHS = frozenset({"/api", "/files", "/healthz", "/readyz", "/metrics", "/openapi.json"})


class Application:
    """What a server runs. ``close_streams`` is for the moment when it is asked to stop."""

    def __init__(self, services: Services) -> None:
        framework = _framework()
        framework.state.services = services
        origins = Origins(services.allowed_hosts, services.public_url, services.cors_origins)
        identity = Identity(services.access, origins)
        framework.state.origins = origins
        framework.state.identity = identity
        framework.state.attempts = Attempts()
        self._tail = Tail(services.events, streams.PING_S)
        self._events = streams.EventRoute(self._tail)
        self._sockets = sockets.SocketRoute(self._tail, services.max_sockets)
        self._status = status.StatusRoute(services.status_reader, identity, services.access.sessions, services.joining)
        self._api = _head_as_get(SmallBodies(seeing(framework), _is_upload))
        self._page = WebPage(services.webui, services.redirects.origin if services.redirects else None)
        self._door = Door(self._behind, identity, services.access)
        self._framework = framework
        whole = ServerErrorMiddleware(self._dispatch, handler=problems.unexpected)
        self._observed = Observed(OldErrors(Guard(whole, origins)), services.meter, services.tracer)

    def close_streams(self) -> None:
        """Ends every stream of events; call it in the event loop before waiting for connections to close."""
        self._tail.close()
        self._observed.close()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._framework(scope, receive, send)
        else:
            await self._observed(scope, receive, send)

    async def _dispatch(self, scope: Scope, receive: Receive, send: Send) -> None:
        path: str = scope["path"]
        if scope["type"] == "websocket":
            await self._door(scope, receive, send)
        elif path == status.PLACE or path.startswith(status.PREFIX):
            await self._status(scope, receive, send)
        else:
            place = self._door if path.startswith(API_PREFIXES) or path in API_PATHS else self._page
            await place(scope, receive, with_headers(send))

    async def _behind(self, scope: Scope, receive: Receive, send: Send) -> None:
        """What only those see who were let in."""
        await self._route(scope)(scope, receive, send)

    def _route(self, scope: Scope) -> ASGIApp:
        path: str = scope["path"]
        one = streams.PATH.fullmatch(path)
        if one or path == EVENTS_PATH:
            see(scope, streams.ROUTE if one else path)
        if scope["type"] == "websocket":
            return self._sockets
        return self._events if one or path == EVENTS_PATH else self._api


def create_app(services: Services) -> Application:
    """The ASGI application over the given services."""
    return Application(services)


def openapi_document() -> dict[str, Any]:
    """The OpenAPI description as the server serves it, made without any service."""
    return describe(_framework())


def _framework() -> FastAPI:
    app = FastAPI(
        title=TITLE,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=_operation_id,
    )
    for router in ROUTERS:
        app.include_router(router)
    problems.install(app)
    described: dict[str, Any] = {}

    def openapi() -> dict[str, Any]:
        if not described:
            described.update(describe(app))
        return described

    app.openapi = openapi
    return app


def _is_upload(method: str, path: str) -> bool:
    return (method, path) in UPLOADS or (method == "PUT" and path.startswith(ANNOUNCED))


def _operation_id(route: APIRoute) -> str:
    return route.name


def _head_as_get(app: ASGIApp) -> ASGIApp:
    """Answers HEAD like GET, without the body."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await app(scope, receive, send)
            return

        async def send_head(message: Message) -> None:
            if message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        await app({**scope, "method": "GET", HEAD: True}, receive, send_head)

    return answer
