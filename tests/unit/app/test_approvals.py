"""Approval, from the first cut-out to the last word: who decides, what is done again, and what is not."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from approving import OWNER, Cuts, House, opened, specs
from maquette.app.approvals import Action, Others, PhotoRuling, Ruling
from maquette.domain.assets import View
from maquette.domain.errors import Refused
from maquette.domain.jobs import Job, JobInput
from maquette.domain.projections import project
from maquette.domain.states import Stage, Status, WaitingFor
from maquette.pipelines import catalog

BOX = (12.0, 5.0, 100.0, 90.0)


@pytest.fixture
def cuts(monkeypatch: pytest.MonkeyPatch) -> Cuts:
    cuts = Cuts()
    monkeypatch.setattr(catalog, "SPECS", specs(cuts))
    return cuts


@pytest.fixture
def house(tmp_path: Path, cuts: Cuts) -> Iterator[House]:
    with opened(tmp_path) as house:
        yield house


def waiting(house: House, approve: str = "manual", **more) -> Job:
    job = house.run(house.accept(approve, **more).id)
    assert (job.status, job.waiting_for, job.stage) == (Status.WAITING, WaitingFor.APPROVAL, Stage.APPROVING)
    return job


def code(call) -> str:
    with pytest.raises(Refused) as caught:
        call()
    assert caught.value.hint
    return caught.value.code


def report(house: House, job: Job) -> dict:
    with house.database.read() as tx:
        found = tx.results.get(job.result_id or "", OWNER)
    assert found is not None
    return dict(found.report)


def progress(house: House, job: Job) -> list[int]:
    return [event.data["progress"] for event in house.jobs.events(OWNER, job.id, 0)]


def test_manual_waits_before_anything_costs_and_an_empty_word_approves_all(house, cuts):
    job = waiting(house)
    assert cuts.later == []
    review = house.approvals.review(OWNER, job.id)
    assert review.is_open
    assert [photo["state"] for photo in review.photos] == ["open"] * 4
    seen = project(catalog.CATALOG[job.pipeline].pipeline, job.status, job.stage, None, job.waiting_for)
    assert (seen.generation_status, seen.model_status, seen.stage) == ("uploaded", "removing_background", "validating")
    going = house.decide(job.id)
    assert (going.status, going.stage, going.leg, going.attempt) == (Status.PROCESSING, Stage.APPROVING, 1, 1)
    done = house.run(job.id)
    assert (done.status, cuts.later[0]) == (Status.COMPLETED, Stage.SUBMITTING)
    assert len(cuts.made) == 4  # nothing was cut out twice
    assert progress(house, job) == sorted(progress(house, job))
    assert {photo["state"] for photo in report(house, done)["approval"]["photos"]} == {"approved"}
    assert [line.message for line in house.jobs.logs(OWNER, job.id)] == [
        f"ann approved the cut-out of chair-{view}." for view in ("front", "left", "right", "back")
    ]


def test_never_asks_nobody(house, cuts):
    done = house.run(house.accept("never").id)
    assert done.status is Status.COMPLETED
    assert [event.type for event in house.jobs.events(OWNER, done.id, 0)].count("job.held") == 0


def test_a_score_below_the_bound_waits_and_the_others_have_passed(house, cuts):
    cuts.scores = {"chair-left": 0.7, "chair-back": 0.8}
    job = waiting(house, "auto>=0.8")
    assert house.states(job.id) == {"front": "passed", "left": "open", "right": "passed", "back": "passed"}
    cuts.scores.clear()
    assert house.run(house.accept("auto >= .9").id).status is Status.COMPLETED


def test_a_photo_that_could_not_be_cut_out_waits_and_is_gone_without_once_all_is_approved(house, cuts):
    cuts.fails = {"chair-left"}
    job = waiting(house, "auto>=0.5")
    (left,) = [photo for photo in house.approvals.review(OWNER, job.id).photos if photo["state"] == "open"]
    assert (left["view"], left["cutout_id"], left["error"]["code"]) == ("left", None, "no_subject")
    ruling = PhotoRuling(left["asset_id"], Action.APPROVE)
    assert code(lambda: house.decide(job.id, ruling)) == "invalid_request"
    house.decide(job.id)
    done = house.run(job.id)
    assert done.status is Status.COMPLETED
    assert cuts.views == [["front", "right", "back"]]
    assert report(house, done)["approval"]["left_out"][0]["reason"] == "It could not be cut out."


def test_never_goes_without_what_failed_and_fails_where_everything_did(house, cuts):
    cuts.fails = {"chair-left"}
    assert house.run(house.accept("never").id).status is Status.COMPLETED
    cuts.fails = {f"chair-{view}" for view in ("front", "left", "right", "back")}
    house.clock.turn(1)
    inputs = tuple(JobInput(house.photo(f"chair-{view}", view, seed=3), view) for view in (View.FRONT, View.LEFT))
    failed = house.run(house.accept("never", inputs).id)
    assert (failed.status, failed.error.code, failed.failed_stage) == (Status.FAILED, "no_subject", Stage.APPROVING)


def test_a_rejected_photo_is_out_with_its_reason_and_the_rest_is_not_cut_again(house, cuts):
    job = waiting(house)
    back = job.inputs[3].asset_id
    house.decide(job.id, PhotoRuling(back, Action.REJECT, "The lamp is in the way."))
    done = house.run(job.id)
    assert (done.status, cuts.views, len(cuts.made)) == (Status.COMPLETED, [["front", "left", "right"]], 4)
    told = report(house, done)
    assert told["approval"]["left_out"][0] | {"at": None} == {
        "asset_id": back, "verdict": "rejected", "reason": "The lamp is in the way.", "by": "ann", "at": None,
    }  # fmt: skip
    assert [entry["reason"] for entry in told["selection"]["left_out"]] == ["rejected"]
    assert "ann left out chair-back (The lamp is in the way.)." in [
        line.message for line in house.jobs.logs(OWNER, job.id)
    ]
    with house.database.read() as tx:
        assert len(tx.results.get(done.result_id, OWNER).assets["cutout"]) == 3


def test_when_all_are_rejected_the_job_fails_with_a_code_and_pays_nothing(house, cuts):
    job = waiting(house)
    house.decide(job.id, *(PhotoRuling(given.asset_id, Action.REJECT, "No.") for given in job.inputs))
    failed = house.run(job.id)
    assert (failed.status, failed.failed_stage, failed.error.code) == (
        Status.FAILED, Stage.APPROVING, "nothing_approved",
    )  # fmt: skip
    assert cuts.later == []


def test_a_redo_cuts_only_that_photo_again_and_waits_again(house, cuts):
    cuts.scores = {"chair-left": 0.3}
    job = waiting(house)
    before = house.approvals.review(OWNER, job.id).photos[1]
    left = job.inputs[1].asset_id
    assert code(lambda: house.decide(job.id, PhotoRuling(left, Action.REDO))) == "invalid_request"
    house.decide(job.id, PhotoRuling(left, Action.REDO, box=BOX))
    again = house.run(job.id)
    assert (again.status, again.waiting_for, again.stage) == (Status.WAITING, WaitingFor.APPROVAL, Stage.APPROVING)
    assert cuts.made == ["chair-front", "chair-left", "chair-right", "chair-back", "chair-left"]
    assert len(set(cuts.keys)) == 5  # a service that knows keys would have sold the old one
    assert house.states(job.id) == {"front": "approved", "left": "open", "right": "approved", "back": "approved"}
    after = house.approvals.review(OWNER, job.id).photos[1]
    assert (before["score"], after["score"]) == (0.3, 0.95)
    assert before["cutout_id"] != after["cutout_id"]
    house.decide(job.id)
    assert house.run(job.id).status is Status.COMPLETED
    assert len(cuts.made) == 5
    assert progress(house, job) == sorted(progress(house, job))


def test_a_replacement_goes_through_all_stages_and_waits(house, cuts):
    job = waiting(house)
    left = job.inputs[1].asset_id
    new = house.photo("better", View.LEFT, seed=2)
    house.decide(job.id, PhotoRuling(left, Action.REPLACE, "Blurred.", replacement=new))
    again = house.run(job.id)
    assert again.waiting_for is WaitingFor.APPROVAL
    assert cuts.made[4:] == ["better"]
    assert house.states(job.id) == {"front": "approved", "left": "open", "right": "approved", "back": "approved"}
    assert {photo["asset_id"] for photo in house.approvals.review(OWNER, job.id).photos} >= {new}
    house.decide(job.id)
    done = house.run(job.id)
    told = report(house, done)
    assert (done.status, cuts.views) == (Status.COMPLETED, [["front", "left", "right", "back"]])
    assert [(entry["asset_id"], entry["verdict"]) for entry in told["approval"]["left_out"]] == [(left, "replaced")]


def test_a_photo_that_was_not_chosen_can_take_the_place_of_one_that_was(house, cuts):
    inputs = house.four()
    spare = JobInput(house.photo("spare", View.TOP), View.TOP)
    job = waiting(house, inputs=(*inputs, spare))
    assert len(cuts.made) == 4
    house.decide(job.id, PhotoRuling(inputs[0].asset_id, Action.REPLACE, replacement=spare.asset_id))
    house.run(job.id)
    assert cuts.made[4:] == ["spare"]
    assert house.states(job.id)["front"] == "open"


def test_corrected_views_are_what_the_model_is_made_from_and_nothing_is_cut_again(house, cuts):
    job = waiting(house)
    left, right = job.inputs[1].asset_id, job.inputs[2].asset_id
    swap = (PhotoRuling(left, Action.VIEW, view=View.RIGHT), PhotoRuling(right, Action.APPROVE, view=View.LEFT))
    assert code(lambda: house.decide(job.id, swap[0])) == "duplicate_view"
    house.decide(job.id, *swap)
    done = house.run(job.id)
    assert (done.status, len(cuts.made)) == (Status.COMPLETED, 4)
    with house.database.read() as tx:
        cutouts = tx.assets.many(tx.results.get(done.result_id, OWNER).assets["cutout"])
    assert {asset.derived_from[0]: asset.view for asset in cutouts if asset.view in (View.LEFT, View.RIGHT)} == {
        left: View.RIGHT, right: View.LEFT,
    }  # fmt: skip


def test_what_a_ruling_does_not_name_may_wait(house, cuts):
    job = waiting(house)
    house.decide(job.id, PhotoRuling(job.inputs[0].asset_id, Action.APPROVE), others=Others.WAIT)
    again = house.run(job.id)
    assert again.waiting_for is WaitingFor.APPROVAL
    assert house.states(job.id) == {"front": "approved", "left": "open", "right": "open", "back": "open"}
    assert code(lambda: house.decide(job.id, others=Others.WAIT)) == "invalid_request"


def test_the_same_request_twice_is_carried_out_once(house, cuts):
    job = waiting(house)
    first = house.decide(job.id, key="k1")
    assert house.decide(job.id, key="k1") == first
    back = PhotoRuling(job.inputs[3].asset_id, Action.REJECT, "No.")
    assert code(lambda: house.decide(job.id, back, key="k1")) == "idempotency_mismatch"
    assert code(lambda: house.decide(job.id)) == "illegal_move"
    done = house.run(job.id)
    assert house.decide(job.id, key="k1") == done
    assert house.engine.enqueued == [(job.id, 1, 0), (job.id, 1, 1)]


def test_a_decision_about_an_older_state_is_refused(house, cuts):
    job = waiting(house)
    assert code(lambda: house.decide(job.id, seq=job.seq - 1)) == "conflict"
    assert house.decide(job.id, seq=job.seq).status is Status.PROCESSING


def test_of_many_decisions_at_once_one_counts(house, cuts):
    job = waiting(house)

    def decide(number: int) -> str:
        try:
            house.decide(job.id, PhotoRuling(job.inputs[number % 4].asset_id, Action.REJECT, str(number)))
        except Refused as refusal:
            return refusal.code
        return "done"

    with ThreadPoolExecutor(6) as pool:
        outcomes = sorted(pool.map(decide, range(6)))
    assert outcomes == ["done", *["illegal_move"] * 5]
    assert [given.decision.verdict for given in house.jobs.get(OWNER, job.id).inputs].count("rejected") == 1


def test_a_cancel_while_waiting_ends_it_and_a_retry_asks_again_only_for_what_nobody_approved(house, cuts):
    job = waiting(house)
    house.decide(job.id, PhotoRuling(job.inputs[0].asset_id, Action.APPROVE), others=Others.WAIT)
    house.run(job.id)
    canceled = house.jobs.cancel(OWNER, job.id)
    assert canceled.failed_stage is Stage.APPROVING
    assert code(lambda: house.decide(job.id)) == "illegal_move"
    house.jobs.retry(OWNER, job.id)
    again = house.run(job.id)
    assert (again.attempt, again.waiting_for, len(cuts.made)) == (2, WaitingFor.APPROVAL, 4)
    assert house.states(job.id)["front"] == "approved"
    house.decide(job.id)
    assert house.run(job.id).status is Status.COMPLETED


def test_a_resume_is_no_approval(house, cuts):
    job = waiting(house)
    assert code(lambda: house.jobs.resume(OWNER, job.id)) == "illegal_move"


def test_a_walk_that_comes_back_after_a_crash_does_not_walk_beside_the_next_one(house, cuts):
    job = waiting(house)
    house.decide(job.id)
    stale = house.run(job.id, leg=0)
    assert (stale.status, stale.stage, cuts.later) == (Status.PROCESSING, Stage.APPROVING, [])


def test_wrong_ids_are_told_apart(house, cuts):
    job = waiting(house, inputs=(*house.four(), JobInput(house.photo("top", View.TOP), View.TOP)))
    first = job.inputs[0].asset_id
    for ruling, wanted in (
        (PhotoRuling("ast_nobody", Action.APPROVE), "not_found"),
        (PhotoRuling(job.inputs[4].asset_id, Action.APPROVE), "invalid_request"),
        (PhotoRuling(first, Action.REPLACE), "invalid_request"),
        (PhotoRuling(first, Action.REPLACE, replacement="ast_nobody"), "not_found"),
        (PhotoRuling(first, Action.REPLACE, replacement=job.inputs[1].asset_id), "invalid_request"),
        (PhotoRuling(first, Action.VIEW), "invalid_request"),
        (PhotoRuling(first, Action.VIEW, view=View.TOP), "invalid_request"),
    ):
        assert code(lambda ruling=ruling: house.decide(job.id, ruling)) == wanted, ruling
    assert code(lambda: house.approvals.decide("bob", job.id, Ruling(), "bob")) == "not_found"
    assert house.jobs.get(OWNER, job.id) == job  # nothing of that was kept


def test_a_retry_may_correct_views(house, cuts):
    inputs = tuple(JobInput(given.asset_id) for given in house.four())
    job = waiting(house, inputs=inputs)
    house.jobs.cancel(OWNER, job.id)
    views = {inputs[0].asset_id: View.BACK, inputs[3].asset_id: View.FRONT}
    assert code(lambda: house.jobs.retry(OWNER, job.id, None, {"ast_nobody": View.LEFT})) == "not_found"
    house.jobs.retry(OWNER, job.id, Stage.SELECTING, views)
    house.run(job.id)
    chosen = house.approvals.review(OWNER, job.id).selection["chosen"]
    assert {entry["asset_id"]: (entry["view"], entry["guessed"]) for entry in chosen} == {
        inputs[0].asset_id: ("back", False),
        inputs[1].asset_id: ("left", False),
        inputs[2].asset_id: ("right", False),
        inputs[3].asset_id: ("front", False),
    }


def test_every_decision_is_an_event_that_says_who_and_what(house, cuts):
    job = waiting(house)
    house.decide(job.id, PhotoRuling(job.inputs[0].asset_id, Action.REJECT, "Cracked."), others=Others.WAIT)
    (event,) = [event for event in house.jobs.events(OWNER, job.id, 0) if event.type == "job.resumed"]
    assert event.data["by"] == "ann"
    assert [(line["action"], line["reason"]) for line in event.data["decisions"]] == [("reject", "Cracked.")]
    json.dumps(dict(event.data))
