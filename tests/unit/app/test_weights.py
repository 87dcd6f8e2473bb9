"""Weights come into their folder whole, checked and with a receipt, or not at all."""

import asyncio
import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from maquette.app.weights import AS_LISTED, Agreement, WeightStore, find
from maquette.domain.errors import Refused, Temporary, Unavailable
from maquette.domain.weights import WEIGHTS, receipt_of
from maquette.testing import ManualClock
from networks import Server, receipt, store

CONTENT = bytes(range(256)) * 40
LISTED = replace(WEIGHTS["isnet"], sha256=hashlib.sha256(CONTENT).hexdigest(), bytes=len(CONTENT))
OTHER = b"another file"


def pulled(weights: WeightStore, what=LISTED, agreed: Agreement = AS_LISTED) -> list[int]:
    told: list[int] = []
    asyncio.run(weights.pull(what, agreed, told.append))
    return told


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_what_is_pulled_has_the_listed_hash_and_a_receipt(tmp_path: Path) -> None:
    weights = store(tmp_path / "weights", CONTENT)
    told = pulled(weights)
    assert told[-1] == len(CONTENT)
    assert (tmp_path / "weights/isnet.onnx").read_bytes() == CONTENT
    assert names(tmp_path / "weights") == {"isnet.onnx", "isnet.json"}
    kept = receipt(tmp_path / "weights", "isnet")
    assert (kept["sha256"], kept["listed"], kept["source"]) == (LISTED.sha256, True, LISTED.url)
    standing = weights.standing(LISTED)
    assert standing.present
    assert standing.receipt is not None
    assert not weights.standing(WEIGHTS["u2net"]).present


def test_the_one_client_is_asked_for_no_more_than_the_listed_bytes(tmp_path: Path) -> None:
    server = Server(CONTENT)
    pulled(WeightStore(tmp_path, server, ManualClock()))
    assert server.asked == [LISTED.url]
    assert server.bounds.bytes == len(CONTENT)


@pytest.mark.parametrize(
    ("content", "code"), [(CONTENT[:-1], "length_mismatch"), (CONTENT[:-1] + b"x", "digest_mismatch")]
)
def test_what_is_not_the_listed_file_leaves_nothing(tmp_path: Path, content: bytes, code: str) -> None:
    with pytest.raises(Refused, match=code):
        pulled(store(tmp_path, content))
    assert names(tmp_path) == set()
    with pytest.raises(Refused, match=code):
        pulled(store(tmp_path, content), agreed=Agreement(trust=True))


def test_a_failed_pull_keeps_what_was_there_and_shows_the_other_way(tmp_path: Path) -> None:
    pulled(store(tmp_path, CONTENT))

    class Dead(Server):
        async def download(self, *_: object, **__: object) -> None:
            raise Temporary("remote_unreachable")

    with pytest.raises(Refused) as caught:
        pulled(WeightStore(tmp_path, Dead(b""), ManualClock()))
    assert caught.value.code == "url_unreachable"
    assert "maquette weights pull isnet --file" in caught.value.hint
    assert (tmp_path / "isnet.onnx").read_bytes() == CONTENT


def test_what_allows_no_commercial_use_is_refused_until_that_is_accepted(tmp_path: Path) -> None:
    weights = store(tmp_path, CONTENT)
    bound = replace(LISTED, commercial_use=False)
    with pytest.raises(Refused, match="licence_not_accepted"):
        pulled(weights, bound)
    assert not list(tmp_path.iterdir())
    pulled(weights, bound, Agreement(non_commercial=True))
    assert receipt(tmp_path, "isnet")["accepted_non_commercial"] is True


def test_a_file_of_ones_own_must_be_the_listed_one_or_be_vouched_for(tmp_path: Path) -> None:
    own = tmp_path / "mine.onnx"
    own.write_bytes(OTHER)
    weights = store(tmp_path / "weights")
    sha256 = hashlib.sha256(OTHER).hexdigest()
    for agreed in (AS_LISTED, Agreement(sha256="0" * 64)):
        with pytest.raises(Refused, match=sha256):
            weights.install(LISTED, own, agreed)
        assert names(tmp_path / "weights") == set()
    for agreed in (Agreement(sha256=sha256.upper()), Agreement(trust=True)):
        kept = weights.install(LISTED, own, agreed)
        assert (kept.sha256, kept.listed, kept.source) == (sha256, False, "mine.onnx")
    assert weights.standing(LISTED).present
    own.write_bytes(CONTENT)
    assert weights.install(LISTED, own, AS_LISTED).listed


def test_what_cannot_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Refused, match="file_missing"):
        store(tmp_path).install(LISTED, tmp_path / "nowhere.onnx", AS_LISTED)
    with pytest.raises(Refused, match="unknown_weights"):
        find("sam")
    (tmp_path / "file").touch()
    with pytest.raises(Refused, match="invalid_setting"):
        pulled(store(tmp_path / "file", CONTENT))
    with pytest.raises(Unavailable, match="storage_full"):
        pulled(store(tmp_path / "weights", CONTENT), replace(LISTED, bytes=2**60))


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"sha256": 1}', "null", "\x00"])
def test_what_is_no_receipt_is_none(text: str) -> None:
    assert receipt_of(text) is None
