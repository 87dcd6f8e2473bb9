"""A project leaves one store and arrives in another of another kind: all of it is there, under new names."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from maquette.domain.batches import BatchStatus, Standing, status_of
from maquette.domain.errors import MaquetteError
from maquette.domain.states import Status
from portable import IDS, House, canonical, furnish, opened
from postgres import FreshDatabase


@pytest.fixture
def houses(
    fresh_store: FreshDatabase, fresh_database: FreshDatabase, migrated_file: Path, tmp_path: Path
) -> Iterator[tuple[House, House]]:
    """From one kind of store to the other, both ways round."""
    here = fresh_store()
    if here.startswith("sqlite"):
        there = fresh_database()
    else:
        (tmp_path / "there.db").write_bytes(migrated_file.read_bytes())
        there = f"sqlite:///{tmp_path / 'there.db'}"
    pair = House.open(here, tmp_path / "a"), House.open(there, tmp_path / "b")
    yield pair
    for house in pair:
        house.close()


def test_there_and_out_again_it_is_the_same_but_for_its_ids(houses: tuple[House, House], tmp_path: Path) -> None:
    here, there = houses
    project_id = furnish(here, "ann")
    first, file = here.export("ann", project_id), tmp_path / "project.zip"
    assert here.export("ann", project_id) == first
    file.write_bytes(first)
    project = there.take_in("bob", file)
    assert project.owner_id == "bob"
    second = there.export("bob", project.id)
    before, after = canonical(first), canonical(second)
    assert before.pop("manifest")["left_out"] == {"open_jobs": 1}
    assert after.pop("manifest")["left_out"] == {"open_jobs": 0}
    assert after == before
    whole = [b"".join(data for name, data in opened(zipped).items()) for zipped in (first, second)]
    ids = [{match[0] for match in IDS.finditer(text.decode("latin-1"))} for text in whole]
    assert not ids[0] & ids[1]
    for secret in (b"ann", b"theirs", b"idempotency", b"cache_key", b"owner"):
        assert secret not in whole[0]


def test_what_arrives_can_be_worked_with(houses: tuple[House, House], tmp_path: Path) -> None:
    here, there = houses
    file = tmp_path / "project.zip"
    file.write_bytes(here.export("ann", furnish(here, "ann")))
    project = there.take_in("bob", file)
    with there.database.read() as tx:
        done, failed = tx.jobs.list("bob", project_id=project.id).items[::-1]
        result = tx.results.get(done.result_id or "", "bob")
        assert result is not None
        (model,) = tx.assets.many(result.assets["lod0"])
        events = tx.events.after(done.id, 0)
        cached = tx.tasks.cached("bob", "k")
    assert (done.status, failed.status, failed.parent_job_id) == (Status.COMPLETED, Status.FAILED, done.id)
    assert (done.is_test, result.is_test, model.is_test) == (True, True, True)
    assert result.report["quality"] == [{"asset_id": model.id, "score": 0.5}]
    assert [event.seq for event in events] == [1, 2, 3]
    assert events[-1].data["result_id"] == result.id
    assert there.blobs.exists(model.blob_key)
    assert model.blob_key.startswith("bob/")
    assert cached is None  # what came from elsewhere is shown, and never taken for work of this house
    assert there.counts("bob") == (1, 2, 3)
    with there.database.read() as tx:
        (batch,) = tx.batches.list("bob").items
        (row,) = tx.batches.rows(batch.id)
        tally = tx.batches.tally([batch.id])[batch.id]
    assert (batch.name, batch.size, batch.id) == ("Spring", 1, failed.batch_id)
    assert status_of(batch, tally) is BatchStatus.DONE
    assert (row.row.sku, row.row.name, row.standing, row.job) == ("SKU-2", "A stool", Standing.FAILED, failed)
    assert row.row.session is None
    assert row.row.photos[0].asset_id == failed.inputs[0].asset_id
    again = there.take_in("bob", file)
    assert again.id != project.id
    assert there.counts("bob") == (2, 4, 6)


def test_an_import_that_breaks_leaves_no_row(houses: tuple[House, House], tmp_path: Path) -> None:
    here, there = houses
    file = tmp_path / "project.zip"
    file.write_bytes(here.export("ann", furnish(here, "ann")))

    class Forgetful:
        """Loses every blob, as if a sweep always came in between."""

        def __getattr__(self, name: str) -> object:
            return getattr(there.blobs, name)

        def exists(self, key: str) -> bool:
            return False

    there.carrier._blobs = Forgetful()  # pyright: ignore[reportAttributeAccessIssue]
    with pytest.raises(MaquetteError) as refusal:
        there.take_in("bob", file)
    assert refusal.value.code == "not_ready"
    assert there.counts("bob") == (0, 0, 0)


def test_a_project_of_somebody_else_does_not_leave(houses: tuple[House, House]) -> None:
    here, _ = houses
    project_id = furnish(here, "ann")
    with pytest.raises(MaquetteError) as refusal:
        here.export("bob", project_id)
    assert refusal.value.code == "not_found"


def test_bytes_that_changed_on_the_disk_do_not_leave_unnoticed(houses: tuple[House, House]) -> None:
    here, _ = houses
    project_id = furnish(here, "ann")
    (path,) = [
        found for found in (here.blobs._objects).rglob("*") if found.is_file() and found.read_bytes() == b"model"
    ]
    path.chmod(0o600)
    path.write_bytes(b"modal")
    with pytest.raises(MaquetteError) as refusal:
        here.export("ann", project_id)
    assert refusal.value.code == "data_missing"


def test_the_format_is_what_it_was(houses: tuple[House, House]) -> None:
    """Archives of version 1 are read for ever: nothing is renamed or added without another version."""
    here, _ = houses
    files = opened(here.export("ann", furnish(here, "ann")))
    assert {name for name in files if not re.match("blobs/[0-9a-f]{64}", name)} == {
        "manifest.json", "project.jsonl", "assets.jsonl", "jobs.jsonl", "tasks.jsonl", "events.jsonl", "results.jsonl"
    }  # fmt: skip
    asset = json.loads(files["assets.jsonl"].splitlines()[0])
    assert list(asset) == [
        "id", "project_id", "role", "media_type", "sha256", "bytes", "created_at", "name", "view", "width", "height",
        "stats", "quality", "derived_from", "produced_by", "engine", "is_test",
    ]  # fmt: skip
