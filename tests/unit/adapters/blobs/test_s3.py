"""What only a bucket has to get right: settings, parts, and what its refusals mean."""

import os
import socket
import threading
from contextlib import contextmanager
from urllib.parse import quote

import obstore
import pytest

from maquette.adapters.blobs import bucket as buckets
from maquette.adapters.blobs import s3 as adapter
from maquette.adapters.blobs.bucket import parse
from maquette.adapters.blobs.s3 import S3Blobs
from maquette.domain.errors import Refused, Unavailable

KEY = "own_1/ab/" + "ab" * 32


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "source"
    path.write_bytes(b"content")
    return path


def blobs_at(endpoint, folder, bucket="bucket", secret="secret"):
    url = f"s3://{bucket}/kept?endpoint={quote(endpoint, safe='')}&region=us-east-1"
    return S3Blobs(parse(url, "test:tester", secret), folder / "waiting")


@contextmanager
def answering(reply):
    """A store that gives every request the same answer, or none at all."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=_answer, args=(server, reply), daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


def _answer(server, reply):
    held = []
    while True:
        try:
            connection, _ = server.accept()
        except OSError:
            return
        held.append(connection)
        connection.recv(65536)
        if reply:
            connection.sendall(reply + b"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            connection.close()


def attempts(blobs, source):
    return {
        "keep": lambda: blobs.keep(KEY, source),
        "fetch": lambda: blobs.fetch(KEY, source.parent / "target"),
        "exists": lambda: blobs.exists(KEY),
        "remove": lambda: blobs.remove(KEY),
        "keys": lambda: list(blobs.keys()),
        "check": blobs.check,
    }


def failures(blobs, source):
    found = {}
    for name, attempt in attempts(blobs, source).items():
        with pytest.raises(Unavailable) as problem:
            attempt()
        found[name] = problem.value
    assert not (source.parent / "target").exists()
    return found


def test_a_large_file_goes_up_in_parts_and_comes_back(s3, tmp_path):
    blobs = S3Blobs(parse(s3.url, s3.access_key, s3.secret_key), tmp_path / "waiting")
    data = os.urandom(2 * adapter.PART_BYTES + 7)
    (tmp_path / "large").write_bytes(data)
    blobs.keep(KEY, tmp_path / "large")
    blobs.fetch(KEY, tmp_path / "back")
    assert (tmp_path / "back").read_bytes() == data
    tag = obstore.head(parse(s3.url, s3.access_key, s3.secret_key).connect(), f"kept/objects/{KEY}")["e_tag"]
    assert tag.endswith('-3"')


def test_what_was_kept_long_ago_is_stored_anew(s3, tmp_path, source, monkeypatch):
    bucket = parse(s3.url, s3.access_key, s3.secret_key)
    blobs, store, path = S3Blobs(bucket, tmp_path / "waiting"), bucket.connect(), f"kept/objects/{KEY}"
    blobs.keep(KEY, source)
    obstore.put(store, path, b"changed")
    blobs.keep(KEY, source)
    assert bytes(obstore.get(store, path).bytes()) == b"changed", "a moment later nothing is sent again"
    monkeypatch.setattr(adapter, "RECENT", -adapter.RECENT)
    blobs.keep(KEY, source)
    assert bytes(obstore.get(store, path).bytes()) == b"content"


def test_wrong_keys_are_told_from_a_missing_bucket(s3, tmp_path, source):
    wrong = failures(blobs_at(s3.endpoint, tmp_path, s3.bucket, "guessed-secret"), source)
    assert {error.code for error in wrong.values()} == {"storage_unavailable"}
    assert all("refuses these keys" in error.message for error in wrong.values())
    assert "guessed-secret" not in repr(wrong)
    blobs = blobs_at(s3.endpoint, tmp_path, "no-such-bucket", s3.secret_key)
    for attempt in (lambda: blobs.keep(KEY, source), blobs.check, lambda: list(blobs.keys())):
        with pytest.raises(Unavailable, match="does not exist"):
            attempt()


def test_a_store_that_is_down_is_said_to_be(tmp_path, source, monkeypatch):
    monkeypatch.setattr(buckets, "RETRY_S", 0)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    found = failures(blobs_at(f"http://127.0.0.1:{port}", tmp_path), source)
    assert {(error.code, "cannot be reached" in error.message) for error in found.values()} == {
        ("storage_unavailable", True)
    }


@pytest.mark.parametrize(
    ("reply", "code"),
    [(b"HTTP/1.1 503 Slow Down", "storage_unavailable"), (b"HTTP/1.1 507 Insufficient Storage", "storage_full")],
)
def test_refusals_of_a_store(tmp_path, source, monkeypatch, reply, code):
    monkeypatch.setattr(buckets, "RETRY_S", 0)
    with answering(reply) as endpoint:
        assert {error.code for error in failures(blobs_at(endpoint, tmp_path), source).values()} == {code}


@pytest.mark.timeout(15)
def test_a_store_that_never_answers_is_given_up(tmp_path, source, monkeypatch):
    monkeypatch.setattr(buckets, "SILENCE_S", 0.2)
    monkeypatch.setattr(buckets, "RETRY_S", 0.3)
    with answering(b"") as endpoint, pytest.raises(Unavailable, match="cannot be reached"):
        blobs_at(endpoint, tmp_path).keep(KEY, source)


def test_a_check_is_not_repeated_at_once(s3, tmp_path):
    good, bad = parse(s3.url, s3.access_key, s3.secret_key), parse("s3://photos?endpoint=http://127.0.0.1:9", "k", "s")
    blobs = S3Blobs(good, tmp_path / "waiting")
    blobs.check()
    blobs._bucket = bad
    blobs.check()
    blobs._checked_until = 0.0
    for bucket in (bad, good):
        blobs._bucket = bucket
        with pytest.raises(Unavailable, match="cannot be reached"):
            blobs.check()
    blobs._checked_until = 0.0
    blobs.check()


def test_variables_of_other_tools_have_no_say(s3, tmp_path, source, monkeypatch):
    for name, value in {
        "AWS_ENDPOINT": "http://127.0.0.1:1", "AWS_ENDPOINT_URL_S3": "http://127.0.0.1:1", "AWS_SESSION_TOKEN": "other",
        "AWS_ACCESS_KEY_ID": "other", "AWS_SKIP_SIGNATURE": "true", "AWS_VIRTUAL_HOSTED_STYLE_REQUEST": "true",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    blobs = S3Blobs(parse(s3.url, s3.access_key, s3.secret_key), tmp_path / "waiting")
    blobs.keep(KEY, source)
    assert blobs.exists(KEY)


@pytest.mark.parametrize(
    ("url", "endpoint", "region", "prefix"),
    [
        ("s3://photos", "https://s3.us-east-1.amazonaws.com", "us-east-1", ""),
        ("s3://photos/a/b/?region=eu-central-1", "https://s3.eu-central-1.amazonaws.com", "eu-central-1", "a/b"),
        ("s3://photos?endpoint=https://x.r2.cloudflarestorage.com", "https://x.r2.cloudflarestorage.com", "auto", ""),
        ("s3://photos?endpoint=http://minio:9000/&region=home", "http://minio:9000", "home", ""),
    ],
)
def test_addresses(url, endpoint, region, prefix):
    bucket = parse(url, "key", "secret")
    assert (bucket.endpoint, bucket.region, bucket.prefix, bucket.name) == (endpoint, region, prefix, "photos")
    assert "secret" not in repr(bucket)


@pytest.mark.parametrize(
    "url",
    [
        "https://photos", "s3://", "s3://key:secret@photos", "s3://Photos", "s3://photos/../x", "s3://photos/a//b",
        "s3://photos?endpoint=ftp://x", "s3://photos?endpoint=https://k:s@x", "s3://photos?endpoint=https://x/path",
        "s3://photos?secret=x", "s3://photos/ä",
    ],
)  # fmt: skip
def test_addresses_that_are_refused(url):
    with pytest.raises(Refused) as refusal:
        parse(url, "key", "secret")
    assert refusal.value.code == "invalid_setting"


def test_keys_must_be_given():
    with pytest.raises(Refused, match="keys are missing"):
        parse("s3://photos", "", "")
