"""Runs the command line as a person does: in processes of its own, on a data folder of its own."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw

PROGRAM = (sys.executable, "-c", "from maquette.cli.main import main; main()")
PATIENCE_S = 120


@dataclass(frozen=True)
class Ended:
    """What a command left."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        """The one line of JSON on stdout."""
        (line,) = self.out.splitlines()
        return json.loads(line)

    @property
    def events(self) -> list[dict[str, Any]]:
        """The JSON lines on stderr."""
        return [json.loads(line) for line in self.err.splitlines() if line.startswith("{")]


class Program:
    """The command line in the folder ``home``, with its data in ``home/data``. ``more`` are further variables."""

    def __init__(self, home: Path, **more: str) -> None:
        self.home = home
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("MAQUETTE_", "XDG_"))}
        self._environment = kept | {"HOME": str(home), "MAQUETTE_DATA": str(home / "data"), "NO_COLOR": "1"} | more

    def start(self, *arguments: str) -> "Running":
        return Running(
            subprocess.Popen(
                [*PROGRAM, *arguments],
                cwd=self.home,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                start_new_session=True,
            )
        )

    def run(self, *arguments: str) -> Ended:
        return self.start(*arguments).end()


class Running:
    """A command that has not ended yet. Both of its streams are read all the time."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process
        self._lines: dict[str, list[str]] = {"out": [], "err": []}
        self._news = threading.Condition()
        self._readers = [
            threading.Thread(target=self._read, args=("out", process.stdout), daemon=True),
            threading.Thread(target=self._read, args=("err", process.stderr), daemon=True),
        ]
        for reader in self._readers:
            reader.start()

    def wait_for(self, stream: str, wanted: Callable[[str], bool]) -> str:
        """The first line of a stream that is wanted; fails when the command ends without it."""

        def found() -> str | None:
            return next((line for line in self._lines[stream] if wanted(line)), None)

        with self._news:
            self._news.wait_for(lambda: found() is not None or not self._alive(), PATIENCE_S)
            line = found()
        assert line is not None, f"not seen; the command said: {self._lines}"
        return line

    def wait_for_event(self, kind: str, stage: str | None = None) -> dict[str, Any]:
        """The first such event of a command that runs with --json."""

        def wanted(line: str) -> bool:
            event = json.loads(line) if line.startswith("{") else {}
            return event.get("type") == kind and stage in (None, event.get("stage"))

        return json.loads(self.wait_for("err", wanted))

    def send(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def end(self) -> Ended:
        code = self.process.wait(PATIENCE_S)
        for reader in self._readers:
            reader.join(PATIENCE_S)
        for stream in (self.process.stdout, self.process.stderr):
            assert stream
            stream.close()
        return Ended(code, "".join(self._lines["out"]), "".join(self._lines["err"]))

    def _alive(self) -> bool:
        return any(reader.is_alive() for reader in self._readers)

    def _read(self, name: str, stream: Any) -> None:
        for line in stream:
            with self._news:
                self._lines[name].append(line)
                self._news.notify_all()
        with self._news:
            self._news.notify_all()


@pytest.fixture
def program(tmp_path: Path) -> Program:
    return Program(tmp_path)


@pytest.fixture(scope="session")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the four sides of a block."""
    return draw_photos(tmp_path_factory.mktemp("drawn") / "photos")


@pytest.fixture
def bad_photos(tmp_path: Path) -> Path:
    """A folder with one photo per way of being no good."""
    return draw_bad_photos(tmp_path / "bad")


def draw_photos(folder: Path) -> Path:
    """Four sides of a coloured block with a knob on a light wall, 144 x 192 pixels, and photos that are no good."""
    folder.mkdir(parents=True)
    for view, colour in {"front": "#b03030", "left": "#2f8f4f", "right": "#3050b0", "back": "#907020"}.items():
        picture = Image.new("RGB", (144, 192), "#f0efe8")
        pen = ImageDraw.Draw(picture)
        pen.rectangle((42, 30, 102, 170), fill=colour)
        pen.ellipse((56, 50, 88, 82), fill="#202020")
        picture.save(folder / f"block-{view}.jpg", quality=95)
    return folder


def draw_bad_photos(folder: Path) -> Path:
    """One photo per way in which a photo can be no good, named after the code that it should get."""
    folder.mkdir(parents=True)
    (folder / "empty_file.jpg").touch()
    (folder / "not_an_image.jpg").write_text("I am no picture, whatever my name says." * 10)
    picture = Image.effect_noise((200, 200), 60).convert("RGB")
    picture.save(folder / "whole.jpg")
    whole = (folder / "whole.jpg").read_bytes()
    (folder / "image_truncated.jpg").write_bytes(whole[: len(whole) // 2])
    (folder / "whole.jpg").unlink()
    Image.new("RGB", (8, 8), "red").save(folder / "image_too_small.png")
    return folder
