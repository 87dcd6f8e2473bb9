"""Makes a model through a running server, with nothing but the standard library.

    maquette serve &
    python examples/02-http/make_model.py http://127.0.0.1:8760 model.glb

Uploads two photos, submits a job under an idempotency key, polls its status with the session token that came with it,
and downloads the finished model.
"""

import json
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

SAMPLE = Path(__file__).resolve().parent.parent / "sample"


def call(method: str, url: str, body: bytes | None = None, **headers: str) -> Any:
    """One request; returns the JSON of the answer."""
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(url, data=body, method=method, headers=names)
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def upload(server: str, view: str) -> str:
    """Sends one photo as the raw body; returns the asset's id."""
    photo = (SAMPLE / f"{view}.jpg").read_bytes()
    address = f"{server}/api/v1/assets?name={view}.jpg&view={view}"
    return call("PUT", address, photo, Content_Type="image/jpeg")["id"]


def main(server: str, target: str) -> None:
    """From photos to a file."""
    inputs = [{"asset_id": upload(server, view)} for view in ("front", "left")]
    order = {"pipeline": "photo_to_model", "inputs": inputs, "settings": {"quality": "fast"}}
    key = "-".join(entry["asset_id"] for entry in inputs)
    job = call(
        "POST",
        f"{server}/api/v1/jobs",
        json.dumps(order).encode(),
        Content_Type="application/json",
        Idempotency_Key=key,
    )
    status = {"status": "pending"}
    while status["status"] not in ("completed", "failed"):
        time.sleep(1)
        status = call("GET", f"{server}/api/status/{job['id']}", X_Session_Token=job["session_token"])
        print(f"{status['progress']:3} %  {status['stage']}")
    if status["status"] == "failed":
        sys.exit(status["errorMessage"])
    result = f"{server}/api/v1/results/{status['resultId']}/download?as=glb"
    urllib.request.urlretrieve(result, target)
    print(f"saved {target}")


if __name__ == "__main__":
    main(sys.argv[1].rstrip("/"), sys.argv[2])
