"""Results on the wire."""

from collections.abc import Mapping
from typing import Any

from maquette.api.schemas.assets import AssetOut
from maquette.api.schemas.common import Answer, Instant
from maquette.domain.assets import Asset
from maquette.domain.jobs import Result


class ResultOut(Answer):
    """What a job delivers. `assets` are grouped by name: `lod0`, `lod1`, `lod2`, `thumbnail`, `cutout`, `mask`."""

    id: str
    job_id: str
    kind: str
    assets: dict[str, list[AssetOut]]
    report: dict[str, Any]
    is_test: bool
    created_at: Instant

    @classmethod
    def of(cls, result: Result, assets: Mapping[str, tuple[Asset, ...]]) -> "ResultOut":
        """As its owner sees it."""
        return cls(
            id=result.id,
            job_id=result.job_id,
            kind=result.kind,
            assets={name: [AssetOut.of(asset) for asset in group] for name, group in assets.items()},
            report=dict(result.report),
            is_test=result.is_test,
            created_at=result.created_at,
        )
