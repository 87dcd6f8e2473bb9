"""Links that open one thing for a short while."""

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maquette.adapters.blobs.signing import MAX_SECONDS, HmacSigner
from maquette.domain.errors import Refused

SECRET = b"s" * 32


class TurnedClock:
    """A clock whose wall and monotonic hands are set apart."""

    def __init__(self):
        self.wall = datetime(2026, 11, 20, 12, tzinfo=UTC)
        self.steady = 1000.0

    def now(self):
        return self.wall

    def monotonic(self):
        return self.steady

    def wait(self, seconds):
        self.wall += timedelta(seconds=seconds)
        self.steady += seconds


@pytest.fixture
def clock():
    return TurnedClock()


@pytest.fixture
def signer(clock):
    return HmacSigner(SECRET, clock)


def _parts(link):
    query = parse_qs(urlsplit(link).query, strict_parsing=True)
    return urlsplit(link).path, query["expires"][0], query["signature"][0]


def _opens(signer, link, method="GET", path=None):
    signed, expires, signature = _parts(link)
    try:
        signer.check(path or signed, method, expires, signature)
    except Refused as refusal:
        assert refusal.code == "link_invalid"
        return False
    return True


def test_a_fresh_link_opens(signer):
    assert _opens(signer, signer.sign("/files/ast_1"))


def test_a_link_is_for_one_path_and_one_method(signer):
    link = signer.sign("/files/ast_1")
    assert not _opens(signer, link, path="/files/ast_2")
    assert not _opens(signer, link, method="PUT")
    assert _opens(signer, signer.sign("/files/ast_1", "PUT"), method="put")


@pytest.mark.parametrize("seconds", [1, 60, MAX_SECONDS])
def test_a_link_opens_until_it_expires_and_never_again(signer, clock, seconds):
    link = signer.sign("/files/ast_1", seconds=seconds)
    answers = []
    for _ in range(24):
        answers.append(_opens(signer, link))
        clock.wait(seconds / 8)
    assert answers == sorted(answers, reverse=True)
    assert answers[0] is True
    assert not any(answers[8:])


def test_a_jump_of_the_wall_clock_changes_nothing(signer, clock):
    link = signer.sign("/files/ast_1", seconds=60)
    clock.wall += timedelta(days=365)
    assert _opens(signer, link)
    clock.wait(61)
    clock.wall -= timedelta(days=800)
    assert not _opens(signer, link)


@pytest.mark.parametrize("seconds", [0, -1, MAX_SECONDS + 1])
def test_no_link_lasts_longer_than_a_quarter_of_an_hour(signer, seconds):
    with pytest.raises(Refused):
        signer.sign("/files/ast_1", seconds=seconds)


@pytest.mark.parametrize("path", ["files", "/a?b=c", "/a#b", "/a\nb", ""])
def test_only_plain_paths_are_signed(signer, path):
    with pytest.raises(Refused):
        signer.sign(path)


def test_another_secret_makes_another_signature(signer, clock):
    assert not _opens(HmacSigner(b"t" * 32, clock), signer.sign("/files/ast_1"))


def test_a_short_secret_is_refused(clock):
    with pytest.raises(Refused):
        HmacSigner(b"short", clock)


def test_the_expiry_cannot_be_moved(signer):
    path, expires, signature = _parts(signer.sign("/files/ast_1"))
    with pytest.raises(Refused):
        signer.check(path, "GET", str(int(expires) + 1), signature)


@given(expires=st.text(), signature=st.text(), path=st.text(), method=st.text())
def test_garbage_is_refused_and_breaks_nothing(expires, signature, path, method):
    with pytest.raises(Refused) as refusal:
        HmacSigner(SECRET, TurnedClock()).check(path, method, expires, signature)
    assert refusal.value.code == "link_invalid"
