"""Batches: many products at once, from JSON or CSV."""

import asyncio
import json
from typing import Annotated, Any, cast

from fastapi import APIRouter, Header, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import StreamingResponse
from pydantic import ValidationError

from maquette.api.delivery import FILE, disposition
from maquette.api.dependencies import Cursor, Deleted, Limit, OwnerDep, ServicesDep
from maquette.api.problems import documented
from maquette.api.schemas.batches import (
    BatchOut,
    BatchPage,
    BatchRowsOut,
    CreatedBatchOut,
    NewBatchIn,
    RowOut,
    batch_fields,
    clean,
    problems_out,
)
from maquette.api.schemas.jobs import Priority
from maquette.app.batches import sheet, table
from maquette.app.batches.batches import NewBatch
from maquette.app.batches.bundle import bundle, portions
from maquette.app.batches.drafts import columns
from maquette.domain.batches import OnError, RowProblem
from maquette.domain.errors import Refused
from maquette.pipelines.catalog import find

router = APIRouter(prefix="/api/v1/batches", tags=["batches"])
POLL_S = 2
CSV = "text/csv"
_JSON = {"schema": {"$ref": "#/components/schemas/NewBatchIn"}}
_REFUSALS = (
    "batch_invalid", "unknown_pipeline", "pipeline_unavailable", "unknown_setting", "invalid_setting",
    "invalid_dimensions", "engine_unavailable", "idempotency_mismatch", "deleted", "not_found", "file_too_large",
    "upload_timeout",
    "storage_full", "not_ready",
)  # fmt: skip
Key = Annotated[str | None, Header(min_length=1, max_length=255, description="Makes repeating the request safe")]
_ZIP = {200: {"description": "A folder for each product, and results.csv", "content": {"application/zip": FILE}}}
_TABLE = {200: {"description": "One line for each row", "content": {CSV: {"schema": {"type": "string"}}}}}


@router.post(
    "",
    status_code=202,
    response_model=CreatedBatchOut,
    responses=documented(*_REFUSALS),
    openapi_extra={
        "requestBody": {"required": True, "content": {"application/json": _JSON, CSV: {"schema": {"type": "string"}}}}
    },
)
async def create_batch(
    request: Request,
    response: Response,
    services: ServicesDep,
    owner: OwnerDep,
    pipeline: Annotated[str, Query(max_length=100, description="With CSV: what to make")] = "photo_to_model",
    on_error: Annotated[OnError, Query(description="With CSV: what a bad row does to the others")] = OnError.REFUSE,
    settings: Annotated[str, Query(max_length=5000, description="With CSV: settings of all rows, as JSON")] = "{}",
    name: Annotated[str, Query(max_length=200, description="With CSV: what to call the batch")] = "",
    priority: Annotated[Priority, Query(description="With CSV: where in the queue its jobs stand")] = 0,
    project_id: Annotated[str | None, Query(max_length=100, description="With CSV: the project of its jobs")] = None,
    idempotency_key: Key = None,
) -> CreatedBatchOut:
    """Accepts a table of products: once this is answered, all of it is stored and will be worked on.

    Everything is checked first. By default one problem refuses the whole, with every problem of every row in
    `problems`; with `on_error=skip` the good rows start. Photos at URLs are fetched before anything starts.
    """
    body = await request.body()
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() == CSV:
        records, problems = _records(body, pipeline)
        new = NewBatch(pipeline, records, _settings(settings), on_error, clean(name), priority, problems, project_id)
    else:
        new = _parsed(body).order()
    view = await asyncio.to_thread(services.batches.submit, owner, new, idempotency_key)
    response.headers["location"] = f"/api/v1/batches/{view.batch.id}"
    response.headers["retry-after"] = str(POLL_S)
    found = await asyncio.to_thread(services.batches.all_problems, owner, view.batch.id)
    return CreatedBatchOut.model_validate(batch_fields(view) | {"problems": problems_out(found)})


@router.get("", response_model=BatchPage, responses=documented())
def list_batches(
    services: ServicesDep, owner: OwnerDep, cursor: Cursor = None, limit: Limit = 50, deleted: Deleted = False
) -> BatchPage:
    """Batches, newest first."""
    if deleted:
        gone = services.batches.deleted(owner, services.care.since(), cursor, limit)
        items = [BatchOut.of(view, services.care.restorable_until(view.batch)) for view in gone.items]
        return BatchPage(items=items, next_cursor=gone.next_cursor)
    page = services.batches.list(owner, cursor, limit)
    return BatchPage(items=[BatchOut.of(view) for view in page.items], next_cursor=page.next_cursor)


