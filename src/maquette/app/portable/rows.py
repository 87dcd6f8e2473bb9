"""The rows of the domain from the lines of an archive, with new ids and a new owner."""

from collections.abc import Iterator, Sequence
from typing import Any

from maquette.app.portable.content import Content
from maquette.app.portable.lines import (
    AssetLine,
    EventLine,
    InputLine,
    JobLine,
    ProblemLine,
    ResultLine,
    RowLine,
    TaskLine,
)
from maquette.app.portable.renaming import Renaming
from maquette.domain.approvals import Decision
from maquette.domain.assets import Asset, Quality
from maquette.domain.batches import Batch, BatchRow, OnError, RowPhoto, RowStatus
from maquette.domain.errors import Problem
from maquette.domain.jobs import Event, Job, JobInput, Result, Task
from maquette.domain.marks import Marks
from maquette.domain.projects import Project
from maquette.pipelines.catalog import CATALOG, settle


class Rows:
    """Made once for each import, since the ids must agree."""

    def __init__(self, content: Content, owner_id: str) -> None:
        self._owner_id = owner_id
        self._names = Renaming(content)
        self.project = self._project(content)
        self.assets = tuple(self._asset(line) for line in content.assets)
        self.jobs = tuple((self._job(line), self._events(content.events[line.id])) for line in content.jobs)
        self.tasks = tuple(self._task(line) for line in content.tasks)
        self.batches = tuple(self._batches(content.jobs))
        self.results = tuple(self._result(line) for line in content.results.values())

    def _project(self, content: Content) -> Project:
        line = content.project
        sizes = line.dimensions and line.dimensions.model_dump(exclude_none=True)
        return Project(**_given(line, id=self._names.of(line.id, "prj"), owner_id=self._owner_id, dimensions=sizes))

    def _asset(self, line: AssetLine) -> Asset:
        names = self._names
        return Asset(
            **_given(
                line,
                id=names.of(line.id, "ast"),
                owner_id=self._owner_id,
                project_id=names.maybe(line.project_id, "prj"),
                derived_from=names.many(line.derived_from, "ast"),
                produced_by=names.maybe(line.produced_by, "task"),
                stats=names.within(line.stats),
                quality=line.quality and Quality(line.quality.score, line.quality.flags),
            )
        )

    def _job(self, line: JobLine) -> Job:
        names = self._names
        return Job(
            **_given(
                line,
                id=names.of(line.id, "job"),
                owner_id=self._owner_id,
                project_id=names.maybe(line.project_id, "prj"),
                parent_job_id=names.maybe(line.parent_job_id, "job"),
                batch_id=names.maybe(line.batch_id, "bat"),
                result_id=names.maybe(line.result_id, "res"),
                error=_problem(line.error),
                settings=settle(CATALOG[line.pipeline], line.settings),
                inputs=tuple(self._input(given) for given in line.inputs),
            )
        )

    def _batches(self, lines: Sequence[JobLine]) -> Iterator[tuple[Batch, list[BatchRow]]]:
        """A batch of the rows that have come; it has ended, for all its jobs have."""
        for batch_id in dict.fromkeys(line.batch_id for line in lines if line.row and line.batch_id):
            mine = [(line, line.row) for line in lines if line.row and line.batch_id == batch_id]
            new_id = self._names.of(batch_id, "bat")
            rows = [self._row(new_id, number, line, row) for number, (line, row) in enumerate(mine, 1)]
            yield (
                Batch(
                    id=new_id,
                    owner_id=self._owner_id,
                    pipeline=mine[0][0].pipeline,
                    created_at=min(line.created_at for line, _ in mine),
                    updated_at=max(line.updated_at for line, _ in mine),
                    size=len(rows),
                    on_error=OnError.SKIP,
                    name=mine[0][1].batch,
                ),
                rows,
            )

    def _row(self, batch_id: str, number: int, line: JobLine, row: RowLine) -> BatchRow:
        given = [(self._names.of(one.asset_id, "ast"), one.view) for one in line.inputs]
        photos = tuple(RowPhoto(asset_id, view=view, asset_id=asset_id) for asset_id, view in given)
        job_id = self._names.of(line.id, "job")
        return BatchRow(
            batch_id, number, self._owner_id, row.sku, RowStatus.STARTED, row.name, photos, line.settings, job_id=job_id
        )

    def _input(self, line: InputLine) -> JobInput:
        marks = Marks.of(line.marks.model_dump() if line.marks else None)
        said = line.decision
        decision = said and Decision(said.verdict, said.cutout, said.reason, said.by, said.at)
        return JobInput(self._names.of(line.asset_id, "ast"), line.view, line.box, marks, decision)

    def _events(self, lines: tuple[EventLine, ...]) -> tuple[Event, ...]:
        names = self._names
        return tuple(
            Event(names.of(line.job_id, "job"), line.seq, line.type, line.at, names.within(line.data)) for line in lines
        )

    def _task(self, line: TaskLine) -> Task:
        names = self._names
        return Task(
            **_given(
                line,
                id=names.of(line.id, "task"),
                job_id=names.of(line.job_id, "job"),
                owner_id=self._owner_id,
                params=names.within(line.params),
                data=names.within(line.data),
                input_assets=names.many(line.input_assets, "ast"),
                output_assets=names.many(line.output_assets, "ast"),
                error=_problem(line.error),
            )
        )

    def _result(self, line: ResultLine) -> Result:
        names = self._names
        return Result(
            **_given(
                line,
                id=names.of(line.id, "res"),
                job_id=names.of(line.job_id, "job"),
                owner_id=self._owner_id,
                assets={name: names.many(group, "ast") for name, group in line.assets.items()},
                report=names.within(line.report),
            )
        )


def _given(line: Any, **others: Any) -> dict[str, Any]:
    return {name: value for name, value in line if name != "row"} | others


def _problem(line: ProblemLine | None) -> Problem | None:
    return line and Problem(line.code, line.message, line.hint, line.retryable)
