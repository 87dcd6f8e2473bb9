"""What a job will cost, told before it runs: each stage that another machine does, at least and at most."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from maquette.domain import money
from maquette.domain.assets import Asset, View
from maquette.domain.errors import MaquetteError
from maquette.domain.hosting import Takes
from maquette.domain.money import NOTHING, Price, Range
from maquette.domain.states import Stage
from maquette.pipelines.catalog import ENGINE_SETTINGS, Entry
from maquette.pipelines.stage import StageSpec
from maquette.pipelines.stages.generating_picture import SIZES
from maquette.ports.engines import Capability, EngineRecord
from maquette.ports.hosting import Enclosure, HostedShelf, Order

NOT_READ = Path("not-read")
"""Stands where an order names a file: whoever is asked for a price looks at numbers only."""
MOST_VIEWS = 6
UNSEEN = (1600, 1600)
"""Pixels of a picture whose size is not known yet."""


@dataclass(frozen=True, slots=True)
class StageQuote:
    """What one stage costs. ``cost`` is None where nobody can say, and ``hint`` then tells what lacks.

    ``engines`` are those that are tried, in their order: the estimate holds whichever of them does the work.
    """

    stage: Stage
    engines: tuple[str, ...]
    hosted: bool
    cost: Range | None
    hint: str = ""
    prices: tuple[Price, ...] = ()


@dataclass(frozen=True, slots=True)
class Quote:
    """What a whole job costs, if nothing can be taken over from an earlier run."""

    stages: tuple[StageQuote, ...]

    @property
    def cost(self) -> Range | None:
        """None where a stage's cost is unknown."""
        return money.total(stage.cost for stage in self.stages)


class Quotes:
    """Asks the engines that would be chosen. No file is read and no server is asked."""

    def __init__(self, engines: HostedShelf, prices: Mapping[str, Price]) -> None:
        self._engines = engines
        self._prices = prices

    def of(self, entry: Entry, settings: Mapping[str, Any], pictures: Sequence[Asset | None]) -> Quote:
        """For a job of these settled settings; ``pictures`` are its inputs, None for one that is still to come.

        Raises ``unknown_engine`` and ``engine_unavailable`` as starting the job would.
        """
        return Quote(tuple(self._stage(entry, stage, settings, pictures) for stage in entry.pipeline.stages))

    def _stage(
        self, entry: Entry, stage: Stage, settings: Mapping[str, Any], pictures: Sequence[Asset | None]
    ) -> StageQuote:
        spec = entry.spec(stage)
        if spec is None or spec.capability is None:
            return StageQuote(stage, (), False, NOTHING)
        records = self._engines.order_of(spec.capability, settings.get(ENGINE_SETTINGS[spec.capability]))
        found = [self._by(record, entry, spec, settings, pictures) for record in records]
        known = [cost for cost, _ in found if cost is not None]
        names = tuple(record.name for record in records)
        prices = tuple(self._prices[name] for name in names if name in self._prices)
        hosted = any(record.hosted for record in records)
        if len(known) < len(found):
            hint = next(hint for cost, hint in found if cost is None)
            return StageQuote(stage, names, hosted, None, hint, prices)
        whole = Range(min(cost.low for cost in known), max(cost.high for cost in known))
        return StageQuote(stage, names, hosted, whole, "", prices)

    def _by(
        self,
        record: EngineRecord,
        entry: Entry,
        spec: StageSpec,
        settings: Mapping[str, Any],
        pictures: Sequence[Asset | None],
    ) -> tuple[Range | None, str]:
        """What the stage costs with one engine, and what lacks where that is unknown."""
        if not record.hosted:
            return NOTHING, ""
        try:
            engine = self._engines.hosted(record.name)
        except MaquetteError as error:
            return None, error.hint
        takes, price = engine.abilities.takes, self._prices.get(record.name)
        charges = bool(engine.abilities.cost_unit)
        costs: list[Range | None] = []
        for orders in _orders(entry, spec, settings, pictures, takes):
            spreads = (engine.spread(order) for order in orders)
            costs.append(money.total(money.estimate(spread, price, charges=charges) for spread in spreads))
        known = [cost for cost in costs if cost is not None]
        if len(known) == len(costs):
            return Range(min(cost.low for cost in known), max(cost.high for cost in known)), ""
        return None, _lacking(record.name, engine.abilities.cost_unit, price)


def _lacking(name: str, unit: str, price: Price | None) -> str:
    if price is None:
        return f"Set the price of one {unit} in [prices.{name}]."
    if price.unit != unit:
        return f"The price in [prices.{name}] is of one {price.unit}, but {name} charges by the {unit}."
    return f"{name} cannot say beforehand how much it will take."


def _orders(
    entry: Entry, spec: StageSpec, settings: Mapping[str, Any], pictures: Sequence[Asset | None], takes: Takes
) -> tuple[tuple[Order, ...], ...]:
    """What may be ordered: the alternatives, each of one or more orders."""
    enclosed = tuple(_enclosed(one, takes) for one in pictures)
    if spec.capability is Capability.MESHER:
        # sides that the provider cannot use are not sent
        enclosed = tuple(one for one in enclosed if not (one.view and takes.views) or one.view in takes.views)
        enclosed = enclosed or tuple(_enclosed(one, takes) for one in pictures[:1])
    # where photos are chosen among, nobody knows yet how many
    fewest = 1 if Stage.SELECTING in entry.pipeline.stages else len(enclosed)
    if spec.capability is Capability.CUTTER:
        each = tuple(_order(spec, settings, (one,)) for one in enclosed)
        return tuple(each[:count] for count in sorted({fewest, len(each)}))
    counts = {min(count, takes.pictures, MOST_VIEWS) for count in (fewest, len(enclosed))}
    return tuple((_order(spec, settings, enclosed[:count]),) for count in sorted(counts))


def _order(spec: StageSpec, settings: Mapping[str, Any], pictures: tuple[Enclosure, ...]) -> Order:
    assert spec.capability is not None
    wants: dict[str, Any] = {name: settings.get(name) for name in spec.settings}
    if spec.capability is Capability.EDITOR:
        own = (pictures[0].width, pictures[0].height) if pictures else None
        size = SIZES.get(str(settings.get("size"))) or own
        wants = {"variants": settings.get("variants") or 1} | ({"width": size[0], "height": size[1]} if size else {})
    return Order(spec.capability, "", pictures, prompt=str(settings.get("prompt") or ""), wants=wants)


def _enclosed(picture: Asset | None, takes: Takes) -> Enclosure:
    width, height = (picture.width, picture.height) if picture and picture.width and picture.height else UNSEEN
    scale = min(1.0, takes.max_side / max(width, height))
    sides = max(1, round(width * scale)), max(1, round(height * scale))
    view: View | None = picture.view if picture else None
    return Enclosure(NOT_READ, takes.media_types[0] if takes.media_types else "image/png", *sides, view)
