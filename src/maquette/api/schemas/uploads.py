"""Announced uploads on the wire."""

from typing import Annotated, Literal

from pydantic import Field

from maquette.api.schemas.assets import AssetOut
from maquette.api.schemas.common import Answer, Asked, Instant
from maquette.domain.assets import View


class UploadIn(Asked):
    """What will come. `bytes` and `sha256` (hex) are verified; `media_type` and `name` are only noted."""

    name: Annotated[str, Field(max_length=500)]
    bytes: Annotated[int, Field(ge=1, le=2**53)]
    media_type: Annotated[str, Field(max_length=200)]
    sha256: Annotated[str | None, Field(pattern="^[0-9A-Fa-f]{64}$")] = None
    view: View | None = None
    project_id: Annotated[str | None, Field(max_length=100)] = None


class UploadOut(Answer):
    """An open upload: send `method` to `url` with `headers` and exactly the announced bytes, then complete it.

    For bytes that are known already there is only `asset`.
    """

    id: str | None = None
    method: Literal["PUT"] | None = None
    url: str | None = None
    headers: dict[str, str] = Field(default_factory=dict[str, str])
    expires_at: Instant | None = None
    asset: AssetOut | None = None
