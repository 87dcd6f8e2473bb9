"""Neural cutters, with networks so small that what they must answer can be worked out by hand."""

import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

import networks
from maquette.domain.errors import Permanent, Unavailable
from maquette.domain.marks import Click, Marks
from maquette.domain.weights import WEIGHTS
from maquette.engines.onnxcut import BiRefNet, BiRefNetLite, IsNet, Rmbg, U2Net, U2NetP
from maquette.engines.onnxcut import networks as known
from maquette.engines.onnxcut.session import Session
from maquette.ports.engines import Box, Cutout, CutRequest
from maquette.testing import check_cutter

LIGHT = (225, 225, 220)
ENGINES = (BiRefNet, BiRefNetLite, IsNet, Rmbg, U2Net, U2NetP)
IMAGENET = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
CENTRED = np.array([0.5, 0.5, 0.5]), np.ones(3)


def dark_finder(folder: Path, name: str) -> Path:
    """Installs a network that takes for the object what is dark; returns the folder of weights."""
    file = networks.network(folder / "net.onnx", -20.0, "Sigmoid") if name == "rmbg" else None
    file = file or networks.network(folder / "net.onnx", -20.0)
    networks.install(folder / "weights", name, file)
    return folder / "weights"


def two_balls(folder: Path) -> Path:
    """A large dark ball on the left, a small one on the right."""
    picture = Image.new("RGB", (320, 240), LIGHT)
    draw = ImageDraw.Draw(picture)
    draw.ellipse((30, 60, 150, 180), fill=(60, 20, 25))
    draw.ellipse((220, 90, 280, 150), fill=(60, 20, 25))
    picture.save(folder / "photo.png")
    return folder / "photo.png"


def cut(engine: U2NetP, photo: Path, box: Box | None = None, marks: Marks | None = None) -> Cutout:
    into = photo.parent / "cut"
    into.mkdir(exist_ok=True)
    return engine.cut(CutRequest(photo, into, box, marks=marks or Marks()), lambda _: None)


def alpha(made: Cutout) -> np.ndarray:
    with Image.open(made.mask) as mask:
        return np.asarray(mask)


@pytest.fixture
def finder(tmp_path: Path) -> U2NetP:
    return U2NetP.reading(dark_finder(tmp_path, "u2netp"))


@pytest.mark.parametrize("kind", ENGINES)
def test_every_network_keeps_an_engines_promises(kind: type[U2NetP], tmp_path: Path) -> None:
    engine = kind.reading(dark_finder(tmp_path, kind().info.name))
    assert engine.check().ready
    check_cutter(engine, tmp_path)


