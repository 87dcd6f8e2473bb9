"""The guides: every command is one of ours, every link leads somewhere, every error has its procedure."""

import re
from pathlib import Path

import pytest

from commands import GUIDES, ROOT, of_text, parse
from maquette.domain.errors import CODES

PAGES = [GUIDES / f"{name}.md" for name in ("operate", "upgrade", "errors", "deploy", "old-front-ends", "batches")]
INLINE = re.compile(r"`(maquette [^`]+)`")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_command_is_one_of_ours(page: Path) -> None:
    shown = list(of_text(page)) + [line.split()[1:] for line in INLINE.findall(page.read_text(encoding="utf-8"))]
    assert shown
    for arguments in shown:
        parse(["job_1" if word in ("ID", "NAME") else word for word in arguments])


@pytest.mark.parametrize("page", [*PAGES, ROOT / "README.md"], ids=lambda page: page.stem)
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)]+)\)", page.read_text(encoding="utf-8")):
        if "://" in target:
            continue
        file, _, anchor = target.partition("#")
        found = (page.parent / file) if file else page
        assert found.exists(), target
        if anchor:
            assert anchor in _anchors(found), target


def test_every_error_that_an_operator_meets_has_a_procedure() -> None:
    text = (GUIDES / "errors.md").read_text(encoding="utf-8")
    for code in CODES.values():
        if code.status >= 500:
            assert f"\n## {code.name}\n" in text, f"{code.name} has no procedure in docs/guides/errors.md"
        elif code.exit == 1:
            assert f"`{code.name}`" in text or f"\n## {code.name}\n" in text, f"{code.name} is missing"


def test_no_procedure_is_for_an_error_that_is_gone() -> None:
    text = (GUIDES / "errors.md").read_text(encoding="utf-8")
    assert not [name for name in re.findall(r"^## (\S+)$", text, re.M) if name not in CODES]


def _anchors(page: Path) -> set[str]:
    lines = [line for line in page.read_text(encoding="utf-8").splitlines() if line.startswith("#")]
    return {re.sub(r"[^\w -]", "", line.lstrip("# ").lower()).replace(" ", "-") for line in lines}
