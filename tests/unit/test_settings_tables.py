"""The tables of the settings: hosted engines, prices, budgets, and the names that other programs use."""

import os
from datetime import date
from pathlib import Path

import pytest

from maquette import settings
from maquette.domain.errors import Refused
from maquette.ports.engines import Capability
from maquette.settings.usual import KEYS, PAIRS

TABLES = """
[engines.meshy]
base_url = "http://127.0.0.1:8765"
rank = 5
run_s = 1800

[engines.studio]
adapter = "comfyui"
capability = "editor"
more = { workflow = "paint.json" }

[prices.meshy]
at = 2026-11-01
unit = "credit"
usd = 0.02

[budget]
day_usd = 20

[prefer]
mesher = ["meshy", "carve"]
"""


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing of the developer's own."""
    usual = {name for names in KEYS.values() for name in names} | {
        n for p in PAIRS.values() for both in p for n in both
    }
    for name in os.environ:
        if name.startswith(("MAQUETTE_", "AWS_")) or name in usual | {"REDIS_URL"}:
            monkeypatch.delenv(name)
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "HOME"):
        monkeypatch.setenv(name, str(tmp_path))


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "some.toml"
    path.write_text(TABLES)
    return path


def test_tables_are_read(config: Path) -> None:
    loaded = settings.load(config)
    assert loaded.engines["meshy"].run_s == 1800
    assert loaded.engines["studio"].capability is Capability.EDITOR
    assert loaded.engines["studio"].more == {"workflow": "paint.json"}
    assert (loaded.prices["meshy"].usd, loaded.prices["meshy"].at) == (0.02, date(2026, 11, 1))
    assert (loaded.budget.day_usd, loaded.budget.job_usd) == (20, None)
    assert loaded.prefer.mesher == ("meshy", "carve")