@router.get("/{batch_id}", response_model=BatchRowsOut, responses=documented("not_found"))
def get_batch(
    batch_id: str, services: ServicesDep, owner: OwnerDep, cursor: Cursor = None, limit: Limit = 100
) -> BatchRowsOut:
    """How a batch stands, and some of its rows in the order of the table, each with its job."""
    after = _after(cursor)
    view = services.batches.get(owner, batch_id)
    rows = services.batches.rows(owner, batch_id, after, limit)
    more = rows[-1].row.number if len(rows) == limit and rows[-1].row.number < view.batch.size else None
    told = {"rows": [RowOut.of(row) for row in rows], "next_cursor": None if more is None else str(more)}
    return BatchRowsOut.model_validate(batch_fields(view) | told)


@router.post("/{batch_id}/cancel", response_model=BatchOut, responses=documented("not_found", "batch_finished"))
def cancel_batch(batch_id: str, services: ServicesDep, owner: OwnerDep) -> BatchOut:
    """Starts nothing more, and cancels the jobs that have not ended. A canceled batch stays as it is."""
    return BatchOut.of(services.batches.cancel(owner, batch_id))


@router.post(
    "/{batch_id}/retry-failed",
    status_code=202,
    response_model=BatchOut,
    responses=documented("not_found", "batch_invalid", "storage_full"),
)
def retry_failed_rows(batch_id: str, response: Response, services: ServicesDep, owner: OwnerDep) -> BatchOut:
    """Starts the failed and canceled rows again; what was finished is used again."""
    view = services.batches.retry_failed(owner, batch_id)
    response.headers["location"] = f"/api/v1/batches/{batch_id}"
    response.headers["retry-after"] = str(POLL_S)
    return BatchOut.of(view)


@router.get("/{batch_id}/download", response_class=Response, responses=_ZIP | documented("not_found"))
async def download_batch(batch_id: str, services: ServicesDep, owner: OwnerDep) -> Response:
    """What the completed rows made, as one zip: a folder for each product, named by its SKU, and `results.csv`."""
    await asyncio.to_thread(services.batches.get, owner, batch_id)
    pieces = bundle(services.batches, services.results, services.blobs, owner, batch_id)
    return StreamingResponse(pieces, headers=_saved_as(f"{batch_id}.zip"), media_type="application/zip")


@router.get("/{batch_id}/results.csv", response_class=Response, responses=_TABLE | documented("not_found"))
async def get_batch_table(batch_id: str, services: ServicesDep, owner: OwnerDep) -> Response:
    """What came of every row, with links to its files."""
    await asyncio.to_thread(services.batches.get, owner, batch_id)
    rows = services.batches.all_rows(owner, batch_id)
    lines = table.lines(rows, services.results, table.addressed(services.public_url))
    return StreamingResponse(portions(lines), headers=_saved_as("results.csv"), media_type=f"{CSV}; charset=utf-8")


@router.delete("/{batch_id}", status_code=204, responses=documented("not_found", "in_use"))
def delete_batch(batch_id: str, services: ServicesDep, owner: OwnerDep) -> None:
    """Deletes a batch that has ended, with its jobs and what only they made. The photos stay."""
    services.care.delete_batch(owner, batch_id)


@router.post("/{batch_id}/restore", response_model=BatchOut, responses=documented("not_found"))
def restore_batch(batch_id: str, services: ServicesDep, owner: OwnerDep) -> BatchOut:
    """Brings a deleted batch back, with all that went with it."""
    services.care.restore_batch(owner, batch_id)
    return BatchOut.of(services.batches.get(owner, batch_id))


def _records(body: bytes, pipeline: str) -> tuple[list[sheet.Record], tuple[RowProblem, ...]]:
    records, problems = sheet.read(body, columns(find(pipeline)))
    return records, tuple(problems)


def _settings(text: str) -> dict[str, Any]:
    try:
        given: object = json.loads(text)
    except ValueError:
        given = None
    if not isinstance(given, dict):
        raise Refused("invalid_setting", "settings is no JSON object.", 'Write settings={"quality":"fast"}.')
    return cast(dict[str, Any], given)


def _parsed(body: bytes) -> NewBatchIn:
    try:
        return NewBatchIn.model_validate_json(body)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
        raise RequestValidationError([entry | {"loc": ("body", *entry["loc"])} for entry in found]) from None


def _after(cursor: str | None) -> int:
    if cursor is None:
        return 0
    if not (cursor.isascii() and cursor.isdecimal() and len(cursor) <= 9):
        raise Refused("invalid_request", "The cursor is not one of ours.", "Start again without a cursor.")
    return int(cursor)


def _saved_as(name: str) -> dict[str, str]:
    return {
        "content-disposition": disposition("attachment", name),
        "content-security-policy": "sandbox",
        "cache-control": "no-store",
    }
