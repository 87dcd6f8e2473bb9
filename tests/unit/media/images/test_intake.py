"""What comes through the door, and in which shape."""

from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image, ImageCms, ImageDraw, PngImagePlugin

from maquette.domain.errors import MaquetteError
from maquette.media.images.formats import sniff
from maquette.media.images.intake import ImageFacts, IntakeLimits, make_working_copy, probe

ORIENTATION, EXIF_IFD, FOCAL_35MM, GPS_IFD = 0x0112, 0x8769, 0xA405, 0x8825


def corners(size: tuple[int, int] = (96, 64)) -> Image.Image:
    """Red top left, green top right, blue bottom left, white bottom right."""
    picture = Image.new("RGB", size)
    draw = ImageDraw.Draw(picture)
    half = (size[0] // 2, size[1] // 2)
    for x, y, colour in [(0, 0, "red"), (half[0], 0, "lime"), (0, half[1], "blue"), (*half, "white")]:
        draw.rectangle((x, y, x + half[0], y + half[1]), fill=colour)
    return picture


def opened(path: Path) -> Image.Image:
    with Image.open(path) as picture:
        picture.load()
        return picture


def refusal(path: Path, limits: IntakeLimits | None = None) -> str:
    with pytest.raises(MaquetteError) as caught:
        probe(path, limits or IntakeLimits())
    return caught.value.code


@pytest.mark.parametrize(
    ("name", "media_type"),
    [("a.jpg", "image/jpeg"), ("a.png", "image/png"), ("a.webp", "image/webp"), ("a.avif", "image/avif")],
)
def test_reads_the_allowed_formats(tmp_path: Path, name: str, media_type: str) -> None:
    corners().save(tmp_path / name)
    assert sniff((tmp_path / name).read_bytes()[:64]) == media_type
    assert probe(tmp_path / name) == ImageFacts(media_type, 96, 64, 1, False, 1, None)


def test_reads_heic_where_the_extra_is(tmp_path: Path) -> None:
    heif = pytest.importorskip("pillow_heif")
    heif.from_pillow(corners()).save(tmp_path / "a.heic")
    facts = make_working_copy(tmp_path / "a.heic", tmp_path / "copy")
    assert (facts.media_type, facts.width, facts.height) == ("image/png", 96, 64)


def test_an_old_heic_reader_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    heif = pytest.importorskip("pillow_heif")
    heif.from_pillow(corners()).save(tmp_path / "a.heic")
    monkeypatch.setattr(heif, "libheif_version", lambda: "1.23.0")
    assert refusal(tmp_path / "a.heic") == "heic_missing"


@pytest.mark.parametrize("name", ["a.gif", "a.tiff", "a.bmp", "a.ppm", "a.ico"])
def test_other_formats_are_not_pictures_to_us(tmp_path: Path, name: str) -> None:
    corners().save(tmp_path / name)
    assert refusal(tmp_path / name) == "not_an_image"


def test_the_name_does_not_count(tmp_path: Path) -> None:
    corners().save(tmp_path / "a.png", format="JPEG")
    assert probe(tmp_path / "a.png").media_type == "image/jpeg"
    (tmp_path / "b.png").write_bytes(b"<svg xmlns='http://www.w3.org/2000/svg'/>")
    assert refusal(tmp_path / "b.png") == "not_an_image"


def test_sizes(tmp_path: Path) -> None:
    (tmp_path / "empty.jpg").touch()
    corners().save(tmp_path / "a.png")
    Image.new("L", (15, 400)).save(tmp_path / "thin.png")
    assert refusal(tmp_path / "empty.jpg") == "empty_file"
    assert refusal(tmp_path / "gone.jpg") == "file_missing"
    assert refusal(tmp_path / "thin.png") == "image_too_small"
    assert refusal(tmp_path / "a.png", IntakeLimits(file_bytes=50)) == "file_too_large"
    assert refusal(tmp_path / "a.png", IntakeLimits(longest_side=95)) == "image_too_large"
    assert refusal(tmp_path / "a.png", IntakeLimits(pixels=96 * 64 - 1)) == "image_too_large"
    assert probe(tmp_path / "a.png", IntakeLimits(pixels=96 * 64)).width == 96


def test_pixel_bombs_are_weighed_by_their_header(tmp_path: Path) -> None:
    Image.new("1", (15_000, 14_000)).save(tmp_path / "bomb.png")
    assert refusal(tmp_path / "bomb.png") == "image_too_large"


def test_animations_count_all_frames_and_give_the_first(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (40, 40), colour) for colour in ("red", "lime", "blue")]
    frames[0].save(tmp_path / "a.webp", save_all=True, append_images=frames[1:], lossless=True)
    assert probe(tmp_path / "a.webp").frames == 3
    assert refusal(tmp_path / "a.webp", IntakeLimits(pixels=40 * 40 * 2)) == "image_too_large"
    assert make_working_copy(tmp_path / "a.webp", tmp_path / "copy").frames == 1
    assert opened(tmp_path / "copy").convert("RGB").getpixel((20, 20)) == (255, 0, 0)


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.webp"])
@pytest.mark.parametrize("kept", [0.4, 0.7, 0.95])
def test_half_a_file_is_refused(tmp_path: Path, name: str, kept: float) -> None:
    Image.effect_noise((200, 160), 60).convert("RGB").save(tmp_path / name)
    content = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(content[: int(len(content) * kept)])
    assert refusal(tmp_path / name) == "image_truncated"


