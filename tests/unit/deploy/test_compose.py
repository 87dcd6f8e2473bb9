"""The compose file: its shape, its secrets, and that what it starts is what the program knows."""

import re
import shutil
import subprocess
from typing import Any

import pytest

from commands import DEPLOY, compose, of_compose, of_units, parse
from maquette.settings import PREFIX, Settings

SERVICES: dict[str, Any] = compose()["services"]
OURS = {name: service for name, service in SERVICES.items() if "build" in service}
DRAIN = Settings.model_fields["drain_seconds"].default


def seconds(text: str) -> float:
    return float(text.removesuffix("s"))


@pytest.mark.parametrize("arguments", of_compose().values(), ids=list(of_compose()))
def test_every_command_is_one_of_ours(arguments: list[str]) -> None:
    parse(arguments)


def test_every_image_is_pinned() -> None:
    for name, service in SERVICES.items():
        assert re.search(r":(\d+\.\d+|\$\{MAQUETTE_VERSION)", service["image"]), name


def test_every_setting_exists() -> None:
    known = {f"{PREFIX}{name}".upper() for name in Settings.model_fields}
    for service in OURS.values():
        assert set(service["environment"]) <= known


def test_no_secret_has_a_value_in_the_files() -> None:
    example = dict(
        line.split("=", 1)
        for line in (DEPLOY / ".env.example").read_text().splitlines()
        if "=" in line[1:] and line[0] != "#"
    )
    for name, value in example.items():
        assert not value or not re.search("PASSWORD|SECRET|ACCESS_KEY", name), name
    text = (DEPLOY / "compose.yaml").read_text()
    for name in re.findall(r"\$\{([A-Z0-9_]+)", text):
        assert name in example, f"{name} is missing in .env.example"
    for name in re.findall(r"(?:PASSWORD|SECRET\w*): (.*)", text):
        assert name.startswith("${"), name


def test_ours_run_with_as_little_as_possible() -> None:
    for name, service in OURS.items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert "no-new-privileges:true" in service["security_opt"], name


def test_database_and_bucket_are_reached_from_inside_only() -> None:
    assert compose()["networks"]["inside"]["internal"] is True
    for name in ("postgres", "store", "bucket"):
        assert SERVICES[name]["networks"] == ["inside"], name
        assert "ports" not in SERVICES[name], name
    assert SERVICES["api"]["ports"] == ["${MAQUETTE_LISTEN:-127.0.0.1:8760}:8760"]


def test_nothing_starts_before_the_migration() -> None:
    for name in set(OURS) - {"migrate"}:
        assert SERVICES[name]["depends_on"]["migrate"]["condition"] == "service_completed_successfully", name


def test_workers_get_the_time_that_they_may_take_to_drain() -> None:
    for name in ("worker", "gpu-worker"):
        assert seconds(SERVICES[name]["stop_grace_period"]) > DRAIN, name
    for unit in of_units():
        stop = re.search(r"^TimeoutStopSec=(\d+)$", (DEPLOY / "systemd" / unit).read_text(), re.M)
        assert stop, unit
        assert int(stop[1]) > DRAIN, unit


def test_docker_reads_it(tmp_path: Any) -> None:
    docker = shutil.which("docker")
    if docker is None or subprocess.run([docker, "compose", "version"], capture_output=True, check=False).returncode:
        pytest.skip("docker compose is not installed: the file was read as YAML only")
    env = {"POSTGRES_PASSWORD": "a", "S3_ACCESS_KEY_ID": "b", "S3_SECRET_ACCESS_KEY": "c", "HOME": str(tmp_path)}
    said = subprocess.run(
        [docker, "compose", "-f", str(DEPLOY / "compose.yaml"), "--profile", "gpu", "config", "--quiet"],
        capture_output=True, text=True, check=False, env=env,
    )  # fmt: skip
    assert said.returncode == 0, said.stderr
