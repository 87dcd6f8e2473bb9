"""Archives that somebody made by hand: each is refused with a code, and nothing of it is left."""

import io
import json
import random
import struct
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from maquette.app.portable.archive import Limits
from maquette.domain.errors import CODES, MaquetteError
from maquette.domain.ids import new_id
from portable import LIMITS, House, changed, furnish, opened, packed, photo

Forge = Callable[[bytes], bytes]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, migrated_file: Path) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("house")
    (folder / "maquette.db").write_bytes(migrated_file.read_bytes())
    house = House.open(f"sqlite:///{folder / 'maquette.db'}", folder)
    yield house
    house.close()


@pytest.fixture(scope="module")
def honest(house: House) -> bytes:
    return house.export("ann", furnish(house, "ann"))


def _refused(house: House, tmp_path: Path, archive: bytes) -> str:
    path, owner = tmp_path / "forged.zip", new_id("own")
    path.write_bytes(archive)
    with pytest.raises(MaquetteError) as refusal:
        house.take_in(owner, path)
    assert house.counts(owner) == (0, 0, 0)
    assert refusal.value.entry.status < 500
    return refusal.value.code


def _set(name: str, **values: Any) -> Forge:
    """One line with other values."""
    return lambda archive: changed(archive, name, lambda row: row | values)


def _job(which: str, /, **values: Any) -> Forge:
    """Some values of the job that has this status."""

    def forge(archive: bytes) -> bytes:
        rows = [json.loads(line) for line in opened(archive)["jobs.jsonl"].splitlines()]
        index = next(n for n, row in enumerate(rows) if row["status"] == which)
        return changed(archive, "jobs.jsonl", lambda row: row | values, line=index)

    return forge


def _same_row(archive: bytes) -> bytes:
    """Two rows of one batch, called the same but for the case."""
    row = {"sku": "A", "name": "", "batch": ""}
    both = {"batch_id": "bat_1", "row": row}
    return _job("failed", **both)(_job("completed", **both | {"row": row | {"sku": "a"}})(archive))


def _without(name: str) -> Forge:
    return lambda archive: packed({key: data for key, data in opened(archive).items() if key != name})


def _with(name: str, data: bytes) -> Forge:
    return lambda archive: packed(opened(archive) | {name: data})


def _twice(archive: bytes) -> bytes:
    out = io.BytesIO(archive)
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(out, "a") as again:
        again.writestr("jobs.jsonl", opened(archive)["jobs.jsonl"])
    return out.getvalue()


def _other_bytes(archive: bytes) -> bytes:
    """A photo that is another than the name of its file says, behind a manifest that says so too."""
    files = opened(archive)
    name = next(name for name in files if name.startswith("blobs/"))
    return packed(files | {name: b"other bytes"})


def _broken_hash(archive: bytes) -> bytes:
    def lie(table: dict[str, Any]) -> dict[str, Any]:
        table["entries"]["jobs.jsonl"]["sha256"] = "0" * 64
        return table

    return packed(opened(archive), manifest=lie)


def _manifest(**values: Any) -> Forge:
    return lambda archive: packed(opened(archive), manifest=lambda table: table | values)


def _bomb(archive: bytes) -> bytes:
    """Three megabytes of nothing in three kilobytes."""
    return packed(opened(archive) | {"tasks.jsonl": b"\n" * 3_000_000})


def _liar(archive: bytes) -> bytes:
    """Says that a file of a megabyte has ten bytes, in the directory and in the manifest."""
    files = opened(archive)
    whole = packed(files | {"tasks.jsonl": b" " * 1_000_000})
    at = whole.rindex(b"PK\1\2", 0, whole.rindex(b"tasks.jsonl"))
    return whole[: at + 24] + struct.pack("<L", 10) + whole[at + 28 :]


def _end(**values: int) -> Forge:
    """Another number in the record at the end of the zip."""
    places = {"disk": (4, "<H"), "here": (8, "<H"), "entries": (10, "<H"), "length": (12, "<L"), "offset": (16, "<L")}

    def forge(archive: bytes) -> bytes:
        end = bytearray(archive[-22:])
        for name, value in values.items():
            at, form = places[name]
            struct.pack_into(form, end, at, value)
        return archive[:-22] + bytes(end)

    return forge


