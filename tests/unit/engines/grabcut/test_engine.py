"""Cut-outs of drawn objects, whose truth is exact."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from maquette.domain.errors import Permanent
from maquette.engines.grabcut import GrabCut
from maquette.ports.engines import Box, Capability, Cutout, CutRequest, Cutter

Picture = npt.NDArray[np.float32]
SIZE = 420
RED, DARK = (190, 40, 30), (40, 42, 45)


@dataclass(frozen=True)
class Drawn:
    """A photo over a backdrop, with the true alpha."""

    photo: Picture
    truth: Picture


def noise(shape: tuple[int, ...], sigma: float, seed: int) -> Picture:
    return np.random.default_rng(seed).normal(0, sigma, shape).astype(np.float32)


def even(colour: tuple[int, int, int] = (236, 236, 234)) -> Picture:
    return np.full((SIZE, SIZE, 3), colour, np.float32)


def gradient() -> Picture:
    ramp = np.linspace(150, 235, SIZE, dtype=np.float32)[:, None, None]
    return np.repeat(ramp, SIZE, 1) * np.array([1, 0.98, 0.94], np.float32)


def two_tone() -> Picture:
    backdrop = even((196, 188, 170))
    backdrop[260:] = (96, 60, 150)
    return backdrop


def noisy() -> Picture:
    return gradient() + noise((SIZE, SIZE, 3), 7, 3)


BACKDROPS: dict[str, Callable[[], Picture]] = {
    "even": even,
    "gradient": gradient,
    "two_tone": two_tone,
    "noisy": noisy,
}


def antialiased(draw: Callable[[npt.NDArray[np.uint8]], object]) -> Picture:
    canvas = np.zeros((SIZE * 4, SIZE * 4), np.uint8)
    draw(canvas)
    return cv2.resize(canvas, (SIZE, SIZE), interpolation=cv2.INTER_AREA).astype(np.float32) / 255


def mug() -> Picture:
    """A body with a handle whose eye is open."""

    def draw(canvas: npt.NDArray[np.uint8]) -> None:
        cv2.rectangle(canvas, (480, 480), (1000, 1240), 255, -1)
        cv2.ellipse(canvas, (1000, 840), (230, 230), 0, -90, 90, 255, 70)

    return antialiased(draw)


def ball() -> Picture:
    return antialiased(lambda canvas: cv2.circle(canvas, (840, 840), 400, 255, -1))


def compose(
    truth: Picture, backdrop: Picture, colour: tuple[int, int, int] = RED, shadow: float = 0.5, seed: int = 1
) -> Drawn:
    """Puts a softly shaded object over a backdrop, with a soft contact shadow below it."""
    rows = np.flatnonzero(truth.max(1) > 0.5)
    fall = np.zeros((SIZE, SIZE), np.float32)
    cv2.ellipse(fall, (SIZE // 2, int(rows[-1])), (130, 22), 0, 0, 360, 1, -1)
    darker = 1 - shadow * cv2.GaussianBlur(fall, (0, 0), 9)
    light = np.linspace(0.8, 1.2, SIZE, dtype=np.float32)[None, :, None]
    body = np.clip(np.array(colour, np.float32) * light, 0, 255)
    photo = body * truth[..., None] + backdrop * darker[..., None] * (1 - truth[..., None])
    return Drawn(np.clip(photo + noise(photo.shape, 1.5, seed), 0, 255), truth)


def cut(folder: Path, photo: Picture, box: Box | None = None) -> Cutout:
    folder.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.rint(photo).astype(np.uint8)).save(folder / "photo.png")
    return GrabCut().cut(CutRequest(folder / "photo.png", folder, box), lambda _: None)


def alpha_of(cutout: Cutout) -> Picture:
    with Image.open(cutout.mask) as picture:
        assert picture.mode == "L"
        return np.asarray(picture, np.float32) / 255


def colours_of(cutout: Cutout) -> Picture:
    with Image.open(cutout.cutout) as picture:
        assert picture.mode == "RGBA"
        return np.asarray(picture, np.float32)


def iou(alpha: Picture, truth: Picture) -> float:
    found, true = alpha > 0.5, truth > 0.5
    return float((found & true).sum() / (found | true).sum())


def test_is_a_cutter_that_is_always_ready() -> None:
    engine: Cutter = GrabCut()
    assert engine.info.capability is Capability.CUTTER
    assert engine.info.name == "grabcut"
    assert engine.check().ready


@pytest.mark.parametrize("shape", [ball, mug])
@pytest.mark.parametrize("backdrop", BACKDROPS)
def test_calm_backdrops_give_exact_masks_without_the_shadow(
    tmp_path: Path, backdrop: str, shape: Callable[[], Picture]
) -> None:
    drawn = compose(shape(), BACKDROPS[backdrop]())
    cutout = cut(tmp_path, drawn.photo)
    alpha = alpha_of(cutout)
    assert iou(alpha, drawn.truth) > 0.97
    assert float(np.abs(alpha - drawn.truth).mean()) < 0.01
    assert cutout.quality.score > 0.8
    assert "uncertain" not in cutout.quality.flags


def test_a_dark_object_is_no_shadow(tmp_path: Path) -> None:
    drawn = compose(ball(), even(), DARK)
    assert iou(alpha_of(cut(tmp_path, drawn.photo)), drawn.truth) > 0.97


def test_a_grey_object_on_grey_is_no_shadow(tmp_path: Path) -> None:
    """Same hue as the backdrop, half its light: only the edge tells it from a shadow."""
    drawn = compose(ball(), even((170, 170, 170)), (100, 100, 100), shadow=0.3)
    assert iou(alpha_of(cut(tmp_path, drawn.photo)), drawn.truth) > 0.95


def test_the_eye_of_a_handle_stays_open(tmp_path: Path) -> None:
    alpha = alpha_of(cut(tmp_path, compose(mug(), gradient()).photo))
    assert alpha[210, 275] < 0.05
    assert alpha[210, 305] > 0.9


def test_thin_legs_are_kept(tmp_path: Path) -> None:
    def stool(canvas: npt.NDArray[np.uint8]) -> None:
        cv2.rectangle(canvas, (440, 560), (1240, 680), 255, -1)
        for x in (500, 840, 1180):
            cv2.line(canvas, (x, 680), (x, 1300), 255, 24)

    drawn = compose(antialiased(stool), gradient(), DARK)
    alpha = alpha_of(cut(tmp_path, drawn.photo))
    assert iou(alpha, drawn.truth) > 0.9
    assert all(alpha[250:310, x].mean() > 0.8 for x in (125, 210, 295))


def test_edge_colours_are_free_of_the_backdrop(tmp_path: Path) -> None:
    """A red object on white: the photo's edge pixels are pink, the cut-out's must be red."""
    drawn = compose(ball(), even(), shadow=0)
    result = colours_of(cut(tmp_path, drawn.photo))
    light = np.linspace(0.8, 1.2, SIZE, dtype=np.float32)[None, :, None]
    body = np.clip(np.array(RED, np.float32) * light, 0, 255) * np.ones_like(drawn.photo)
    edge = (drawn.truth > 0.1) & (drawn.truth < 0.9) & (result[..., 3] > 25)
    assert edge.sum() > 200
    before = np.abs(drawn.photo - body)[edge].mean()
    after = np.abs(result[..., :3] - body)[edge].mean()
    assert before > 50
    assert after < 15


def test_a_large_photo_is_matted_at_its_own_size(tmp_path: Path) -> None:
    """Three times the segmentation's size and across tiles: the edge must still be soft within a few pixels."""
    small = compose(ball(), gradient(), shadow=0.3)
    side = 1500
    photo = cv2.resize(small.photo, (side, side), interpolation=cv2.INTER_CUBIC).clip(0, 255)
    truth = cv2.resize(small.truth, (side, side), interpolation=cv2.INTER_CUBIC)
    cutout = cut(tmp_path, photo)
    alpha = alpha_of(cutout)
    assert alpha.shape == (side, side)
    assert iou(alpha, truth) > 0.985
    assert float(np.abs(alpha - truth).mean()) < 0.006


