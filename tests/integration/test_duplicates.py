"""A request that is sent many times under one Idempotency-Key makes one job, whatever dies in between."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from service import served

from postgres import FreshDatabase

TIMES = 50


def test_fifty_at_once_and_one_after_a_kill_make_one_job(tmp_path: Path, fresh_store: FreshDatabase) -> None:
    database = fresh_store()
    with served(tmp_path, database, serve_works=False) as service, ThreadPoolExecutor(TIMES) as crowd:
        photo = service.photo(1)
        answers = list(crowd.map(lambda _: service.submit(photo, "the same"), range(TIMES)))
        assert [answer.status_code for answer in answers] == [202] * TIMES, {answer.text for answer in answers}
        (job_id,) = {answer.json()["id"] for answer in answers}
        assert len({answer.json()["session_token"] for answer in answers}) == TIMES
        other = service.submit(photo, "the same", priority=5)
        assert (other.status_code, other.json()["code"]) == (422, "idempotency_mismatch")
        assert service.jobs() == {job_id: "pending"}
        service.kill()
    with served(tmp_path, database, serve_works=False) as service:
        assert service.submit(photo, "the same").json()["id"] == job_id
        assert service.submit(photo, "the same", priority=5).status_code == 422
        assert service.jobs() == {job_id: "pending"}