def test_damaged_pixels_of_a_png_are_noticed(tmp_path: Path) -> None:
    Image.effect_noise((200, 160), 60).convert("RGB").save(tmp_path / "a.png")
    content = bytearray((tmp_path / "a.png").read_bytes())
    content[len(content) // 2 : len(content) // 2 + 400] = bytes(400)
    (tmp_path / "a.png").write_bytes(content)
    assert refusal(tmp_path / "a.png") == "image_damaged"


@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_is_baked_in(tmp_path: Path, orientation: int) -> None:
    """The camera's sensor saw ``stored``; the upright picture must be the same for each of the eight notes."""
    undo = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    stored = corners().transpose(undo[orientation]) if orientation > 1 else corners()
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    stored.save(tmp_path / "a.png", exif=exif)
    facts = probe(tmp_path / "a.png")
    assert (facts.width, facts.height, facts.orientation) == (96, 64, orientation)
    assert make_working_copy(tmp_path / "a.png", tmp_path / "copy").orientation == 1
    assert list(opened(tmp_path / "copy").get_flattened_data()) == list(corners().get_flattened_data())


def test_nothing_but_pixels_reaches_the_copy(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x010F] = "Canary Camera"
    exif.get_ifd(EXIF_IFD)[FOCAL_35MM] = 26
    exif.get_ifd(GPS_IFD)[1] = "N"
    text = PngImagePlugin.PngInfo()
    text.add_text("Comment", "Canary")
    icc = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    big = corners((2400, 1600))
    big.save(tmp_path / "a.jpg", exif=exif, comment=b"Canary", icc_profile=icc, dpi=(300, 300))
    corners().save(tmp_path / "a.png", exif=exif, pnginfo=text, icc_profile=icc, dpi=(300, 300))
    assert probe(tmp_path / "a.jpg").focal_35mm == 26
    for name, kind in [("a.jpg", "JPEG"), ("a.png", "PNG")]:
        facts = make_working_copy(tmp_path / name, tmp_path / "copy")
        assert facts.focal_35mm == 26
        copy = opened(tmp_path / "copy")
        assert copy.format == kind
        assert not set(copy.info) - {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
        assert not copy.getexif()
        assert b"anary" not in (tmp_path / "copy").read_bytes()


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16", "CMYK"])
def test_every_mode_becomes_eight_bits(tmp_path: Path, mode: str) -> None:
    source = tmp_path / ("a.jpg" if mode == "CMYK" else "a.png")
    if mode == "I;16":
        Image.new(mode, (32, 32), 0x8000).save(source)
    else:
        grey = Image.new("RGB", (32, 32), (128, 128, 128))
        (grey.quantize(4) if mode == "P" else grey.convert(mode, dither=Image.Dither.NONE)).save(source)
    assert make_working_copy(source, tmp_path / "copy").has_alpha is False
    copy = opened(tmp_path / "copy")
    assert copy.mode == "RGB"
    pixel = copy.getpixel((16, 16))
    assert isinstance(pixel, tuple)
    wanted = 255 if mode == "1" else 128
    assert all(abs(channel - wanted) <= 3 for channel in pixel)


def test_alpha_is_kept_when_it_says_something(tmp_path: Path) -> None:
    picture = corners().convert("RGBA")
    picture.putalpha(Image.linear_gradient("L").resize((96, 64)))
    picture.save(tmp_path / "a.png")
    assert probe(tmp_path / "a.png").has_alpha is True
    assert make_working_copy(tmp_path / "a.png", tmp_path / "copy").has_alpha is True
    copy = opened(tmp_path / "copy")
    assert list(copy.getchannel("A").get_flattened_data()) == list(picture.getchannel("A").get_flattened_data())


def test_transparent_palette(tmp_path: Path) -> None:
    picture = Image.new("P", (40, 40), 0)
    picture.putpalette([255, 0, 0, 0, 0, 255])
    picture.paste(1, (10, 10, 30, 30))
    picture.save(tmp_path / "a.png", transparency=0)
    assert probe(tmp_path / "a.png").has_alpha is True
    make_working_copy(tmp_path / "a.png", tmp_path / "copy")
    copy = opened(tmp_path / "copy")
    assert copy.getpixel((20, 20)) == (0, 0, 255, 255)
    assert copy.getchannel("A").getpixel((2, 2)) == 0


def test_profiles_are_applied_and_broken_ones_left_aside(tmp_path: Path) -> None:
    """The profile is sRGB's with the primaries of red and green exchanged and another name."""
    icc = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    red, green = icc.index(b"rXYZ"), icc.index(b"gXYZ")
    icc[red : red + 4], icc[green : green + 4] = b"gXYZ", b"rXYZ"
    described = icc.index(b"s\x00R\x00G\x00B")
    icc[described : described + 7] = b"S\x00w\x00a\x00p"
    Image.new("RGB", (32, 32), (250, 10, 10)).save(tmp_path / "a.png", icc_profile=bytes(icc))
    make_working_copy(tmp_path / "a.png", tmp_path / "copy")
    red_now, green_now, _ = opened(tmp_path / "copy").get_flattened_data()[0]
    assert green_now > 200 > 60 > red_now
    Image.new("RGB", (32, 32), (250, 10, 10)).save(tmp_path / "b.png", icc_profile=b"not a profile")
    make_working_copy(tmp_path / "b.png", tmp_path / "copy")
    assert opened(tmp_path / "copy").getpixel((3, 3)) == (250, 10, 10)


def test_max_side_shrinks_and_never_enlarges(tmp_path: Path) -> None:
    corners((3000, 2000)).save(tmp_path / "a.jpg")
    facts = make_working_copy(tmp_path / "a.jpg", tmp_path / "copy", 600)
    assert (facts.width, facts.height, facts.media_type) == (600, 400, "image/png")
    assert opened(tmp_path / "copy").size == (600, 400)
    facts = make_working_copy(tmp_path / "a.jpg", tmp_path / "copy", 9000)
    assert (facts.width, facts.height, facts.media_type) == (3000, 2000, "image/jpeg")


def test_the_copy_is_the_same_every_time(tmp_path: Path) -> None:
    corners((500, 300)).save(tmp_path / "a.jpg")
    make_working_copy(tmp_path / "a.jpg", tmp_path / "one", 200)
    make_working_copy(tmp_path / "a.jpg", tmp_path / "two", 200)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_errors_of_the_disk_are_not_the_files_fault(tmp_path: Path) -> None:
    corners().save(tmp_path / "a.png")
    with pytest.raises(FileNotFoundError):
        make_working_copy(tmp_path / "a.png", tmp_path / "no folder" / "copy")


def test_jpeg_with_an_attached_picture_is_one_frame(tmp_path: Path) -> None:
    """Phones attach previews and gain maps (MPO): only the main picture is read."""
    buffer = BytesIO()
    corners().save(buffer, format="MPO", save_all=True, append_images=[Image.new("RGB", (96, 64))])
    (tmp_path / "a.jpg").write_bytes(buffer.getvalue())
    facts = probe(tmp_path / "a.jpg", IntakeLimits(pixels=96 * 64))
    assert (facts.media_type, facts.frames) == ("image/jpeg", 1)