@pytest.mark.parametrize(
    ("network", "mean_std", "stretched"),
    [
        (known.U2NET, IMAGENET, True),
        (known.U2NETP, IMAGENET, True),
        (known.ISNET, CENTRED, False),
        (known.BIREFNET, IMAGENET, False),
        (known.BIREFNET_LITE, IMAGENET, False),
        (known.RMBG, IMAGENET, False),
    ],
)
def test_each_network_is_fed_as_it_was_trained(tmp_path: Path, network, mean_std, stretched) -> None:
    """With a rectifier at its end the tiny network tells the mean, and by its steps the divisor."""
    levels = np.array([0, 60, 120, 130, 160, 200])
    columns = np.repeat(levels, network.side // len(levels) + 1)[: network.side]
    photo = np.repeat(np.repeat(columns[None, :, None], network.side, 0), 3, 2).astype(np.uint8)
    session = Session(networks.network(tmp_path / "net.onnx", 1.0, "Relu"), network)
    mean, std = mean_std
    fed = (photo[0] / (200 if stretched else 255) - mean) / std
    wanted = np.maximum(fed.mean(-1), 0)
    if network.logits:
        wanted = 1 / (1 + np.exp(-wanted))
    wanted = (wanted - wanted.min()) / (wanted.max() - wanted.min())
    assert np.abs(session.matte(photo)[5] - wanted).max() < 1e-4


@pytest.mark.parametrize("kind", [U2NetP, BiRefNetLite])
def test_a_constant_answer_is_no_subject(kind: type[U2NetP], tmp_path: Path) -> None:
    networks.install(tmp_path / "weights", kind().info.name, networks.network(tmp_path / "net.onnx", 0.0))
    with pytest.raises(Permanent) as caught:
        cut(kind.reading(tmp_path / "weights"), two_balls(tmp_path))
    assert caught.value.code == "no_subject"


def test_an_even_photo_has_no_subject(finder: U2NetP, tmp_path: Path) -> None:
    Image.new("RGB", (200, 100), LIGHT).save(tmp_path / "photo.png")
    with pytest.raises(Permanent, match="no_subject"):
        cut(finder, tmp_path / "photo.png")


def test_the_box_bounds_what_is_found(finder: U2NetP, tmp_path: Path) -> None:
    photo = two_balls(tmp_path)
    free, boxed = alpha(cut(finder, photo)), alpha(cut(finder, photo, Box(210, 80, 80, 80)))
    assert (free[120, 90], free[120, 250]) == (255, 255)
    assert (boxed[120, 250], boxed[:, :200].max()) == (255, 0)
    for box in (Box(400, 400, 50, 50), Box(10, 10, 1, 1)):
        with pytest.raises(Permanent, match="The box holds too little"):
            cut(finder, photo, box)


def test_a_mark_changes_the_piece_that_it_touches_and_nothing_else(finder: U2NetP, tmp_path: Path) -> None:
    photo = two_balls(tmp_path)
    before = alpha(cut(finder, photo))
    without = alpha(cut(finder, photo, marks=Marks((Click(250, 120, include=False),))))
    assert without[60:180, 205:295].max() < 100
    assert (without[:, :200] == before[:, :200]).all()
    obeyed = alpha(cut(finder, photo, marks=Marks((Click(90, 120), Click(5, 5, include=False)))))
    assert (obeyed == before).all()


def test_a_mark_adds_what_the_network_missed(finder: U2NetP, tmp_path: Path) -> None:
    photo = two_balls(tmp_path)
    with Image.open(photo) as picture:
        ImageDraw.Draw(picture).rectangle((180, 180, 300, 225), fill=(250, 190, 120))
        picture.save(photo)
    assert alpha(cut(finder, photo))[200, 240] < 60
    added = alpha(cut(finder, photo, marks=Marks((Click(240, 200),))))
    assert added[200, 240] == 255
    assert (added[186:220, 186:295] > 128).mean() > 0.9
    assert added[10:50].max() < 30


def test_a_photo_that_brings_its_mask_keeps_it(finder: U2NetP, tmp_path: Path) -> None:
    picture = Image.new("RGBA", (100, 80), (10, 200, 30, 0))
    ImageDraw.Draw(picture).rectangle((20, 20, 60, 60), fill=(10, 200, 30, 255))
    picture.save(tmp_path / "photo.png")
    made = cut(finder, tmp_path / "photo.png")
    assert made.quality.score == 1.0
    assert (alpha(made) == np.asarray(picture.getchannel("A"))).all()


def test_the_same_request_gives_the_same_bytes(finder: U2NetP, tmp_path: Path) -> None:
    photo, marks = two_balls(tmp_path), Marks((Click(250, 120, include=False),))
    first = cut(finder, photo, marks=marks).cutout.read_bytes()
    assert cut(finder, photo, marks=marks).cutout.read_bytes() == first


def test_readiness_names_what_is_missing_and_what_mends_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for engine in (IsNet(), IsNet.reading(tmp_path / "nowhere")):
        found = engine.check()
        assert (found.ready, found.hint) == (False, "maquette weights pull isnet")
        assert "isnet.onnx" in found.message
    (tmp_path / "isnet.onnx").write_bytes(b"short")
    assert "not the file" in IsNet.reading(tmp_path).check().message
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert IsNet.reading(tmp_path).check().hint == "pip install 'maquette[onnx]'"


def test_weights_that_have_changed_are_not_used(tmp_path: Path) -> None:
    folder = dark_finder(tmp_path, "u2netp")
    content = bytearray((folder / "u2netp.onnx").read_bytes())
    content[-1] ^= 1
    (folder / "u2netp.onnx").write_bytes(content)
    with pytest.raises(Unavailable, match="has changed since it was checked") as caught:
        cut(U2NetP.reading(folder), two_balls(tmp_path))
    assert caught.value.hint == "maquette weights pull u2netp"


def test_a_file_that_is_no_network_says_so(tmp_path: Path) -> None:
    (tmp_path / "net.onnx").write_bytes(b"not a network at all")
    networks.install(tmp_path / "weights", "u2netp", tmp_path / "net.onnx")
    with pytest.raises(Permanent, match="cannot be loaded") as caught:
        cut(U2NetP.reading(tmp_path / "weights"), two_balls(tmp_path))
    assert caught.value.code == "engine_failed"


def test_what_is_not_for_commercial_use_says_so_everywhere(tmp_path: Path) -> None:
    folder = dark_finder(tmp_path, "rmbg")
    assert not Rmbg().info.commercial_use
    assert "non_commercial" in cut(Rmbg.reading(folder), two_balls(tmp_path)).quality.flags
    (folder / "rmbg.json").unlink()
    found = Rmbg.reading(folder).check()
    assert (found.ready, found.hint) == (False, "maquette weights pull rmbg --accept-non-commercial")


def test_every_entry_of_the_table_has_its_engine_and_the_other_way_round() -> None:
    assert {kind().info.name for kind in ENGINES} == set(WEIGHTS)
    ranks = {kind().info.name: kind().info.rank for kind in ENGINES}
    assert sorted(ranks, key=ranks.__getitem__, reverse=True)[:2] == ["birefnet", "birefnet_lite"]
