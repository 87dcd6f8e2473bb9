"""What Postgres says, in our words. What SQLite says is met in ``tests/integration/test_sql_sqlite.py``."""

import threading

import pytest
from sqlalchemy import create_engine
from sqlalchemy.exc import ProgrammingError

from maquette.adapters.sql.database import SqlDatabase
from maquette.adapters.sql.faults import translated
from maquette.domain.errors import Refused, Unavailable
from postgres import TEMPLATE


@pytest.fixture
def database(fresh_database):
    database = SqlDatabase(fresh_database())
    yield database
    database.close()


def _raise(database, state):
    with database.write() as tx:
        tx.connection.exec_driver_sql(f"DO $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '{state}'; END $$")


@pytest.mark.parametrize(
    ("state", "code"),
    [
        ("53100", "storage_full"),
        ("53300", "not_ready"),  # too many connections
        ("57P01", "not_ready"),  # the server shuts down
        ("57P03", "not_ready"),  # it is starting
        ("08006", "not_ready"),
        ("25006", "not_ready"),  # it became a replica
    ],
)
def test_trouble_of_the_server_is_unavailable(database, state, code):
    with pytest.raises(Unavailable) as unavailable:
        _raise(database, state)
    assert unavailable.value.code == code
    assert unavailable.value.entry.retryable


def test_a_mistake_of_ours_passes_unchanged(database):
    with pytest.raises(ProgrammingError), database.read() as tx:
        tx.connection.exec_driver_sql("SELECT nothing")


def test_a_killed_connection_is_not_ready_and_the_next_one_works(database, postgres):
    with pytest.raises(Unavailable, match="not answer"), database.write() as tx:
        (pid,) = tx.connection.exec_driver_sql("SELECT pg_backend_pid()").one()
        postgres.execute(f"SELECT pg_terminate_backend({pid})")
        tx.jobs.open_count("own_1")
    with database.read() as tx:
        assert tx.jobs.open_count("own_1") == 0


def test_a_server_that_is_away_is_not_ready_until_it_is_back(postgres_server):
    database = SqlDatabase(postgres_server.create(TEMPLATE))
    with database.read() as tx:
        assert tx.jobs.open_count("own_1") == 0
    postgres_server.stop()
    for begin in (database.read, database.write):
        with pytest.raises(Unavailable, match="not answer"), begin():
            pass
    postgres_server.start()
    with database.write() as tx:
        assert tx.jobs.open_count("own_1") == 0
    database.close()


def test_of_two_that_wait_for_each_other_one_is_told_to_try_again(database):
    with database.write() as tx:
        tx.connection.exec_driver_sql("CREATE TABLE things (id int PRIMARY KEY)")
        tx.connection.exec_driver_sql("INSERT INTO things VALUES (1), (2)")
    both, said = threading.Barrier(2), []

    def take(first, second):
        try:
            with database.write() as tx:
                tx.connection.exec_driver_sql("SET LOCAL deadlock_timeout = '50ms'")
                tx.connection.exec_driver_sql(f"SELECT * FROM things WHERE id = {first} FOR UPDATE")
                both.wait(10)
                tx.connection.exec_driver_sql(f"SELECT * FROM things WHERE id = {second} FOR UPDATE")
            said.append("done")
        except Refused as refusal:
            said.append(refusal.code)

    threads = [threading.Thread(target=take, args=order) for order in ((1, 2), (2, 1))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(said) == ["conflict", "done"]


def test_a_pool_that_has_run_dry_is_not_ready(fresh_database):
    engine = create_engine(fresh_database(), pool_size=1, max_overflow=0, pool_timeout=0.05)
    with engine.connect(), pytest.raises(Unavailable, match="busy"), translated(), engine.connect():
        pass
    engine.dispose()
