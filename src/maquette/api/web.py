"""Serves the built page: hashed files for ever, the index always fresh, every page address the index."""

import asyncio
from pathlib import Path

from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.types import Receive, Scope, Send

from maquette.api.observation import see
from maquette.api.problems import ProblemResponse, not_allowed
from maquette.domain.errors import Refused

ROUTE = "(page)"
FOREVER = "public, max-age=31536000, immutable"
MISSING = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Maquette</title>
<h1>Maquette is running</h1>
<p>The page has not been built yet. Run <code>make web</code> and load this address again.</p>
<p>The API is at <a href="/openapi.json">/openapi.json</a>.</p>
</html>
"""


def policy(store: str | None = None) -> str:
    """The page's Content-Security-Policy; ``store`` is the origin that downloads are sent to, if they are."""
    also = f" {store}" if store else ""
    return "; ".join(
        (
            "default-src 'self'",
            f"img-src 'self' blob: data:{also}",
            # the viewer reads the textures inside a model through blob: addresses
            f"connect-src 'self' blob:{also}",
            "worker-src 'self' blob:",
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    )


class WebPage:
    """Raw ASGI over the folder of the built page; without one, a page that says how to build it."""

    def __init__(self, folder: Path | None, store: str | None = None) -> None:
        """``store`` as for ``policy``."""
        self._folder = folder.resolve() if folder else None
        self._fresh = {"cache-control": "no-cache", "content-security-policy": policy(store)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        see(scope, ROUTE)
        if scope["method"] not in ("GET", "HEAD"):
            answer: Response = not_allowed("GET", "HEAD")
        else:
            answer = await asyncio.to_thread(self._answer, scope["path"])
        await answer(scope, receive, send)

    def _answer(self, path: str) -> Response:
        if self._folder is None or not (self._folder / "index.html").is_file():
            if _is_file(path):
                return ProblemResponse(Refused("not_found"))
            return HTMLResponse(MISSING, headers=self._fresh)
        file = _inside(self._folder, path)
        if file is not None:
            caching = {"cache-control": FOREVER} if path.startswith("/assets/") else {}
            return FileResponse(file, headers=self._fresh | caching)
        if _is_file(path):
            return ProblemResponse(Refused("not_found"))
        return FileResponse(self._folder / "index.html", headers=self._fresh)


def _is_file(path: str) -> bool:
    """Whether a path means a file and not one of the page's own addresses."""
    return path.startswith("/assets/") or "." in path.rsplit("/", 1)[-1]


def _inside(folder: Path, path: str) -> Path | None:
    """The file that a path names, if it lies in the folder."""
    if "\0" in path:
        return None
    file = (folder / path.lstrip("/")).resolve()
    return file if file.is_relative_to(folder) and file.is_file() else None
