"""Pictures for shops: framed, grounded, shadowed."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from maquette.media.images.shadow import contact_shadow
from maquette.media.images.shop import DEFAULT_MARGIN, MAX_SIDE, Look, compose, frame, write_shop_picture

WHITE = (255, 255, 255)


def vase(size=(300, 200), box=(40, 60, 100, 160)) -> Image.Image:
    """A red block off centre, with an edge of half alpha on its right."""
    picture = Image.new("RGBA", size)
    draw = ImageDraw.Draw(picture)
    draw.rectangle((box[0], box[1], box[2] - 1, box[3] - 1), fill=(200, 30, 20, 255))
    draw.rectangle((box[2] - 1, box[1], box[2] - 1, box[3] - 1), fill=(200, 30, 20, 128))
    return picture


def pixels(picture: Image.Image) -> np.ndarray:
    return np.asarray(picture).astype(int)


def object_in(picture: Image.Image) -> tuple[int, int, int, int]:
    """Where it is not white."""
    found = Image.fromarray((np.asarray(picture.convert("RGB")).min(-1) < 250).astype(np.uint8)).getbbox()
    assert found
    return found


def test_without_wishes_the_picture_is_the_cutout():
    assert Look().is_plain
    assert not Look(background=WHITE).is_plain
    assert (pixels(compose(vase(), Look())) == pixels(vase())).all()


def test_a_ground_fills_what_is_empty_and_is_blended_in_linear_light():
    made = compose(vase(), Look(background=WHITE))
    assert (made.mode, made.size) == ("RGB", (300, 200))
    assert made.getpixel((5, 5)) == WHITE
    assert made.getpixel((70, 100)) == (200, 30, 20)
    # half black and half white light is sRGB 188, not 128: IEC 61966-2-1
    edge = Image.new("RGBA", (4, 4), (0, 0, 0, 128))
    assert (pixels(compose(edge, Look(background=WHITE))) == 187).all()


@pytest.mark.parametrize("square", [False, True])
@pytest.mark.parametrize("margin", [0, 10, 40])
def test_the_margin_is_kept_and_the_object_centred(square, margin):
    made = compose(vase(), Look(WHITE, margin=margin, square=square))
    left, top, right, bottom = object_in(made)
    # nothing is resampled: the object has the pixels that it had
    assert (right - left, bottom - top) == (60, 100)
    assert abs(left - (made.width - right)) <= 1
    assert abs(top - (made.height - bottom)) <= 1
    tighter = min(left / made.width, top / made.height)
    assert tighter == pytest.approx(margin / 100, abs=0.01)
    assert made.width / made.height == pytest.approx(1.0 if square else 1.5, abs=0.01)


def test_a_square_has_a_margin_of_its_own():
    made = compose(vase(), Look(WHITE, square=True))
    assert made.width == made.height
    assert object_in(made)[1] / made.height == pytest.approx(DEFAULT_MARGIN / 100, abs=0.01)


def test_a_huge_canvas_is_scaled_down_and_nothing_is_scaled_up():
    wide = Image.new("RGBA", (4000, 100), (10, 20, 30, 255))
    framing = frame(wide, Look(margin=40, square=True))
    assert framing.width == framing.height == MAX_SIDE
    assert framing.scale == pytest.approx(MAX_SIDE * 0.2 / 4000)
    assert frame(vase(), Look(margin=0)).scale == 1.0


def test_an_empty_cutout_stays_empty():
    nothing = Image.new("RGBA", (60, 40))
    assert (pixels(compose(nothing, Look(WHITE, True, 10, True))) == 255).all()


def test_the_shadow_lies_where_the_object_stands_and_leaves_the_object_alone():
    plain, dark = Look(WHITE, margin=20, square=True), Look(WHITE, True, margin=20, square=True)
    without, shaded = pixels(compose(vase(), plain)), pixels(compose(vase(), dark))
    left, top, right, bottom = object_in(compose(vase(), plain))
    centre = (left + right) // 2
    assert (shaded[top + 2 : bottom - 2, left : right - 1] == without[top + 2 : bottom - 2, left : right - 1]).all()
    assert shaded[bottom + 1, centre].max() < 235
    assert shaded[-1].min() >= 253
    assert (shaded[: top + 40, : left - 1] == 255).all()
    # softly: it only gets lighter with distance
    assert (np.diff(shaded[bottom + 1 :, centre, 0]) >= 0).all()


def test_before_nothing_the_shadow_is_alpha_and_looks_as_dark():
    shaded = compose(vase(), Look(None, True, margin=20, square=True))
    ground = Image.new("RGBA", shaded.size, (*WHITE, 255))
    ground.alpha_composite(shaded)
    opaque = compose(vase(), Look(WHITE, True, margin=20, square=True))
    below = slice(object_in(compose(vase(), Look(WHITE, margin=20, square=True)))[3], None)
    assert pixels(shaded)[below, :, 3].max() > 20
    assert np.abs(pixels(ground.convert("RGB")) - pixels(opaque))[below].max() <= 8
    assert shaded.getpixel((0, 0)) == (0, 0, 0, 0)


def test_only_what_touches_the_ground_casts_a_shadow():
    """A table: two legs, a top that reaches far beyond them."""
    alpha = Image.new("L", (400, 300))
    draw = ImageDraw.Draw(alpha)
    draw.rectangle((40, 80, 360, 110), fill=255)
    for x in (100, 280):
        draw.rectangle((x, 110, x + 20, 250), fill=255)
    shadow = contact_shadow(np.asarray(alpha))
    assert shadow[253, 110] > 0.15
    assert shadow[253, 110] > 2 * shadow[253, 200]
    assert shadow[115:160, 50].max() < 0.02
    assert shadow.max() <= 0.75


def test_files(tmp_path: Path):
    vase().save(tmp_path / "cutout.png")
    path, kind, width, height = write_shop_picture(tmp_path / "cutout.png", Look(WHITE, square=True), tmp_path / "shop")
    with Image.open(path) as picture:
        assert (path.name, kind, picture.format, picture.size) == ("shop.jpg", "image/jpeg", "JPEG", (width, height))
        assert picture.getpixel((0, 0)) == WHITE
    path, kind, *_ = write_shop_picture(tmp_path / "cutout.png", Look(None, True), tmp_path / "shop")
    with Image.open(path) as picture:
        assert (path.name, kind, picture.mode) == ("shop.png", "image/png", "RGBA")
