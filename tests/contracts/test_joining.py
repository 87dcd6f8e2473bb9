"""Photos that come at the same time to one job, on every store: none is lost, whatever else moves the job."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from maquette.app.jobs import Jobs
from maquette.app.joining import HOLDS, Joining, Photo
from maquette.domain import jobs as moves
from maquette.domain.assets import CAPTURE_VIEWS, Asset, Role
from maquette.domain.errors import Refused
from maquette.domain.ids import new_id
from maquette.domain.states import Stage, Status, WaitingFor
from maquette.pipelines.catalog import CATALOG
from maquette.ports.engines import Capability, EngineInfo, EngineRecord, Readiness
from maquette.testing import RecordingJobs, Shelf

PIPELINE = CATALOG["photo_to_model"].pipeline
ROUNDS = 4


class Now:
    """The time of day, of which two looks may see the same."""

    def now(self) -> datetime:
        return datetime.now(UTC).replace(microsecond=0)

    def monotonic(self) -> float:
        return 0.0


@pytest.fixture
def joining(database):
    infos = [
        EngineInfo(name, "1", kind, name, "-", True)
        for name, kind in (("c", Capability.CUTTER), ("m", Capability.MESHER))
    ]
    shelf = Shelf([EngineRecord(info.name, "none:None", Readiness(True), info) for info in infos])
    engine, clock = RecordingJobs(), Now()
    return Joining(database, engine, clock, Jobs(database, engine, shelf, clock))


def photos(database, sample):
    made = [
        Asset(new_id("ast"), sample.owner, Role.ORIGINAL, "image/png", "a" * 64, 7, Now().now(), view=view)
        for view in CAPTURE_VIEWS
    ]
    with database.write() as tx:
        for asset in made:
            tx.assets.add(asset)
    return [Photo(asset.id, asset.view) for asset in made]


def works_on(database, job_id):
    """What a worker does meanwhile: takes the job up, checks it, holds it."""

    def step(make):
        while True:
            try:
                with database.write() as tx:
                    job = tx.jobs.get(job_id)
                    return tx.jobs.apply(make(job))
            except Refused as refusal:
                if refusal.code != "conflict":
                    return None

    step(lambda job: moves.enter(job, PIPELINE, Stage.VALIDATING, Now().now()))
    step(lambda job: moves.finish_stage(job, PIPELINE, Now().now()))
    with database.read() as tx:
        seen = tx.jobs.get(job_id)
    if Stage.VALIDATING in seen.hold_after:
        try:
            with database.write() as tx:
                # held only as it was seen: whoever lifted the hold since has moved the job
                tx.jobs.apply(moves.hold(seen, WaitingFor.INPUT, Now().now()))
        except Refused:
            return


def test_four_at_once_open_one_job_and_are_all_in_it(database, joining, sample):
    for number in range(ROUNDS):
        with ThreadPoolExecutor(4) as page:
            accepted = list(
                page.map(
                    lambda photo, name=f"row-{number}": joining.add(sample.owner, photo, name),
                    photos(database, sample),
                )
            )
        assert len({one.job.id for one in accepted}) == 1
        job = joining.find(sample.owner, f"row-{number}")
        assert {given.view for given in job.inputs} == set(CAPTURE_VIEWS)


def test_photos_that_come_while_a_worker_moves_the_job_are_all_in_it(database, joining, sample):
    for _ in range(ROUNDS):
        first, *others = photos(database, sample)
        job_id = joining.add(sample.owner, first).job.id
        with ThreadPoolExecutor(4) as page:
            worker = page.submit(works_on, database, job_id)
            list(page.map(lambda photo, job_id=job_id: joining.add(sample.owner, photo, job_id), others))
            worker.result()
        job = joining.find(sample.owner, job_id)
        assert {given.view for given in job.inputs} == set(CAPTURE_VIEWS)
        with database.read() as tx:
            assert [event.seq for event in tx.events.after(job_id, 0)] == list(range(1, job.seq + 1))


def test_a_hold_that_is_lifted_while_it_is_reached_holds_nobody(database, joining, sample):
    for _ in range(ROUNDS):
        job_id = joining.add(sample.owner, photos(database, sample)[0]).job.id
        with ThreadPoolExecutor(2) as page:
            worker = page.submit(works_on, database, job_id)
            page.submit(joining.lift, sample.owner, job_id, *HOLDS).result()
            worker.result()
        job = joining.find(sample.owner, job_id)
        assert (job.hold_after, job.status) == ((), Status.PROCESSING)
