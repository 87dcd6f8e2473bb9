"""While Postgres is away a service says so and waits; when it is back everything goes on, and nothing was lost.

The longer run is ``benchmarks/postgres_outage.py``.
"""

from pathlib import Path

from outage import endure

from postgres import TEMPLATE, Server

ROUTES = {"list", "job", "accept", "cancel", "events", "create", "status", "ready"}


def test_jobs_survive_outages_and_callers_are_told_to_wait(tmp_path: Path, postgres_server: Server) -> None:
    database = postgres_server.create(TEMPLATE)
    report = endure(tmp_path, postgres_server, database, jobs=8, restarts=2, down_s=0.5)
    assert report.statuses == {"completed": 8}
    assert set(report.answers) == {f"{route} 503 with Retry-After" for route in ROUTES}
    assert report.doubles == 0
    assert report.gaps == []
