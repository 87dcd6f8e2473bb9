"""Approval with the real job engine, on both stores: what a restart, a race and a cancel do to it."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from maquette.app.approvals import Action, PhotoRuling, Ruling
from maquette.domain.errors import Refused
from maquette.domain.states import Stage, Status, WaitingFor
from postgres import FreshDatabase

HERE = Path(__file__).parent
OWNER = "local"
BOX = (1.0, 2.0, 30.0, 40.0)


@pytest.fixture
def shop(tmp_path: Path, fresh_store: FreshDatabase, monkeypatch: pytest.MonkeyPatch) -> Iterator["Workshop"]:  # noqa: F821
    monkeypatch.syspath_prepend(str(HERE))
    from workshop import opened

    with opened(tmp_path / "data", url=fresh_store()) as workshop:
        yield workshop


def runs(shop) -> list[str]:
    return [line.split()[1] for line in (shop.folder / "diary").read_text().splitlines()]


def ordered(shop):
    job = shop.jobs.create(OWNER, shop.new_product()).job
    return shop.wait(job.id, Status.WAITING, Status.FAILED)


def test_a_product_is_redone_with_a_hint_reordered_and_approved_over_three_legs(shop):
    shop.launch()
    job = ordered(shop)
    assert (job.waiting_for, job.stage, job.progress) == (WaitingFor.APPROVAL, Stage.APPROVING, 25)
    assert "submitting" not in runs(shop)
    front, left = (given.asset_id for given in job.inputs)
    shop.approvals.decide(OWNER, job.id, Ruling((PhotoRuling(front, Action.REDO, box=BOX),)), "ann")
    again = shop.wait(job.id, Status.WAITING, Status.FAILED, Status.COMPLETED)
    assert (again.waiting_for, again.leg) == (WaitingFor.APPROVAL, 1)
    open_ones = [photo["asset_id"] for photo in shop.approvals.review(OWNER, job.id).photos if photo["state"] == "open"]
    assert open_ones == [front]
    ruling = Ruling((PhotoRuling(left, Action.REJECT, "Not the same thing."),))
    shop.approvals.decide(OWNER, job.id, ruling, "ann")
    done = shop.wait(job.id, Status.COMPLETED, Status.FAILED, Status.WAITING)
    assert (done.status, done.leg) == (Status.COMPLETED, 2)
    assert runs(shop).count("submitting") == 1
    events = shop.jobs.events(OWNER, job.id, 0)
    progress = [event.data["progress"] for event in events]
    assert progress == sorted(progress)
    assert [event.type for event in events].count("job.held") == 2
    with shop.database.read() as tx:
        result = tx.results.get(done.result_id, OWNER)
    assert len(result.assets["cutout"]) == 1


def test_what_was_decided_while_nobody_worked_is_done_by_whoever_comes(shop):
    shop.launch()
    job = ordered(shop)
    shop.engine.stop()
    shop.approvals.decide(OWNER, job.id, Ruling(), "ann")
    assert shop.job(job.id).status is Status.PROCESSING
    shop.launch()
    assert shop.wait(job.id, Status.COMPLETED, Status.FAILED, Status.WAITING).status is Status.COMPLETED
    assert runs(shop).count("removing_background") == 1


def test_of_two_who_decide_at_once_one_is_told_that_it_is_done(shop):
    shop.launch()
    job = ordered(shop)

    def decide(reason: str) -> str:
        ruling = Ruling((PhotoRuling(job.inputs[0].asset_id, Action.REJECT, reason),))
        try:
            shop.approvals.decide(OWNER, job.id, ruling, reason)
        except Refused as refusal:
            return refusal.code
        return "done"

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(decide, ("ann", "bob"))) == ["done", "illegal_move"]
    done = shop.wait(job.id, Status.COMPLETED, Status.FAILED)
    decision = done.inputs[0].decision
    assert (done.status, decision.reason) == (Status.COMPLETED, decision.by)


def test_a_cancel_while_it_waits_is_final_until_a_retry(shop):
    shop.launch()
    job = ordered(shop)
    shop.jobs.cancel(OWNER, job.id)
    with pytest.raises(Refused) as caught:
        shop.approvals.decide(OWNER, job.id, Ruling(), "ann")
    assert caught.value.code == "illegal_move"
    shop.jobs.retry(OWNER, job.id)
    assert shop.wait(job.id, Status.WAITING, Status.FAILED).waiting_for is WaitingFor.APPROVAL
    assert runs(shop).count("removing_background") == 1
    shop.approvals.decide(OWNER, job.id, Ruling(), "ann")
    assert shop.wait(job.id, Status.COMPLETED, Status.FAILED).status is Status.COMPLETED
