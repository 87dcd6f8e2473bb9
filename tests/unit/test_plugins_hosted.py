"""Hosted engines on the shelf: configured ones, broken ones, and whom to try after whom."""

import sys
import types
from collections.abc import Iterator
from importlib.metadata import EntryPoint
from typing import Any

import pytest

from maquette.domain.errors import Refused, Unavailable
from maquette.domain.fleet import Queue
from maquette.domain.hosting import Abilities, Clocks
from maquette.pipelines import ranking
from maquette.plugins import GROUP as LOCAL
from maquette.plugins import Shelf
from maquette.plugins.hosted import GROUP, Agency, Contract
from maquette.ports.engines import Capability, EngineInfo, Readiness
from maquette.ports.hosting import HostedEngine, Options
from maquette.ports.outbound import Fetcher

KEY = "sk-such-a-secret-key"


class Speaker:
    """Stands where a fetcher is expected and counts how often one was made."""

    made = 0


def speaker() -> Any:
    Speaker.made += 1
    return Speaker()


class Cloud:
    """An adapter whose provider is never reached."""

    def __init__(self, options: Options, fetcher: Fetcher) -> None:
        self.options, self.fetcher = options, fetcher
        self.info = EngineInfo("cloud", "1", Capability.MESHER, "Cloud", "terms", True, queue=Queue.CPU)
        self.abilities = Abilities(cost_unit="credit", max_parallel=4)

    @classmethod
    def configured(cls, options: Options, fetcher: Fetcher) -> "Cloud":
        if options.model == "explode":
            raise RuntimeError(f"with {options.key}")
        if options.capability is Capability.TRANSCRIBER:
            raise Refused("invalid_setting", "It cannot listen.", "Choose a mesher.")
        return cls(options, fetcher)

    def check(self) -> Readiness:
        if self.options.model == "rude":
            raise RuntimeError(f"with {self.options.key}")
        return Readiness(True) if self.options.key else Readiness(False, "no key", "MAQUETTE_ENGINES__CLOUD__KEY=…")

    def spread(self, order: object) -> None: ...
    async def submit(self, order: object, into: object) -> None: ...
    async def poll(self, handle: object) -> None: ...
    async def result(self, handle: object, into: object) -> None: ...
    async def cancel(self, handle: object) -> None: ...
    async def find(self, order: object, since: float) -> None: ...
    def called_by(self, headers: object, body: bytes, now: float) -> str: ...
    async def balance(self) -> str:
        return f"balance of {self.options.name}"


class Chisel:
    info = EngineInfo("chisel", "1", Capability.MESHER, "Chisel", "MIT", True)

    def check(self) -> Readiness:
        return Readiness(True)

    def mesh(self, request: object, progress: object) -> None: ...


@pytest.fixture(autouse=True)
def module(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    fake = types.ModuleType("adapters_for_tests")
    fake.Cloud, fake.Chisel = Cloud, Chisel  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "adapters_for_tests", fake)
    Speaker.made = 0
    return None


POINTS = (EntryPoint("cloud", "adapters_for_tests:Cloud", GROUP),)
CHISEL = EntryPoint("chisel", "adapters_for_tests:Chisel", LOCAL)


def contract(name: str = "cloud", adapter: str = "cloud", key: str = KEY, **more: Any) -> Contract:
    beyond = {field: more.pop(field) for field in ("max_parallel", "run_s", "stall_s") if field in more}
    return Contract(Options(name, key=key, **more), adapter, **beyond)


def shelf(*contracts: Contract, **more: Any) -> Shelf:
    return Shelf([CHISEL], agency=Agency(contracts, speaker, POINTS), **more)


def test_a_configured_engine_stands_beside_the_local_ones() -> None:
    local, hosted = shelf(contract()).all()
    assert (local.name, local.hosted, local.abilities) == ("chisel", False, None)
    assert (hosted.name, hosted.hosted, hosted.reference) == ("cloud", True, "adapters_for_tests:Cloud")
    assert hosted.readiness.ready
    assert hosted.info is not None and hosted.info.queue is Queue.NET


def test_what_the_operator_says_of_it_holds() -> None:
    said = contract(
        "mine", licence="ours", commercial_use=False, is_test=True, rank=7, max_parallel=2, run_s=5.0, stall_s=1.5
    )
    record = shelf(said).all()[1]
    assert record.info == EngineInfo(
        "mine", "1", Capability.MESHER, "Cloud", "ours", False, queue=Queue.NET, is_test=True, rank=7
    )
    assert record.abilities is not None
    assert record.abilities.max_parallel == 2
    assert record.abilities.clocks == Clocks(run_s=5.0, stall_s=1.5)
    assert record.abilities.cost_unit == "credit"


