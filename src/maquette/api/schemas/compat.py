"""The bodies of the older routes, for the OpenAPI description."""

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field
from pydantic.alias_generators import to_camel

from maquette.api.schemas.common import Answer, Asked
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


Detail = Literal["high", "medium", "low"]
ProductId = Annotated[str, Field(max_length=200)] | Annotated[int, Field(strict=True)]


class OptimizeModel(Asked):
    """What the e-commerce front end sends. `image_urls` belongs to its other requests and is not looked at."""

    product_id: ProductId
    model_url: Annotated[str, Field(max_length=4096)] | None = None
    settings: Annotated[dict[str, Any], Field(max_length=50)] = Field(default={})
    image_urls: Annotated[list[str], Field(max_length=100)] = Field(default=[])


class OptimizedLod(Answer):
    """One level of detail; `url` is stable."""

    level: Detail
    name: str
    url: str
    triangles: int
    bytes: int


class OptimizedModel(Answer):
    """A model made shop-ready, in the e-commerce front end's shape. The token is shown this once."""

    product_id: ProductId
    optimized_model_url: str
    lods: list[OptimizedLod]
    cost: float
    job_id: str
    session_token: str


class OptimizeStarted(Answer):
    """Work that goes on after the answer, in the e-commerce front end's shape. The token is shown this once."""

    product_id: ProductId
    task_id: str
    status: Literal["processing"]
    estimated_completion: float | None
    cost: float
    session_token: str
