"""File names as phones, shops and people write them."""

import pytest

from maquette.domain.assets import View
from maquette.domain.sides import sides_in


@pytest.mark.parametrize(
    ("name", "views"),
    [
        ("chair-front.jpg", {View.FRONT}),
        ("IMG_left.png", {View.LEFT}),
        ("photoBack2.jpg", {View.BACK}),
        ("03_rechts", {View.RIGHT}),
        ("Rückseite.heic", {View.BACK}),
        ("stuhl vorne 2.jpg", {View.FRONT}),
        ("SOFA_REAR.JPG", {View.BACK}),
        ("vase_gauche.webp", {View.LEFT}),
        ("chair_f.jpg", {View.FRONT}),
        ("chair-l-2.jpg", {View.LEFT}),
        ("r.jpg", {View.RIGHT}),
        ("12b.jpg", {View.BACK}),
        ("lamp-side.jpg", {View.LEFT, View.RIGHT}),
        ("lamp side left.jpg", {View.LEFT}),
        ("front_left.jpg", {View.OTHER}),
        ("table-top-front.jpg", {View.FRONT}),
        ("bag_top.jpg", {View.TOP}),
        ("bag_unten.jpg", {View.BOTTOM}),
        ("front-detail.jpg", {View.DETAIL}),
        ("chair_lifestyle.jpg", {View.OTHER}),
        ("IMG_2041.JPG", set()),
        ("DSC00017.jpg", set()),
        ("l-shaped-sofa.jpg", set()),
        ("copyright.jpg", set()),
        ("leftover stock.jpg", set()),
        ("", set()),
    ],
)
def test_a_name_tells_its_side_or_nothing(name, views):
    assert sides_in(name) == views
