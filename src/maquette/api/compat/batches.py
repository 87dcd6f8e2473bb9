"""The e-commerce front end's batches: many products at once, in its own shape."""

import asyncio
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Header, Request, Response

from maquette.api.compat.patience import RETRY_S
from maquette.api.compat.references import our_photo
from maquette.api.dependencies import OwnerDep, ServicesDep
from maquette.api.problems import documented
from maquette.api.schemas.compat import BatchBody, BatchedProduct, BatchProcess, BatchProduct, OldError
from maquette.api.services import Services
from maquette.app.batches.batches import NO_SESSIONS, BatchView, NewBatch
from maquette.app.products import PIPELINE
from maquette.domain.approvals import NEVER
from maquette.domain.batches import OnError, RowView, Standing
from maquette.domain.ids import new_token, token_hash

router = APIRouter(prefix="/api", tags=["compat"])
_FAILED = (Standing.FAILED, Standing.REFUSED)
Key = Annotated[str | None, Header(min_length=1, max_length=255, description="Makes repeating the request safe")]


@router.post(
    "/batch-process",
    status_code=202,
    response_model=BatchBody,
    responses=documented(
        "batch_invalid", "unknown_setting", "invalid_setting", "invalid_dimensions", "engine_unavailable",
        "idempotency_mismatch", "deleted", "not_found", "storage_full", "not_ready",
    ),
)  # fmt: skip
async def process_batch(
    asked: BatchProcess,
    request: Request,
    response: Response,
    services: ServicesDep,
    owner: OwnerDep,
    idempotency_key: Key = None,
) -> BatchBody:
    """Makes a model of each product, without asking for approval unless the settings say so. Bad products are told.

    The `session_token` of each product opens its job as soon as it has one; it is shown this once.
    """
    rows = [await asyncio.to_thread(_row, product, request, services, owner) for product in asked.products]
    new = NewBatch(PIPELINE, rows, {"approve": NEVER, **asked.settings}, OnError.SKIP)
    tokens = {number: new_token() for number, _ in enumerate(rows, 1)}
    sessions = {number: token_hash(token) for number, token in tokens.items()}
    view = await asyncio.to_thread(services.batches.submit, owner, new, idempotency_key, sessions)
    response.headers["location"] = f"/api/v1/batches/{view.batch.id}"
    response.headers["retry-after"] = str(RETRY_S)
    return await asyncio.to_thread(_body, services, view, tokens)


@router.get("/batch-status/{batch_id}", response_model=BatchBody, responses=documented("not_found", "not_ready"))
def get_batch_status(batch_id: str, services: ServicesDep, owner: OwnerDep) -> BatchBody:
    """How a batch and each of its products stand."""
    return _body(services, services.batches.get(owner, batch_id))


@router.post("/batch-cancel/{batch_id}", response_model=BatchBody, responses=documented("not_found", "batch_finished"))
def cancel_old_batch(batch_id: str, services: ServicesDep, owner: OwnerDep) -> BatchBody:
    """Starts nothing more, and cancels what has not ended."""
    return _body(services, services.batches.cancel(owner, batch_id))


def _row(product: BatchProduct, request: Request, services: Services, owner: str) -> dict[str, Any]:
    photos = [our_photo(url, request, services, owner) or url for url in dict.fromkeys(product.image_urls)]
    return {"sku": product.name, "photos": photos} | ({"settings": product.settings} if product.settings else {})


def _body(services: Services, view: BatchView, tokens: Mapping[int, str] = NO_SESSIONS) -> BatchBody:
    batch, tally = view.batch, view.tally
    products = [
        _product(row, tokens.get(row.row.number)) for row in services.batches.all_rows(batch.owner_id, batch.id)
    ]
    return BatchBody(
        batch_id=batch.id,
        status=view.status,
        total=batch.size,
        completed=tally.counts.get(Standing.COMPLETED, 0),
        failed=sum(tally.counts.get(standing, 0) for standing in _FAILED),
        progress=tally.progress,
        success_rate=tally.success_rate,
        total_cost=sum(product.cost for product in products),
        products=products,
    )


def _product(view: RowView, token: str | None) -> BatchedProduct:
    job, wrong = view.job, view.problem
    return BatchedProduct(
        product_id=view.row.sku,
        task_id=view.row.job_id,
        status=view.standing,
        progress=job.progress if job else 0,
        model_url=job.result_id and f"/api/v1/results/{job.result_id}/download?as=glb" if job else None,
        cost=job.cost_usd if job else 0.0,
        error=wrong and OldError(code=wrong.code.upper(), message=wrong.message, hint=wrong.hint),
        # a batch that was accepted before has other tokens, and a row that was refused has none
        session_token=token if token and view.row.session == token_hash(token) else None,
    )
