"""What a linter of images would say, as far as it matters here; no engine is needed to see it."""

import re

from commands import DEPLOY, ROOT, of_dockerfile, parse

TEXT = (DEPLOY / "Dockerfile").read_text()
LINES = TEXT.replace("\\\n", " ").splitlines()
INSTRUCTIONS = [line for line in LINES if line and not line.startswith("#")]
STAGES = TEXT.split("\nFROM ")[1:]
RUNTIME = STAGES[-1]


def _of(name: str, text: str = TEXT) -> list[str]:
    return [line for line in text.replace("\\\n", " ").splitlines() if line.startswith(f"{name} ")]


def test_every_image_is_pinned_to_a_release() -> None:
    for line in _of("FROM"):
        image = line.split()[1]
        assert re.fullmatch(r"[a-z0-9./-]+:\d+\.\d+(\.\d+)?-[a-z0-9-]+", image), image


def test_nothing_is_added_and_the_shell_is_not_the_process() -> None:
    assert not _of("ADD")
    for name in ("CMD", "ENTRYPOINT"):
        assert all(line.split(maxsplit=1)[1].startswith("[") for line in _of(name))
    assert "CMD [" in _of("HEALTHCHECK")[0]


def test_the_runtime_is_no_root_and_has_no_build_tools() -> None:
    (user,) = _of("USER", RUNTIME)
    assert int(user.split()[1].partition(":")[0]) >= 10_000
    assert RUNTIME.index("USER") < RUNTIME.index("ENTRYPOINT")
    assert not re.search(r"\b(gcc|g\+\+|make|build-essential|nodejs|npm|git|curl)\b", RUNTIME)
    assert not _of("COPY", RUNTIME)[0].startswith("COPY . ")


def test_package_managers_leave_nothing_behind() -> None:
    for line in _of("RUN"):
        if "apt-get install" in line:
            assert "--no-install-recommends" in line
            assert "rm -rf /var/lib/apt/lists/*" in line
        if "pip install" in line:
            assert "--no-cache-dir" in line
            assert "--constraint constraints.txt" in line
        if "npm" in line and "install" in line:
            assert "npm ci" in line


def test_no_secret_is_built_in() -> None:
    assert not re.search(r"(password|secret|token|_key)\s*=", TEXT, re.I)


def test_it_says_what_it_is() -> None:
    labels = " ".join(_of("LABEL"))
    for name in ("title", "description", "licenses", "version", "revision"):
        assert f"org.opencontainers.image.{name}=" in labels


def test_what_is_copied_exists_and_is_let_through() -> None:
    ignore = (ROOT / ".dockerignore").read_text().splitlines()
    allowed = {line.removeprefix("!") for line in ignore if line.startswith("!")}
    for line in _of("COPY"):
        if "--from=" in line:
            continue
        for source in line.split()[1:-1]:
            assert (ROOT / source).exists(), source
            assert source.split("/")[0] in allowed, source


def test_the_command_is_one_of_ours() -> None:
    parse(of_dockerfile())
