"""What came from providers, answered like an engine of ours: nothing that came is trusted."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from maquette.domain.errors import Permanent
from maquette.pipelines.delivered import DeliveredCutter, DeliveredEditor, DeliveredMesher, Delivery, delivered, told
from maquette.ports.engines import Box, Capability, CutRequest, EditRequest, EngineInfo, MeshRequest
from maquette.testing.loopbacks.goods import box

INFO = EngineInfo("far", "1", Capability.CUTTER, "Far", "-", True)
SIZE = (160, 120)


def photo(folder: Path) -> Path:
    picture = Image.new("RGB", SIZE, (220, 220, 215))
    ImageDraw.Draw(picture).ellipse((45, 25, 115, 95), fill=(120, 30, 40))
    picture.save(folder / "photo.png")
    return folder / "photo.png"


def matte(size: tuple[int, int] = SIZE) -> Image.Image:
    scale = size[0] / SIZE[0]
    mask = Image.new("L", size, 0)
    ImageDraw.Draw(mask).ellipse(tuple(scale * side for side in (45, 25, 115, 95)), fill=255)
    return mask


def cut(folder: Path, role: str, picture: Image.Image, **fields: object):
    path = folder / f"came-{role}.png"
    picture.save(path)
    into = folder / "into"
    into.mkdir(exist_ok=True)
    cutter = DeliveredCutter(INFO, [Delivery(((role, path),))])
    return cutter.cut(CutRequest(photo(folder), into, **fields), lambda _: None)


def test_a_smaller_mask_becomes_a_cut_out_at_the_photo_s_size(tmp_path: Path) -> None:
    made = cut(tmp_path, "mask", matte((80, 60)))
    with Image.open(made.cutout) as cutout, Image.open(made.mask) as mask:
        assert (cutout.mode, cutout.size, mask.mode, mask.size) == ("RGBA", SIZE, "L", SIZE)
        assert cutout.getpixel((80, 60)) == (120, 30, 40, 255)
        assert cutout.getpixel((2, 2))[3] == 0
        assert cutout.getchannel("A").tobytes() == mask.tobytes()
    assert made.quality.flags == ("hosted",)


def test_the_transparency_of_a_picture_serves_as_well_and_its_colours_do_not(tmp_path: Path) -> None:
    picture = Image.new("RGB", SIZE, "lime")
    picture.putalpha(matte())
    with Image.open(cut(tmp_path, "picture", picture).cutout) as cutout:
        assert cutout.getpixel((80, 60)) == (120, 30, 40, 255)


def test_hints_that_were_not_sent_are_told(tmp_path: Path) -> None:
    assert "hints_unused" in cut(tmp_path, "mask", matte(), box=Box(1, 1, 9, 9)).quality.flags


@pytest.mark.parametrize(
    ("role", "picture", "code"),
    [
        ("mask", Image.new("L", (100, 100), 255), "provider_output"),
        ("mask", Image.new("L", SIZE, 0), "no_subject"),
        ("picture", Image.new("RGB", SIZE, "red"), "provider_output"),
        ("thumbnail", Image.new("L", SIZE, 255), "provider_output"),
    ],
)
def test_what_cannot_be_a_cut_out_is_none(tmp_path: Path, role: str, picture: Image.Image, code: str) -> None:
    with pytest.raises(Permanent) as error:
        cut(tmp_path, role, picture)
    assert error.value.code == code


def test_a_picture_that_is_none_is_the_provider_s_fault(tmp_path: Path) -> None:
    path = tmp_path / "came.png"
    path.write_bytes(b"<html>no picture</html>")
    (tmp_path / "into").mkdir()
    with pytest.raises(Permanent) as error:
        DeliveredCutter(INFO, [Delivery((("mask", path),))]).cut(
            CutRequest(photo(tmp_path), tmp_path / "into"), lambda _: None
        )
    assert error.value.code == "provider_output"


def test_a_model_is_read_as_an_upload_would_be(tmp_path: Path) -> None:
    path, seen = tmp_path / "came.glb", []
    path.write_bytes(box())
    made = DeliveredMesher(INFO, [Delivery((("model", path),), ("front:cropped",))]).mesh(
        MeshRequest((), tmp_path), seen.append
    )
    assert made.model.read_bytes() == box()
    assert made.stats == {"sent": ["front:cropped"]}
    assert seen == sorted(seen)
    path.write_bytes(box()[:-40])
    with pytest.raises(Permanent) as error:
        DeliveredMesher(INFO, [Delivery((("model", path),))]).mesh(MeshRequest((), tmp_path), seen.append)
    assert error.value.code == "provider_output"


def test_deliveries_cross_to_the_child_as_json(tmp_path: Path) -> None:
    problem = {"code": "content_refused", "message": "No.", "hint": "Try."}
    facts = told(INFO, [Delivery(problem=problem), Delivery((("mask", tmp_path / "a"),))])
    cutter = delivered(**facts)
    assert cutter.info == INFO
    with pytest.raises(Permanent) as error:
        cutter.cut(CutRequest(photo(tmp_path), tmp_path), lambda _: None)
    assert (error.value.code, error.value.hint) == ("content_refused", "Try.")


def test_every_picture_that_was_made_is_handed_on(tmp_path: Path) -> None:
    files = (("picture", tmp_path / "1"), ("text", tmp_path / "t"), ("picture", tmp_path / "2"))
    made = DeliveredEditor(INFO, [Delivery(files)]).edit(EditRequest(tmp_path, "a cat"), lambda _: None)
    assert [one.picture.name for one in made] == ["1", "2"]
    assert np.all([one.quality.flags == ("hosted",) for one in made])