def test_the_environment_reaches_into_tables_and_leaves_the_rest_of_them(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAQUETTE_ENGINES__MESHY__KEY", "msy_secret")
    monkeypatch.setenv("MAQUETTE_ENGINES__TRIPO__IS_TEST", "true")
    monkeypatch.setenv("MAQUETTE_BUDGET__JOB_USD", "1.5")
    monkeypatch.setenv("MAQUETTE_PREFER__CUTTER", '["rembg"]')
    loaded = settings.load(config)
    meshy = loaded.engines["meshy"]
    assert (meshy.key.get_secret_value(), meshy.base_url, meshy.rank) == ("msy_secret", "http://127.0.0.1:8765", 5)
    assert loaded.engines["tripo"].is_test
    assert (loaded.budget.job_usd, loaded.budget.day_usd) == (1.5, 20)
    assert (loaded.prefer.cutter, loaded.prefer.mesher) == (("rembg",), ("meshy", "carve"))
    assert settings.unknown_variables() == ()


@pytest.mark.parametrize(
    ("variable", "value", "told", "hint"),
    [
        ("ENGINES__MESHY__KYE", "x", "no setting 'engines.meshy.kye'", "Choose from: adapter, base_url, key"),
        ("ENGINES__MESHY__RANK", "high", "engines.meshy.rank: ", "MAQUETTE_ENGINES__MESHY__RANK"),
        ("ENGINES__MESHY__BASE_URL", "127.0.0.1", "engines.meshy: base_url", "MAQUETTE_ENGINES__MESHY"),
        ("ENGINES__MESHY__BASE_URL", "http://me:secret@host", "engines.meshy: base_url", "MAQUETTE_ENGINES__MESHY"),
        ("ENGINES__ME-SHY__KEY", "x", "engines.me-shy: ", "MAQUETTE_ENGINES__ME-SHY"),
        ("BUDGET__WEEK_USD", "1", "no setting 'budget.week_usd'", "Choose from: job_usd, batch_usd, day_usd."),
        ("BUDGET__DAY_USD", "-1", "budget.day_usd: ", "MAQUETTE_BUDGET__DAY_USD"),
        ("PRICES__MESHY__USD", "0.1", "prices.meshy.at: ", "MAQUETTE_PRICES__MESHY__AT"),
        ("PREFER__MESHER", '["a,b"]', "prefer.mesher.0: ", "MAQUETTE_PREFER__MESHER"),
    ],
)
def test_what_is_wrong_in_a_table_is_told_with_its_place_and_without_its_value(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, told: str, hint: str
) -> None:
    monkeypatch.setenv(f"MAQUETTE_{variable}", value)
    with pytest.raises(Refused) as refused:
        settings.load()
    assert refused.value.code == "invalid_setting"
    assert told in refused.value.message
    assert hint in refused.value.hint
    assert "me:secret" not in str(refused.value) + refused.value.hint


def test_a_variable_whose_table_there_is_not_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAQUETTE_ENGINS__MESHY__KEY", "x")
    assert settings.unknown_variables() == ("MAQUETTE_ENGINS__MESHY__KEY",)


def test_a_providers_usual_variable_is_the_key_of_its_engine_where_ours_says_nothing(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MESHY_API_KEY", "usual-key")
    monkeypatch.setenv("TENCENTCLOUD_SECRET_ID", "the-id")
    assert settings.load(config).engines["meshy"].key.get_secret_value() == "usual-key"
    assert settings.load(config).engines["studio"].key.get_secret_value() == ""
    assert set(settings.load().engines) == {"meshy"}
    monkeypatch.setenv("TENCENTCLOUD_SECRET_KEY", "the-key")
    assert settings.load().engines["tencent"].key.get_secret_value() == "the-id:the-key"
    monkeypatch.setenv("MAQUETTE_ENGINES__MESHY__KEY", "own-key")
    assert settings.load(config).engines["meshy"].key.get_secret_value() == "own-key"


def test_a_providers_key_goes_to_no_address_of_somebody_elses(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config.write_text(
        '[engines.meshy_remesh]\n[engines.second]\nadapter = "meshy"\n'
        '[engines.lab]\nadapter = "meshy"\nbase_url = "https://lab.example.org"\n[engines.carve3]\n'
    )
    monkeypatch.setenv("MESHY_API_KEY", "usual-key")
    keys = {name: table.key.get_secret_value() for name, table in settings.load(config).engines.items()}
    assert keys == {"meshy": "usual-key", "meshy_remesh": "usual-key", "second": "usual-key", "lab": "", "carve3": ""}


def test_the_bucket_of_an_older_system_is_found_under_its_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "the-id")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "the-secret")
    assert settings.load().blobs_url == ""
    monkeypatch.setenv("AWS_S3_BUCKET", "photos")
    monkeypatch.setenv("AWS_REGION", "eu-north-1")
    loaded = settings.load()
    assert loaded.s3_secret_access_key.get_secret_value() == "the-secret"
    assert loaded.blobs_url == "s3://photos?endpoint=https%3A%2F%2Fs3.eu-north-1.amazonaws.com&region=eu-north-1"
    monkeypatch.setenv("MAQUETTE_BLOBS_URL", "s3://ours")
    assert settings.load().blobs_url == "s3://ours"


def test_redis_is_not_needed_and_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    assert settings.unneeded() == {}
    monkeypatch.setenv("REDIS_URL", "redis://:password@localhost:6379")
    assert "no Redis is needed" in settings.unneeded()["REDIS_URL"]
    assert "password" not in repr(settings.unneeded())


def test_secrets_within_tables_are_known_and_never_shown(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAQUETTE_ENGINES__MESHY__KEY", "msy_secret")
    monkeypatch.setenv("MAQUETTE_ENGINES__MESHY__WEBHOOK_SECRET", "whsec_secret")
    monkeypatch.setenv("FAL_KEY", "fal-id:fal-secret")
    loaded = settings.load(config)
    assert {"msy_secret", "whsec_secret", "fal-id:fal-secret", "fal-secret"} <= loaded.secrets()
    for secret in loaded.secrets():
        assert secret not in repr(loaded) + str(loaded.engines)
