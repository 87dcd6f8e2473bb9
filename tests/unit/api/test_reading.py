"""What callers write into headers, read back."""

import base64
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maquette.api.delivery import disposition, parse_range
from maquette.api.origins import host_name
from maquette.api.reception import parse_digest, parse_view
from maquette.domain.assets import View
from maquette.domain.errors import Refused


@given(st.integers(1, 10**6), st.integers(0, 10**6), st.integers(0, 10**6))
def test_a_range_is_a_slice(length, first, last):
    data = range(length)
    try:
        found = parse_range(f"bytes={first}-{last}", length)
    except Refused as refusal:
        assert refusal.code == "range_not_satisfiable"
        assert first >= length
        assert first <= last
    else:
        assert (found is None) == (last < first)
        if found is not None:
            assert (found.start, found.stop) == (data[first : last + 1].start, data[first : last + 1].stop)


@given(st.integers(1, 1000), st.integers(1, 2000))
def test_a_suffix_is_never_more_than_there_is(length, last):
    found = parse_range(f"bytes=-{last}", length)
    assert found is not None
    assert (found.start, found.stop) == (max(0, length - last), length)


@given(st.text(max_size=30))
def test_other_range_headers_send_everything_or_refuse(text):
    try:
        parse_range(text, 10)
    except Refused as refusal:
        assert refusal.code == "range_not_satisfiable"


def test_no_range_of_nothing():
    assert parse_range(None, 0) is None
    with pytest.raises(Refused):
        parse_range("bytes=0-", 0)


@given(st.binary(max_size=50))
def test_digest(data):
    digest = hashlib.sha256(data)
    text = base64.b64encode(digest.digest()).decode()
    for header in (f"sha-256=:{text}:", f"sha-512=:AA==:, SHA-256=:{text}:", f" sha-256=:{text}:;x=1"):
        assert parse_digest(header) == digest.hexdigest()


@pytest.mark.parametrize("header", [None, "", "md5=:AA==:", "nonsense", ",,,"])
def test_no_digest(header):
    assert parse_digest(header) is None


@pytest.mark.parametrize("header", ["sha-256", "sha-256=", "sha-256=:AA==:", "sha-256=:ü:"])
def test_bad_digest(header):
    with pytest.raises(Refused, match="Content-Digest"):
        parse_digest(header)


def test_view():
    assert parse_view("front") is View.FRONT
    assert parse_view("") is None
    with pytest.raises(Refused):
        parse_view("FRONT")


@given(st.text(min_size=1, max_size=60))
def test_a_file_name_cannot_leave_its_header(name):
    header = disposition("inline", name)
    assert header.isascii()
    assert header.isprintable()
    assert header.count('"') == 2


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("localhost", "localhost"),
        ("LocalHost:80", "localhost"),
        ("localhost.:80", "localhost"),
        ("[::1]", "::1"),
        ("[::1]:8000", "::1"),
        ("a.b:c:d", "a.b"),
        ("", ""),
    ],
)
def test_host_name(header, name):
    assert host_name(header) == name
