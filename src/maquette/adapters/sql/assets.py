"""Assets. A deleted one is missing, whoever asks: its link must not open any more."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from maquette.adapters.sql.dialect import hold_content
from maquette.adapters.sql.paging import page
from maquette.adapters.sql.rows import load, values
from maquette.adapters.sql.tables import ASSETS
from maquette.domain.assets import Asset
from maquette.ports.stores import Page

_A = ASSETS.c


class SqlAssets:
    """Implements ``AssetRows``."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, asset: Asset) -> None:
        hold_content(self._connection, asset.owner_id, asset.sha256, alone=False)
        self._connection.execute(insert(ASSETS).values(values(asset)))

    def get(self, asset_id: str, owner_id: str | None = None) -> Asset | None:
        query = select(ASSETS).where(_A.id == asset_id, _A.deleted_at.is_(None))
        if owner_id is not None:
            query = query.where(_A.owner_id == owner_id)
        row = self._connection.execute(query).one_or_none()
        return None if row is None else load(Asset, row)

    def many(self, asset_ids: Sequence[str]) -> tuple[Asset, ...]:
        query = select(ASSETS).where(_A.id.in_(set(asset_ids)), _A.deleted_at.is_(None))
        found = {row.id: load(Asset, row) for row in self._connection.execute(query)}
        return tuple(found[asset_id] for asset_id in asset_ids if asset_id in found)

    def by_hash(self, owner_id: str, sha256: str, role: str) -> Asset | None:
        """The newest of them."""
        query = (
            select(ASSETS)
            .where(_A.owner_id == owner_id, _A.sha256 == sha256, _A.role == role, _A.deleted_at.is_(None))
            .order_by(_A.created_at.desc(), _A.id.desc())
            .limit(1)
        )
        row = self._connection.execute(query).one_or_none()
        return None if row is None else load(Asset, row)

    def list(
        self, owner_id: str, *, project_id: str | None = None, cursor: str | None = None, limit: int = 50
    ) -> Page[Asset]:
        query = select(ASSETS).where(_A.owner_id == owner_id, _A.deleted_at.is_(None))
        if project_id is not None:
            query = query.where(_A.project_id == project_id)
        return page(self._connection, query, ASSETS, Asset, cursor, limit)

    def delete(self, asset_id: str, owner_id: str, at: datetime | None) -> bool:
        """An asset that is deleted already counts as missing."""
        query = update(ASSETS).where(_A.id == asset_id, _A.owner_id == owner_id).values(deleted_at=at)
        if at is not None:
            query = query.where(_A.deleted_at.is_(None))
        return self._connection.execute(query).rowcount == 1
