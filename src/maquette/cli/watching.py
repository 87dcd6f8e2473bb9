"""Stays with a batch until nothing happens by itself any more."""

import asyncio
import time

from maquette.app.batches.batches import BatchView
from maquette.bootstrap import Maquette
from maquette.cli.progress import RowsBar
from maquette.cli.screen import Screen
from maquette.domain.batches import UNREADY, BatchStatus, RowView, Standing
from maquette.domain.ids import LOCAL_OWNER

LOOK_EVERY_S = 0.5
TAKE_OVER_EVERY_S = 1.0


class Watch:
    """Shows what becomes of the rows."""

    def __init__(self, house: Maquette, screen: Screen, view: BatchView) -> None:
        self.bar = RowsBar(screen, view.batch.size)
        self._house = house
        self._id = view.batch.id
        self._told: set[int] = set()
        self._seen: BatchView | None = None

    async def until_it_rests(self) -> BatchView:
        asked = time.monotonic()
        while True:
            view = await asyncio.to_thread(self._house.batches.get, LOCAL_OWNER, self._id)
            if view != self._seen:
                await asyncio.to_thread(self._tell, view)
            if _rests(view):
                return view
            if time.monotonic() - asked >= TAKE_OVER_EVERY_S:
                asked = time.monotonic()
                await self._house.take_over()
            await asyncio.sleep(LOOK_EVERY_S)

    def _tell(self, view: BatchView) -> None:
        self._seen = view
        ended = sum(count for standing, count in view.tally.counts.items() if standing not in UNREADY)
        counts = {standing.value: count for standing, count in view.tally.counts.items()}
        progress = view.tally.progress
        document = {"batch_id": self._id, "status": view.status.value, "counts": counts, "progress": progress}
        if ended > len(self._told):
            for row in self._house.batches.all_rows(LOCAL_OWNER, self._id):
                self._tell_row(row)
        self.bar.total(ended, progress, document)

    def _tell_row(self, row: RowView) -> None:
        if row.row.number not in self._told and row.standing not in UNREADY:
            self._told.add(row.row.number)
            why = row.problem.message if row.problem else ""
            self.bar.row(row.row.sku or f"row {row.row.number}", row.standing is Standing.COMPLETED, why)


def _rests(view: BatchView) -> bool:
    if view.status in (BatchStatus.REFUSED, BatchStatus.CANCELED):
        return True
    return not any(view.tally.counts.get(standing, 0) for standing in UNREADY)
