"""What the tree promises and no linter checks by itself."""

import ast
import sys
from pathlib import Path

import maquette

PACKAGE = Path(maquette.__file__).parent
PURE = ("domain", "ports")


def _imports(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add((node.module or "").split(".")[0])
    return names


def test_domain_and_ports_need_the_standard_library_only():
    allowed = sys.stdlib_module_names | {"maquette"}
    for layer in PURE:
        for path in (PACKAGE / layer).rglob("*.py"):
            assert _imports(path) <= allowed, path


def test_imports_are_absolute_everywhere():
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            assert not (isinstance(node, ast.ImportFrom) and node.level), f"{path}:{node.lineno}"


def test_only_the_settings_read_the_environment():
    for path in PACKAGE.rglob("*.py"):
        if path.name == "settings.py":
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "os":
                assert node.attr != "getenv", f"{path}:{node.lineno} reads the environment"


def test_no_module_is_named_for_nothing():
    banned = {"utils", "helpers", "manager", "base"}
    names = {path.stem for path in PACKAGE.rglob("*.py")} | {path.name for path in PACKAGE.rglob("*") if path.is_dir()}
    assert not names & banned


def test_modules_stay_small():
    for path in PACKAGE.rglob("*.py"):
        if "migrations" in path.parts:
            continue
        lines = len(path.read_text(encoding="utf-8").splitlines())
        assert lines <= 400, f"{path} has {lines} lines"
