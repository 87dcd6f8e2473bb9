"""Models that mean harm: a clear refusal or a correct reading, within 5 s of CPU and 1 GB of memory."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hostile_models import CASES, Case, small
from maquette.domain.errors import Permanent
from maquette.media.meshes.glb_pictures import check_pictures
from maquette.media.meshes.glb_read import inspect_glb, read_parts

TESTS = Path(__file__).parents[3]
AT_THE_DOOR = ("model_damaged: ", "not_a_model: ", "empty_file: ")


def as_it_should(case: Case, verdict: str) -> bool:
    if not case.says:
        return verdict == "read"
    return verdict.startswith("model_invalid: ") and case.says in verdict


def test_harm_is_refused_or_read(tmp_path: Path) -> None:
    path, wrong = tmp_path / "model.glb", {}
    quiet = os.environ | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    script = [sys.executable, TESTS / "limited.py"]
    with subprocess.Popen(script, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=quiet) as reader:
        for name, case in CASES.items():
            path.write_bytes(case.make())
            print(path, file=reader.stdin, flush=True)
            engines, peoples = json.loads(reader.stdout.readline())
            # a person may have a file measured whose pictures are too large to make anything from
            fair = peoples == "read" or (engines != "read" and peoples.startswith(AT_THE_DOOR))
            if not (fair and as_it_should(case, engines)):
                wrong[name] = engines, peoples
    assert wrong == {}


@pytest.mark.parametrize("name", ["KTX2 required", "buffer at file:///etc/"])
def test_a_refusal_says_what_to_do(name: str) -> None:
    with pytest.raises(Permanent) as caught:
        inspect_glb(CASES[name].make())
    assert caught.value.hint.startswith("Export it")


def readable(data: bytes) -> bool:
    """Anything but our own error fails the test."""
    try:
        check_pictures(data)
        read_parts(data)
    except Permanent as error:
        assert error.code == "model_invalid"
        return False
    return True


def test_every_cut_is_refused() -> None:
    whole = small()
    assert readable(whole)
    assert not any(readable(whole[:length]) for length in range(len(whole)))


@given(st.data())
@settings(max_examples=300, deadline=None)
def test_any_bytes_may_change(data: st.DataObject) -> None:
    changed = bytearray(small())
    for place in data.draw(st.lists(st.integers(12, len(changed) - 1), min_size=1, max_size=8)):
        changed[place] = data.draw(st.integers(0, 255))
    readable(bytes(changed))


@given(st.integers(0, 2000), st.integers(0, 400), st.binary(max_size=40))
@settings(max_examples=150, deadline=None)
def test_any_piece_may_be_replaced(start: int, length: int, piece: bytes) -> None:
    whole = small()
    changed = whole[:start] + piece + whole[start + length :]
    # the length is put right, so that the rest is looked at
    readable(changed[:8] + len(changed).to_bytes(4, "little") + changed[12:])
