"""Links of a bucket, opened at a server that checks them."""

import hashlib
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import httpx
import obstore
import pytest

from maquette.adapters.blobs.bucket import parse
from maquette.adapters.blobs.depots import S3Depot
from maquette.adapters.blobs.presigning import Presigner, S3Links
from maquette.adapters.blobs.s3 import S3Blobs
from maquette.domain.errors import Refused
from maquette.testing import ManualClock

KEY = "own_1/ab/" + "ab" * 32
DATA = b"glTF and more"


@pytest.fixture
def bucket(s3):
    return parse(s3.url, s3.access_key, s3.secret_key)


@pytest.fixture
def clock():
    return ManualClock(datetime.now(UTC))


@pytest.fixture
def links(bucket, clock, tmp_path):
    (tmp_path / "source").write_bytes(DATA)
    S3Blobs(bucket, tmp_path / "waiting").keep(KEY, tmp_path / "source")
    return S3Links(bucket, clock)


def _link(links, **changes):
    asked = {
        "media_type": "model/gltf-binary",
        "disposition": "attachment; filename=\"a b.glb\"; filename*=UTF-8''%C3%A4",
    }
    return links.link(KEY, **(asked | changes))


def test_the_signature_is_that_of_another_implementation(bucket):
    theirs = obstore.sign(bucket.connect(), "GET", "kept/a b/ä~c", timedelta(seconds=900))
    query = parse_qs(urlsplit(theirs).query)
    at = datetime.strptime(query["X-Amz-Date"][0], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    ours = Presigner(bucket, ManualClock(at)).url("GET", "kept/a b/ä~c", 900, {}, {})
    assert parse_qs(urlsplit(ours).query) == query


def test_a_link_opens_one_blob(links):
    answer = httpx.get(_link(links), headers={"range": "bytes=0-3"})
    assert (answer.status_code, answer.content) == (206, DATA[:4])
    assert answer.headers["content-type"].startswith("model/gltf-binary")
    assert answer.headers["content-disposition"] == "attachment; filename=\"a b.glb\"; filename*=UTF-8''%C3%A4"
    assert _link(links).startswith(links.origin + "/")


def test_a_link_is_good_for_nothing_else(links):
    url = _link(links)
    assert httpx.put(url, content=b"x").status_code == 403
    assert httpx.delete(url).status_code == 403
    assert httpx.get(url.replace(KEY, KEY[:-1] + "c")).status_code == 403
    assert httpx.get(url.replace("attachment", "inline")).status_code == 403
    assert "testing-secret" not in url


def test_a_link_ends(links, clock):
    clock.jump(-120)
    assert httpx.get(_link(links, seconds=60)).status_code == 403
    assert httpx.get(_link(links, seconds=600)).status_code == 200
    for seconds in (0, 901):
        with pytest.raises(Refused):
            _link(links, seconds=seconds)


def test_a_door_takes_the_announced_bytes_only(bucket, clock):
    depot, key = S3Depot(bucket, clock), "own_1/upl_1"
    door = depot.door(key, len(DATA), hashlib.sha256(DATA).hexdigest(), 60)
    other = bytes(len(DATA))
    assert httpx.put(door.url, content=DATA + b"!", headers=door.headers).status_code == 403
    assert httpx.put(door.url, content=DATA).status_code == 403
    assert httpx.put(door.url, content=other, headers=door.headers).status_code == 400
    assert httpx.get(door.url, headers=door.headers).status_code == 403
    assert depot.size(key) is None
    assert httpx.put(door.url, content=DATA, headers=door.headers).status_code == 200
    assert b"".join(depot.read(key)) == DATA


def test_a_door_without_a_checksum_still_binds_the_length(bucket, clock):
    door = S3Depot(bucket, clock).door("own_1/upl_2", 3, None, 60)
    assert door.headers == {}
    assert httpx.put(door.url, content=b"1234").status_code == 403
    assert httpx.put(door.url, content=b"123").status_code == 200
