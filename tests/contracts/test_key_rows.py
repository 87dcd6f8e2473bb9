"""What every store of keys, sign-ins and tickets promises."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from maquette.domain.access import ApiKey, SignIn, Ticket
from maquette.domain.ids import new_id, new_token, token_hash

from .conftest import START

HOUR = timedelta(hours=1)


@pytest.fixture
def key(database, sample):
    key = ApiKey(new_id("key"), sample.owner, "laptop", token_hash(new_token()), "mq_abcde", True, START)
    with database.write() as tx:
        tx.keys.add(key)
    return key


def test_a_key_comes_back_as_it_was_given(database, key):
    with database.read() as tx:
        assert tx.keys.by_hash(key.key_hash) == key
        assert tx.keys.by_hash("0" * 64) is None
        assert tx.keys.get(key.id) == key
        assert tx.keys.get("key_none") is None
        assert key in tx.keys.list(limit=200).items


def test_keys_are_listed_newest_first(database, key):
    keys = [
        replace(key, id=new_id("key"), key_hash=token_hash(new_token()), created_at=START + n * HOUR) for n in (2, 1)
    ]
    with database.write() as tx:
        for newer in keys:
            tx.keys.add(newer)
        mine = [found for found in tx.keys.list(limit=200).items if found.owner_id == key.owner_id]
    assert mine == [*keys, key]


def test_revoking_ends_the_key_its_sign_ins_and_its_tickets(database, key):
    sign_in = SignIn(token_hash(new_token()), key.id, key.owner_id, START, START + HOUR)
    tickets = [Ticket(token_hash(new_token()), key.owner_id, "/p", START, START + HOUR, by) for by in (key.id, None)]
    with database.write() as tx:
        tx.sign_ins.add(sign_in)
        for ticket in tickets:
            tx.tickets.add(ticket)
        assert tx.sign_ins.find(sign_in.token_hash) == (sign_in, key)
        assert tx.keys.revoke(key.id, START + HOUR)
        assert not tx.keys.revoke(key.id, START + 2 * HOUR)
        assert not tx.keys.revoke("key_none", START)
        assert tx.keys.by_hash(key.key_hash) == replace(key, revoked_at=START + HOUR)
        assert tx.sign_ins.find(sign_in.token_hash) is None
        assert tx.tickets.take(tickets[0].token_hash, "/p") is None
        assert tx.tickets.take(tickets[1].token_hash, "/p") == tickets[1]


def test_a_use_is_noted_unless_one_was_noted_lately(database, key):
    with database.write() as tx:
        for minutes in (0, 30, 60):
            at = START + timedelta(minutes=minutes)
            tx.keys.used(key.id, at, at - HOUR)
            found = tx.keys.by_hash(key.key_hash)
            assert found is not None
            assert found.last_used_at == (START if minutes < 60 else START + HOUR)


def test_whether_a_key_opens(database, key):
    short = replace(key, id=new_id("key"), key_hash=token_hash(new_token()), expires_at=START + HOUR)
    with database.write() as tx:
        for found in tx.keys.list(limit=500).items:
            tx.keys.revoke(found.id, START)
        assert not tx.keys.opening(START)
        tx.keys.add(short)
        assert tx.keys.opening(START + HOUR - timedelta(microseconds=1))
        assert not tx.keys.opening(START + HOUR)


def test_sign_ins_end_and_are_swept(database, key):
    kept, old = (SignIn(token_hash(new_token()), key.id, key.owner_id, START, START + n * HOUR) for n in (2, 1))
    with database.write() as tx:
        tx.sign_ins.add(kept)
        tx.sign_ins.add(old)
        tx.sign_ins.sweep(START + HOUR)
        assert tx.sign_ins.find(old.token_hash) is None
        assert tx.sign_ins.find(kept.token_hash) == (kept, key)
        tx.sign_ins.end(kept.token_hash)
        assert tx.sign_ins.find(kept.token_hash) is None


def test_a_ticket_is_taken_once_and_for_its_path(database, sample):
    ticket, old = (Ticket(token_hash(new_token()), sample.owner, "/p", START, START + n * HOUR) for n in (2, 1))
    with database.write() as tx:
        tx.tickets.add(ticket)
        tx.tickets.add(old)
        tx.tickets.sweep(START + HOUR)
        assert tx.tickets.take(old.token_hash, "/p") is None
        assert tx.tickets.take(ticket.token_hash, "/other") is None
        assert tx.tickets.take(ticket.token_hash, "/p") == ticket
        assert tx.tickets.take(ticket.token_hash, "/p") is None


def test_of_many_who_take_a_ticket_one_gets_it(database, sample):
    ticket = Ticket(token_hash(new_token()), sample.owner, "/p", START, START + HOUR)
    with database.write() as tx:
        tx.tickets.add(ticket)

    def take(_):
        with database.write(durable=False) as tx:
            return tx.tickets.take(ticket.token_hash, "/p")

    with ThreadPoolExecutor(8) as threads:
        taken = list(threads.map(take, range(8)))
    assert [found for found in taken if found] == [ticket]
