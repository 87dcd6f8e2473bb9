"""``maquette openapi``: the description of the HTTP API."""

import json
from pathlib import Path
from typing import Annotated

import typer

from maquette.cli.options import JsonFlag


def openapi(
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write there instead of to stdout.")
    ] = None,
    _: JsonFlag = False,
) -> None:
    """Print the OpenAPI document of the HTTP API.

    Sorted and without dates: the same for the same version.
    """
    from maquette.api.server import openapi_document

    text = json.dumps(openapi_document(), indent=2, sort_keys=True, ensure_ascii=False) + "\n"
    if output is None:
        typer.echo(text, nl=False)
    else:
        output.write_text(text, encoding="utf-8")
