"""Where providers may call when a commission has gone on. Open: the secret part of the address is the permission."""

import asyncio

from fastapi import APIRouter, Request

from maquette.api.dependencies import ServicesDep
from maquette.api.problems import documented
from maquette.app.webhooks.callbacks import MAX_BODY
from maquette.domain.errors import Refused

router = APIRouter(prefix="/api/v1/hooks", tags=["hooks"])


@router.post(
    "/{engine}/{secret}",
    status_code=204,
    responses=documented("not_found", "callback_refused", "file_too_large", "storage_full"),
)
async def receive_call(engine: str, secret: str, request: Request, services: ServicesDep) -> None:
    """For providers: wakes whoever waits for a commission. What the call says is asked for anew, never believed."""
    body = await request.body()
    if len(body) > MAX_BODY:
        raise Refused("file_too_large", f"A call has at most {MAX_BODY // 1024} KiB.", "Send less.")
    headers = {name.lower(): value for name, value in request.headers.items()}
    await asyncio.to_thread(services.callbacks.receive, engine, secret, headers, body)
