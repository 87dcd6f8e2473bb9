"""Keys of providers appear nowhere but in the requests that need them."""

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw

from maquette.cli.main import run
from maquette.settings import load
from maquette.testing.loopbacks.plain import PlainLoopback

KEY = PlainLoopback.key
HOOK = "whsec_of_the_operators_own_0123456789"


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[PlainLoopback]:
    """A hosted cutter, configured with secrets, and a data folder of its own."""
    with PlainLoopback() as loopback:
        table = {
            "KEY": KEY,
            "WEBHOOK_SECRET": HOOK,
            "BASE_URL": loopback.url,
            "ADAPTER": "http",
            "CAPABILITY": "cutter",
            "MORE": '{"unit": "credit", "units": 2}',
        }
        for name, value in table.items():
            monkeypatch.setenv(f"MAQUETTE_ENGINES__STUDIO__{name}", value)
        monkeypatch.setenv("MAQUETTE_PRICES__STUDIO", '{"at": "2026-11-01", "unit": "credit", "usd": 0.05}')
        monkeypatch.setenv("MAQUETTE_DATA", str(tmp_path / "data"))
        yield loopback


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    picture = Image.new("RGB", (96, 96), (230, 230, 225))
    ImageDraw.Draw(picture).ellipse((25, 25, 70, 70), fill=(150, 20, 30))
    picture.save(tmp_path / "photo.png")
    return tmp_path / "photo.png"


def holds_secret(folder: Path) -> list[Path]:
    """The files of a folder that hold a secret as it is spelt."""
    secrets = (KEY.encode(), HOOK.encode())
    return [
        path for path in folder.rglob("*") if path.is_file() and any(secret in path.read_bytes() for secret in secrets)
    ]


@pytest.mark.parametrize(
    "command",
    [
        ["engines"],
        ["engines", "--json"],
        ["engines", "check", "studio"],
        ["engines", "check", "studio", "--json"],
        ["doctor"],
        ["doctor", "--json"],
        ["costs", "--json"],
    ],
)
def test_no_command_shows_a_key(provider: PlainLoopback, capfd: Any, command: list[str]) -> None:
    run(command)
    told = "".join(capfd.readouterr())
    assert "studio" in told or command[0] == "costs"
    assert KEY not in told and HOOK not in told


def test_a_bad_setting_is_told_without_the_secrets_beside_it(
    provider: PlainLoopback, monkeypatch: pytest.MonkeyPatch, capfd: Any
) -> None:
    monkeypatch.setenv("MAQUETTE_ENGINES__STUDIO__RANK", "high")
    assert run(["engines"]) == 2
    told = "".join(capfd.readouterr())
    assert "engines.studio.rank" in told
    assert KEY not in told and HOOK not in told


def test_work_leaves_no_key_behind_whether_it_fails_or_not(
    provider: PlainLoopback, photo: Path, tmp_path: Path, capfd: Any, caplog: Any
) -> None:
    """The whole data folder is searched: rows, events, logs of jobs, handles, files; and what was told meanwhile."""
    caplog.set_level(logging.DEBUG)
    provider.faults.add("denied", "submit")
    command = ["cutout", str(photo), "--engine", "studio", "-o", str(tmp_path / "out")]
    assert run(command) == 1
    assert run([*command, "--json"]) in (0, 1)
    told = "".join(capfd.readouterr()) + caplog.text
    assert "studio" in told
    assert KEY not in told and HOOK not in told
    assert (tmp_path / "data" / "maquette.db").is_file()
    assert holds_secret(tmp_path / "data") == []


def test_settings_know_what_must_not_be_logged(provider: PlainLoopback) -> None:
    loaded = load()
    assert {KEY, HOOK} <= loaded.secrets()
    assert KEY not in repr(loaded) and HOOK not in repr(loaded)
