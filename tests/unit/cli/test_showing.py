"""How one job looks on a terminal."""

from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace

from rich.console import Console

from maquette.cli import showing
from maquette.domain.jobs import Job
from maquette.domain.states import Status

AT = datetime(2026, 1, 1, tzinfo=UTC)
JOB = Job("job_1", "local", "cutout", AT, AT)


def shown(job, position, eta):
    out = Console(record=True, width=200)
    showing.job(SimpleNamespace(out=out, err=out), job, position, (), (), eta)
    return out.export_text()


def test_a_job_that_goes_on_says_when_it_will_be_ready_if_that_is_known():
    eta = AT.replace(hour=14, minute=5, second=30)
    text = shown(JOB, 3, eta)
    assert f"about {eta.astimezone():%Y-%m-%d %H:%M:%S}" in text
    assert "number 3" in text
    assert "about" not in shown(replace(JOB, status=Status.WAITING), None, None)
