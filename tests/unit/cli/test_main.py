"""Messages, hints and exit codes of what is refused before anything is opened."""

import json
import socket
from pathlib import Path

import pytest

import networks
from maquette import __version__
from maquette.cli.main import run


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("MAQUETTE_DATA", str(tmp_path / "data"))
    for name in ("front.jpg", "chair.jpg", "stool.jpg", "cut/front.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "empty").mkdir()
    (tmp_path / "bad.toml").write_text("prot = 1")
    return tmp_path


CASES = [
    (["make"], 2, "no_photo"),
    (["make", "none.jpg"], 2, "file_missing"),
    (["make", "*.tiff"], 2, "file_missing"),
    (["make", "empty"], 2, "no_photo"),
    (["make", "chair.jpg", "stool.jpg"], 2, "view_missing"),
    (["make", "front.jpg", "--front", "chair.jpg"], 2, "duplicate_view"),
    (["make", "front.jpg", "--quality", "best"], 2, "invalid_setting"),
    (["make", "front.jpg", "--box", "1,2,3"], 2, "invalid_request"),
    (["make", "front.jpg", "-o", "chair.jpg"], 2, "invalid_request"),
    (["make", "front.jpg", "--qality", "fast"], 2, "invalid_request"),
    (["cutout"], 2, "invalid_request"),
    (["cutout", "none.jpg"], 2, "file_missing"),
    (["cutout", "front.jpg", "--box", "0,0,0,0"], 2, "invalid_request"),
    (["cutout", "cut/front.png", "-o", "cut"], 2, "invalid_request"),
    (["serve", "--host", "0.0.0.0"], 2, "key_required"),
    (["serve", "--port", "99999"], 2, "invalid_request"),
    (["jobs", "list", "--status", "odd"], 2, "invalid_request"),
    (["jobs", "retry", "last", "--from-stage", "odd"], 2, "unknown_stage"),
    (["--config", "none.toml", "doctor"], 2, "file_missing"),
    (["--config", "bad.toml", "doctor"], 2, "invalid_setting"),
    (["--data", "front.jpg/data", "jobs", "list"], 2, "invalid_setting"),
    (["frobnicate"], 2, "invalid_request"),
]


@pytest.mark.parametrize(
    ("arguments", "exit_code", "code"), CASES, ids=lambda value: " ".join(value) if isinstance(value, list) else None
)
def test_what_is_refused_has_a_code_a_message_and_a_hint(
    arguments: list[str], exit_code: int, code: str, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*arguments, "--json"]) == exit_code
    error = json.loads(capsys.readouterr().out)["error"]
    assert error["code"] == code
    assert error["message"]
    assert error["hint"]
    assert not (here / "data").exists()

    assert run(arguments) == exit_code
    told = capsys.readouterr()
    assert told.out == ""
    assert "Traceback" not in told.err
    # a mistake in the options themselves is shown by the library, in its box
    assert "Usage:" in told.err or (f"({code})" in told.err and "Try:" in told.err)


def test_a_bug_ends_with_its_traceback_and_a_code(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("oh")

    monkeypatch.setattr("maquette.plugins.Shelf.all", broken)
    assert run(["engines", "--json"]) == 1
    told = capsys.readouterr()
    assert json.loads(told.out)["error"]["code"] == "internal"
    assert "ZeroDivisionError: oh" in told.err


def test_an_interrupt_is_130(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("maquette.plugins.Shelf.all", interrupted)
    assert run(["engines"]) == 130


def test_the_version_and_the_help_go_to_stdout(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--version"]) == 0
    assert capsys.readouterr().out == f"maquette {__version__}\n"
    assert run(["--help"]) == 0
    told = capsys.readouterr().out
    for command in ("make", "cutout", "serve", "jobs", "engines", "doctor", "migrate", "openapi"):
        assert command in told


def test_doctor_names_what_it_looked_at(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAQUETTE_PROT", "1")
    code = run(["doctor", "--json"])
    report = json.loads(capsys.readouterr().out)
    checks = {check["name"]: check for check in report["checks"]}
    assert code == (0 if report["ok"] else 1)
    assert {
        "python",
        "maquette",
        "engine carve",
        "engine grabcut",
        "heic",
        "ffmpeg",
        "gpu",
        "data folder",
        "disk",
        "database",
        "storage",
        "limits",
        "keys",
    } <= set(checks)
    assert checks["settings"]["found"] == "MAQUETTE_PROT is not a setting"
    assert all(check["hint"] for check in checks.values() if check["state"] in ("missing", "broken"))


def test_doctor_fails_when_nothing_can_run(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--data", str(here / "front.jpg" / "data"), "doctor", "--json"]) == 1
    report = json.loads(capsys.readouterr().out)
    assert [check["name"] for check in report["checks"] if check["state"] == "broken"] == ["data folder"]


def test_openapi_is_sorted_and_the_same_each_time(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["openapi"]) == 0
    text = capsys.readouterr().out
    assert text == json.dumps(json.loads(text), indent=2, sort_keys=True, ensure_ascii=False) + "\n"
    assert run(["openapi", "-o", "api.json"]) == 0
    assert (here / "api.json").read_text() == text


def test_engines_are_listed_with_version_and_licence(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["engines", "--json"]) == 0
    items = {item["name"]: item for item in json.loads(capsys.readouterr().out)["items"]}
    assert items["carve"]["capability"] == "mesher"
    assert items["carve"]["licence"] == "Apache-2.0"
    assert items["carve"]["version"]


def test_weights_are_listed_with_their_licences_and_installed_when_a_person_agrees(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["weights", "list", "--json"]) == 0
    items = {item["name"]: item for item in json.loads(capsys.readouterr().out)["items"]}
    assert (items["isnet"]["licence"], items["isnet"]["commercial_use"], items["isnet"]["present"]) == (
        "Apache-2.0",
        True,
        False,
    )
    assert not items["rmbg"]["commercial_use"]
    file = str(networks.network(here / "mine.onnx", -20.0))
    for wrong, code in (
        (["isnet", "--file", file], "invalid_request"),
        (["isnet", "--file", file, "--yes"], "digest_mismatch"),
        (["isnet", "--trust", "--yes"], "invalid_request"),
        (["isnet", "--file", file, "--sha256", "12", "--yes"], "invalid_request"),
        (["rmbg", "--file", file, "--trust", "--yes"], "licence_not_accepted"),
        (["sam", "--yes"], "unknown_weights"),
    ):
        assert run(["weights", "pull", *wrong, "--json"]) == 2
        assert json.loads(capsys.readouterr().out)["error"]["code"] == code
    assert run(["weights", "pull", "isnet", "--file", file, "--trust", "--yes"]) == 0
    told = capsys.readouterr().err
    for fact in ("IS-Net", "Apache-2.0", "commercial use allowed", "not the listed file"):
        assert fact in told
    assert run(["engines", "--json"]) == 0
    engines = {item["name"]: item for item in json.loads(capsys.readouterr().out)["items"]}
    assert engines["isnet"]["ready"]


def test_an_address_in_use_is_told_with_a_way_out(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert run(["serve", "--port", port, "--json"]) == 1
    error = json.loads(capsys.readouterr().out)["error"]
    assert error["code"] == "address_in_use"
    assert "--port 0" in error["hint"]
    assert not (here / "data").exists()
