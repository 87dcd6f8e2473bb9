"""``rembg s`` on 127.0.0.1: an ellipse for every object."""

from typing import Any

from maquette.testing.loopbacks.server import Call, Loopback, Reply, route
from maquette.testing.loopbacks.wares import cut_out, sent_form

DEFAULT = "bria-rmbg"
"""What rembg takes for a request that names no model, since 2.0.86."""


class RembgLoopback(Loopback):
    """Asks for no key and charges nothing. ``models`` lists what each request was done with."""

    def __init__(self, polls: int = 2, tls: Any = None) -> None:
        super().__init__(polls, tls)
        self.models: list[str] = []

    def trouble(self, kind: str) -> Reply:
        return Reply({"detail": kind}, super().trouble(kind).status)

    @route("POST", "/api/remove", "submit")
    def remove(self, call: Call) -> Reply:
        named = {part.name: part for part in sent_form(call)}
        self.models.append(named["model"].text if "model" in named else DEFAULT)
        if self.faults.takes("task", "fails"):
            return Reply({"detail": [{"type": "missing", "loc": ["body", "file"], "msg": "Field required"}]}, 422)
        return Reply(cut_out(named["file"].content), 200, {"Content-Type": "image/png"})
