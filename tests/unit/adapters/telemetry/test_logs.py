"""What a line of the log looks like, and what is never in it."""

import io
import json
import logging
import threading
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from maquette.adapters.telemetry import facts
from maquette.adapters.telemetry.logs import configure_logging
from maquette.domain.ids import new_token


@dataclass(frozen=True)
class Wanted:
    log_format: str = "text"
    log_level: str = "info"


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    """The test runner's own handlers come back afterwards."""
    root, hook = logging.getLogger(), threading.excepthook
    level, handlers = root.level, root.handlers[:]
    root.handlers = []
    yield
    logging.captureWarnings(False)
    threading.excepthook = hook
    root.handlers, root.level = handlers, level


def written(form: str, *secrets: str) -> tuple[io.StringIO, logging.Logger]:
    stream = io.StringIO()
    configure_logging(Wanted(form), secrets, stream)
    return stream, logging.getLogger("maquette.test")


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_json_lines_carry_the_message_and_the_allowed_facts_only() -> None:
    stream, log = written("json")
    log.info("Stage %s ended", "storing", extra={"job_id": "job_1", "stage": "storing", "attempt": 2, "body": "mine"})
    (line,) = lines(stream)
    assert line.pop("ts").endswith("+00:00")
    assert line == {
        "level": "info",
        "logger": "maquette.test",
        "message": "Stage storing ended",
        "job_id": "job_1",
        "stage": "storing",
        "attempt": 2,
    }


def test_facts_that_are_bound_are_on_every_line_within() -> None:
    stream, log = written("json")
    with facts.binding({"job_id": "job_1", "stage": "storing"}):
        with facts.binding({"stage": "optimizing", "unknown": "x"}):
            facts.add({"engine": "carve"})
            log.info("inner")
        log.info("outer")
    log.info("beyond")
    inner, outer, beyond = lines(stream)
    assert (inner["job_id"], inner["stage"], inner["engine"]) == ("job_1", "optimizing", "carve")
    assert "unknown" not in inner
    assert (outer["stage"], "engine" in outer) == ("storing", False)
    assert "job_id" not in beyond


def test_text_lines_end_with_the_facts() -> None:
    stream, log = written("text")
    log.warning("It took long", extra={"job_id": "job_1", "ms": 12})
    assert stream.getvalue().endswith(" WARNING maquette.test: It took long [ms=12 job_id=job_1]\n")


@pytest.mark.parametrize("form", ["text", "json"])
def test_no_secret_is_written_by_message_argument_fact_or_exception(form: str) -> None:
    stream, log = written(form, "correct horse battery")
    token = new_token()
    log.info("X-Session-Token: %s", token)
    log.info("it is correct horse battery", extra={"owner": token})
    try:
        raise ValueError(f'{{"session_token": "{token}"}} postgresql://m:hunter2hunter2@db/m')
    except ValueError:
        log.exception("It failed with %r", {"authorization": f"Bearer {token}"})
    text = stream.getvalue()
    assert "ValueError" in text
    assert not [secret for secret in (token, "hunter2", "correct horse") if secret in text], text


def test_each_exception_is_one_json_line() -> None:
    stream, log = written("json")
    try:
        raise KeyError("a\nb")
    except KeyError:
        log.exception("lost")
    (line,) = lines(stream)
    assert "Traceback" in line["error"]
    assert line["error"].splitlines()[-1] == "KeyError: 'a\\nb'"


def test_warnings_and_dead_threads_go_the_same_way() -> None:
    stream, _ = written("json")

    def die() -> None:
        raise RuntimeError("out of luck")

    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(False)
        logging.captureWarnings(True)
        warnings.warn("old ways", stacklevel=1)
    dying = threading.Thread(target=die, name="worker-7")
    dying.start()
    dying.join()
    warned, died = lines(stream)
    assert "old ways" in warned["message"]
    assert died["message"] == "Thread worker-7 died."
    assert "out of luck" in died["error"]


def test_the_level_holds() -> None:
    stream = io.StringIO()
    configure_logging(Wanted("text", "error"), stream=stream)
    logging.getLogger("maquette").warning("not shown")
    logging.getLogger("maquette").error("shown")
    assert "not shown" not in stream.getvalue()
    assert "shown" in stream.getvalue()
