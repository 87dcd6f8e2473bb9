"""The pipeline that makes pictures, from the words to the marked preview, on a real database and real files."""

import asyncio
import io
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from maquette.adapters.blobs.local import LocalBlobs
from maquette.adapters.sql.database import SqlDatabase
from maquette.adapters.sql.schema import migrate
from maquette.app.jobs import Jobs, NewJob
from maquette.domain.assets import Asset, Role, blob_key
from maquette.domain.errors import Refused, Unavailable
from maquette.domain.ids import new_id
from maquette.domain.jobs import EventType, Job, JobInput, Result
from maquette.domain.projections import project
from maquette.domain.states import Stage, Status
from maquette.pipelines.catalog import CATALOG
from maquette.pipelines.runner import Runner
from maquette.pipelines.walk import walk
from maquette.plugins import Shelf as PluginShelf
from maquette.ports.engines import EngineRecord, Readiness
from maquette.testing import InlineProcesses, ManualClock, RecordingJobs, Shelf
from painters import Idler, Painter, Pretender, Retoucher, Scribbler

OWNER = "local"
PAINTERS = (Painter, Pretender, Retoucher, Scribbler, Idler)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[SimpleNamespace]:
    url = f"sqlite:///{tmp_path / 'maquette.db'}"
    migrate(url)
    database, blobs, clock = SqlDatabase(url), LocalBlobs(tmp_path / "blobs"), ManualClock()
    records = [EngineRecord(kind.name, f"painters:{kind.__name__}", Readiness(True), kind().info) for kind in PAINTERS]
    shelf = Shelf(records)
    runner = Runner(database, blobs, InlineProcesses(), shelf, clock, tmp_path / "work")
    jobs = Jobs(database, RecordingJobs(), shelf, clock)
    yield SimpleNamespace(database=database, blobs=blobs, clock=clock, runner=runner, jobs=jobs, folder=tmp_path)
    database.close()


def picture(house: SimpleNamespace, colour: Any = (200, 40, 20), size: Any = (120, 80), owner: str = OWNER) -> str:
    mode = "RGB" if len(colour) == 3 else "RGBA"
    return stored(house, png(Image.new(mode, size, colour)), "image/png", owner)


