"""Trained weights that engines can use: where they come from, what they are, and who may use them for what.

Looked up on 2026-11-21. Sizes and hashes are those that the sources and several projects that pin the same files
publish. Nothing of this comes with Maquette: `maquette weights pull` fetches a file, after showing its licence.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Any, cast

AS_OF = date(2026, 11, 21)
_REMBG = "https://github.com/danielgatis/rembg/releases/download/v0.0.0"
_U2NET = "https://github.com/xuebinqin/U-2-Net"
_DIS = "https://github.com/xuebinqin/DIS"
_BIREFNET = "https://github.com/ZhengPeng7/BiRefNet"


@dataclass(frozen=True, slots=True)
class Weights:
    """One file of weights, and the engine that it is for (they share their name).

    ``licence`` is an SPDX name. Without ``commercial_use`` a person has to agree in so many words, and no engine is
    chosen for them.
    """

    name: str
    title: str
    url: str
    sha256: str
    bytes: int
    licence: str
    source: str
    commercial_use: bool = True

    @property
    def file(self) -> str:
        """What the file is called in the folder of weights."""
        return f"{self.name}.onnx"


WEIGHTS: Mapping[str, Weights] = MappingProxyType(
    {
        entry.name: entry
        for entry in (
            Weights(
                "birefnet",
                "BiRefNet",
                f"{_REMBG}/BiRefNet-general-epoch_244.onnx",
                "58f621f00f5d756097615970a88a791584600dcf7c45b18a0a6267535a1ebd3c",
                972_666_916,
                "MIT",
                _BIREFNET,
            ),
            Weights(
                "birefnet_lite",
                "BiRefNet lite",
                f"{_REMBG}/BiRefNet-general-bb_swin_v1_tiny-epoch_232.onnx",
                "5600024376f572a557870a5eb0afb1e5961636bef4e1e22132025467d0f03333",
                224_005_088,
                "MIT",
                _BIREFNET,
            ),
            Weights(
                "isnet",
                "IS-Net, general use",
                f"{_REMBG}/isnet-general-use.onnx",
                "60920e99c45464f2ba57bee2ad08c919a52bbf852739e96947fbb4358c0d964a",
                178_648_008,
                "Apache-2.0",
                _DIS,
            ),
            Weights(
                "rmbg",
                "BRIA RMBG 2.0",
                f"{_REMBG}/bria-rmbg-2.0.onnx",
                "5b486f08200f513f460da46dd701db5fbb47d79b4be4b708a19444bcd4e79958",
                1_024_331_469,
                "CC-BY-NC-4.0",
                "https://huggingface.co/briaai/RMBG-2.0",
                commercial_use=False,
            ),
            Weights(
                "u2net",
                "U²-Net",
                f"{_REMBG}/u2net.onnx",
                "8d10d2f3bb75ae3b6d527c77944fc5e7dcd94b29809d47a739a7a728a912b491",
                175_997_641,
                "Apache-2.0",
                _U2NET,
            ),
            Weights(
                "u2netp",
                "U²-Net, small",
                f"{_REMBG}/u2netp.onnx",
                "309c8469258dda742793dce0ebea8e6dd393174f89934733ecc8b14c76f4ddd8",
                4_574_861,
                "Apache-2.0",
                _U2NET,
            ),
        )
    }
)


@dataclass(frozen=True, slots=True)
class Receipt:
    """What was found when weights were put into the folder, and what the person agreed to.

    ``sha256`` is what the file must have whenever it is used. ``listed``: it is the hash of the table above; otherwise
    the person vouched for the file.
    """

    sha256: str
    bytes: int
    listed: bool
    source: str
    at: str
    accepted_non_commercial: bool = False

    def document(self) -> dict[str, Any]:
        """As ``receipt_of`` reads it."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


def receipt_path(folder: Path, weights: Weights) -> Path:
    """The receipt lies beside the file."""
    return folder / f"{weights.name}.json"


def receipt_of(text: str) -> Receipt | None:
    """None for what is no receipt."""
    try:
        found = json.loads(text)
    except ValueError:
        return None
    kinds = {"sha256": str, "bytes": int, "listed": bool, "source": str, "at": str, "accepted_non_commercial": bool}
    if not isinstance(found, dict) or set(cast(dict[str, Any], found)) != set(kinds):
        return None
    fields = cast(dict[str, Any], found)
    return Receipt(**fields) if all(type(fields[name]) is kind for name, kind in kinds.items()) else None
