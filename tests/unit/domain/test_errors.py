"""The table of codes, and what becomes public of an exception."""

import errno
import re
from http import HTTPStatus
from pathlib import Path

import pytest

import maquette
from maquette.domain.errors import CODES, MaquetteError, Permanent, Problem, Refused, Temporary, Unavailable

SOURCE = Path(maquette.__file__).parent


def test_every_code_is_complete():
    for name, code in CODES.items():
        assert name == code.name
        assert re.fullmatch(r"[a-z_]+", name)
        assert HTTPStatus(code.status) >= HTTPStatus.BAD_REQUEST
        assert code.title and code.hint and not code.title.endswith(".")
        assert code.exit in (1, 2, 3)


def test_every_code_that_the_source_raises_is_in_the_table_and_every_row_is_used():
    pattern = re.compile(r"""(?:Refused|Permanent|Temporary|Unavailable|Problem|MaquetteError)\(\s*"([a-z_]+)\"""")
    text = {path: path.read_text(encoding="utf-8") for path in SOURCE.rglob("*.py")}
    raised = {code for source in text.values() for code in pattern.findall(source)}
    assert raised <= set(CODES)
    table = SOURCE / "domain" / "errors.py"
    elsewhere = "".join(source for path, source in text.items() if path != table) + text[table].split("_table(")[0]
    unused = [name for name in CODES if f'"{name}"' not in elsewhere and name != "internal"]
    assert not unused, f"nothing raises {unused}"


def test_a_full_disk_is_told_whoever_met_it():
    assert Problem.of(OSError(errno.ENOSPC, "No space left on device")).code == "storage_full"
    assert Problem.of(OSError(errno.EACCES, "Permission denied")).code == "internal"


def test_a_bug_shows_no_details():
    problem = Problem.of(ValueError("secret path"))
    assert problem.code == "internal"
    assert "secret" not in problem.message + problem.hint


@pytest.mark.parametrize("kind", [Refused, Permanent, Temporary, Unavailable])
def test_message_and_hint_default_to_the_table(kind: type[MaquetteError]):
    error = kind("no_photo")
    assert (error.message, error.hint) == (CODES["no_photo"].title, CODES["no_photo"].hint)
    assert kind("no_photo", "m", "h").message == "m"


def test_only_a_temporary_failure_promises_that_a_retry_may_help():
    assert Problem.of(Temporary("model_invalid")).retryable
    assert not Problem.of(Permanent("model_invalid")).retryable
