"""What every depot of announced uploads promises."""

import pytest

from maquette.domain.errors import Refused, Unavailable

KEY = "own_1/upl_1"
DATA = bytes(range(256)) * 3000


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "source"
    path.write_bytes(DATA)
    return path


def test_what_was_put_can_be_weighed_and_read(depot, source):
    assert depot.size(KEY) is None
    depot.put(KEY, source)
    assert depot.size(KEY) == len(DATA)
    assert b"".join(depot.read(KEY)) == DATA


def test_a_later_one_replaces_an_earlier_one(depot, source):
    depot.put(KEY, source)
    source.write_bytes(b"other")
    depot.put(KEY, source)
    assert (depot.size(KEY), b"".join(depot.read(KEY))) == (5, b"other")


def test_a_missing_one(depot):
    with pytest.raises(Unavailable) as problem:
        list(depot.read(KEY))
    assert problem.value.code == "data_missing"
    depot.remove(KEY)


def test_a_removed_one_is_gone_and_its_neighbour_is_not(depot, source):
    depot.put(KEY, source)
    source.write_bytes(b"other")
    depot.put("own_1/upl_2", source)
    depot.remove(KEY)
    depot.remove(KEY)
    assert (depot.size(KEY), depot.size("own_1/upl_2")) == (None, 5)


@pytest.mark.parametrize("key", ["own_1", "../a", "/a/b", "a/../b", "a//b", "a/b\n"])
def test_a_key_that_is_not_ours_is_refused(depot, source, key):
    doors = (
        lambda: depot.put(key, source),
        lambda: depot.size(key),
        lambda: list(depot.read(key)),
        lambda: depot.remove(key),
    )
    for door in doors:
        with pytest.raises(Refused):
            door()
