"""The bodies of the older routes, for the OpenAPI description."""

from typing import Annotated, Any, Literal

from pydantic import AliasChoices, BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from maquette.api.schemas.common import Answer, Asked, Problem
from maquette.domain.assets import View
from maquette.domain.batches import BatchStatus, Standing
from maquette.domain.projections import S0, S1, S3Stage, S3Status
from maquette.domain.states import Stage, WaitingFor


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


class OldError(Answer):
    """What went wrong, by its code in capitals."""

    code: str
    message: str
    hint: str


class OldProblem(Problem):
    """A problem that older front ends can read too. `generationStatus` is there where an upload failed."""

    model_config = ConfigDict(populate_by_name=True)

    success: Literal[False]
    error: OldError
    generation_status: Annotated[Literal["upload_failed"] | None, Field(alias="generationStatus")] = None


class Camel(Answer):
    """An answer in camel case."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


class UploadedPhoto(Camel):
    """A photo that was taken in, and how its model stands. `url` is stable; the token is shown this once."""

    success: Literal[True]
    photo_id: str
    model_id: str
    url: str
    view: View
    status: S0
    generation_status: S0
    model_status: S1
    session_token: Annotated[str, Field(alias="session_token")]


ModelName = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00]+$")]


class NamedModel(BaseModel):
    """Which model is meant: its id or name, the id of one of its photos, or the job's. Other fields are passed over."""

    model_config = ConfigDict(frozen=True)

    job_id: Annotated[ModelName | None, Field(validation_alias=AliasChoices("jobId", "job_id"))] = None
    model_id: Annotated[ModelName | None, Field(validation_alias=AliasChoices("modelId", "model_id"))] = None
    photo_id: Annotated[ModelName | None, Field(validation_alias=AliasChoices("photoId", "photo_id"))] = None

    @property
    def named(self) -> str | None:
        """The first that is given."""
        return self.job_id or self.model_id or self.photo_id


class ModelPhoto(Camel):
    """One photo of a model."""

    photo_id: str
    view: View | None
    url: str


class ModelWork(Camel):
    """How a model stands. Ask `/api/status` for what becomes of it."""

    success: Literal[True]
    job_id: str
    model_id: str
    photo_id: str
    status: S0
    generation_status: S0
    model_status: S1
    progress: Annotated[int, Field(ge=0, le=100)]
    photos: list[ModelPhoto]


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


ImageUrl = Annotated[str, Field(min_length=1, max_length=4096)]


class ProductAsked(BaseModel):
    """What the e-commerce front end sends about one product. Fields that are not listed are passed over."""

    model_config = ConfigDict(frozen=True)

    product_id: ProductId

    @property
    def name(self) -> str:
        """The product's id as text."""
        return str(self.product_id)


class ProductImages(ProductAsked):
    """A product and its photos: our own addresses or ids, or addresses on the web."""

    image_urls: Annotated[
        list[ImageUrl], Field(min_length=1, max_length=24, validation_alias=AliasChoices("image_urls", "images"))
    ]
    settings: Annotated[dict[str, Any], Field(max_length=50)] = Field(default={})


class ApproveImages(ProductAsked):
    """The photos whose cut-outs are good, by their own addresses or those of the cut-outs. All others are left out."""

    image_urls: Annotated[
        list[ImageUrl],
        Field(min_length=1, max_length=24, validation_alias=AliasChoices("image_urls", "approved_images")),
    ]


class FailedImage(Answer):
    """A photo that was not used, and why."""

    url: str
    code: str
    message: str
    hint: str


class SelectedImages(Answer):
    """The photos that were chosen, as the caller named them, in the order front, left, right, back."""

    product_id: ProductId
    selected_images: list[str]
    rejected_images: list[FailedImage]
    task_id: str
    status: S3Status
    session_token: str


class ProcessedImage(Answer):
    """A photo and its cut-out."""

    original_url: str
    processed_url: str
    mask_url: str


class ProcessedImages(Answer):
    """What became of the photos. Time in seconds of work, cost in US dollars; the rate is of the photos asked for."""

    product_id: ProductId
    processed_images: list[ProcessedImage]
    total_processing_time: Annotated[float, Field(ge=0)]
    total_cost: float
    success_rate: Annotated[float, Field(ge=0, le=1)]
    failed_images: list[FailedImage]
    task_id: str
    session_token: str | None


class ApprovedImages(Answer):
    """The photos that a model will be made from, as the caller named them."""

    product_id: ProductId
    approved_images: list[str]
    failed_images: list[FailedImage]
    task_id: str
    status: S3Status
    session_token: str | None


class ProductTask(Answer):
    """Work on a product that goes on. `estimated_completion` is in seconds from now, null where nobody can know."""

    product_id: ProductId
    task_id: str
    status: S3Status
    estimated_completion: float | None
    cost: float
    failed_images: list[FailedImage]
    session_token: str | None


class ModelStatus(Answer):
    """How a model stands. `model_url` is stable."""

    product_id: str | None
    task_id: str
    status: S3Status
    stage: Stage | None
    progress: Annotated[int, Field(ge=0, le=100)]
    waiting_for: WaitingFor | None
    model_url: str | None
    estimated_completion: float | None
    cost: float
    error: OldError | None


class BatchProduct(ProductImages):
    """One product of a batch."""

    product_id: Annotated[ProductId, Field(validation_alias=AliasChoices("product_id", "id"))]


class BatchProcess(BaseModel):
    """Products that shall become models. The settings are those of all."""

    model_config = ConfigDict(frozen=True)

    products: Annotated[list[BatchProduct], Field(min_length=1, max_length=1000)]
    settings: Annotated[dict[str, Any], Field(max_length=50)] = Field(default={})


class BatchedProduct(Answer):
    """One product of a batch and its job, once it has one.

    `session_token` opens that job. Only the answer to `batch-process` has it, and only the first one.
    """

    product_id: str
    task_id: str | None
    status: Standing
    progress: Annotated[int, Field(ge=0, le=100)]
    model_url: str | None
    cost: float
    error: OldError | None
    session_token: str | None


class BatchBody(Answer):
    """How a batch stands. `success_rate` is null until a product has ended."""

    batch_id: str
    status: BatchStatus
    total: int
    completed: int
    failed: int
    progress: Annotated[int, Field(ge=0, le=100)]
    success_rate: float | None
    total_cost: float
    products: list[BatchedProduct]
