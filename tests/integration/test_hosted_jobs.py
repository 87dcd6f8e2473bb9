"""A photo to a model, the cut-out by one server and the model by another, as an operator sets it up."""

import asyncio
from pathlib import Path

import cv2
import pytest

from drawn_photos import backdrop, thing
from maquette.app.jobs import NewJob
from maquette.app.uploads import PhotoInfo
from maquette.bootstrap import Maquette, open_for_work
from maquette.domain.assets import View
from maquette.domain.ids import LOCAL_OWNER
from maquette.domain.jobs import Job, JobInput
from maquette.domain.states import ENDED, Status
from maquette.settings import Settings
from maquette.testing.loopbacks.meshy import MeshyLoopback
from maquette.testing.loopbacks.rembg import RembgLoopback


async def rested(house: Maquette, job: Job) -> Job:
    for _ in range(1500):
        now = await asyncio.to_thread(house.jobs.get, LOCAL_OWNER, job.id)
        if now.status in ENDED or now.status is Status.WAITING:
            return now
        await asyncio.sleep(0.1)
    raise AssertionError(f"{now.status} at {now.stage}")


async def made(settings: Settings, photo: Path) -> tuple[Job, list[str], list[str]]:
    async with open_for_work(settings) as house:
        writer = house.uploads.receive()
        writer.write(photo.read_bytes())
        asset = await house.uploads.add(LOCAL_OWNER, writer.finish(), PhotoInfo("front.png", View.FRONT))
        chosen = {"cutter": "rembg", "mesher": "meshy", "quality": "fast"}
        new = NewJob("photo_to_model", (JobInput(asset.id, View.FRONT),), chosen)
        job = await asyncio.to_thread(lambda: house.jobs.create(LOCAL_OWNER, new).job)
        ended = await rested(house, job)
        calls = house.calls.of_job(LOCAL_OWNER, job.id)
        result = house.results.get(LOCAL_OWNER, ended.result_id) if ended.result_id else None
        names = sorted(result[0].assets) if result else [f"{ended.status} {ended.error}"]
        return ended, names, [f"{call.engine} {call.state} {call.external_id}" for call in calls]


@pytest.mark.timeout(240)
def test_a_photo_becomes_a_model_on_other_peoples_machines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    photo = tmp_path / "front.png"
    cv2.imwrite(str(photo), thing(backdrop(), (220, 120, 200, 240)))
    with RembgLoopback() as rembg, MeshyLoopback() as meshy:
        engines = {
            "rembg": {"base_url": rembg.url, "is_test": True},
            "meshy": {"base_url": meshy.url, "key": meshy.key, "is_test": True},
        }
        settings = Settings(
            data=tmp_path / "data",
            engines=engines,
            prices={"meshy": {"at": "2026-11-01", "unit": "credit", "usd": 0.02}},
        )
        job, names, calls = asyncio.run(made(settings, photo))
    assert job.status is Status.COMPLETED, names
    assert "lod0" in names
    assert "cutout" in names
    assert [line.split()[:2] for line in calls] == [["rembg", "succeeded"], ["meshy", "succeeded"]]
    assert job.cost_usd == pytest.approx(sum(charge.units for charge in meshy.bill) * 0.02)
    assert job.cost_usd > 0
