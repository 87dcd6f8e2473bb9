"""``maquette import-photos``, on the very example that the guide shows."""

import io
import re
import struct
from pathlib import Path

import pytest
from PIL import Image

from glb_files import pack
from maquette.app.old_photos.rows import NAMES

GUIDE = Path(__file__).parents[3] / "docs" / "guides" / "old-front-ends.md"
FILES = ("photos/11/front.jpg", "12/left.jpg", "lamp.jpg")


def picture(colour: str, kind: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB" if kind == "JPEG" else "RGBA", (64, 48), colour).save(out, kind)
    return out.getvalue()


@pytest.fixture
def old(program):
    """The folder of the guide's example, but for one file."""
    text = GUIDE.read_text(encoding="utf-8")
    found = re.search(r"^```csv\n(.*?)^```", text, re.M | re.S)
    assert found
    (program.home / "photos.csv").write_text(found[1], encoding="utf-8")
    for number, name in enumerate(FILES):
        path = program.home / "files" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(picture(("red", "green", "blue")[number], "JPEG"))
    (program.home / "files" / "11.png").write_bytes(picture("red", "PNG"))
    (program.home / "files" / "m1.glb").write_bytes(triangle())
    (program.home / "secret.jpg").write_bytes(picture("gold", "JPEG"))
    return program


def triangle() -> bytes:
    """The smallest model that there is."""
    corners = struct.pack("<9f", 0, 0, 0, 1, 0, 0, 0, 1, 0)
    document = {
        "asset": {"version": "2.0"},
        "scenes": [{"nodes": [0]}],
        "scene": 0,
        "nodes": [{"mesh": 0}],
        "meshes": [{"primitives": [{"attributes": {"POSITION": 0}}]}],
        "accessors": [
            {"bufferView": 0, "componentType": 5126, "count": 3, "type": "VEC3", "min": [0, 0, 0], "max": [1, 1, 0]}
        ],
        "bufferViews": [{"buffer": 0, "byteLength": len(corners)}],
        "buffers": [{"byteLength": len(corners)}],
    }
    return pack(document, corners)


def test_the_guides_example(old):
    shown = re.findall(r"^maquette (import-photos .*)$", GUIDE.read_text(encoding="utf-8"), re.M)
    dry, wet, again = (old.run(*line.split()) for line in shown)
    assert (dry.code, wet.code, again.code) == (0, 0, 0), wet.err
    assert "3 projects, 3 photos, 1 cut-out, 1 model would come." in dry.out
    assert "3 projects, 3 photos, 1 cut-out, 1 model came." in wet.out
    assert re.search(r"4\s+14\s+original .*gone\.jpg\s+There is no such file", wet.out)
    told = again.document
    assert {name: told[name] for name in ("rows", "projects", "originals", "cutouts", "models", "known")} == {
        "rows": 4, "projects": 0, "originals": 0, "cutouts": 0, "models": 0, "known": 3,
    }  # fmt: skip
    projects = {one["sku"]: one for one in old.run("projects", "list", "--json").document["items"]}
    assert set(projects) == {"models:m1", "photos:13", "photos:14"}
    model = projects["models:m1"]
    assert model["tags"] == ["imported", "was:model_saved"]
    assert model["created_at"] == "2024-05-01T10:00:00.000Z"
    made = {one["role"]: one for one in old.run("assets", "list", "--json").document["items"]}
    assert set(made) == {"original", "cutout", "model"}
    assert made["cutout"]["view"] == "front"


def test_nothing_outside_the_folder_is_read(old):
    rows = "id,url\n1,../secret.jpg\n2,/etc/passwd\n3,file:///../../secret.jpg\n4,..%2fsecret.jpg\n5,\n"
    (old.home / "photos.csv").write_text(rows)
    told = old.run("import-photos", "photos.csv", "--files", "files", "--json").document
    assert told["originals"] == 0
    assert {one["id"] for one in told["skipped"]} == {"1", "2", "3", "4", "5"}


def test_what_cannot_be_read(old):
    (old.home / "bad.sql").write_text("COPY photos (id, url) FROM stdin;\n1\n")
    for arguments, code in ((["bad.sql"], "dump_invalid"), (["none.csv"], "file_missing")):
        ended = old.run("import-photos", *arguments, "--json")
        assert (ended.code, ended.document["error"]["code"]) == (2, code)


def test_the_guide_names_every_column():
    text = GUIDE.read_text(encoding="utf-8")
    assert not [name for names in NAMES.values() for name in names if f"`{name}`" not in text]
