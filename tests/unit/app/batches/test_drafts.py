"""Rows of a table, read."""

import pytest

from maquette.app.batches.drafts import check_views, columns, draft, duplicates
from maquette.domain.assets import View
from maquette.pipelines.catalog import CATALOG

ENTRY = CATALOG["photo_to_model"]


def read(row, common=None, entry=ENTRY):
    return draft(entry, 3, row, common or {})


def codes(row, **more):
    return [(one.code, one.column) for one in read(row, **more).wrong]


def test_views_have_columns_and_photos_may_say_theirs():
    row = read({"sku": "A", "front": "a.jpg", "left": "ast_1", "photos": "back=b.jpg;https://x.org/r.jpg?a=1"})
    assert row.problems == ()
    told = [(photo.source, photo.column, photo.view) for photo in row.photos]
    assert told == [
        ("a.jpg", "front", View.FRONT),
        ("ast_1", "left", View.LEFT),
        ("b.jpg", "photos", View.BACK),
        ("https://x.org/r.jpg?a=1", "photos", None),
    ]


def test_json_names_photos_in_objects():
    row = read({"sku": 12, "photos": [{"asset_id": "ast_1", "view": "left"}, {"url": "http://x.org/a"}, "c.jpg"]})
    assert row.problems == ()
    assert row.sku == "12"
    assert [(photo.source, photo.view) for photo in row.photos][:2] == [
        ("ast_1", View.LEFT),
        ("http://x.org/a", None),
    ]


@pytest.mark.parametrize(
    ("given", "metres"),
    [
        ({"width": "80", "height": "75,5", "unit": "cm"}, {"width": 0.8, "height": 0.755}),
        ({"width": "80cm", "height": "30 in"}, {"width": 0.8, "height": 0.762}),
        ({"width": 0.8, "unit": "m"}, {"width": 0.8}),
        ({"width": 80, "unit": "cm"}, {"width": 0.8}),
        ({"dimensions": "80 x 75 × 60 cm"}, {"width": 0.8, "height": 0.75, "depth": 0.6}),
        ({"dimensions": "0.8m x 75cm"}, {"width": 0.8, "height": 0.75}),
        ({"dimensions": "80x75", "unit": "CM"}, {"width": 0.8, "height": 0.75}),
        ({"dimensions": {"height": 75, "unit": "cm"}}, {"height": 0.75}),
    ],
)
def test_sizes_are_read_as_people_write_them(given, metres):
    row = read({"sku": "A", "front": "a.jpg"} | given)
    assert row.problems == ()
    assert row.settings["dimensions"] == metres | {"unit": "m"}


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"front": "a.jpg"}, [("sku_missing", "sku")]),
        ({"sku": "A"}, [("no_photo", "photos")]),
        ({"sku": "A", "front": "a", "colour": "red"}, [("unknown_column", "colour")]),
        ({"sku": "A", "front": "a", "width": "80"}, [("invalid_dimensions", "width")]),
        ({"sku": "A", "front": "a", "height": "tall", "depth": "-1cm"},
         [("invalid_dimensions", "height"), ("invalid_dimensions", "depth")]),
        ({"sku": "A", "front": "a", "width": "8", "unit": "elbows"}, [("invalid_dimensions", "unit")]),
        ({"sku": "A", "front": "a", "dimensions": "1x2x3x4cm"}, [("invalid_dimensions", "dimensions")]),
        ({"sku": "A", "front": "a", "quality": "best"}, [("invalid_setting", "quality")]),
        ({"sku": "A", "front": "a", "settings": {"colour": 1}}, [("unknown_setting", "settings")]),
        ({"sku": "A", "front": "a", "settings": 3}, [("invalid_setting", "settings")]),
        ({"sku": "A", "photos": "fornt=a.jpg"}, [("invalid_view", "photos")]),
        ({"sku": "A", "photos": [{"url": "https://x.org/a.jpg", "view": "fornt"}]}, [("invalid_view", "photos")]),
        ({"sku": "A", "left": "right=a.jpg"}, [("invalid_view", "left")]),
        ({"sku": "A", "front": "http://127.0.0.1/a.jpg"}, [("url_refused", "front")]),
        ({"sku": "A", "front": "http://localhost/a.jpg"}, [("url_refused", "front")]),
        ({"sku": "A", "front": "http://u:p@x.org/a.jpg"}, [("url_refused", "front")]),
        ({"sku": "A", "front": "http://[::1"}, [("url_refused", "front")]),
        ({"sku": "A", "photos": 7}, [("invalid_request", "photos")]),
        ({"sku": "A", "photos": [{"view": "left"}]}, [("invalid_request", "photos")]),
        ({"sku": "x" * 101, "front": "a"}, [("invalid_request", "sku"), ("sku_missing", "sku")]),
    ],
)  # fmt: skip
def test_every_problem_says_its_column(row, expected):
    assert codes(row) == expected


