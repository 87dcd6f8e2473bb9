"""Pictures made ready to be sent elsewhere."""

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from maquette.domain.hosting import Takes
from maquette.media.images.enclosing import enclose


def cutout(folder: Path, size: tuple[int, int] = (400, 300)) -> Path:
    picture = Image.new("RGBA", size, (0, 0, 0, 0))
    ImageDraw.Draw(picture).rectangle((100, 50, 199, 249), fill=(200, 10, 10, 255))
    picture.save(folder / "cutout.png")
    return folder / "cutout.png"


def test_a_cut_out_is_cropped_to_its_object_with_some_room(tmp_path: Path) -> None:
    sent = enclose(cutout(tmp_path), tmp_path / "sent", Takes(), to_object=True)
    assert (sent.width, sent.height, sent.media_type, sent.notes) == (124, 224, "image/png", ("cropped",))
    with Image.open(sent.path) as picture:
        assert picture.getchannel("A").getbbox() == (12, 12, 112, 212)


def test_where_transparency_is_not_understood_the_ground_is_white(tmp_path: Path) -> None:
    sent = enclose(cutout(tmp_path), tmp_path / "sent", Takes(alpha=False))
    assert "on_white" in sent.notes
    with Image.open(sent.path) as picture:
        assert (picture.mode, picture.getpixel((1, 1))) == ("RGB", (255, 255, 255))


def test_large_pictures_are_scaled_down_and_small_ones_up(tmp_path: Path) -> None:
    sent = enclose(cutout(tmp_path), tmp_path / "sent", Takes(max_side=200))
    assert (sent.width, sent.height, sent.notes) == (200, 150, ("scaled:0.5",))
    sent = enclose(cutout(tmp_path), tmp_path / "sent", Takes(min_side=600))
    assert (sent.width, sent.height, sent.notes) == (800, 600, ("scaled:2",))


def test_a_heavy_photo_is_squeezed_and_then_scaled(tmp_path: Path) -> None:
    dice = np.random.default_rng(1)
    Image.fromarray(dice.integers(0, 255, (300, 400, 3), np.uint8)).save(tmp_path / "photo.png")
    sent = enclose(tmp_path / "photo.png", tmp_path / "sent", Takes(max_bytes=40_000))
    assert sent.media_type == "image/jpeg"
    assert sent.path.stat().st_size <= 40_000
    assert sent.width < 400
    sent = enclose(tmp_path / "photo.png", tmp_path / "png", Takes(media_types=("image/png",), max_bytes=200_000))
    assert (sent.media_type, sent.path.stat().st_size <= 200_000) == ("image/png", True)
