"""Bytes out: whole, ranges, links, zips."""

import base64
import hashlib
import io
import zipfile

import httpx
import pytest

from maquette.adapters.blobs import bucket as buckets
from maquette.adapters.blobs.storage import Address
from maquette.domain.assets import Role, View
from maquette.domain.ids import LOCAL_OWNER

from .conftest import png

DATA = bytes(range(256)) * 4000


@pytest.fixture(scope="module")
def asset(world):
    return world.store(DATA, Role.MODEL, "model/gltf-binary", 'chair ä".glb')


def content(world, asset, **headers):
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return world.http.get(f"/api/v1/assets/{asset.id}/content", headers=names)


def test_whole(world, asset):
    answer = content(world, asset)
    assert (answer.status_code, answer.content) == (200, DATA)
    assert answer.headers["content-length"] == str(len(DATA))
    assert answer.headers["etag"] == f'"{asset.sha256}"'
    assert answer.headers["repr-digest"] == f"sha-256=:{base64.b64encode(hashlib.sha256(DATA).digest()).decode()}:"
    assert answer.headers["content-type"] == "model/gltf-binary"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"] == "sandbox; default-src 'none'"
    assert answer.headers["content-disposition"] == (
        "inline; filename=\"chair __.glb\"; filename*=UTF-8''chair%20%C3%A4%22.glb"
    )


@pytest.mark.parametrize(
    ("asked", "start", "stop"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=1000-", 1000, None),
        ("bytes=-10", -10, None),
        ("bytes=5-99999999", 5, None),
        ("bytes=100000-700000", 100_000, 700_001),
    ],
)
def test_ranges(world, asset, asked, start, stop):
    answer = content(world, asset, Range=asked)
    wanted = DATA[start:stop]
    first = start if start >= 0 else len(DATA) + start
    assert (answer.status_code, answer.content) == (206, wanted)
    assert answer.headers["content-range"] == f"bytes {first}-{first + len(wanted) - 1}/{len(DATA)}"


@pytest.mark.parametrize("asked", ["bytes=9999999-", "bytes=-0"])
def test_ranges_that_are_not_there(world, asset, asked):
    answer = content(world, asset, Range=asked)
    assert (answer.status_code, answer.json()["code"]) == (416, "range_not_satisfiable")
    assert answer.headers["content-range"] == f"bytes */{len(DATA)}"


@pytest.mark.parametrize(
    "asked", ["bytes=5-2", "bytes=-", "bytes=a-b", "lines=1-2", "bytes=0-1,5-6", "bytes=" + "9" * 99]
)
def test_other_ranges_send_everything(world, asset, asked):
    answer = content(world, asset, Range=asked)
    assert (answer.status_code, len(answer.content)) == (200, len(DATA))


def test_conditions(world, asset):
    etag = f'"{asset.sha256}"'
    fresh = content(world, asset, If_None_Match=etag)
    assert (fresh.status_code, fresh.content) == (304, b"")
    assert content(world, asset, If_None_Match='"other"').status_code == 200
    assert content(world, asset, If_Range=etag, Range="bytes=0-1").status_code == 206
    assert content(world, asset, If_Range='"other"', Range="bytes=0-1").status_code == 200


def test_head(world, asset):
    answer = world.http.head(f"/api/v1/assets/{asset.id}/content")
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-length"] == str(len(DATA))
    assert world.http.head("/api/v1/jobs").status_code == 200


def test_what_a_browser_might_run_is_only_downloaded(world):
    page = world.store(b"<script>alert(1)</script>", Role.REPORT, "text/html", "x.html")
    answer = content(world, page)
    assert answer.headers["content-disposition"].startswith("attachment;")
    assert "sandbox" in answer.headers["content-security-policy"]


def test_lost_bytes_are_a_problem_and_not_a_broken_stream(world):
    lost = world.store(b"lost bytes", Role.MASK, "image/png", "m.png")
    world.blobs.remove(lost.blob_key)
    answer = content(world, lost)
    assert (answer.status_code, answer.json()["code"]) == (500, "data_missing")


