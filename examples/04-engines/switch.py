"""One application, four providers: which of them works is configuration, and the application never learns it.

    python examples/04-engines/switch.py

A model is asked for twice, first from Hunyuan3D, then from Meshy; then a picture twice, first from Gemini, then from
fal. Between the two nothing changes but the file of settings. The providers are loopbacks on this machine, so that
this costs nothing: leave out ``base_url`` and give a key of your own to work with the real ones.
"""

import contextlib
import json
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PHOTO = Path(__file__).resolve().parent.parent / "sample" / "front.jpg"
MODEL = {"pipeline": "photo_to_model", "settings": {"quality": "fast"}}
PICTURE = {"pipeline": "image", "settings": {"prompt": "the same pot in front of a red wall"}}

HUNYUAN = """
[engines.hunyuan3d]
PLACE
[prefer]
mesher = ["hunyuan3d"]
"""
MESHY = """
[engines.meshy]
PLACE
[prefer]
mesher = ["meshy"]
[prices.meshy]
at = 2026-11-01
unit = "credit"
usd = 0.02
"""
GEMINI = """
[engines.gemini]
PLACE
model = "image-model"
[prefer]
editor = ["gemini"]
[prices.gemini]
at = 2026-11-01
unit = "token"
usd = 0.00003
"""
FAL = """
[engines.fal]
PLACE
model = "fal-ai/any/edit"
capability = "editor"
more = { inputs = { prompt = "prompt", image = "image_url" } }
[prefer]
editor = ["fal"]
[prices.fal]
at = 2026-11-01
unit = "unit"
usd = 0.04
"""
"""``PLACE`` stands for the address of a loopback and its key. The prices are made up."""


def application(server: str, wish: dict[str, Any]) -> dict[str, Any]:
    """What a front end does: upload, submit, poll. It names no provider. Gives the finished job."""
    photo = call("PUT", f"{server}/api/v1/assets?name=front.jpg&view=front", PHOTO.read_bytes(), "image/jpeg")
    order = json.dumps(wish | {"inputs": [{"asset_id": photo["id"]}]}).encode()
    job = call("POST", f"{server}/api/v1/jobs", order, "application/json")
    while job["status"] not in ("completed", "failed", "waiting"):
        time.sleep(0.5)
        job = call("GET", f"{server}/api/v1/jobs/{job['id']}")
    return job


def call(method: str, url: str, body: bytes | None = None, kind: str = "") -> Any:
    """One request; returns the JSON of the answer."""
    request = urllib.request.Request(url, data=body, method=method, headers={"Content-Type": kind} if kind else {})
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


@contextlib.contextmanager
def running(*command: str | Path) -> Iterator[Any]:
    """A program that is stopped afterwards; gives what it writes."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process.stdout
        finally:
            process.terminate()


def place_of(provider: Any) -> str:
    """The lines in which a loopback says where it is and which key it takes."""
    lines: list[str] = []
    while len(lines) < 2:
        line = provider.readline()
        if line.startswith(("base_url", "key")):
            lines.append(line)
    return "".join(lines)


def work_with(provider: str, settings: str, wish: dict[str, Any], folder: Path) -> None:
    """Starts a provider and a server with these settings, lets the application work, and says who did it."""
    with running(sys.executable, "-u", "-m", "maquette.testing.loopbacks", provider) as place:
        file = folder / f"{provider}.toml"
        file.write_text(settings.replace("PLACE\n", place_of(place)))
        maquette = Path(sys.executable).with_name("maquette")
        with running(maquette, "--config", file, "--data", folder / provider, "serve", "--port", "0", "--json") as out:
            server = json.loads(out.readline())["url"]
            job = application(server, wish)
            if job["status"] != "completed":
                sys.exit(f"{provider}: {job['status']} {job['error'] or job['waiting_for']}")
            tasks = call("GET", f"{server}/api/v1/jobs/{job['id']}/tasks")["items"]
            engine = next(task["engine"] for task in tasks if task["stage"] == "generating")
            print(f"{job['pipeline']}: {job['status']}, made by {engine}, cost ${job['cost_usd']:.4f}", flush=True)


def main() -> None:
    """Two wishes, two providers each."""
    with tempfile.TemporaryDirectory() as folder:
        work_with("hunyuan", HUNYUAN, MODEL, Path(folder))
        work_with("meshy", MESHY, MODEL, Path(folder))
        work_with("gemini", GEMINI, PICTURE, Path(folder))
        work_with("fal", FAL, PICTURE, Path(folder))


if __name__ == "__main__":
    main()
