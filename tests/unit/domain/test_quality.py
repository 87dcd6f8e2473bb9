"""Flags in words."""

import inspect
import re
from datetime import UTC, datetime
from types import ModuleType

import pytest

from maquette.domain.projects import Project, ProjectKind
from maquette.domain.quality import MEANINGS, Severity, explain, explain_all, thing_of
from maquette.engines.carve import score
from maquette.engines.grabcut import judge
from maquette.engines.onnxcut import engine, finding

AT = datetime(2026, 1, 2, tzinfo=UTC)


def project(name: str, kind: ProjectKind = ProjectKind.PRODUCT) -> Project:
    return Project("prj_1", "own_1", kind, name, AT, AT)


@pytest.mark.parametrize("code", MEANINGS)
def test_every_flag_is_a_sentence_without_holes(code: str) -> None:
    note = explain(f"{code}:right", "lamp")
    assert note.code == code
    assert note.message[0].isupper() or note.message.startswith("right")
    assert note.message.endswith(".")
    assert not set("{}") & set(note.message + note.hint)


@pytest.mark.parametrize(
    ("module", "function"), [(judge, "_faults"), (finding, "_quality"), (score, "_flags"), (engine, "NON_COMMERCIAL")]
)
def test_the_table_knows_what_our_engines_raise(module: ModuleType, function: str) -> None:
    source = inspect.getsource(module)
    part = source[source.index(f"def {function}") :] if f"def {function}" in source else source
    raised = set(re.findall(r'(?:\("|^ +"|_COMMERCIAL = ")([a-z_]+)"(?:, |: |\n)', part, re.MULTILINE))
    assert raised
    assert raised <= set(MEANINGS)


def test_a_detail_and_the_name_of_the_thing_stand_in_the_sentence() -> None:
    assert explain("cut_off:right").message == "The object is cut off at the right edge."
    assert explain("small_in_frame:8", "lamp").message == "The lamp fills only 8 % of the picture."
    assert explain("same_view:Front and Back").message == "Front and Back look the same."


def test_an_unknown_flag_is_told_by_its_code() -> None:
    note = explain("too_shiny:left")
    assert (note.code, note.severity, note.message, note.hint) == ("too_shiny", Severity.NOTE, "too_shiny:left", "")


def test_a_detail_is_text_and_never_a_template() -> None:
    assert explain("same_view:{thing} and {0}").message == "{thing} and {0} look the same."


@pytest.mark.parametrize(
    ("named", "thing"),
    [
        (project("Lamp"), "lamp"),
        (project(" desk  Lamp"), "desk lamp"),
        (project("SKU 4411"), "object"),
        (project("<b>lamp</b>"), "object"),
        (project("the lamp that stood in the hall"), "object"),
        (project("Lamp", ProjectKind.GENERIC), "object"),
        (project(""), "object"),
        (None, "object"),
    ],
)
def test_what_the_thing_is_called(named: Project | None, thing: str) -> None:
    assert thing_of(named) == thing


def test_of_rooms_and_portraits_nothing_is_said_that_holds_for_objects_only() -> None:
    flags = ("too_dark", "cut_off:bottom", "cut_off:left", "busy_background")

    def told(kind: ProjectKind) -> list[str]:
        return [f"{note.code} {note.message.split()[-2]}" for note in explain_all(flags, project("x", kind))]

    assert len(told(ProjectKind.PRODUCT)) == 4
    assert [text.split()[0] for text in told(ProjectKind.ROOM)] == ["too_dark"]
    assert "cut_off left" in told(ProjectKind.PORTRAIT)
    assert "cut_off bottom" not in told(ProjectKind.PORTRAIT)