def test_links(world, asset):
    link = world.http.get(f"/api/v1/assets/{asset.id}/link").json()
    assert link["url"].startswith(f"/files/{asset.id}?expires=")
    assert link["expires_at"].endswith("Z")
    answer = world.http.get(link["url"], headers={"Range": "bytes=0-3"})
    assert (answer.status_code, answer.content) == (206, DATA[:4])
    assert world.http.head(link["url"]).status_code == 200
    other = world.photo()["id"]
    for bad in (link["url"] + "x", link["url"].replace(asset.id, other), f"/files/{asset.id}", "/files/ast_none"):
        refused = world.http.get(bad)
        assert (refused.status_code, refused.json()["code"]) == (403, "link_invalid")


@pytest.fixture(scope="module")
def result(world):
    lods = {
        f"lod{level}": (world.store(b"glTF" * (level + 1), Role.LOD, "model/gltf-binary", "x"),) for level in range(3)
    }
    cutouts = tuple(
        world.store(png(c), Role.CUTOUT, "image/png", "c", v) for c, v in (("red", View.FRONT), ("tan", View.BACK))
    )
    usdz = (world.store(b"PK usdz", Role.USDZ, "model/vnd.usdz+zip", "x"),)
    job = world.job("photo_to_model")
    return world.finish(
        job["id"], lods | {"cutout": cutouts, "usdz": usdz}, {"rules": [{"rule": "triangles", "value": 7}]}
    )


def test_result(world, result):
    body = world.http.get(f"/api/v1/results/{result}").json()
    assert sorted(body["assets"]) == ["cutout", "lod0", "lod1", "lod2", "usdz"]
    assert [asset["view"] for asset in body["assets"]["cutout"]] == ["front", "back"]
    assert world.http.get(f"/api/v1/results/{result}/report").json() == {"rules": [{"rule": "triangles", "value": 7}]}


@pytest.mark.parametrize(("name", "data"), [("glb", b"glTF"), ("lod1", b"glTF" * 2), ("low", b"glTF" * 3)])
def test_download(world, result, name, data):
    answer = world.http.get(f"/api/v1/results/{result}/download", params={"as": name})
    assert answer.content == data
    assert answer.headers["content-disposition"].startswith('attachment; filename="')
    assert answer.headers["accept-ranges"] == "bytes"


def test_download_for_quick_look(world, result):
    answer = world.http.get(f"/api/v1/results/{result}/download", params={"as": "usdz"})
    assert answer.content == b"PK usdz"
    assert answer.headers["content-type"] == "model/vnd.usdz+zip"
    assert answer.headers["content-disposition"].startswith('inline; filename="model.usdz"')
    asset = world.http.get(f"/api/v1/results/{result}").json()["assets"]["usdz"][0]
    shown = world.http.get(f"/api/v1/assets/{asset['id']}/content")
    assert shown.headers["content-disposition"].startswith("inline;")
    assert 'filename="x.usdz"' in shown.headers["content-disposition"]


def test_zip(world, result):
    answer = world.http.get(f"/api/v1/results/{result}/download", params={"as": "zip"})
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        assert sorted(archive.namelist()) == [
            "cutouts/back.png", "cutouts/front.png", "lod1.glb", "lod2.glb", "model.glb", "model.usdz",
        ]  # fmt: skip
        assert archive.read("cutouts/back.png") == png("tan")
        assert {entry.compress_type for entry in archive.infolist()} == {zipfile.ZIP_STORED}
    assert answer.headers["content-type"] == "application/zip"


def test_zip_with_a_lost_file_is_a_problem(world):
    lost = world.store(b"going", Role.LOD, "model/gltf-binary", "x")
    result_id = world.finish(world.job()["id"], {"lod0": (lost,)}, {})
    world.blobs.remove(lost.blob_key)
    answer = world.http.get(f"/api/v1/results/{result_id}/download")
    assert (answer.status_code, answer.json()["code"]) == (500, "data_missing")