def png(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


def stored(house: SimpleNamespace, data: bytes, media_type: str, owner: str = OWNER) -> str:
    writer = house.blobs.receive()
    writer.write(data)
    received = writer.finish()
    house.blobs.keep(blob_key(owner, received.sha256), received.path)
    asset = Asset(new_id("ast"), owner, Role.ORIGINAL, media_type, received.sha256, received.bytes, house.clock.now())
    with house.database.write() as tx:
        tx.assets.add(asset)
    return asset.id


def make(house: SimpleNamespace, photo: str | None = None, **settings: Any) -> Job:
    inputs = (JobInput(photo),) if photo else ()
    new = NewJob("image", inputs, {"prompt": "A red chair", "editor": "painter"} | settings)
    job = house.jobs.create(OWNER, new).job

    async def step(method: Any, *arguments: Any) -> Any:
        return await method(*arguments)

    async def sleep(seconds: float) -> None:
        """Nobody waits here."""

    hands = SimpleNamespace(step=step, run=house.runner.run_stage, send=None, sleep=sleep)
    asyncio.run(walk(house.runner, job.id, job.attempt, job.leg, hands))
    return house.jobs.get(OWNER, job.id)


def result_of(house: SimpleNamespace, job: Job) -> tuple[Result, dict[str, list[Asset]]]:
    with house.database.read() as tx:
        result = tx.results.get(job.result_id, OWNER)
        return result, {name: list(tx.assets.many(ids)) for name, ids in result.assets.items()}


def pixels(house: SimpleNamespace, asset: Asset) -> np.ndarray:
    target = house.folder / asset.id
    house.blobs.fetch(asset.blob_key, target)
    with Image.open(target) as opened:
        assert not opened.info.get("exif")
        assert opened.size == (asset.width, asset.height)
        return np.asarray(opened.convert("RGB"), int)


def test_a_photo_is_changed_and_its_preview_marked_but_never_the_result(house):
    job = make(house, picture(house))
    assert job.status is Status.COMPLETED
    result, assets = result_of(house, job)
    assert (result.kind, set(assets), result.is_test) == ("image", {"edit", "preview"}, False)
    (clean,), (preview,) = assets["edit"], assets["preview"]
    assert (clean.role, preview.role) == (Role.EDIT, Role.PREVIEW)
    assert preview.derived_from == (clean.id,)
    assert (pixels(house, clean) == (55, 215, 235)).all()
    marked = pixels(house, preview)
    assert np.abs(marked - (55, 215, 235)).max() > 60
    assert (np.abs(marked[:30] - (55, 215, 235)) < 8).all()
    assert result.report["pictures"][0] == {
        "asset_id": clean.id,
        "media_type": "image/png",
        "has_alpha": False,
        "width": 120,
        "height": 80,
        "bytes": clean.bytes,
    }
    assert result.report["engines"] == {"generating": "painter 1"}


def test_the_polled_words_and_figures_are_those_of_the_old_front_end(house):
    job = make(house, picture(house))
    pipeline = CATALOG["image"].pipeline
    seen = [("pending", None, 0)]
    for event in house.jobs.events(OWNER, job.id, 0):
        stage = event.data["stage"] and Stage(event.data["stage"])
        shown = project(pipeline, Status(event.data["status"]), stage)
        row = (shown.status, shown.stage, event.data["progress"])
        if event.type is not EventType.CREATED and row != seen[-1]:
            seen.append(row)
    assert [row for row in seen if row[2] in (10, 30, 70, 80, 90, 100)] == [
        ("processing", "validating", 10),
        ("processing", "generating", 30),
        ("processing", "generating", 70),
        ("processing", "storing", 80),
        ("processing", "watermarking", 90),
        ("completed", "complete", 100),
    ]
    assert [row[2] for row in seen] == sorted(row[2] for row in seen)


def test_words_alone_are_enough_where_the_engine_can_do_with_them(house):
    job = make(house, style="watercolour", size="landscape", variants=2)
    assert job.status is Status.COMPLETED
    _, assets = result_of(house, job)
    assert [(asset.width, asset.height) for asset in assets["edit"]] == [(1536, 1024)] * 2
    assert len(assets["preview"]) == 2
    assert assets["edit"][0].stats["prompt"] == "A red chair\n\nStyle: watercolour"
    assert assets["edit"][0].id == assets["preview"][0].derived_from[0]


def test_an_engine_that_needs_a_photo_says_so(house):
    job = make(house, editor="retoucher")
    assert (job.status, job.failed_stage) == (Status.FAILED, Stage.GENERATING)
    assert job.error is not None
    assert job.error.code == "no_photo"


@pytest.mark.parametrize("engine", ["scribbler", "idler"])
def test_what_is_no_picture_is_no_result(house, engine):
    job = make(house, picture(house), editor=engine)
    assert (job.status, job.failed_stage) == (Status.FAILED, Stage.GENERATING)
    assert job.error is not None
    assert job.error.code == "picture_invalid"


def test_a_simulated_picture_says_so_everywhere(house):
    job = make(house, picture(house, size=(320, 240)), editor="pretender")
    result, assets = result_of(house, job)
    assert result.is_test
    assert all(asset.is_test for group in assets.values() for asset in group)
    band = pixels(house, assets["preview"][0])[:20]
    assert (np.abs(band - (255, 212, 0)).max(-1) < 30).mean() > 0.4
    assert (pixels(house, assets["edit"][0]) == (55, 215, 235)).all()


def test_another_mark_costs_no_other_picture(house):
    photo = picture(house)
    first = make(house, photo, watermark_text="One")
    again = make(house, photo, watermark_text="Two", watermark_place="tiled", watermark_opacity=80)
    tasks = {task.stage: task.reused for task in house.jobs.tasks(OWNER, again.id)}
    assert tasks == {
        Stage.VALIDATING: True,
        Stage.GENERATING: True,
        Stage.STORING: True,
        Stage.WATERMARKING: False,
    }
    old, new = result_of(house, first)[1], result_of(house, again)[1]
    assert old["edit"][0].id == new["edit"][0].id
    assert (pixels(house, old["preview"][0]) != pixels(house, new["preview"][0])).any()


def test_a_logo_of_the_owner_is_the_mark(house):
    logo = picture(house, (0, 0, 255, 255), (60, 40))
    job = make(house, picture(house), watermark_logo=logo, watermark_opacity=100, watermark_scale=50)
    marked = pixels(house, result_of(house, job)[1]["preview"][0])
    assert (np.abs(marked - (0, 0, 255)).max(-1) < 40).mean() > 0.05


def test_a_logo_must_be_a_picture_of_the_owner(house):
    photo = picture(house)
    strange = picture(house, owner="own_b")
    model = stored(house, b"glTF....", "model/gltf-binary")
    for logo, code in ((strange, "not_found"), ("ast_none", "not_found"), (model, "not_an_image")):
        with pytest.raises(Refused) as caught:
            make(house, photo, watermark_logo=logo)
        assert caught.value.code == code


def test_a_logo_that_is_damaged_fails_its_stage_with_a_reason(house):
    broken = stored(house, b"\x89PNG\r\n\x1a\nand then nothing", "image/png")
    job = make(house, picture(house), watermark_logo=broken)
    assert (job.status, job.failed_stage) == (Status.FAILED, Stage.WATERMARKING)
    assert job.error is not None
    assert job.error.code == "watermark_undrawable"


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ({"prompt": ""}, "no_prompt"),
        ({"prompt": "  \n"}, "no_prompt"),
        ({"prompt": 7}, "invalid_setting"),
        ({"prompt": "x" * 8001}, "invalid_setting"),
        ({"variants": 9}, "invalid_setting"),
        ({"watermark_place": "everywhere"}, "invalid_setting"),
        ({"watermark_opacity": 0}, "invalid_setting"),
        ({"watermark_logo": 7}, "invalid_setting"),
    ],
)
def test_wrong_wishes_are_refused_before_there_is_a_job(house, settings, code):
    with pytest.raises(Refused) as caught:
        make(house, **settings)
    assert caught.value.code == code
    assert house.jobs.room(OWNER) == house.jobs.max_queued


def test_two_photos_are_one_too_many(house):
    new = NewJob("image", (JobInput(picture(house)), JobInput(picture(house, (1, 2, 3)))), {"prompt": "x"})
    with pytest.raises(Refused) as caught:
        house.jobs.create(OWNER, new)
    assert caught.value.code == "too_many_photos"


def test_without_an_engine_for_pictures_the_job_is_refused_with_what_mends_it(house):
    jobs = Jobs(house.database, RecordingJobs(), PluginShelf(points=()), house.clock)
    with pytest.raises(Unavailable) as caught:
        jobs.create(OWNER, NewJob("image", (), {"prompt": "A chair"}))
    assert caught.value.code == "engine_unavailable"
    assert caught.value.hint
