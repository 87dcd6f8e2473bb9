"""The catalog refuses what no pipeline can do, with a code that says why."""

import pytest

from maquette.domain.errors import Refused
from maquette.pipelines.catalog import CATALOG, find, is_offered, offered, settle

MODEL = CATALOG["photo_to_model"]


def refusal(call) -> str:
    with pytest.raises(Refused) as caught:
        call()
    assert caught.value.message
    assert caught.value.hint
    return caught.value.code


def test_an_unknown_pipeline_and_one_that_cannot_run_are_told_apart():
    assert refusal(lambda: find("photo_to_soup")) == "unknown_pipeline"
    assert refusal(lambda: find("edit")) == "pipeline_unavailable"


def test_offered_pipelines_have_all_their_stages():
    assert offered() == ("photo_to_model", "product_to_model", "image", "cutout", "optimize")
    for name in offered():
        assert all(find(name).spec(stage) for stage in find(name).pipeline.stages)
    assert not is_offered(CATALOG["transcribe"])


def test_settings_get_their_defaults():
    assert settle(MODEL, {}) == {
        "quality": "medium",
        "shape": "auto",
        "dimensions": None,
        "cutter": None,
        "mesher": None,
    }
    assert settle(MODEL, {"quality": "full", "mesher": "carve"})["quality"] == "full"


def test_a_size_is_kept_in_metres():
    size = {"height": 80, "width": "1.2m", "unit": "cm"}
    assert settle(MODEL, {"dimensions": size})["dimensions"] == {"width": 1.2, "height": 0.8, "unit": "m"}
    assert settle(MODEL, {"dimensions": {}})["dimensions"] is None


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ({"colour": "red"}, "unknown_setting"),
        ({"quality": "superb"}, "invalid_setting"),
        ({"quality": ["full"]}, "invalid_setting"),
        ({"mesher": 7}, "invalid_setting"),
        ({"dimensions": {"height": "tall"}}, "invalid_dimensions"),
        ({"dimensions": {"length": 3}}, "invalid_dimensions"),
    ],
)
def test_wrong_settings_are_refused(settings, code):
    assert refusal(lambda: settle(MODEL, settings)) == code


@pytest.mark.parametrize("value", [0, 99, 1_000_001, 5.5, True, "5000"])
def test_a_bound_is_a_whole_number_in_its_range(value):
    assert settle(CATALOG["optimize"], {"triangles": 100, "bytes": None})["triangles"] == 100
    assert refusal(lambda: settle(CATALOG["optimize"], {"triangles": value})) == "invalid_setting"
