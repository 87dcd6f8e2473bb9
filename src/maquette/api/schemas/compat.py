"""The bodies of the older routes, for the OpenAPI description."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field
from pydantic.alias_generators import to_camel

from maquette.api.schemas.common import Answer
from maquette.domain.projections import S0, S1, S3Stage, S3Status
from maquette.domain.states import Stage


class StatusBody(Answer):
    """How a job stands, as the polling front end knows it. `errorMessage` is there for failed jobs only."""

    model_config = ConfigDict(alias_generator=to_camel, json_schema_serialization_defaults_required=False)

    success: Literal[True]
    status: S3Status
    stage: S3Stage | None
    progress: Annotated[int, Field(ge=0, le=100)]
    result_id: str | None
    updated_at: str
    error_message: str | None = None
    generation_status: S0
    model_status: S1
    failed_stage: Stage | None
    attempt: int
    queue_position: int | None
    cost_usd: float


class StatusError(Answer):
    """What went wrong, by its code."""

    code: str


class StatusFailure(Answer):
    """An error in the older shape."""

    success: Literal[False]
    error: StatusError
