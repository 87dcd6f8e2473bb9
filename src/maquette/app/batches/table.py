"""What came of a batch as a table, one line for each row, and the folders that its files lie in."""

import re
from collections.abc import Callable, Iterable, Iterator

from maquette.app.batches import sheet
from maquette.app.results import Delivery, Results
from maquette.domain.assets import Asset, Role
from maquette.domain.batches import RowView, Standing

HEADER = (
    "row", "sku", "name", "status", "code", "message", "hint", "success_rate", "photos", "photo_problems",
    "seconds", "cost_usd", "triangles", "bytes", "width_m", "height_m", "depth_m", "accepted_by", "refused_by",
    "model", "usdz", "thumbnail", "cutouts", "job_id", "result_id",
)  # fmt: skip
"""``success_rate`` is the share of the row's photos that could be used."""
_UNFIT = re.compile(r"[^\w.+-]+")

Link = Callable[[str, Delivery], str]
"""What the table says of a file: its path or address, given the row's folder."""


class Folders:
    """A folder's name for each row, made of its SKU: safe on every system, and no two the same."""

    def __init__(self) -> None:
        self._taken: dict[str, int] = {}

    def of(self, view: RowView) -> str:
        """The same whenever all rows before it have been asked for too."""
        plain = _UNFIT.sub("_", view.row.sku).strip("._") or f"row-{view.row.number}"
        name = plain if self._taken.setdefault(plain.casefold(), view.row.number) == view.row.number else ""
        return name or f"{plain}-{view.row.number}"


def lines(views: Iterable[RowView], results: Results, link: Link) -> Iterator[str]:
    """The table as CSV, line by line. Blocks."""
    folders = Folders()
    return sheet.write(HEADER, (line(view, results, folders.of(view), link) for view in views))


def line(view: RowView, results: Results, folder: str, link: Link) -> list[object]:
    """One line of the table."""
    row, problem, photos = view.row, view.problem, view.photos
    wrong = [f"{photo.view or photo.source}: {photo.problem.message}" for photo in photos if photo.problem]
    seconds = round(view.elapsed_ms / 1000, 3) if view.job else None
    told: list[object] = [
        row.number, row.sku, row.name, view.standing.value,
        problem and problem.code, problem and problem.message, problem and problem.hint,
        None if view.photo_rate is None else round(view.photo_rate, 4), len(photos), " ".join(wrong),
        seconds, view.job.cost_usd if view.job else None,
    ]  # fmt: skip
    return [*told, *_made(view, results, folder, link), row.job_id, view.result.id if view.result else None]


def _made(view: RowView, results: Results, folder: str, link: Link) -> list[object]:
    """From ``triangles`` to ``cutouts``."""
    if view.result is None or view.standing is not Standing.COMPLETED:
        return [None] * (HEADER.index("cutouts") - HEADER.index("triangles") + 1)
    files = results.files(view.row.owner_id, view.result.id)
    verdict = view.result.report.get("report") or {}
    model = next((file.asset for file in files if file.path == "model.glb"), None)
    return [
        *_figures(model),
        " ".join(verdict.get("accepted", ())),
        " ".join(verdict.get("refused", ())),
        *(_links([file], folder, link) for file in _named(files, "model.glb", "model.usdz", "thumbnail.png")),
        _links([file for file in files if file.asset.role is Role.CUTOUT], folder, link),
    ]


def _figures(model: Asset | None) -> list[object]:
    if model is None:
        return [None] * 5
    sides = model.stats.get("bounds_m") or (None, None, None)
    return [model.stats.get("triangles"), model.bytes, *sides]


def _named(files: Iterable[Delivery], *names: str) -> Iterator[Delivery | None]:
    known = {file.path: file for file in files}
    return (known.get(name) for name in names)


def _links(files: Iterable[Delivery | None], folder: str, link: Link) -> str | None:
    return " ".join(link(folder, file) for file in files if file) or None


def relative(folder: str, file: Delivery) -> str:
    """Where the file lies beside the table."""
    return f"{folder}/{file.path}"


def addressed(base: str) -> Link:
    """Where the file is served."""

    def link(_: str, file: Delivery) -> str:
        return f"{base}/api/v1/assets/{file.asset.id}/content"

    return link