def two_things() -> Drawn:
    left = antialiased(lambda canvas: cv2.circle(canvas, (440, 840), 260, 255, -1))
    right = antialiased(lambda canvas: cv2.rectangle(canvas, (1060, 560), (1500, 1120), 255, -1))
    photo = gradient()
    photo = photo * (1 - left[..., None]) + np.array(RED, np.float32) * left[..., None]
    photo = photo * (1 - right[..., None]) + np.array((30, 70, 180), np.float32) * right[..., None]
    return Drawn(np.clip(photo + noise(photo.shape, 1.5, 5), 0, 255), right)


def test_the_box_chooses_the_object(tmp_path: Path) -> None:
    drawn = two_things()
    boxed = alpha_of(cut(tmp_path, drawn.photo, Box(255, 130, 130, 160)))
    assert iou(boxed, drawn.truth) > 0.97
    assert boxed[:, :240].max() == 0


def test_boxes_beyond_the_photo(tmp_path: Path) -> None:
    drawn = compose(ball(), even())
    whole = alpha_of(cut(tmp_path / "whole", drawn.photo, Box(-50, -50, 1000, 1000)))
    assert iou(whole, drawn.truth) > 0.97
    for box in (Box(500, 10, 50, 50), Box(10, 10, 0.5, 80)):
        with pytest.raises(Permanent, match="no_subject"):
            cut(tmp_path / "off", drawn.photo, box)


