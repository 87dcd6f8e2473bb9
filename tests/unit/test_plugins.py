"""The shelf of engines: good ones, broken ones, and several with one name."""

import subprocess
import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from maquette.domain.errors import Refused, Unavailable
from maquette.plugins import GROUP, Shelf
from maquette.ports.engines import Capability, EngineInfo, Readiness

HERE = __name__


def point(name: str, target: str) -> EntryPoint:
    return EntryPoint(name, f"engines_for_tests:{target}", GROUP)


def info(
    name: str, capability: Capability = Capability.CUTTER, *, free: bool = True, rank: int = 0, is_test: bool = False
) -> EngineInfo:
    return EngineInfo(name, "1", capability, name.title(), "MIT", free, rank=rank, is_test=is_test)


class Good:
    info = info("good")

    def check(self) -> Readiness:
        return Readiness(True)

    def cut(self, request: object, progress: object) -> None: ...


class Lame(Good):
    info = info("lame")

    def check(self) -> Readiness:
        return Readiness(False, "no weights", "maquette fetch lame")


class Better(Good):
    info = info("better", rank=5)


class Best(Lame):
    info = info("best", rank=9)


class Bound(Good):
    info = info("bound", rank=20, free=False)


class Reading(Good):
    info = info("reading")

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder

    @classmethod
    def reading(cls, weights: Path) -> "Reading":
        return cls(weights)

    def check(self) -> Readiness:
        return Readiness(bool(self.folder and self.folder.is_dir()), "no folder", "mkdir")


class Pretending(Good):
    info = info("aaa", is_test=True)


class Rude(Good):
    info = info("rude")

    def check(self) -> Readiness:
        raise RuntimeError("boom")


class Handless:
    info = info("handless", Capability.MESHER)

    def check(self) -> Readiness:
        return Readiness(True)


class Explodes:
    def __init__(self) -> None:
        raise OSError("libmissing.so")


@pytest.fixture(autouse=True)
def module(monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes this file importable under a name that entry points can give."""
    import types

    fake = types.ModuleType("engines_for_tests")
    for engine in (Good, Lame, Better, Best, Bound, Reading, Pretending, Rude, Handless, Explodes):
        setattr(fake, engine.__name__, engine)
    monkeypatch.setitem(sys.modules, "engines_for_tests", fake)


def shelf(*names: str) -> Shelf:
    return Shelf([point(name.lower() if name != "Pretending" else "aaa", name) for name in names])


def test_a_good_engine_is_listed_with_what_it_says_of_itself() -> None:
    (record,) = shelf("Good").all()
    assert record.name == "good"
    assert record.reference == "engines_for_tests:Good"
    assert record.readiness.ready
    assert record.info == Good.info


@pytest.mark.parametrize(
    ("target", "told"),
    [
        ("Nowhere", "cannot be loaded: AttributeError"),
        ("Explodes", "cannot be loaded: OSError: libmissing.so"),
        ("Handless", "no method `mesh`"),
        ("Rude", "its check failed: RuntimeError: boom"),
    ],
)
def test_a_broken_engine_is_a_record_with_a_hint_and_harms_nobody(target: str, told: str) -> None:
    records = {record.name: record for record in shelf(target, "Good").all()}
    broken = records[target.lower()]
    assert not broken.readiness.ready
    assert told in broken.readiness.message
    assert broken.readiness.hint
    assert records["good"].readiness.ready


def test_an_engine_of_a_missing_package_is_a_record() -> None:
    (record,) = Shelf([EntryPoint("gone", "no_such_package_at_all:Engine", GROUP)]).all()
    assert "ModuleNotFoundError" in record.readiness.message
    assert record.info is None


def test_an_engine_must_go_by_the_name_of_its_entry_point() -> None:
    (record,) = Shelf([point("better", "Good")]).all()
    assert "calls itself 'good'" in record.readiness.message


def test_of_two_with_one_name_the_first_holds_it_and_the_other_says_so() -> None:
    records = Shelf([point("good", "Lame"), point("good", "Good")]).all()
    assert [record.reference for record in records] == ["engines_for_tests:Good", "engines_for_tests:Lame"]
    assert records[0].readiness.ready
    assert "taken by engines_for_tests:Good" in records[1].readiness.message


def test_the_same_line_twice_is_one_engine() -> None:
    assert len(Shelf([point("good", "Good"), point("good", "Good")]).all()) == 1


def test_the_first_ready_one_is_chosen_but_never_a_simulated_one() -> None:
    assert shelf("Pretending", "Lame", "Good").choose(Capability.CUTTER).name == "good"
    assert shelf("Pretending", "Good").choose(Capability.CUTTER, "aaa").name == "aaa"
    with pytest.raises(Unavailable, match="No cutter is installed"):
        shelf("Pretending").choose(Capability.CUTTER)


def test_when_none_is_ready_the_hint_mends_the_first() -> None:
    with pytest.raises(Unavailable, match="no weights") as error:
        shelf("Lame").choose(Capability.CUTTER)
    assert error.value.hint == "maquette fetch lame"


def test_an_unknown_engine_names_the_known_ones() -> None:
    with pytest.raises(Refused) as error:
        shelf("Good").choose(Capability.CUTTER, "god")
    assert (error.value.code, error.value.hint) == ("unknown_engine", "Installed: good.")


def test_of_those_that_are_ready_the_highest_rank_is_chosen_and_none_that_is_bound() -> None:
    found = shelf("Good", "Better", "Best", "Bound")
    assert found.choose(Capability.CUTTER).name == "better"
    assert found.choose(Capability.CUTTER, "bound").name == "bound"
    with pytest.raises(Unavailable):
        shelf("Bound").choose(Capability.CUTTER)


def test_engines_that_read_weights_are_told_the_folder(tmp_path: Path) -> None:
    points = [point("reading", "Reading"), point("good", "Good")]
    records = {record.name: record for record in Shelf(points, tmp_path).all()}
    assert (records["reading"].readiness.ready, records["reading"].weights) == (True, tmp_path)
    assert records["good"].weights is None
    assert not Shelf(points).all()[1].readiness.ready


def test_an_engine_of_another_kind_is_refused() -> None:
    with pytest.raises(Refused, match="good is a cutter, not a mesher"):
        shelf("Good").choose(Capability.MESHER, "good")


def test_a_wanted_engine_that_cannot_run_says_why() -> None:
    with pytest.raises(Unavailable, match="no weights") as error:
        shelf("Lame", "Good").choose(Capability.CUTTER, "lame")
    assert error.value.code == "engine_unavailable"


def test_listing_our_engines_loads_nothing_heavy() -> None:
    program = (
        "import sys; from maquette.plugins import Shelf; records = Shelf().all(); "
        "assert {'carve', 'grabcut'} <= {r.name for r in records}, records; "
        "assert all(r.info for r in records), records; "
        "print([m for m in ('numpy', 'cv2', 'scipy', 'trimesh', 'skimage', 'PIL') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
