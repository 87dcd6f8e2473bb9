"""What a job will cost: each stage, whichever of its engines does it, and nothing invented."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from maquette.app.quotes import Quotes
from maquette.domain.assets import Asset, Role, View
from maquette.domain.errors import Refused, Unavailable
from maquette.domain.hosting import Abilities, Spread, Takes
from maquette.domain.money import Price, Range
from maquette.domain.states import Stage
from maquette.pipelines.catalog import find, settle
from maquette.ports.engines import Capability, EngineInfo, EngineRecord, Readiness
from maquette.ports.hosting import Order
from maquette.testing import Shelf

CREDIT = Price("credit", 0.02, date(2026, 11, 1))


class Cloud:
    """Charges five credits for each picture, and up to ten more."""

    def __init__(self, name: str, *, unit: str = "credit", pictures: int = 4, silent: bool = False) -> None:
        self.name, self.silent = name, silent
        self.abilities = Abilities(takes=Takes(pictures=pictures, max_side=1000), cost_unit=unit)
        self.asked: list[Order] = []

    def spread(self, order: Order) -> Spread | None:
        self.asked.append(order)
        count = len(order.pictures)
        return None if self.silent else Spread(5.0 * count, 5.0 * count + 10, self.abilities.cost_unit)


class Hosting(Shelf):
    """A shelf with hosted engines."""

    def __init__(self, records: tuple[EngineRecord, ...], engines: dict[str, Any]) -> None:
        super().__init__(records)
        self._engines = engines

    def hosted(self, name: str) -> Any:
        if name not in self._engines:
            raise Refused("unknown_engine", hint="It is configured on another machine.")
        return self._engines[name]


def record(name: str, capability: Capability, *, hosted: bool = False, ready: bool = True) -> EngineRecord:
    info = EngineInfo(name, "1", capability, name, "MIT", True)
    return EngineRecord(name, "none:None", Readiness(ready, "no key"), info, hosted=hosted)


def quote(
    settings: dict[str, Any], pictures: int, *clouds: Cloud, pipeline: str = "photo_to_model", **prices: Price
) -> Any:
    records = (
        record("scissors", Capability.CUTTER),
        record("chisel", Capability.MESHER),
        *(
            record(cloud.name, kind, hosted=True)
            for cloud in clouds
            for kind in Capability
            if cloud.name.startswith(kind)
        ),
        record("mesher_far", Capability.MESHER, hosted=True),
        record("mesher_keyless", Capability.MESHER, hosted=True, ready=False),
    )
    shelf = Hosting(records, {cloud.name: cloud for cloud in clouds})
    entry = find(pipeline)
    return Quotes(shelf, prices).of(entry, settle(entry, settings), [None] * pictures)


def stage_of(made: Any, stage: Stage = Stage.GENERATING) -> Any:
    return next(one for one in made.stages if one.stage is stage)


def test_local_work_costs_nothing() -> None:
    made = quote({}, 4)
    assert made.cost == Range(0, 0)
    assert [one.stage for one in made.stages if one.engines] == [Stage.REMOVING_BACKGROUND, Stage.GENERATING]
    assert not any(one.hosted for one in made.stages)


def test_a_hosted_stage_costs_its_spread_times_the_price() -> None:
    cloud = Cloud("mesher_a")
    made = quote({"mesher": "mesher_a", "quality": "full"}, 4, cloud, mesher_a=CREDIT)
    generating = stage_of(made)
    assert (generating.engines, generating.hosted) == (("mesher_a",), True)
    assert (generating.cost, generating.prices) == (Range(0.4, 0.6), (CREDIT,))
    assert made.cost == Range(0.4, 0.6)
    (order,) = cloud.asked
    assert order.wants["quality"] == "full"
    assert max(order.pictures[0].width, order.pictures[0].height) == 1000


def test_pictures_that_the_provider_does_not_take_are_not_paid() -> None:
    cloud = Cloud("mesher_a", pictures=1)
    assert quote({"mesher": "mesher_a"}, 4, cloud, mesher_a=CREDIT).cost == Range(0.1, 0.3)


def test_each_photo_is_cut_out_by_itself() -> None:
    cloud = Cloud("cutter_a")
    made = quote({"cutter": "cutter_a"}, 3, cloud, pipeline="cutout", cutter_a=CREDIT)
    assert made.cost == Range(0.3, 0.9)
    assert [len(order.pictures) for order in cloud.asked] == [1, 1, 1]


def test_where_photos_are_chosen_first_one_or_all_of_them_may_be_paid() -> None:
    made = quote({"mesher": "mesher_a"}, 4, Cloud("mesher_a"), pipeline="product_to_model", mesher_a=CREDIT)
    assert made.cost == Range(0.1, 0.6)


def test_the_estimate_holds_whichever_of_a_list_does_the_work() -> None:
    asked = {"mesher": "mesher_a, mesher_keyless,chisel"}
    generating = stage_of(quote(asked, 1, Cloud("mesher_a"), mesher_a=CREDIT))
    assert (generating.engines, generating.cost) == (("mesher_a", "chisel"), Range(0, 0.3))


@pytest.mark.parametrize(
    ("cloud", "prices", "hint"),
    [
        (Cloud("mesher_a"), {}, "[prices.mesher_a]"),
        (Cloud("mesher_a"), {"mesher_a": Price("token", 1, CREDIT.at)}, "is of one token"),
        (Cloud("mesher_a", silent=True), {"mesher_a": CREDIT}, "cannot say beforehand"),
    ],
)
def test_what_nobody_can_say_is_unknown_and_so_is_the_whole(cloud: Cloud, prices: Any, hint: str) -> None:
    made = quote({"mesher": "mesher_a,chisel"}, 1, cloud, **prices)
    generating = stage_of(made)
    assert (generating.cost, made.cost) == (None, None)
    assert hint in generating.hint


def test_an_engine_of_another_machine_has_an_unknown_cost() -> None:
    generating = stage_of(quote({"mesher": "mesher_far"}, 1, mesher_far=CREDIT))
    assert generating.cost is None
    assert "another machine" in generating.hint


def test_one_that_charges_nothing_needs_no_price() -> None:
    assert quote({"mesher": "mesher_own"}, 2, Cloud("mesher_own", unit="", silent=True)).cost == Range(0, 0)


def test_a_picture_is_priced_by_its_size_and_number() -> None:
    cloud = Cloud("editor_a")
    asked = {"editor": "editor_a", "prompt": "a chair", "variants": 3, "size": "landscape"}
    quote(asked, 0, cloud, pipeline="image", editor_a=CREDIT)
    (order,) = cloud.asked
    assert order.prompt == "a chair"
    assert order.wants == {"variants": 3, "width": 1536, "height": 1024}


def test_an_engine_that_cannot_be_used_is_told_as_when_the_job_starts() -> None:
    with pytest.raises(Unavailable):
        quote({"mesher": "mesher_keyless"}, 1)


def test_sides_that_the_provider_cannot_use_are_not_reckoned() -> None:
    cloud = Cloud("mesher_a")
    cloud.abilities = Abilities(takes=Takes(pictures=4, views=("front", "back")), cost_unit="credit")
    shelf = Hosting(
        (record("mesher_a", Capability.MESHER, hosted=True), record("s", Capability.CUTTER)), {"mesher_a": cloud}
    )
    entry = find("photo_to_model")
    at = datetime(2026, 11, 1, tzinfo=UTC)
    seen = [
        Asset(f"ast_{view}", "own", Role.ORIGINAL, "image/png", "0" * 64, 1, at, "a.png", view)
        for view in (View.FRONT, View.LEFT, View.TOP)
    ]
    made = Quotes(shelf, {"mesher_a": CREDIT}).of(entry, settle(entry, {"mesher": "mesher_a"}), seen)
    assert stage_of(made).engines == ("mesher_a",)
    assert [picture.view for picture in cloud.asked[0].pictures] == [View.FRONT]
