"""Puts the commands together and turns every error into a message, a hint and an exit code.

Exit codes: 0 ok, 1 failed, 2 wrong usage, 3 the database needs a migration, 130 interrupted.
"""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from maquette import __version__
from maquette.cli import (
    assets,
    batch,
    batches,
    costs,
    cutout,
    doctor,
    engines,
    export,
    image,
    import_,
    import_photos,
    inspect,
    jobs,
    keys,
    make,
    migrate,
    openapi,
    optimize,
    owners,
    product,
    projects,
    queues,
    serve,
    sweep,
    webhooks,
    weights,
    worker,
)
from maquette.cli.options import Place
from maquette.domain.errors import CODES, MaquetteError, Problem

INTERRUPTED = 130
USAGE = 2

app = typer.Typer(
    name="maquette",
    help="Photos in, finished assets out: cut-outs and shop-ready 3D models, on your own machine.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # help set by Rich costs 0.4 s of imports
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"maquette {__version__}")
        raise typer.Exit


@app.callback()
def root(
    ctx: typer.Context,
    data: Annotated[
        Path | None,
        typer.Option("--data", metavar="DIR", help="Folder of the database and files (also MAQUETTE_DATA)."),
    ] = None,
    config: Annotated[
        Path | None, typer.Option("--config", metavar="FILE", help="TOML file with settings (also MAQUETTE_CONFIG).")
    ] = None,
    _: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """What every command shares."""
    ctx.obj = Place(data, config)


app.command("make")(make.make)
app.command("product")(product.product)
app.command("cutout")(cutout.cutout)
app.command("image")(image.image)
app.command("batch")(batch.batch)
app.command("optimize")(optimize.optimize)
app.command("inspect")(inspect.inspect)
app.command("serve")(serve.serve)
app.command("worker")(worker.worker)
app.add_typer(jobs.app, name="jobs")
app.add_typer(batches.app, name="batches")
app.add_typer(queues.app, name="queues")
app.add_typer(projects.app, name="projects")
app.add_typer(assets.app, name="assets")
app.add_typer(owners.app, name="owners")
app.command("sweep")(sweep.sweep)
app.command("export")(export.export)
app.command("import")(import_.import_)
app.command("import-photos")(import_photos.import_photos)
app.add_typer(keys.app, name="keys")
app.add_typer(engines.app, name="engines")
app.command("costs")(costs.costs)
app.add_typer(webhooks.app, name="webhooks")
app.add_typer(weights.app, name="weights")
app.command("doctor")(doctor.doctor)
app.command("migrate")(migrate.migrate)
app.command("openapi")(openapi.openapi)


def main() -> None:
    """The program."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Runs one command and gives its exit code; never raises."""
    as_json = "--json" in arguments
    try:
        code = app(arguments, prog_name="maquette", standalone_mode=False)
    except typer.TyperException as error:
        return _usage(error, as_json)
    except MaquetteError as error:
        _tell(Problem.of(error), as_json)
        return error.entry.exit
    except (KeyboardInterrupt, typer.Abort):
        return INTERRUPTED
    except BrokenPipeError:
        # whoever read our output has left; the interpreter must not complain about it on its way out
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as error:  # noqa: BLE001 - the last resort: a bug is shown in full and ends with a code
        return _bug(error, as_json)
    return code if isinstance(code, int) else 0


def _usage(error: typer.TyperException, as_json: bool) -> int:
    if as_json:
        # what the library would print in a box; its exceptions carry the sentence as `message`
        message = str(getattr(error, "message", "") or error)
        _tell(Problem("invalid_request", message, "See `maquette --help`.", False), as_json)
    else:
        from typer.rich_utils import rich_format_error

        rich_format_error(error)  # pyright: ignore[reportArgumentType] # takes the vendored class, which is private
    return USAGE


def _bug(error: Exception, as_json: bool) -> int:
    import traceback

    traceback.print_exception(error)
    hint = "This is a bug; please report it with the lines above."
    _tell(Problem("internal", f"{type(error).__name__}: {error}", hint, False), as_json)
    return CODES["internal"].exit


def _tell(problem: Problem, as_json: bool) -> None:
    from maquette.cli.screen import Screen

    Screen(as_json).problem(problem)
