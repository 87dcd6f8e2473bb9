"""Marks on previews: there on every ground, gone nowhere else, and plain about simulated pictures."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from maquette.domain.errors import Permanent
from maquette.media.images.watermark import MAX_SIDE, Mark, stamped, watermarked, write_preview

GROUNDS = [(255, 255, 255), (0, 0, 0), (128, 128, 128), (200, 30, 20), (16, 16, 16), (240, 240, 240)]


def plain(colour=(255, 255, 255), size=(400, 300)) -> Image.Image:
    return Image.new("RGB", size, colour)


def change(picture: Image.Image, mark: Mark) -> np.ndarray:
    """By how many levels each pixel's brightness changed."""
    before, after = (np.asarray(one.convert("L"), int) for one in (picture, watermarked(picture, mark)))
    return np.abs(after - before)


@pytest.fixture
def logo(tmp_path):
    """A white disc on nothing."""
    picture = Image.new("RGBA", (120, 100))
    ImageDraw.Draw(picture).ellipse((20, 10, 100, 90), fill=(255, 255, 255, 255))
    picture.save(tmp_path / "logo.png")
    return tmp_path / "logo.png"


@pytest.mark.parametrize("ground", GROUNDS)
def test_a_text_stands_out_from_every_ground(ground):
    changed = change(plain(ground), Mark("Preview"))
    assert (changed > 40).sum() > 300


@pytest.mark.parametrize("ground", GROUNDS)
def test_a_white_logo_stands_out_even_from_white(ground, logo):
    changed = change(plain(ground), Mark(logo=logo))
    assert (changed > 40).sum() > 200


def test_a_mark_in_the_corner_leaves_the_rest_as_it_was():
    changed = change(plain(), Mark("Preview", scale=0.3))
    rows, columns = np.nonzero(changed)
    assert columns.min() >= 400 - 0.3 * 400 - 20
    assert rows.min() > 200
    assert columns.max() < 400 - 5
    assert rows.max() < 300 - 5


def test_tiles_leave_no_large_part_unmarked():
    changed = change(plain(size=(800, 600)), Mark("Preview", tiled=True, scale=0.2)) > 10
    quarters = changed.reshape(4, 150, 4, 200).any(axis=(1, 3))
    assert quarters.all()


def test_opacity_and_scale_do_what_they_say():
    faint, strong = (change(plain((0, 0, 0)), Mark(opacity=opacity)).max() for opacity in (0.2, 1.0))
    assert 40 < faint < 70
    assert strong > 240
    small, large = (np.ptp(np.nonzero(change(plain(), Mark(scale=scale)))[1]) for scale in (0.2, 0.6))
    assert 60 < small <= 80
    assert 200 < large <= 240


def test_without_text_and_logo_nothing_is_drawn():
    assert not change(plain(), Mark("")).any()


def test_transparent_pictures_stay_so_around_the_mark():
    marked = watermarked(Image.new("RGBA", (400, 300)), Mark())
    assert marked.mode == "RGBA"
    assert marked.getpixel((5, 5)) == (0, 0, 0, 0)
    assert np.asarray(marked)[..., 3].max() > 100


def test_a_simulated_picture_says_so_in_a_band_that_cannot_be_missed():
    band = np.asarray(stamped(plain()))[:20]
    assert (band == (255, 212, 0)).all(-1).mean() > 0.4
    assert (band.sum(-1) < 60).mean() > 0.02


def test_a_tiny_picture_can_be_marked_and_stamped():
    tiny = plain(size=(16, 16))
    assert stamped(watermarked(tiny, Mark(tiled=True))).size == (16, 16)


@pytest.mark.parametrize("text", ["Müller & Söhne ©", "Просмотр"])
def test_letters_of_other_tongues_are_drawn_or_refused_but_never_as_boxes(text):
    try:
        changed = change(plain(), Mark(text))
    except Permanent as error:
        assert error.code == "watermark_undrawable"
        assert error.hint
    else:
        assert (changed > 40).sum() > 200


def test_letters_that_no_typeface_has_are_refused():
    with pytest.raises(Permanent) as caught:
        watermarked(plain(), Mark("\U00012000"))
    assert caught.value.code == "watermark_undrawable"


def test_a_logo_of_nothing_is_refused(tmp_path):
    Image.new("RGBA", (30, 30)).save(tmp_path / "nothing.png")
    with pytest.raises(Permanent, match="transparent"):
        watermarked(plain(), Mark(logo=tmp_path / "nothing.png"))


def test_a_preview_is_a_file_of_its_own_without_metadata_and_of_bounded_size(tmp_path):
    source = tmp_path / "clean.png"
    plain((10, 20, 30), (MAX_SIDE + 452, 100)).save(source)
    before = source.read_bytes()
    path, kind, width, height = write_preview(source, Mark(), tmp_path / "preview")
    assert (kind, width, path.suffix) == ("image/jpeg", MAX_SIDE, ".jpg")
    assert source.read_bytes() == before
    with Image.open(path) as preview:
        assert preview.size == (width, height)
        assert "exif" not in preview.info
        assert "icc_profile" not in preview.info


def test_a_transparent_picture_gets_a_png(tmp_path):
    Image.new("RGBA", (64, 48)).save(tmp_path / "clean.png")
    path, kind, *size = write_preview(tmp_path / "clean.png", Mark(), tmp_path / "preview")
    assert (kind, size, path.suffix) == ("image/png", [64, 48], ".png")
