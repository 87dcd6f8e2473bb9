"""Settings: where a value comes from, and what a bad one says."""

from pathlib import Path

import pytest

from maquette import settings
from maquette.domain.errors import Refused


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """No settings of the developer's own: an empty home and no MAQUETTE_ variables."""
    import os

    for name in os.environ:
        if name.startswith("MAQUETTE_"):
            monkeypatch.delenv(name)
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    return tmp_path


def test_defaults_need_nothing(clean: Path) -> None:
    loaded = settings.load()
    assert loaded.host == "127.0.0.1"
    assert loaded.port == 8760
    assert loaded.max_photo_bytes == 50_000_000
    assert loaded.data.is_relative_to(clean)
    assert not loaded.data.exists()


def test_flags_win_over_environment_over_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    config = tmp_path / "some.toml"
    config.write_text('port = 1\nthreads = 3\nlog_level = "debug"\n')
    monkeypatch.setenv("MAQUETTE_PORT", "2")
    monkeypatch.setenv("MAQUETTE_THREADS", "4")
    loaded = settings.load(config, {"port": 3, "host": None})
    assert (loaded.port, loaded.threads, loaded.log_level) == (3, 4, settings.LogLevel.DEBUG)


def test_the_file_is_found_in_the_configuration_folder_or_named_by_the_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    default = settings.config_path()
    default.parent.mkdir(parents=True)
    default.write_text("port = 11\n")
    assert settings.load().port == 11
    named = tmp_path / "named.toml"
    named.write_text("port = 12\n")
    monkeypatch.setenv("MAQUETTE_CONFIG", str(named))
    assert settings.load().port == 12


def test_the_data_folder_is_absolute(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    assert settings.load(flags={"data": Path("data")}).data == tmp_path / "data"
    assert settings.load(flags={"data": Path("~/data")}).data == tmp_path / "data"


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "::1", "localhost"])
def test_loopback_is_taken(host: str) -> None:
    assert settings.load(flags={"host": host}).host == host


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "::1", "localhost"])
def test_nobody_needs_a_key_on_loopback(host: str) -> None:
    assert not settings.load(flags={"host": host}).needs_key
    assert settings.load(flags={"host": host, "require_key": True}).needs_key
    assert settings.load(flags={"host": host, "public_url": "https://maquette.example.org"}).needs_key


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "example.org", "127.0.0.1.example.org"])
def test_what_others_can_reach_needs_a_key_whatever_is_set(host: str) -> None:
    assert settings.load(flags={"host": host}).needs_key
    with pytest.raises(Refused) as refused:
        settings.load(flags={"host": host, "require_key": False})
    assert (refused.value.code, host in refused.value.message) == ("invalid_setting", True)
    assert "MAQUETTE_REQUIRE_KEY" in refused.value.hint


def test_a_specific_address_is_a_name_that_requests_may_use() -> None:
    others = frozenset({"studio.lan"})
    assert settings.load(flags={"host": "192.168.1.5", "allowed_hosts": others}).host_names == {"192.168.1.5", *others}
    assert settings.load(flags={"host": "0.0.0.0", "allowed_hosts": others}).host_names == others


@pytest.mark.parametrize(
    "text", ["example.org", "ftp://a.b", "https://a.b/path", "https://A.b", "https://*", "*", "null", "https://a b"]
)
def test_origins_are_spelt_as_browsers_send_them(text: str) -> None:
    for flags in ({"cors_origins": [text]}, {"public_url": text}):
        with pytest.raises(Refused) as refused:
            settings.load(flags=flags)
        assert refused.value.code == "invalid_setting"
    assert settings.load(flags={"public_url": "https://a.b:8443/"}).public_url == "https://a.b:8443"


@pytest.mark.parametrize(
    ("flags", "named"),
    [
        ({"host": ""}, "host"),
        ({"port": 70_000}, "port"),
        ({"threads": 0}, "threads"),
        ({"max_photo_mb": 501}, "max_photo_mb"),
        ({"log_level": "loud"}, "log_level"),
    ],
)
def test_a_bad_value_names_its_setting(flags: dict[str, object], named: str) -> None:
    with pytest.raises(Refused) as refused:
        settings.load(flags=flags)
    assert refused.value.code == "invalid_setting"
    assert refused.value.message.startswith(f"{named}: ")
    assert f"MAQUETTE_{named.upper()}" in refused.value.hint


def test_a_misspelt_setting_in_the_file_is_an_error(tmp_path: Path) -> None:
    config = tmp_path / "some.toml"
    config.write_text("prot = 1\n")
    with pytest.raises(Refused, match="prot") as refused:
        settings.load(config)
    assert "port" in refused.value.hint


def test_a_file_that_is_not_toml_is_an_error(tmp_path: Path) -> None:
    config = tmp_path / "some.toml"
    config.write_text("port: 1\n")
    with pytest.raises(Refused) as refused:
        settings.load(config)
    assert refused.value.code == "invalid_setting"
    assert str(config) in refused.value.hint


def test_a_named_file_must_exist(tmp_path: Path) -> None:
    with pytest.raises(Refused) as refused:
        settings.load(tmp_path / "none.toml")
    assert refused.value.code == "file_missing"


def test_misspelt_variables_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAQUETTE_PROT", "1")
    monkeypatch.setenv("MAQUETTE_PORT", "1")
    monkeypatch.setenv("MAQUETTE_CONFIG", "")
    assert settings.unknown_variables() == ("MAQUETTE_PROT",)


def test_what_must_never_be_written_down_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    assert settings.load().secrets() == frozenset()
    monkeypatch.setenv("MAQUETTE_DATABASE_URL", "postgresql+psycopg://maquette:s%40crets@db/maquette")
    assert settings.load().secrets() == {"s%40crets", "s@crets"}
