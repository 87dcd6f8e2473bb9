"""A hypothesis state machine that drives one job with arbitrary calls, legal or not."""

from datetime import UTC, datetime

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from maquette.domain import jobs as moves
from maquette.domain.errors import Problem, Refused
from maquette.domain.jobs import Job, Move
from maquette.domain.states import ENDED, MOVES, STAGE_ORDER, Stage, Status, WaitingFor
from maquette.pipelines.catalog import CATALOG

AT = datetime(2026, 1, 1, tzinfo=UTC)


class JobMachine(RuleBasedStateMachine):
    """Whatever is called in whatever order: an illegal move is refused and changes nothing."""

    @initialize(name=st.sampled_from(sorted(CATALOG)), draft=st.booleans())
    def create(self, name: str, draft: bool) -> None:
        self.pipeline = CATALOG[name].pipeline
        status = Status.DRAFT if draft else Status.PENDING
        self.job = Job("job_1", "local", name, AT, AT, status=status)
        self.events = [moves.created(self.job)]

    def take(self, make) -> None:
        before = self.job
        try:
            move: Move | None = make()
        except Refused as refusal:
            assert refusal.code in ("illegal_move", "job_finished", "unknown_stage")
            return
        if move is None:
            return
        assert move.before == before
        self.job = move.after
        self.events.append(move.event)
        if before.status is not self.job.status:
            assert self.job.status in MOVES[before.status]
        if before.attempt == self.job.attempt:
            assert self.job.progress >= before.progress
            if before.stage:
                assert self.job.stage
                assert STAGE_ORDER[self.job.stage] >= STAGE_ORDER[before.stage]
        else:
            assert before.status in (Status.FAILED, Status.CANCELED)

    @rule()
    def accept(self) -> None:
        self.take(lambda: moves.accept(self.job, AT))

    @rule(data=st.data())
    def enter(self, data: st.DataObject) -> None:
        stage = data.draw(st.sampled_from(self.pipeline.stages))
        self.take(lambda: moves.enter(self.job, self.pipeline, stage, AT))

    @rule(fraction=st.floats(-1, 2))
    def advance(self, fraction: float) -> None:
        self.take(lambda: moves.advance(self.job, self.pipeline, fraction, AT))

    @rule()
    def finish(self) -> None:
        self.take(lambda: moves.finish_stage(self.job, self.pipeline, AT))

    @rule(reason=st.sampled_from([reason for reason in WaitingFor if reason is not WaitingFor.INPUT]))
    def hold(self, reason: WaitingFor) -> None:
        self.take(lambda: moves.hold(self.job, reason, AT))

    @rule()
    def resume(self) -> None:
        self.take(lambda: moves.resume(self.job, self.pipeline, AT))

    @rule()
    def decide(self) -> None:
        self.take(lambda: moves.decide(self.job, self.job.inputs, AT, by="ann"))

    @rule(reason=st.sampled_from(["worker_lost", "backoff"]))
    def requeue(self, reason: str) -> None:
        self.take(lambda: moves.requeue(self.job, reason, AT))

    @rule()
    def fail(self) -> None:
        self.take(lambda: moves.fail(self.job, Problem("internal", "m", "h", False), AT))

    @rule()
    def cancel(self) -> None:
        self.take(lambda: moves.cancel(self.job, AT))

    @rule(data=st.data())
    def retry(self, data: st.DataObject) -> None:
        stage = data.draw(st.none() | st.sampled_from(list(Stage)))
        self.take(lambda: moves.retry(self.job, self.pipeline, AT, stage))

    @rule()
    def complete(self) -> None:
        self.take(lambda: moves.complete(self.job, "res_1", AT))

    @invariant()
    def events_are_gapless(self) -> None:
        assert [event.seq for event in self.events] == list(range(1, self.job.seq + 1))

    @invariant()
    def the_record_is_consistent(self) -> None:
        assert 0 <= self.job.progress <= 100
        assert (self.job.waiting_for is not None) == (self.job.status is Status.WAITING)
        assert (self.job.error is not None) == (self.job.status in (Status.FAILED, Status.CANCELED))
        assert (self.job.ended_at is not None) == (self.job.status in ENDED)
        assert (self.job.result_id is not None) == (self.job.status is Status.COMPLETED)


TestJobMachine = JobMachine.TestCase
