"""The S3 server of the tests is one that can say no: it checks what a signature says, and until when."""

import time
from datetime import timedelta

import httpx
import obstore
import pytest
from obstore.exceptions import PermissionDeniedError
from obstore.store import S3Store


def store(s3, **changes):
    config = {"access_key_id": s3.access_key, "secret_access_key": s3.secret_key} | changes
    return S3Store(
        endpoint=s3.endpoint, bucket=s3.bucket, region=s3.region, client_options={"allow_http": True}, **config
    )


def signed(s3, method="GET", path="a/b", seconds=60):
    return obstore.sign(store(s3), method, path, timedelta(seconds=seconds))


@pytest.fixture
def kept(s3):
    obstore.put(store(s3), "a/b", b"content")
    obstore.put(store(s3), "a/c", b"other")
    return s3


def test_a_signed_link_opens_one_key_for_one_method(kept):
    url = signed(kept)
    assert httpx.get(url).content == b"content"
    flipped = url[:-1] + ("0" if url[-1] != "0" else "1")
    forgeries = {
        "signature": httpx.get(flipped),
        "key": httpx.get(url.replace("/a/b?", "/a/c?")),
        "method": httpx.put(url, content=b"x"),
        "expiry": httpx.get(url.replace("X-Amz-Expires=60", "X-Amz-Expires=600")),
    }
    assert httpx.get(url.partition("?")[0]).status_code == 400
    assert {name: answer.status_code for name, answer in forgeries.items()} == dict.fromkeys(forgeries, 403)


def test_an_expired_link_is_refused(kept):
    url = signed(kept, seconds=1)
    time.sleep(2.1)
    answer = httpx.get(url)
    assert (answer.status_code, "expired" in answer.text) == (403, True)


def test_a_wrong_secret_is_refused(kept):
    with pytest.raises(PermissionDeniedError):
        obstore.get(store(kept, secret_access_key="guessed"), "a/b")


def test_large_objects_come_in_parts(s3):
    data = bytes(range(256)) * 50_000
    obstore.put(store(s3), "big", data, chunk_size=5 * 1024**2)
    found = obstore.head(store(s3), "big")
    assert (found["size"], found["e_tag"].endswith('-3"')) == (len(data), True)
    assert bytes(obstore.get(store(s3), "big").bytes()) == data
