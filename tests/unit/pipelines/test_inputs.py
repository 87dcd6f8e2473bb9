"""What no pipeline can start from is refused, with a code that says why."""

import pytest

from maquette.domain.assets import View
from maquette.domain.errors import Refused
from maquette.pipelines.catalog import CATALOG
from maquette.pipelines.inputs import check_inputs, check_views

MODEL = CATALOG["photo_to_model"]


def refusal(call) -> str:
    with pytest.raises(Refused) as caught:
        call()
    assert caught.value.message
    assert caught.value.hint
    return caught.value.code


@pytest.mark.parametrize(
    ("views", "code"),
    [
        ([], "no_photo"),
        ([None], "view_missing"),
        ([View.TOP], "view_missing"),
        ([View.FRONT, View.FRONT], "duplicate_view"),
        ([View.TOP, View.BOTTOM], "view_missing"),
        ([View.FRONT, View.OTHER], "view_missing"),
        ([View.FRONT] * 7, "too_many_photos"),
    ],
)
def test_wrong_photos_are_refused(views, code):
    assert refusal(lambda: check_views(MODEL, views)) == code


def test_one_to_six_different_views_are_welcome():
    check_views(MODEL, [View.FRONT])
    check_views(MODEL, [View.TOP, View.LEFT])
    check_views(MODEL, [View.BOTTOM, View.BACK, View.FRONT, View.TOP, View.RIGHT, View.LEFT])
    check_views(MODEL, [View.BACK, View.FRONT, View.RIGHT, View.LEFT])


def test_cutouts_need_no_views():
    check_views(CATALOG["cutout"], [None] * 24)
    assert refusal(lambda: check_views(CATALOG["cutout"], [None] * 25)) == "too_many_photos"


def test_products_need_a_photo_that_may_be_from_a_side():
    product = CATALOG["product_to_model"]
    check_views(product, [View.TOP, None])
    check_views(product, [View.DETAIL, View.LEFT])
    assert refusal(lambda: check_views(product, [View.TOP, View.DETAIL])) == "view_missing"
    check_views(CATALOG["cutout"], [View.TOP])


GLB = "model/gltf-binary"


@pytest.mark.parametrize(
    ("pipeline", "inputs", "code"),
    [
        ("optimize", [], "no_model"),
        ("optimize", [(None, "image/png")], "not_a_model"),
        ("optimize", [(None, GLB), (None, GLB)], "too_many_models"),
        ("photo_to_model", [(View.FRONT, GLB)], "not_an_image"),
        ("cutout", [], "no_photo"),
    ],
)
def test_photos_and_models_are_not_taken_for_each_other(pipeline, inputs, code):
    assert refusal(lambda: check_inputs(CATALOG[pipeline], inputs)) == code


def test_one_model_is_welcome_where_models_are():
    check_inputs(CATALOG["optimize"], [(None, GLB)])
