"""What old rows mean, whatever their columns were called."""

from datetime import UTC, datetime

import pytest

from maquette.app.old_photos.dump import Row
from maquette.app.old_photos.rows import NAMES, WORDS, OldPhoto, Unfit, thing
from maquette.domain.assets import View


def read(table="", **cells):
    return thing(Row(table, 1, cells))


@pytest.mark.parametrize("column", NAMES["url"])
def test_a_photo_is_found_under_every_name(column):
    assert read(id="7", **{column: "a.jpg"}).photos == (OldPhoto("a.jpg", View.FRONT),)


def test_a_row_in_full():
    old = read(
        "photos", id="7", imageUrl="a.jpg", view="Left", generationStatus="model_saved", modelUrl="m.glb",
        bgrRemovedUrl="c.png", createdAt="2024-05-01 10:00:00", name="Chair",
    )  # fmt: skip
    assert old.key == "photos:7"
    assert old.photos == (OldPhoto("a.jpg", View.LEFT, "c.png"),)
    assert (old.model, old.status, old.name) == ("m.glb", "model_saved", "Chair")
    assert old.at == datetime(2024, 5, 1, 10, tzinfo=UTC)
    assert old.remarks == ()


def test_photos_of_one_model_belong_together():
    assert {read("photos", id=str(k), url="a.jpg", model_id="m1").key for k in range(3)} == {"models:m1"}
    assert read("models", id="m1", model_url="m.glb").key == "models:m1"


def test_a_model_with_a_column_for_each_side():
    old = read(
        id="m", front_image_url="f.jpg", original_left="l.jpg", backUrl="b.jpg", front_bgr_removed="f.png",
        processed_left_url="l.png", front_mask_url="x", left_width="30", model_status="completed",
    )  # fmt: skip
    assert old.photos == (
        OldPhoto("f.jpg", View.FRONT, "f.png"),
        OldPhoto("l.jpg", View.LEFT, "l.png"),
        OldPhoto("b.jpg", View.BACK),
    )
    assert (old.key, old.status) == ("models:m", "completed")


def test_a_status_that_nobody_knew_is_not_taken_over():
    old = read(id="1", url="a.jpg", status="shiny")
    assert (old.status, len(old.remarks)) == (None, 1)
    assert "shiny" not in WORDS


@pytest.mark.parametrize("cells", [{"url": "a.jpg"}, {"id": "1"}, {"id": "1", "url": "a.jpg", "view": "inside"}, {}])
def test_rows_that_cannot_be_used(cells):
    with pytest.raises(Unfit):
        read(**cells)