def test_an_engine_is_handed_out_with_the_one_fetcher_of_all() -> None:
    found = shelf(contract(), contract("other"))
    assert Speaker.made == 0
    engine = found.hosted("cloud")
    assert isinstance(engine, HostedEngine)
    assert found.hosted("other") is not engine
    assert found.hosted("cloud") is engine
    assert Speaker.made == 1
    with pytest.raises(Refused) as refused:
        found.hosted("clod")
    assert (refused.value.code, refused.value.hint) == ("unknown_engine", "Configured: cloud, other.")
    with pytest.raises(Refused):
        Shelf([CHISEL]).hosted("cloud")


@pytest.mark.parametrize(
    ("given", "told", "mends"),
    [
        (contract(key=""), "no key", "MAQUETTE_ENGINES__CLOUD__KEY"),
        (contract("cloud", "clod"), "no adapter called 'clod'", '[engines.cloud]: adapter = "…". Installed: cloud.'),
        (contract(model="explode"), "cannot be configured: RuntimeError", "[engines.cloud]"),
        (contract(model="rude"), "its check failed: RuntimeError", "makers"),
        (contract(capability=Capability.TRANSCRIBER), "It cannot listen.", "Choose a mesher."),
        (contract("chisel"), "the name is taken by adapters_for_tests:Chisel", "adapter = 'chisel'"),
    ],
)
def test_what_cannot_be_used_is_a_record_with_a_hint_that_repeats_no_key(
    given: Contract, told: str, mends: str
) -> None:
    records = shelf(given).all()
    assert records[0].readiness.ready
    assert not records[1].readiness.ready
    assert told in records[1].readiness.message
    assert mends in records[1].readiness.hint
    assert KEY not in repr(records)


def test_adapters_that_nobody_configured_are_known_by_name() -> None:
    assert Agency((), speaker, POINTS).idle() == ("cloud",)
    assert Agency((contract("other"),), speaker, POINTS).idle() == ()


def test_without_a_list_the_local_one_is_chosen_and_there_is_nobody_to_fall_back_to() -> None:
    found = shelf(contract())
    assert [record.name for record in found.order_of(Capability.MESHER)] == ["chisel"]
    assert shelf(contract(rank=1)).choose(Capability.MESHER).name == "cloud"


def test_a_jobs_list_is_tried_in_its_order_without_those_that_cannot_run() -> None:
    found = shelf(contract(), contract("keyless", key=""))
    assert [one.name for one in found.order_of(Capability.MESHER, "keyless, cloud,chisel,cloud")] == ["cloud", "chisel"]
    assert found.choose(Capability.MESHER, "keyless,chisel").name == "chisel"
    with pytest.raises(Unavailable, match="keyless: no key"):
        found.choose(Capability.MESHER, "keyless")


@pytest.mark.parametrize("wanted", ["cloud,chisl", "", "cloud,", "grabcut,cloud"])
def test_a_misspelt_name_in_a_jobs_list_is_refused_though_others_could_work(wanted: str) -> None:
    with pytest.raises(Refused) as refused:
        shelf(contract()).choose(Capability.MESHER, wanted)
    assert refused.value.code == "unknown_engine"


def test_an_engine_that_was_taken_away_since_leaves_the_others_of_the_list() -> None:
    assert [one.name for one in shelf().order_of(Capability.MESHER, "cloud,chisel")] == ["chisel"]


def test_the_operators_list_holds_where_a_job_names_none() -> None:
    preferred = {Capability.MESHER: ("gone", "cloud", "chisel")}
    found = shelf(contract(commercial_use=False), preferred=preferred)
    assert [one.name for one in found.order_of(Capability.MESHER)] == ["cloud", "chisel"]
    assert found.choose(Capability.MESHER, "chisel").name == "chisel"
    nobody = shelf(contract(key=""), preferred={Capability.MESHER: ("cloud",)})
    with pytest.raises(Unavailable, match="cloud: no key"):
        nobody.choose(Capability.MESHER)


def test_one_that_may_not_be_sold_is_chosen_only_by_name_and_the_refusal_says_so() -> None:
    bound = Shelf([], agency=Agency((contract(commercial_use=False, rank=9),), speaker, POINTS))
    assert bound.choose(Capability.MESHER, "cloud").name == "cloud"
    with pytest.raises(Unavailable, match="used commercially: cloud"):
        bound.choose(Capability.MESHER)


def test_a_simulated_one_is_chosen_only_by_name() -> None:
    pretended = Shelf([], agency=Agency((contract(is_test=True, rank=9),), speaker, POINTS))
    with pytest.raises(Unavailable):
        pretended.choose(Capability.MESHER)
    assert pretended.choose(Capability.MESHER, "cloud").name == "cloud"


def test_names_are_read_without_the_spaces_around_them() -> None:
    assert ranking.names_in(" a , b") == ("a", "b")
