"""What a job tells while it is accepted and worked on: one span for each try, in the trace of its request."""

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from maquette.adapters.sql.database import SqlDatabase
from maquette.app.jobs import Jobs
from maquette.domain.errors import Permanent, Temporary
from maquette.domain.states import Stage
from maquette.pipelines.runner import Runner

from .test_runner import OWNER, accept, house, play, run, stages

__all__ = ["house", "play"]
ORIGIN = f"00-{'a' * 32}-{'b' * 16}-01"


class Recorder:
    """A tracer that remembers. ``here`` is always the same place."""

    def __init__(self) -> None:
        self.spans: list[SimpleNamespace] = []

    @contextmanager
    def span(self, name: str, parent: str | None = None, **facts: Any) -> Generator[None, None, None]:
        self.spans.append(SimpleNamespace(name=name, parent=parent, facts=dict(facts)))
        yield

    def note(self, **facts: Any) -> None:
        self.spans[-1].facts.update(facts)

    def here(self) -> str | None:
        return ORIGIN


@pytest.fixture
def recorder(house: SimpleNamespace, tmp_path: Path) -> Iterator[Recorder]:
    recorder = Recorder()
    database: SqlDatabase = house.database
    parts = house.runner
    house.jobs = Jobs(database, house.handed, parts._engines, house.clock, tracer=recorder)
    house.runner = Runner(
        database,
        house.blobs,
        parts._processes,
        parts._engines,
        house.clock,
        tmp_path / "work",
        None,
        None,
        recorder,
    )
    yield recorder


def told(recorder: Recorder, stage: Stage) -> list[Any]:
    return [span.facts.get("outcome") for span in recorder.spans if span.facts.get("stage") == stage]


def test_each_stage_is_a_span_in_the_trace_of_the_request(house, play, recorder):
    job = accept(house)
    assert job.traceparent == ORIGIN
    assert recorder.spans[0].name == "accept"
    assert recorder.spans[0].facts["job_id"] == job.id
    run(house, job)
    tries = recorder.spans[1:]
    assert [span.facts["stage"] for span in tries] == stages(job)
    assert {span.parent for span in tries} == {ORIGIN}
    assert {span.facts["outcome"] for span in tries} == {"finished"}
    generating = next(span for span in tries if span.facts["stage"] == Stage.GENERATING)
    assert generating.facts["engine"] == "mesh"


def test_tries_say_what_became_of_them(house, play, recorder, caplog):
    play.raises[Stage.VALIDATING] = [Temporary("engine_failed")]
    play.raises[Stage.STORING] = [Permanent("model_invalid")]
    failed, _ = run(house, accept(house))
    assert told(recorder, Stage.VALIDATING) == ["again", "finished"]
    assert told(recorder, Stage.STORING) == ["failed"]
    assert [span.facts.get("code") for span in recorder.spans][-1] == "model_invalid"
    assert "Stage storing failed: model_invalid" in caplog.text
    run(house, house.jobs.retry(OWNER, failed.id))
    assert told(recorder, Stage.GENERATING) == ["finished", "reused"]
