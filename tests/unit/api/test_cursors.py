"""Tokens that say where a client is in many jobs."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maquette.api.cursors import Cursors, read_seq
from maquette.domain.errors import Refused

JOBS = [f"job_{number:032x}" for number in range(200)]


@given(st.lists(st.integers(0, 10**18), min_size=1, max_size=200))
def test_a_token_gives_back_what_it_was_made_of(seqs):
    jobs = JOBS[: len(seqs)]
    written = Cursors(jobs)
    for job, seq in zip(jobs, seqs, strict=True):
        written[job] = seq
    assert re.fullmatch(r"[A-Za-z0-9_-]+", written.token())
    read = Cursors(jobs, written.token())
    assert [read[job] for job in jobs] == seqs
    assert read.token() == written.token()


def test_a_token_is_short():
    cursors = Cursors(JOBS)
    for job in JOBS:
        cursors[job] = 100
    assert len(cursors.token()) == 272


@pytest.mark.parametrize("jobs", [JOBS[:2], JOBS[1:4], JOBS[2::-1]])
def test_a_token_of_other_jobs(jobs):
    with pytest.raises(Refused) as refusal:
        Cursors(jobs, Cursors(JOBS[:3]).token())
    assert refusal.value.code == "invalid_request"


@given(st.text(min_size=1) | st.text("AB-_=", min_size=1))
def test_what_is_no_token(text):
    with pytest.raises(Refused):
        Cursors(JOBS[:2], text)


@pytest.mark.parametrize("text", ["", "-1", "1.5", "١", "9" * 19])
def test_what_is_no_number(text):
    with pytest.raises(Refused):
        read_seq(text)
