"""A real S3 server for tests: OpenStack Swift with its S3 API, in one child process on a free port of loopback.

It checks signatures and their expiry, takes multipart uploads and knows nothing of us. Proxy, account, container and
object server share the process; objects live in memory, listings in small SQLite files.

Run as a program (``python -P s3server.py FOLDER``) it prints its port; it ends when its standard input does.
"""

import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import obstore
import pytest
from obstore.store import S3Store

ACCESS_KEY = "test:tester"
SECRET_KEY = "testing-secret"
REGION = "us-east-1"


@dataclass(frozen=True, slots=True)
class S3:
    """A running server and an empty bucket of one's own."""

    endpoint: str
    bucket: str
    access_key: str = ACCESS_KEY
    secret_key: str = SECRET_KEY
    region: str = REGION

    @property
    def url(self) -> str:
        """For the setting ``blobs_url``."""
        return f"s3://{self.bucket}/kept?endpoint={quote(self.endpoint, safe='')}&region={self.region}"

    @property
    def settings(self) -> dict[str, str]:
        """What an operator sets."""
        keys = {"s3_access_key_id": self.access_key, "s3_secret_access_key": self.secret_key}
        return {"blobs_url": self.url} | keys


@contextmanager
def running(folder: Path) -> Iterator[str]:
    """Starts the server and gives its address."""
    with (folder / "log").open("wb") as log:
        child = subprocess.Popen(
            [sys.executable, "-P", __file__, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log
        )
    assert child.stdin and child.stdout
    try:
        port = child.stdout.readline().decode().strip()
        assert port.isdigit(), (folder / "log").read_text()
        yield f"http://127.0.0.1:{port}"
    finally:
        child.stdin.close()
        child.wait(20)
        child.stdout.close()


def make_bucket(endpoint: str) -> S3:
    """A fresh bucket, made with a signed request as any client would."""
    made = S3(endpoint, f"bucket-{uuid.uuid4().hex}")
    store = S3Store(
        endpoint=endpoint, bucket=made.bucket, region=REGION, access_key_id=ACCESS_KEY, secret_access_key=SECRET_KEY,
        client_options={"allow_http": True},
    )  # fmt: skip
    url = obstore.sign(store, "PUT", "", timedelta(seconds=60))
    answer = httpx.put(url)
    assert answer.status_code == 200, answer.text
    return made


@pytest.fixture(scope="session")
def s3_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a real S3 server, started on first use."""
    with running(tmp_path_factory.mktemp("swift")) as endpoint:
        yield endpoint


@pytest.fixture
def s3(s3_server: str) -> S3:
    """An empty bucket on it, with keys."""
    return make_bucket(s3_server)


def main(folder: Path) -> None:
    """Serves until the parent goes."""
    import eventlet

    eventlet.monkey_patch()
    _be_swift(folder)
    proxy = _serve(_pipeline(_proxy(folder, _backends(folder))))
    print(proxy, flush=True)
    while eventlet.tpool.execute(os.read, 0, 1024):
        pass
    os._exit(0)


def _be_swift(folder: Path) -> None:
    """Swift wants a configuration file with a secret that places objects."""
    from swift.common import utils

    (folder / "swift.conf").write_text("[swift-hash]\nswift_hash_path_suffix = test\n")
    utils.set_swift_dir(str(folder))
    (folder / "device").mkdir()


def _backends(folder: Path) -> dict[str, int]:
    from swift.account.server import AccountController
    from swift.container.server import ContainerController
    from swift.obj.mem_server import ObjectController

    conf = {"devices": str(folder), "mount_check": "false", "swift_dir": str(folder), "log_level": "ERROR"}
    kinds: dict[str, Any] = {"account": AccountController, "container": ContainerController, "object": ObjectController}
    return {kind: _serve(make(conf)) for kind, make in kinds.items()}


def _proxy(folder: Path, ports: dict[str, int]) -> Any:
    from array import array

    from swift.common.ring import RingData
    from swift.proxy.server import Application

    for kind, port in ports.items():
        device = {"id": 0, "zone": 0, "region": 1, "device": "device", "ip": "127.0.0.1", "port": port, "weight": 1}
        RingData([array("H", [0])], [device], 32).save(str(folder / f"{kind}.ring.gz"))
    return Application({"swift_dir": str(folder), "allow_account_management": "true", "account_autocreate": "true"})


def _pipeline(app: Any) -> Any:
    """What Swift's documentation names for S3 with multipart uploads."""
    from swift.common.middleware import bulk, catch_errors, copy, gatekeeper, listing_formats, slo, tempauth
    from swift.common.middleware.s3api import s3api

    users = {"user_" + ACCESS_KEY.replace(":", "_"): f"{SECRET_KEY} .admin"}
    makers: list[tuple[Any, dict[str, str]]] = [
        (slo, {}),
        (bulk, {}),
        (copy, {}),
        (tempauth, users),
        (s3api, {"location": REGION, "auth_pipeline_check": "false", "s3_acl": "false"}),
        (listing_formats, {}),
        (gatekeeper, {}),
        (catch_errors, {}),
    ]
    for module, conf in makers:
        app = module.filter_factory({"log_level": "ERROR"}, **conf)(app)
    return app


def _serve(app: Any) -> int:
    import eventlet
    from eventlet import wsgi
    from swift.common.http_protocol import SwiftHttpProtocol

    listener = eventlet.listen(("127.0.0.1", 0))
    quiet = type("Quiet", (), {"write": lambda *_: None, "flush": lambda *_: None})()
    eventlet.spawn(wsgi.server, listener, app, log=quiet, protocol=SwiftHttpProtocol, keepalive=True)
    return listener.getsockname()[1]


if __name__ == "__main__":
    main(Path(sys.argv[1]))
