"""Turns what the settings say of engines, prices and budgets into what the rest knows."""

from collections.abc import Mapping

from maquette.adapters.clocks import SystemClock
from maquette.adapters.sql.costs import SqlCosts
from maquette.adapters.sql.database import SqlDatabase
from maquette.app.costs import Costs
from maquette.bootstrap.feeding import fetcher
from maquette.bootstrap.place import database_url, is_behind
from maquette.domain.errors import MaquetteError
from maquette.domain.money import Budget, Price
from maquette.pipelines.commissioning import Hosting
from maquette.pipelines.ledger import Purse
from maquette.plugins import Shelf
from maquette.plugins.hosted import Agency, Contract
from maquette.ports.costs import Record
from maquette.ports.engines import Capability
from maquette.ports.hosting import Options
from maquette.settings import EngineTable, Settings


def shelf(settings: Settings) -> Shelf:
    """The engines of this machine, hosted ones included. Opens no connection."""
    return Shelf(weights=settings.weights_folder, agency=agency(settings), preferred=preferred(settings))


def agency(settings: Settings) -> Agency:
    """The hosted engines that are configured."""
    return Agency((_contract(name, table) for name, table in settings.engines.items()), fetcher)


def preferred(settings: Settings) -> Mapping[Capability, tuple[str, ...]]:
    """The operator's lists of whom to try."""
    lists: Mapping[str, tuple[str, ...]] = settings.prefer.model_dump()
    return {Capability(name): tuple(names) for name, names in lists.items() if names}


def prices(settings: Settings) -> Mapping[str, Price]:
    """What one unit costs, by the name of the engine."""
    return {name: Price(table.unit, table.usd, table.at) for name, table in settings.prices.items()}


def budget(settings: Settings) -> Budget:
    """What may be spent."""
    table = settings.budget
    return Budget(table.job_usd, table.batch_usd, table.day_usd)


def lately(settings: Settings) -> Mapping[str, Record]:
    """How engines did in the last seven days, for a command that opens nothing; empty where there is no database."""
    try:
        if is_behind(settings):
            return {}
        database = SqlDatabase(database_url(settings))
    except MaquetteError:
        return {}
    try:
        return Costs(SqlCosts(database), database, SystemClock(), budget(settings)).records()
    finally:
        database.close()


def hosting(settings: Settings) -> Hosting:
    """What a worker needs for hosted engines: a shelf and a fetcher that belong to its event loop alone."""
    base = settings.public_url.rstrip("/")

    def callback(engine: str, secret: str) -> str:
        return f"{base}/api/v1/hooks/{engine}/{secret}" if base else ""

    purse = Purse(prices(settings), budget(settings))
    return Hosting(shelf(settings), fetcher(), purse, callback=callback)


def _contract(name: str, table: EngineTable) -> Contract:
    options = Options(
        name=name,
        base_url=table.base_url,
        key=table.key.get_secret_value(),
        webhook_secret=table.webhook_secret.get_secret_value(),
        model=table.model,
        capability=table.capability,
        licence=table.licence,
        commercial_use=table.commercial_use,
        is_test=table.is_test,
        rank=table.rank,
        more=table.more,
    )
    clocks = table.queue_s, table.run_s, table.stall_s, table.total_s
    return Contract(options, table.adapter or name, table.max_parallel, *clocks)
