"""Reading URLs: either two programs cannot differ about the host, or the URL is refused."""

import ipaddress
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maquette.adapters.outbound.targets import Target, Unfit, read

NOTHING_SPECIAL = re.compile(r"[a-z0-9_.:-]+")
HOSTILE = st.text(st.sampled_from("htps:/\\@#?[]%.0127xaf＠。①\t\n\u200b\u00ad ß-_") | st.characters(), max_size=40)


@settings(max_examples=300, deadline=None)
@given(st.builds("{}{}".format, st.sampled_from(["http://", "https://", "http:", "//", ""]), HOSTILE))
def test_a_url_is_read_in_one_way_or_not_at_all(url: str) -> None:
    try:
        target = read(url)
    except Unfit as unfit:
        assert url not in str(unfit) or len(url) < 3
        return
    assert NOTHING_SPECIAL.fullmatch(target.host)
    assert target.path.startswith("/")
    assert target.path.isascii()
    assert " " not in target.path
    if target.is_numeric:
        assert str(ipaddress.ip_address(target.host)) == target.host


@settings(max_examples=200, deadline=None)
@given(HOSTILE)
def test_redirects_are_read_as_strictly(location: str) -> None:
    try:
        target = Target("http", "photos.example", 80, "/a/b?c").join(location)
    except Unfit:
        return
    assert NOTHING_SPECIAL.fullmatch(target.host)


@pytest.mark.parametrize(
    ("location", "path"),
    [("c", "/a/c"), ("/c?d", "/c?d"), ("?x", "/a/b?x"), ("../../../c", "/c"), ("#part", "/a/b"), ("é", "/a/%C3%A9")],
)
def test_relative_redirects(location: str, path: str) -> None:
    target = Target("https", "photos.example", 443, "/a/b").join(location)
    assert target == Target("https", "photos.example", 443, path)


def test_the_place_tells_no_path() -> None:
    assert read("https://photos.example/hook/SECRET?x=SECRET").place == "https://photos.example:443"
    assert read("http://[::1]/SECRET").place == "http://[::1]:80"
