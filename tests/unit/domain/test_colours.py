"""Grounds as people write them."""

import pytest

from maquette.domain.colours import channels, ground
from maquette.domain.errors import Refused


@pytest.mark.parametrize(
    ("given", "stored", "rgb"),
    [
        (None, "transparent", None),
        ("transparent", "transparent", None),
        ("White", "#ffffff", (255, 255, 255)),
        (" #F4f1EC ", "#f4f1ec", (244, 241, 236)),
        ("#1a0", "#11aa00", (17, 170, 0)),
    ],
)
def test_grounds(given: object, stored: str, rgb: tuple[int, int, int] | None) -> None:
    assert ground(given) == stored
    assert channels(stored) == rgb


@pytest.mark.parametrize("given", ["", "#12", "#12345", "#1234567", "f4f1ec", "#ggg", "sage", 255, ["#fff"], True])
def test_what_is_no_colour_is_refused(given: object) -> None:
    with pytest.raises(Refused, match="invalid_setting"):
        ground(given)
