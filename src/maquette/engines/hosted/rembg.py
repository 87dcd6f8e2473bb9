"""rembg's own server (``rembg s``): cut-outs, by the route ``POST /api/remove`` of rembg 2."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from maquette.domain.hosting import Abilities, Billed, Clocks, Fault, Takes, Trouble
from maquette.engines.hosted.documents import table
from maquette.engines.hosted.outline import Imprint, Instant
from maquette.engines.hosted.parts import Arrived, Part, form, kept, sniffed
from maquette.ports.engines import Capability, EngineInfo
from maquette.ports.hosting import Order
from maquette.ports.outbound import Bounds

MODEL = "isnet-general-use"
"""Named in every request: rembg's own default has been ``bria-rmbg`` since 2.0.86, which is not for commercial use
(https://github.com/danielgatis/rembg/pull/845)."""
LICENCES: Mapping[str, tuple[str, bool]] = {
    "bria": ("CC BY-NC 4.0, or a contract with BRIA", False),
    "birefnet": ("MIT", True),
    "isnet-general-use": ("Apache-2.0", True),
    "u2net": ("Apache-2.0", True),
}
"""By the beginnings of models' names: the licence of the weights, and whether it allows commercial use."""
UNKNOWN = ("as the authors of the weights say", False)
SLOW = ("bria", "birefnet", "ben2")


class Rembg(Instant):
    """A cutter. ``model`` is one of rembg's names; what the server lacks it downloads by itself."""

    imprint = Imprint("rembg server", (Capability.CUTTER,))

    @property
    def info(self) -> EngineInfo:
        options = self.options
        licence, allowed = next((told for name, told in LICENCES.items() if self._model.startswith(name)), UNKNOWN)
        commercial = allowed if options.commercial_use is None else options.commercial_use
        return replace(super().info, licence=options.licence or licence, commercial_use=commercial)

    @property
    def _model(self) -> str:
        return self.options.model or MODEL

    @property
    def abilities(self) -> Abilities:
        run = 600.0 if self._model.startswith(SLOW) else 180.0
        takes = Takes(max_bytes=50_000_000, max_side=4096, alpha=False)
        # a crash loses the answer, but nothing was paid: it may be asked for again
        return Abilities(
            takes, gives=("image/png",), synchronous=True, idempotent=True, max_parallel=1,
            clocks=Clocks(run_s=run, total_s=3 * run),
        )  # fmt: skip

    async def fetch(self, order: Order, into: Path) -> Arrived:
        picture = order.pictures[0]
        fields = {
            "model": self._model,
            **{str(name): str(value) for name, value in table(self.options.more.get("fields")).items()},
        }
        parts = [Part("file", picture.path.read_bytes(), picture.media_type, f"photo{picture.path.suffix}")]
        body, headers = form([*parts, *(Part(name, str(value).encode()) for name, value in fields.items())])
        bounds = Bounds(bytes=128_000_000, seconds=self.abilities.clocks.run_s)
        answer = await self.exchange.send("POST", "/api/remove", body, submits=True, headers=headers, bounds=bounds)
        if sniffed(answer.body) != "image/png":
            raise Trouble(Fault.BAD_OUTPUT, "The server answered without a PNG.", billed=Billed.UNKNOWN)
        return Arrived((kept(into, "picture", answer.body),))