def _many(archive: bytes) -> bytes:
    """A directory of sixty thousand entries."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        for number in range(60_000):
            made.writestr(f"{number}", b"")
    return out.getvalue()


def _more_rows(archive: bytes) -> bytes:
    files = opened(archive)
    return packed(files | {"events.jsonl": files["events.jsonl"] * 60})


def _duplicate_ids(archive: bytes) -> bytes:
    files = opened(archive)
    return packed(files | {"tasks.jsonl": files["tasks.jsonl"] * 2})


def _foreign_photo(archive: bytes) -> bytes:
    """An original that is no picture at all."""
    files = opened(archive)
    rows = [json.loads(line) for line in files["assets.jsonl"].splitlines()]
    name = next(row for row in rows if row["role"] == "original")
    made = b"GIF89a, or so it says"
    return _swapped(archive, name["sha256"], made)


def _grown_photo(archive: bytes) -> bytes:
    """A whole picture that is larger than its row says."""
    rows = [json.loads(line) for line in opened(archive)["assets.jsonl"].splitlines()]
    other = _swapped(archive, next(row for row in rows if row["role"] == "original")["sha256"], photo("blue"))
    index = next(n for n, row in enumerate(rows) if row["role"] == "original")
    return changed(other, "assets.jsonl", lambda row: row | {"width": 4000}, line=index)


def _swapped(archive: bytes, sha256: str, data: bytes) -> bytes:
    import hashlib

    files, fresh = opened(archive), hashlib.sha256(data).hexdigest()
    del files[f"blobs/{sha256}"]
    rows = [json.loads(line) for line in files["assets.jsonl"].splitlines()]
    for row in rows:
        if row["sha256"] == sha256:
            row |= {"sha256": fresh, "bytes": len(data)}
    text = b"".join(json.dumps(row).encode() + b"\n" for row in rows)
    return packed(files | {"assets.jsonl": text, f"blobs/{fresh}": data})


FORGED: dict[str, tuple[Forge, str]] = {
    "no zip": (lambda _: b"x" * 1000, "archive_invalid"),
    "nothing": (lambda _: b"", "archive_invalid"),
    "cut off": (lambda archive: archive[:-40], "archive_invalid"),
    "something before": (lambda archive: b"#!/bin/sh\n" + archive, "archive_invalid"),
    "something after": (lambda archive: archive + b"x", "archive_invalid"),
    "another disk": (_end(disk=1), "archive_invalid"),
    "more entries than there are": (_end(here=9, entries=9), "archive_invalid"),
    "a directory of any length": (_end(length=2**31), "archive_invalid"),
    "a directory elsewhere": (_end(offset=0), "archive_invalid"),
    "zip64": (_end(here=0xFFFF, entries=0xFFFF, length=0xFFFFFFFF, offset=0xFFFFFFFF), "archive_invalid"),
    "sixty thousand files": (_many, "file_too_large"),
    "a file twice": (_twice, "archive_invalid"),
    "no jobs": (_without("jobs.jsonl"), "archive_invalid"),
    "a way out": (_with("../../etc/cron.d/x", b"x"), "archive_invalid"),
    "an absolute path": (_with("/etc/passwd", b"x"), "archive_invalid"),
    "a blob that leads elsewhere": (_with("blobs/../" + "0" * 62, b"x"), "archive_invalid"),
    "a folder": (_with("blobs/", b""), "archive_invalid"),
    "a null in a name": (
        lambda archive: _with("jobs.jsonl!.txt", b"x")(archive).replace(b"jobs.jsonl!.txt", b"jobs.jsonl\0.txt"),
        "archive_invalid",
    ),
    "a blob of nobody": (_with("blobs/" + "0" * 64, b"x"), "archive_invalid"),
    "a bomb": (_bomb, "file_too_large"),
    "a lie about a length": (_liar, "archive_invalid"),
    "other bytes": (_other_bytes, "archive_invalid"),
    "another hash": (_broken_hash, "archive_invalid"),
    "another version": (_manifest(version=2), "archive_invalid"),
    "another format": (_manifest(format="tar"), "archive_invalid"),
    "a manifest with more": (_manifest(owner_id="ann"), "archive_invalid"),
    "too many rows": (_more_rows, "file_too_large"),
    "no line": (_with("project.jsonl", b""), "archive_invalid"),
    "half a line": (_with("project.jsonl", b"{"), "archive_invalid"),
    "two projects": (
        lambda archive: _with("project.jsonl", opened(archive)["project.jsonl"] * 2)(archive), "archive_invalid"
    ),
    "a deep line": (_with("project.jsonl", b"[" * 100_000 + b"]" * 100_000 + b"\n"), "archive_invalid"),
    "a long line": (_with("project.jsonl", b'"' + b"x" * 1_100_000 + b'"\n'), "archive_invalid"),
    "no number": (_set("jobs.jsonl", cost_usd=float("nan")), "archive_invalid"),
    "an endless number": (_with("project.jsonl", b"1" * 100_000 + b"\n"), "archive_invalid"),
    "an owner": (_set("assets.jsonl", owner_id="ann"), "archive_invalid"),
    "an owner of jobs": (_set("jobs.jsonl", owner_id="ann"), "archive_invalid"),
    "somebody's key": (_set("jobs.jsonl", idempotency_key="k"), "archive_invalid"),
    "a cache key": (_set("tasks.jsonl", cache_key="k"), "archive_invalid"),
    "a deleted asset": (_set("assets.jsonl", deleted_at="2026-01-01T00:00:00Z"), "archive_invalid"),
    "a script": (_set("assets.jsonl", media_type="text/html"), "archive_invalid"),
    "a picture that can do anything": (_set("assets.jsonl", media_type="image/svg+xml"), "archive_invalid"),
    "a strange hash": (_set("assets.jsonl", sha256="../../secret"), "archive_invalid"),
    "a strange id": (_set("jobs.jsonl", id="job_x'; DROP TABLE jobs; --"), "archive_invalid"),
    "another length": (_set("assets.jsonl", bytes=1), "archive_invalid"),
    "another project's file": (_set("assets.jsonl", project_id="prj_other"), "archive_invalid"),
    "another project's job": (_set("jobs.jsonl", project_id="prj_other"), "archive_invalid"),
    "an id twice": (_duplicate_ids, "archive_invalid"),
    "the far future": (_set("jobs.jsonl", created_at="9999-12-31T23:59:59Z"), "archive_invalid"),
    "the far past": (_set("jobs.jsonl", created_at="0001-01-01T00:00:00Z"), "archive_invalid"),
    "a time of nowhere": (_set("jobs.jsonl", created_at="2026-01-01T00:00:00"), "archive_invalid"),
    "a job that runs": (_job("failed", status="processing"), "archive_invalid"),
    "a job that waits": (_job("failed", status="pending", ended_at=None), "archive_invalid"),
    "a failure without a cause": (_job("failed", error=None), "archive_invalid"),
    "a success without a result": (_job("completed", result_id=None), "archive_invalid"),
    "somebody's result": (_job("completed", result_id="res_other"), "archive_invalid"),
    "half a success": (_job("completed", progress=50), "archive_invalid"),
    "a row of no batch": (_job("failed", batch_id=None), "archive_invalid"),
    "a row without a name": (_job("failed", row={"sku": "", "name": "", "batch": ""}), "archive_invalid"),
    "a row that breaks lines": (_job("failed", row={"sku": "a\nb", "name": "", "batch": ""}), "archive_invalid"),
    "a product twice": (_same_row, "archive_invalid"),
    "a pipeline of elsewhere": (_job("failed", pipeline="mining"), "unknown_pipeline"),
    "a setting of elsewhere": (_job("failed", settings={"command": "rm"}), "unknown_setting"),
    "a stage of elsewhere": (_job("failed", stage="transcribing"), "archive_invalid"),
    "more events than told": (_job("failed", seq=40), "archive_invalid"),
    "a gap in the events": (_set("events.jsonl", seq=7), "archive_invalid"),
    "events of nobody": (_set("events.jsonl", job_id="job_other"), "archive_invalid"),
    "a task that runs": (_set("tasks.jsonl", status="running"), "archive_invalid"),
    "a task of nobody": (_set("tasks.jsonl", job_id="job_other"), "archive_invalid"),
    "a task of later": (_set("tasks.jsonl", attempt=9), "archive_invalid"),
    "a result of nobody": (_set("results.jsonl", job_id="job_other"), "archive_invalid"),
    "no picture": (_foreign_photo, "not_an_image"),
    "a larger picture": (_grown_photo, "archive_invalid"),
}  # fmt: skip


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_archive_is_refused(house: House, honest: bytes, tmp_path: Path, name: str) -> None:
    forge, code = FORGED[name]
    assert _refused(house, tmp_path, forge(honest)) == code


@pytest.mark.parametrize("limits", [Limits(300, 20, 200), Limits(2_000_000, 1, 200), Limits(2_000_000, 20, 5)])
def test_each_limit_holds(house: House, honest: bytes, tmp_path: Path, limits: Limits) -> None:
    house.carrier.limits = limits
    try:
        assert _refused(house, tmp_path, honest) == "file_too_large"
    finally:
        house.carrier.limits = LIMITS


def test_the_same_archive_repacked_is_welcome(house: House, honest: bytes, tmp_path: Path) -> None:
    """What the forgers above start from is good."""
    path = tmp_path / "repacked.zip"
    path.write_bytes(packed(opened(honest)))
    assert house.take_in("amy", path).name.startswith("Chair")


def test_random_damage_is_refused_or_harmless(house: House, honest: bytes, tmp_path: Path) -> None:
    """Whatever byte is another, either the import is refused by a code of ours, or nothing of the content changed."""
    dice = random.Random(1)
    path = tmp_path / "damaged.zip"
    for _ in range(150):
        damaged = bytearray(honest)
        for _ in range(dice.choice((1, 1, 2, 8))):
            damaged[dice.randrange(len(damaged))] = dice.randrange(256)
        path.write_bytes(damaged)
        try:
            house.take_in("zoe", path)
        except MaquetteError as error:
            assert CODES[error.code].status < 500
