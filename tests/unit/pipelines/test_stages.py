"""Each stage's work on its own desk: files in, files and facts out."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw

from drawn_photos import backdrop, thing
from maquette.domain.assets import Quality, Role, View
from maquette.domain.errors import Permanent, Refused, Temporary
from maquette.domain.marks import Click, Marks
from maquette.engines.carve import Carve
from maquette.engines.grabcut import GrabCut
from maquette.media.meshes.facts import GLB
from maquette.pipelines import child
from maquette.pipelines.catalog import SPECS
from maquette.pipelines.stage import Desk, InputFile, Produced
from maquette.pipelines.stages import (
    generating,
    optimizing,
    removing_background,
    storing,
    submitting,
    uploading,
    validating,
)


def ball(path: Path, mode: str = "RGB") -> Path:
    """A dark red ball on a light ground, or on nothing where the mode has an alpha channel."""
    picture = Image.new(mode, (160, 120), (226, 224, 220) if mode == "RGB" else (0, 0, 0, 0))
    ImageDraw.Draw(picture).ellipse((45, 25, 115, 95), fill=(140, 24, 30))
    picture.save(path)
    return path


def given(path: Path, role: Role, view: View | None = View.FRONT, **more: Any) -> InputFile:
    return InputFile(path, f"ast_{path.stem}", role, "image/png", path.name, view, **more)


def desk(tmp_path: Path, *inputs: InputFile, engine: Any = None, **settings: Any) -> Desk:
    into = tmp_path / "out"
    into.mkdir(exist_ok=True)
    return Desk(inputs, settings, into, lambda fraction: None, engine)


def refusal(work: Any, at: Desk) -> str:
    with pytest.raises(Permanent) as caught:
        work(at)
    return caught.value.code


def test_uploading_counts_what_arrived_and_refuses_nothing_and_emptiness(tmp_path):
    photo = given(ball(tmp_path / "a.png"), Role.ORIGINAL)
    assert uploading.work(desk(tmp_path, photo)).data == {"photos": 1, "bytes": photo.path.stat().st_size}
    assert refusal(uploading.work, desk(tmp_path)) == "no_photo"
    (tmp_path / "empty.png").touch()
    assert refusal(uploading.work, desk(tmp_path, given(tmp_path / "empty.png", Role.ORIGINAL))) == "empty_file"


def test_validating_makes_a_working_copy_that_keeps_the_view_and_names_its_source(tmp_path):
    photo = given(ball(tmp_path / "chair.left.png"), Role.ORIGINAL, View.LEFT)
    (copy,) = validating.work(desk(tmp_path, photo)).files
    assert (copy.role, copy.view, copy.derived_from) == (Role.WORKING, View.LEFT, (photo.asset_id,))
    with Image.open(copy.path) as picture:
        assert (copy.width, copy.height) == picture.size == (160, 120)


def test_validating_tells_what_is_wrong_with_each_photo_and_with_the_set(tmp_path):
    same = {View.FRONT: (220, 120, 200, 240), View.BACK: (210, 110, 210, 250)}
    photos = []
    for view, box in same.items():
        Image.fromarray(thing(backdrop(640, 399), box)).save(tmp_path / f"{view}.png")
        photos.append(given(tmp_path / f"{view}.png", Role.ORIGINAL, view))
    photos[0] = replace(photos[0], quality=Quality(0.5, ("too_dark",)))
    done = validating.work(desk(tmp_path, *photos))
    checks = done.data["photo_checks"]
    assert [file.quality for file in done.files] == [Quality(0.5, ("too_dark",)), Quality(0.7, ("few_pixels:399",))]
    assert [entry["flags"] for entry in checks["photos"]] == [["too_dark"], ["few_pixels:399"]]
    assert checks["photos"][0]["notes"][0]["message"] == "The photo is too dark."
    assert sorted(entry["sharpness_rank"] for entry in checks["photos"]) == [1, 2]
    said = {entry["code"]: (entry["message"], entry["asset_ids"]) for entry in checks["sets"]}
    assert said == {
        "same_view": ("Front and Back look the same.", ["ast_front", "ast_back"]),
        "side_missing": ("A side view is missing.", []),
    }
    json.dumps(done.data)


def test_removing_background_cuts_each_photo_and_uses_its_box(tmp_path):
    picture = given(ball(tmp_path / "a.png"), Role.WORKING, derived_from=("ast_original",))
    at = replace(desk(tmp_path, picture, engine=GrabCut()), boxes={"ast_original": (30.0, 10.0, 100.0, 100.0)})
    cutout, mask = removing_background.work(at).files
    assert (cutout.role, mask.role, cutout.view) == (Role.CUTOUT, Role.MASK, View.FRONT)
    assert cutout.quality is not None
    assert cutout.derived_from == ("ast_original", picture.asset_id)
    with Image.open(mask.path) as alpha:
        assert alpha.getpixel((80, 60)) == 255
        assert alpha.getpixel((5, 5)) == 0


def blank(path: Path) -> Path:
    """A photo of nothing."""
    Image.new("RGB", (160, 120), (226, 224, 220)).save(path)
    return path


def test_a_photo_that_cannot_be_cut_out_does_not_stop_the_others(tmp_path):
    good = given(ball(tmp_path / "good.png"), Role.WORKING, derived_from=("ast_front",))
    empty = given(blank(tmp_path / "empty.png"), Role.WORKING, View.LEFT, derived_from=("ast_left",))
    other = given(ball(tmp_path / "other.png"), Role.WORKING, View.BACK, derived_from=("ast_back",))
    made = removing_background.work(desk(tmp_path, good, empty, other, engine=GrabCut()))
    assert [file.view for file in made.files] == [View.FRONT, View.FRONT, View.BACK, View.BACK]
    account = made.data["cutouts"]
    assert (account["photos"], account["succeeded"], account["success_rate"]) == (3, 2, 0.6667)
    (failed,) = account["failed"]
    assert (failed["asset_id"], failed["name"], failed["view"]) == ("ast_left", "empty.png", "left")
    assert (failed["code"], bool(failed["message"]), bool(failed["hint"])) == ("no_subject", True, True)


def test_the_stage_fails_with_the_first_error_where_no_photo_can_be_cut_out(tmp_path):
    empty = given(blank(tmp_path / "empty.png"), Role.WORKING)
    boxed = given(ball(tmp_path / "a.png"), Role.WORKING, derived_from=("ast_boxed",))
    at = replace(desk(tmp_path, empty, boxed, engine=GrabCut()), boxes={"ast_boxed": (500.0, 500.0, 5.0, 5.0)})
    with pytest.raises(Permanent) as caught:
        removing_background.work(at)
    assert caught.value.message == "No object was found in the photo"


def test_a_shop_picture_is_made_where_one_is_wanted(tmp_path):
    picture = given(ball(tmp_path / "a.png"), Role.WORKING, derived_from=("ast_a",))
    wishes = {"background": "#ffffff", "shadow": "soft", "margin": 20, "frame": "square"}
    cutout, _, shop = removing_background.work(desk(tmp_path, picture, engine=GrabCut(), **wishes)).files
    assert (shop.role, shop.name, shop.media_type) == (Role.PREVIEW, "shop", "image/jpeg")
    assert (shop.view, shop.derived_from, shop.quality) == (View.FRONT, cutout.derived_from, None)
    with Image.open(shop.path) as made:
        assert made.size == (shop.width, shop.height)
        assert shop.width == shop.height
        assert made.getpixel((0, 0)) == (255, 255, 255)


def test_photos_that_an_earlier_run_cut_out_count(tmp_path):
    empty = given(blank(tmp_path / "empty.png"), Role.WORKING)
    made = removing_background.work(replace(desk(tmp_path, empty, engine=GrabCut()), carried=3))
    assert made.files == ()
    assert (made.data["cutouts"]["photos"], made.data["cutouts"]["success_rate"]) == (4, 0.75)


def test_an_engine_that_fails_for_other_reasons_fails_the_stage(tmp_path):
    class Busy(GrabCut):
        def cut(self, request: Any, progress: Any) -> Any:
            raise Temporary("remote_busy")

    picture = given(ball(tmp_path / "a.png"), Role.WORKING)
    with pytest.raises(Temporary):
        removing_background.work(desk(tmp_path, picture, engine=Busy()))


def test_removing_background_hands_each_photo_its_marks(tmp_path):
    class Recording(GrabCut):
        def __init__(self) -> None:
            self.asked: list[Marks] = []

        def cut(self, request: Any, progress: Any) -> Any:
            self.asked.append(request.marks)
            return super().cut(request, progress)

    marks, engine = Marks((Click(80, 60),)), Recording()
    marked = given(ball(tmp_path / "a.png"), Role.WORKING, derived_from=("ast_a",))
    plain = given(ball(tmp_path / "b.png"), Role.WORKING, derived_from=("ast_b",))
    removing_background.work(replace(desk(tmp_path, marked, plain, engine=engine), marks={"ast_a": marks}))
    assert engine.asked == [marks, Marks()]


def test_submitting_makes_do_with_the_cutouts_that_are_left_but_not_with_none(tmp_path):
    path = ball(tmp_path / "a.png", "RGBA")
    assert submitting.work(desk(tmp_path, given(path, Role.CUTOUT, View.LEFT))).data == {"views": ["left"]}
    assert refusal(submitting.work, desk(tmp_path)) == "no_photo"


def test_submitting_wants_one_view_each(tmp_path):
    path = ball(tmp_path / "a.png", "RGBA")
    front, left = given(path, Role.CUTOUT), given(path, Role.CUTOUT, View.LEFT)
    assert submitting.work(desk(tmp_path, front, left)).data == {"views": ["front", "left"]}
    assert refusal(submitting.work, desk(tmp_path, front, front)) == "duplicate_view"
    assert refusal(submitting.work, desk(tmp_path, given(path, Role.CUTOUT, None))) == "view_missing"


def test_submitting_takes_a_view_from_above_beside_one_from_a_side(tmp_path):
    path = ball(tmp_path / "a.png", "RGBA")
    front, top = given(path, Role.CUTOUT), given(path, Role.CUTOUT, View.TOP)
    assert submitting.work(desk(tmp_path, front, top)).data == {"views": ["front", "top"]}
    assert refusal(submitting.work, desk(tmp_path, top)) == "view_missing"


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> InputFile:
    """The model that generating makes of a ball from four sides."""
    folder = tmp_path_factory.mktemp("model")
    path = ball(folder / "ball.png", "RGBA")
    cutouts = [given(path, Role.CUTOUT, view) for view in (View.BACK, View.RIGHT, View.LEFT, View.FRONT)]
    (made,) = generating.work(desk(folder, *cutouts, engine=Carve(), quality="fast", shape="auto")).files
    assert (made.role, made.media_type) == (Role.MODEL, "model/gltf-binary")
    assert made.quality is not None
    return given(made.path, Role.MODEL, None)


def test_storing_measures_a_model_and_refuses_what_is_none(tmp_path, model):
    assert storing.work(desk(tmp_path, model)).data["model"]["triangles"] > 500
    broken = tmp_path / "broken.glb"
    broken.write_bytes(model.path.read_bytes()[:-100])
    assert refusal(storing.work, desk(tmp_path, given(broken, Role.MODEL, None))) == "model_invalid"
    assert refusal(storing.work, desk(tmp_path)) == "model_invalid"


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory, model: InputFile) -> Produced:
    """What optimizing makes of the ball, which shall be 40 cm high, within a budget."""
    size = {"height": 0.4, "unit": "m"}
    at = desk(tmp_path_factory.mktemp("product"), model, quality="fast", dimensions=size, triangles=2000, bytes=60_000)
    return optimizing.work(at)


def test_optimizing_delivers_three_levels_a_usdz_and_pictures(product):
    names = [file.name for file in product.files]
    assert names == ["lod0", "lod1", "lod2", "usdz", "thumbnail", "poster", "turntable"]
    assert [file.role for file in product.files[3:]] == [Role.USDZ, Role.THUMBNAIL, Role.PREVIEW, Role.PREVIEW]
    for file, kind in zip(product.files[4:], ("PNG", "JPEG", "WEBP"), strict=True):
        with Image.open(file.path) as picture:
            assert picture.format == kind


def test_optimizing_keeps_its_budgets(product):
    triangles = [file.stats["triangles"] for file in product.files[:3]]
    assert triangles == sorted(triangles, reverse=True)
    assert triangles[0] <= 2000
    assert triangles[1] <= 1000
    assert all(file.path.stat().st_size <= 60_000 for file in product.files[:3])


def test_optimizing_delivers_the_true_size_and_reports_it(product):
    for file in product.files[:3]:
        assert file.stats["bounds_m"][1] == pytest.approx(0.4, rel=0.03)
    report = product.data["report"]
    assert {"budget", "store", "quick_look", "google_swirl"} <= set(report["accepted"])
    heights = [rule for rule in report["profiles"][1]["rules"] if rule["rule"] == "height_m"]
    assert {rule["status"] for rule in heights} == {"fixed"}


@pytest.fixture
def original(model: InputFile) -> InputFile:
    return replace(model, role=Role.ORIGINAL, media_type=GLB, stats={"triangles": 1})


def test_validating_passes_a_model_on_and_refuses_a_damaged_one(tmp_path, original):
    (passed,) = validating.work(desk(tmp_path, original)).files
    assert (passed.role, passed.media_type, passed.derived_from) == (Role.MODEL, GLB, (original.asset_id,))
    assert passed.path.read_bytes() == original.path.read_bytes()
    assert passed.stats == {"triangles": 1, "in_metres": True}
    broken = tmp_path / "broken.glb"
    broken.write_bytes(original.path.read_bytes()[:-100])
    with pytest.raises(Refused, match="model_damaged"):
        validating.work(desk(tmp_path, replace(original, path=broken)))


def test_the_size_is_no_business_of_the_stage_that_makes_the_shape():
    assert "dimensions" in optimizing.SPEC.settings
    assert [spec.stage for spec in SPECS.values() if "dimensions" in spec.settings] == [optimizing.SPEC.stage]


def test_what_crosses_the_process_boundary_arrives_as_it_left(tmp_path, model):
    hints = {"ast_1": (1, 2, 3, 4)}, {"ast_1": Marks((Click(1, 2),))}
    payload = child.desk_payload(
        "photo_to_model", storing.SPEC.stage, (model,), {"quality": "fast"}, *hints, tmp_path, None, "job_1:1:storing"
    )
    value = child.perform(payload, lambda fraction: None)
    assert child.outputs(value) == Produced((), storing.work(desk(tmp_path, model)).data)


def test_every_spec_stands_under_its_own_stage():
    assert all(spec.stage is stage for stage, spec in SPECS.items())
