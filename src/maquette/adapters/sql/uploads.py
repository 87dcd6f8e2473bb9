"""Announced uploads."""

from datetime import datetime

from sqlalchemy import Connection, delete, func, insert, select, update

from maquette.adapters.sql.rows import load, values
from maquette.adapters.sql.tables import UPLOADS
from maquette.domain.uploads import Upload

_U = UPLOADS.c


class SqlUploads:
    """Implements ``UploadRows``."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, upload: Upload) -> None:
        self._connection.execute(insert(UPLOADS).values(values(upload)))

    def get(self, upload_id: str, owner_id: str | None = None) -> Upload | None:
        query = select(UPLOADS).where(_U.id == upload_id)
        if owner_id is not None:
            query = query.where(_U.owner_id == owner_id)
        row = self._connection.execute(query).one_or_none()
        return None if row is None else load(Upload, row)

    def settle(self, upload_id: str, owner_id: str, asset_id: str) -> bool:
        mine = (_U.id == upload_id, _U.owner_id == owner_id, _U.asset_id.is_(None))
        return self._connection.execute(update(UPLOADS).where(*mine).values(asset_id=asset_id)).rowcount == 1

    def delete(self, upload_id: str, owner_id: str) -> bool:
        query = delete(UPLOADS).where(_U.id == upload_id, _U.owner_id == owner_id)
        return self._connection.execute(query).rowcount == 1

    def pending(self, owner_id: str) -> int:
        query = select(func.count()).where(_U.owner_id == owner_id, _U.asset_id.is_(None))
        return self._connection.execute(query).scalar_one()

    def expired(self, before: datetime, limit: int = 100) -> tuple[Upload, ...]:
        query = select(UPLOADS).where(_U.expires_at < before).order_by(_U.expires_at).limit(limit)
        return tuple(load(Upload, row) for row in self._connection.execute(query))