def test_unknown_file_of_a_result(world, result):
    answer = world.http.get(f"/api/v1/results/{result}/download", params={"as": "fbx"})
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert "lod0" in answer.json()["hint"]


def test_equal_bytes_are_kept_once(world, asset):
    twin = world.store(DATA, Role.MODEL, "model/gltf-binary", "twin.glb")
    assert twin.blob_key == asset.blob_key
    assert twin.owner_id == LOCAL_OWNER


@pytest.fixture
def bucket_world(make, s3):
    """With files in a bucket; downloads redirected or not."""
    return lambda **changes: make(Address(s3.url, s3.access_key, s3.secret_key), **changes)


def test_files_of_a_bucket_are_sent_on(bucket_world):
    world = bucket_world()
    kept = world.store(DATA, Role.MODEL, "model/gltf-binary", "chair.glb")
    answer = content(world, kept, Range="bytes=1000-2000")
    assert (answer.status_code, answer.content) == (206, DATA[1000:2001])
    policy = world.http.get("/").headers["content-security-policy"]
    assert "127.0.0.1" not in policy


def test_a_link_leads_to_the_bucket_itself(bucket_world, s3):
    world = bucket_world()
    kept = world.store(DATA, Role.REPORT, "text/html", 'a "b" ä.html')
    link = world.http.get(f"/api/v1/assets/{kept.id}/link").json()
    assert link["url"].startswith(s3.endpoint)
    answer = httpx.get(link["url"])
    assert (answer.status_code, answer.content) == (200, DATA)
    assert answer.headers["content-disposition"].startswith("attachment;"), "a browser must not run it"
    assert httpx.delete(link["url"]).status_code == 403
    assert world.http.get("/api/v1/assets/ast_none/link").status_code == 404


def test_downloads_can_be_redirected(bucket_world, s3):
    world = bucket_world(redirect_downloads=True)
    kept = world.store(DATA, Role.LOD, "model/gltf-binary", "x")
    answer = content(world, kept, Range="bytes=0-3")
    assert (answer.status_code, answer.headers["cache-control"]) == (307, "no-store")
    part = httpx.get(answer.headers["location"], headers={"Range": "bytes=0-3"})
    assert (part.status_code, part.content) == (206, DATA[:4])
    assert content(world, kept, If_None_Match=f'"{kept.sha256}"').status_code == 304
    head = world.http.head(f"/api/v1/assets/{kept.id}/content")
    assert (head.status_code, head.headers["content-length"]) == (200, str(len(DATA)))
    result_id = world.finish(world.job()["id"], {"lod0": (kept,)}, {})
    download = world.http.get(f"/api/v1/results/{result_id}/download", params={"as": "glb"}, follow_redirects=True)
    assert (download.status_code, download.content) == (200, DATA)
    assert download.headers["content-disposition"].startswith('attachment; filename="')
    policy = world.http.get("/").headers["content-security-policy"]
    assert f"img-src 'self' blob: data: {s3.endpoint};" in policy
    assert f"connect-src 'self' blob: {s3.endpoint};" in policy


def test_a_bucket_that_is_gone_is_a_problem_that_passes(make, monkeypatch):
    monkeypatch.setattr(buckets, "RETRY_S", 0)
    world = make(Address("s3://photos?endpoint=http://127.0.0.1:9", "key", "not-to-be-told"))
    answer = world.http.put("/api/v1/assets", content=png("navy"))
    assert (answer.status_code, answer.json()["code"]) == (503, "storage_unavailable")
    assert "retry-after" in answer.headers
    assert "not-to-be-told" not in answer.text
    assert world.http.get("/api/v1/assets").json()["items"] == []
    assert list((world.folder / "blobs" / "incoming").iterdir()) == []
