"""A whole run with its files in a bucket."""

import json
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from maquette.adapters.blobs.bucket import parse
from maquette.adapters.blobs.s3 import S3Blobs
from s3server import S3

pytestmark = pytest.mark.timeout(600)


def configure(program: Any, **settings: str) -> tuple[str, str]:
    path = program.home / "bucket.toml"
    path.write_text("".join(f"{name} = {json.dumps(value)}\n" for name, value in settings.items()))
    return "--config", str(path)


def test_a_cutout_is_made_with_all_files_in_the_bucket(program: Any, photos: Path, s3: S3) -> None:
    config = configure(program, **s3.settings)
    made = program.run(*config, "cutout", str(photos / "block-front.jpg"), "-o", "cut", "--json")
    assert made.code == 0, made.err
    delivered = [Path(file["path"]).read_bytes() for item in made.document["items"] for file in item["files"]]
    blobs = S3Blobs(parse(s3.url, s3.access_key, s3.secret_key), program.home / "waiting")
    sizes = {found.bytes for found in blobs.keys()}
    assert (photos / "block-front.jpg").stat().st_size in sizes
    assert {len(data) for data in delivered if data[:4] == b"\x89PNG"} <= sizes
    data = program.home / "data"
    assert not (data / "blobs" / "objects").exists()
    assert list((data / "blobs" / "incoming").iterdir()) == []
    told = made.out + made.err + program.run(*config, "doctor", "--json").out
    assert s3.bucket in told
    assert s3.secret_key not in told
    assert not any(s3.secret_key.encode() in path.read_bytes() for path in data.rglob("*") if path.is_file())


def test_a_server_without_its_bucket_says_so(program: Any) -> None:
    config = configure(
        program,
        blobs_url="s3://photos?endpoint=http://127.0.0.1:9",
        s3_access_key_id="some-key",
        s3_secret_access_key="not-to-be-told",
    )
    server = program.start(*config, "serve", "--port", "0", "--json")
    url = json.loads(server.wait_for("out", lambda line: line.startswith("{")))["url"]
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"{url}/readyz", timeout=60)
    with refused.value:
        problem = json.load(refused.value)
    assert (refused.value.code, problem["code"]) == (503, "not_ready")
    assert "The bucket photos at http://127.0.0.1:9 cannot be reached" in problem["detail"]
    server.process.terminate()
    ended = server.end()
    assert "not-to-be-told" not in ended.out + ended.err + json.dumps(problem)
    checks = {check["name"]: check for check in json.loads(program.run(*config, "doctor", "--json").out)["checks"]}
    assert checks["storage"]["state"] == "broken"