def test_busy_scenes_are_flagged_what_stays_unmarked_is_right_and_a_box_still_helps(tmp_path: Path) -> None:
    dice = np.random.default_rng(11)
    backdrop = even()
    for _ in range(160):
        x, y, w, h = dice.integers(0, SIZE, 2).tolist() + dice.integers(20, 90, 2).tolist()
        cv2.rectangle(backdrop, (x, y), (x + w, y + h), dice.integers(60, 255, 3).tolist(), -1)
    drawn = compose(ball(), backdrop, (12, 14, 16), shadow=0)
    alone = cut(tmp_path / "alone", drawn.photo)
    assert "busy_background" in alone.quality.flags
    assert "uncertain" in alone.quality.flags or iou(alpha_of(alone), drawn.truth) > 0.8
    boxed = cut(tmp_path / "boxed", drawn.photo, Box(105, 105, 210, 210))
    assert iou(alpha_of(boxed), drawn.truth) > 0.85
    assert boxed.quality.score > alone.quality.score


def test_flags_say_what_is_wrong(tmp_path: Path) -> None:
    tiny = antialiased(lambda canvas: cv2.circle(canvas, (840, 840), 70, 255, -1))
    assert "tiny_subject" in cut(tmp_path / "tiny", compose(tiny, even(), shadow=0).photo).quality.flags
    cropped = antialiased(lambda canvas: cv2.circle(canvas, (840, 1500), 500, 255, -1))
    assert "touches_frame" in cut(tmp_path / "cropped", compose(cropped, even(), shadow=0).photo).quality.flags
    faint = compose(ball(), even((200, 200, 200)), (178, 180, 186), shadow=0)
    assert "low_contrast" in cut(tmp_path / "faint", faint.photo).quality.flags


@pytest.mark.parametrize("backdrop", ["even", "gradient", "noisy"])
def test_nothing_there_is_no_subject(tmp_path: Path, backdrop: str) -> None:
    with pytest.raises(Permanent, match="no_subject"):
        cut(tmp_path, np.clip(BACKDROPS[backdrop]() + noise((SIZE, SIZE, 3), 1.5, 2), 0, 255))


def test_an_alpha_channel_that_varies_is_the_mask(tmp_path: Path) -> None:
    drawn = compose(mug(), even())
    alpha = np.rint(drawn.truth * 255).astype(np.uint8)
    photo = np.dstack([np.rint(drawn.photo).astype(np.uint8), alpha])
    cutout = cut(tmp_path, photo.astype(np.float32))
    assert np.array_equal(np.rint(alpha_of(cutout) * 255).astype(np.uint8), alpha)
    result = colours_of(cutout)
    assert np.array_equal(result[alpha > 0][:, :3], photo[alpha > 0][:, :3])
    assert cutout.quality.score == 1.0


def test_an_alpha_channel_that_is_opaque_is_not(tmp_path: Path) -> None:
    drawn = compose(ball(), even())
    photo = np.dstack([drawn.photo, np.full((SIZE, SIZE), 255, np.float32)])
    assert iou(alpha_of(cut(tmp_path, photo)), drawn.truth) > 0.97


@pytest.mark.parametrize("size", [(16, 16), (500, 17), (23, 640)])
def test_odd_sizes_do_not_break_it(tmp_path: Path, size: tuple[int, int]) -> None:
    photo = np.full((*size, 3), 240, np.float32)
    photo[size[0] // 3 : 2 * size[0] // 3, size[1] // 3 : 2 * size[1] // 3] = 20
    alpha = alpha_of(cut(tmp_path, photo))
    assert alpha.shape == size
    assert alpha[size[0] // 2, size[1] // 2] == 1
    assert alpha[0, 0] == 0


def test_the_same_photo_gives_the_same_bytes(tmp_path: Path) -> None:
    photo = compose(mug(), noisy()).photo
    one, two = cut(tmp_path / "one", photo), cut(tmp_path / "two", photo)
    assert one.cutout.read_bytes() == two.cutout.read_bytes()
    assert one.quality == two.quality


def test_progress_rises_to_one(tmp_path: Path) -> None:
    Image.fromarray(np.rint(compose(ball(), even()).photo).astype(np.uint8)).save(tmp_path / "photo.png")
    seen: list[float] = []
    GrabCut().cut(CutRequest(tmp_path / "photo.png", tmp_path), seen.append)
    assert seen == sorted(seen)
    assert seen[-1] == 1.0