def test_all_problems_of_a_row_are_found_at_once():
    found = read({"colour": "x", "width": "wide", "quality": "best", "front": "http://localhost/"})
    assert [one.code for one in found.wrong] == [
        "sku_missing", "unknown_column", "invalid_setting", "invalid_dimensions", "url_refused",
    ]  # fmt: skip
    assert {one.row for one in found.wrong} == {3}
    assert all(one.message and one.hint for one in found.wrong)


def test_a_row_overrides_what_is_said_for_all():
    row = read({"sku": "A", "front": "a", "quality": "FULL"}, {"quality": "fast", "shape": "boxy"})
    assert row.settings == {"quality": "full", "shape": "boxy"}


def test_a_pipeline_without_a_size_takes_the_column_and_checks_it():
    cutout = CATALOG["cutout"]
    assert "dimensions" not in read({"sku": "A", "front": "a", "width": "8cm"}, entry=cutout).settings
    assert codes({"sku": "A", "front": "a", "width": "wide"}, entry=cutout) == [("invalid_dimensions", "width")]
    assert "quality" not in columns(cutout)


def test_the_second_of_two_skus_is_the_problem():
    rows = [draft(ENTRY, number, {"sku": sku, "front": "a"}, {}) for number, sku in enumerate(["a", "B", "A"], 1)]
    assert [(one.row, one.code, one.sku) for one in duplicates(rows)] == [(3, "duplicate_sku", "A")]


def test_views_must_be_known_and_once():
    alone, none = check_views(ENTRY, read({"sku": "A", "photos": "a.jpg"}))
    assert (alone.photos[0].view, none) == (View.FRONT, [])
    _, found = check_views(ENTRY, read({"sku": "A", "front": "a.jpg", "photos": "front=b.jpg;c.jpg;other=d.jpg"}))
    assert [(one.code, one.column) for one in found] == [
        ("duplicate_view", "photos"),
        ("view_missing", "photos"),
        ("view_missing", "photos"),
    ]
    assert "does not say" in found[1].message
    many = ";".join(f"{number}.jpg" for number in range(25))
    _, found = check_views(CATALOG["cutout"], read({"sku": "A", "photos": many}, entry=CATALOG["cutout"]))
    assert [one.code for one in found] == ["too_many_photos"]


@pytest.mark.parametrize("pipeline", ["photo_to_model", "product_to_model"])
def test_a_model_needs_a_photo_from_a_side(pipeline):
    entry = CATALOG[pipeline]
    _, found = check_views(entry, read({"sku": "A", "top": "a.jpg", "bottom": "b.jpg"}, entry=entry))
    (one,) = found
    assert (one.code, one.row, one.column, one.sku) == ("view_missing", 3, "top", "A")
    assert "No photo is from a side" in one.message
    assert "front, left, right, back" in one.hint
    _, found = check_views(entry, read({"sku": "A", "top": "a.jpg", "left": "b.jpg"}, entry=entry))
    assert found == []


def test_what_does_not_need_a_side_is_not_asked_for_one():
    entry = CATALOG["cutout"]
    assert check_views(entry, read({"sku": "A", "top": "a.jpg"}, entry=entry))[1] == []
    entry = CATALOG["product_to_model"]
    assert check_views(entry, read({"sku": "A", "photos": "a.jpg;top=b.jpg"}, entry=entry))[1] == []
