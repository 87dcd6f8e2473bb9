"""One database and its transactions."""

from collections.abc import Generator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine

from maquette.adapters.sql.assets import SqlAssets
from maquette.adapters.sql.batches import SqlBatches
from maquette.adapters.sql.calls import SqlCalls
from maquette.adapters.sql.chores import SqlChores
from maquette.adapters.sql.deleted import SqlDeleted
from maquette.adapters.sql.dialect import engines
from maquette.adapters.sql.events import SqlEvents
from maquette.adapters.sql.faults import translated
from maquette.adapters.sql.imports import SqlImports
from maquette.adapters.sql.jobs import SqlJobs
from maquette.adapters.sql.keys import SqlKeys, SqlSignIns, SqlTickets
from maquette.adapters.sql.projects import SqlProjects
from maquette.adapters.sql.queues import SqlQueues
from maquette.adapters.sql.records import SqlLogs, SqlResults, SqlSessions
from maquette.adapters.sql.stale import SqlStale
from maquette.adapters.sql.tasks import SqlTasks
from maquette.adapters.sql.uploads import SqlUploads
from maquette.adapters.sql.webhooks import SqlDeliveries, SqlWebhooks
from maquette.adapters.sql.workers import SqlWorkers


class SqlTransaction:
    """Implements ``Transaction``: every repository on one SQLAlchemy connection."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.jobs = SqlJobs(connection)
        self.tasks = SqlTasks(connection)
        self.events = SqlEvents(connection)
        self.logs = SqlLogs(connection)
        self.assets = SqlAssets(connection)
        self.uploads = SqlUploads(connection)
        self.projects = SqlProjects(connection)
        self.results = SqlResults(connection)
        self.sessions = SqlSessions(connection)
        self.deleted = SqlDeleted(connection)
        self.stale = SqlStale(connection)
        self.chores = SqlChores(connection)
        self.imports = SqlImports(connection)
        self.queues = SqlQueues(connection)
        self.workers = SqlWorkers(connection)
        self.keys = SqlKeys(connection)
        self.sign_ins = SqlSignIns(connection)
        self.tickets = SqlTickets(connection)
        self.batches = SqlBatches(connection)
        self.calls = SqlCalls(connection)
        self.webhooks = SqlWebhooks(connection)
        self.deliveries = SqlDeliveries(connection)


class SqlDatabase:
    """Implements ``Database``. Safe to share between threads; each transaction belongs to one.

    ``url`` is SQLAlchemy's: ``sqlite:///file`` (see ``dialect.sqlite_url``) or ``postgresql+psycopg://…``. The schema
    must be there already: ``schema.migrate`` makes it.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self._engines = engines(url)

    @contextmanager
    def write(self, *, durable: bool = True) -> Generator[SqlTransaction, None, None]:
        """Commits on leaving. On SQLite it waits up to 15 s for its turn, then raises ``not_ready``."""
        with self._transaction(self._engines.durable if durable else self._engines.quick) as transaction:
            yield transaction

    @contextmanager
    def read(self) -> Generator[SqlTransaction, None, None]:
        """One consistent view; waits for nobody."""
        with self._transaction(self._engines.read) as transaction:
            yield transaction

    def close(self) -> None:
        """Gives all connections back; the next transaction opens new ones."""
        self._engines.dispose()

    @contextmanager
    def _transaction(self, engine: Engine) -> Generator[SqlTransaction, None, None]:
        with translated(), engine.begin() as connection:
            yield SqlTransaction(connection)
