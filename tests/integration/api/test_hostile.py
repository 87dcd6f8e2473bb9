"""The shared folder of hostile files, where it is there: none of them breaks the server."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
CORPUS = Path(os.environ.get("MAQUETTE_SHARED", ROOT.parent / "shared")) / "data2d" / "hostile"


@pytest.mark.skipif(not CORPUS.is_dir(), reason="there are no shared files")
def test_hostile_files_are_taken_or_refused(make):
    world = make()
    world.services.uploads.max_photo_bytes = 50_000_000
    verdicts = {}
    for path in sorted(path for path in CORPUS.rglob("*") if path.is_file()):
        answer = world.http.put("/api/v1/assets", params={"name": path.name}, content=path.read_bytes())
        verdicts[path.name] = (answer.status_code, answer.json().get("code"))
    broken = {name: verdict for name, verdict in verdicts.items() if verdict[0] != 201 and not 400 <= verdict[0] < 500}
    assert verdicts
    assert broken == {}
    assert world.http.get("/healthz").status_code == 200
