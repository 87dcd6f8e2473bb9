"""Lengths as people write them, and the sizes of objects."""

import pytest

from maquette.domain.dimensions import Dimensions, parse_length
from maquette.domain.errors import Refused


@pytest.mark.parametrize(
    ("text", "metres"),
    [("80cm", 0.8), ("1.2 m", 1.2), ("1,2m", 1.2), ("800 MM", 0.8), ("10in", 0.254), ('10"', 0.254), ("2ft", 0.6096)],
)
def test_lengths_have_a_unit(text: str, metres: float) -> None:
    assert parse_length(text) == pytest.approx(metres)


@pytest.mark.parametrize(
    "text", ["80", "cm", "-3cm", "1e3m", "0.01mm", "2000m", "0cm", "80 km", "nan m", "", "9" * 400 + "m"]
)
def test_what_is_no_length_is_refused(text: str) -> None:
    with pytest.raises(Refused, match="invalid_dimensions"):
        parse_length(text)


def test_dimensions_are_metres_whatever_they_were_given_in() -> None:
    size = Dimensions.of({"width": 60, "height": "1.2m", "unit": "cm"})
    assert size == Dimensions(width=0.6, height=1.2)
    assert size.given() == ((0, 0.6), (1, 1.2))
    assert Dimensions.of(size.document()) == size
    assert not Dimensions.of(None)
    assert not Dimensions.of({"unit": "in"})


@pytest.mark.parametrize(
    "given",
    [
        {"length": 3},
        {"height": True},
        {"height": [1]},
        {"height": 80, "unit": "yd"},
        {"height": 80, "unit": None},
        {"height": -1},
        {"height": float("nan")},
        {"height": float("inf")},
        {"height": 10**400},
        {"height": -(10**400)},
        [1, 2, 3],
        "80cm",
    ],
)
def test_what_is_no_size_is_refused(given: object) -> None:
    with pytest.raises(Refused, match="invalid_dimensions"):
        Dimensions.of(given)
