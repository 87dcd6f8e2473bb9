"""``maquette inspect`` on models that are accepted, that are not, and that are none."""

import json
from pathlib import Path

import numpy as np
import pytest

from maquette.cli.main import run
from maquette.media.meshes.glb_write import write_glb
from maquette.media.meshes.mesh import Mesh, Model

CORNERS = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]], np.float32)
FACES = np.array([[0, 2, 1], [0, 1, 3], [0, 3, 2], [1, 2, 3]])


@pytest.fixture
def glb(tmp_path: Path) -> Path:
    """A tetrahedron that stands off its origin; its normals all look one way."""
    path = tmp_path / "wedge.glb"
    mesh = Mesh(CORNERS, FACES, np.ones((4, 3)), CORNERS[:, :2])
    path.write_bytes(write_glb(Model(mesh, np.full((64, 64, 3), 90, np.uint8))))
    return path


def test_a_profile_that_accepts_it_ends_with_0(glb: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["inspect", str(glb), "--profile", "google_merchant", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["accepted"] == ["google_merchant"]
    assert told["profiles"][0]["rules"][0]["measured"] == glb.stat().st_size


def test_a_rule_that_fails_ends_with_1_and_is_named(glb: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["inspect", str(glb), "--height", "50cm"]) == 1
    shown = capsys.readouterr()
    assert "Accepted by: khronos_mobile_web, khronos_planner, shopify, google_merchant." in shown.err
    assert "lod0 height 1.000 m, not 0.485 m to 0.515 m" in shown.err
    assert "origin offset" in shown.out


def test_markdown(glb: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["inspect", str(glb), "--profile", "khronos_planner", "--markdown"]) == 0
    assert capsys.readouterr().out.startswith("# wedge.glb\n\nAccepted by: Khronos 3D Commerce, room planners.")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--profile", "ebay"], "unknown_profile"),
        (["--level", "lod7"], "invalid_request"),
        (["--height", "tall"], "invalid_dimensions"),
    ],
)
def test_wrong_options_are_refused(
    glb: Path, arguments: list[str], code: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["inspect", str(glb), *arguments, "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["error"]["code"] == code


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (None, "file_missing"),
        (b"", "empty_file"),
        (b"\x89PNG\r\n\x1a\n", "not_a_model"),
        (b"glTF" + b"\0" * 100, "model_damaged"),
    ],
)
def test_what_is_no_model_is_refused(
    tmp_path: Path, content: bytes | None, code: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "x.glb"
    if content is not None:
        path.write_bytes(content)
    assert run(["inspect", str(path), "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["error"]["code"] == code


def test_a_mended_copy_is_judged_and_the_original_stays(glb: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before, copy = glb.read_bytes(), glb.parent / "new" / "good.glb"
    run(["inspect", str(glb), "--profile", "store", "--height", "40cm", "--fix", "-o", str(copy), "--json"])
    told = json.loads(capsys.readouterr().out)
    assert told["file"] == str(copy)
    rules = {rule["rule"]: rule for rule in told["profiles"][0]["rules"]}
    assert rules["height_m"]["fixed"] == {"from": 1.0, "to": 0.4}
    assert rules["origin_offset"]["status"] == "fixed"
    assert glb.read_bytes() == before
    assert [path.name for path in copy.parent.iterdir()] == ["good.glb"]
    assert run(["inspect", str(copy), "--profile", "khronos_planner"]) == 0


def test_a_mended_copy_never_takes_the_place_of_its_original(glb: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["inspect", str(glb), "--fix", "-o", str(glb), "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "invalid_request"
