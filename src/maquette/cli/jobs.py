"""``maquette jobs``: look at jobs and steer them."""

from typing import Annotated

import typer

from maquette.cli.options import DeletedFlag, JsonFlag, settings

app = typer.Typer(rich_markup_mode=None, help="Look at jobs and steer them.", no_args_is_help=True)

JobId = Annotated[
    str, typer.Argument(metavar="JOB", help="A job's id, or enough of its beginning; `last` is the newest.")
]

CallId = Annotated[
    str, typer.Argument(metavar="CALL", help="A commission's id, or enough of its beginning; `-` is the undecided one.")
]


@app.command("list")
def show_all(
    ctx: typer.Context,
    status: Annotated[list[str] | None, typer.Option(help="Only this status.", metavar="STATUS")] = None,
    limit: Annotated[int, typer.Option(min=1, max=200, help="How many at most.")] = 20,
    deleted: DeletedFlag = False,
    as_json: JsonFlag = False,
) -> None:
    """List the newest jobs."""
    from maquette.cli.screen import Screen

    if deleted:
        from maquette.cli.tidying import list_deleted

        list_deleted(settings(ctx), Screen(as_json), "job", limit)
        return
    from maquette.cli.steering import list_jobs

    list_jobs(settings(ctx), Screen(as_json), status or [], limit)


@app.command()
def show(ctx: typer.Context, job: JobId, as_json: JsonFlag = False) -> None:
    """Show a job: its stages, what each took, what was reused, and why it failed."""
    from maquette.cli.screen import Screen
    from maquette.cli.steering import show_job

    show_job(settings(ctx), Screen(as_json), job)


@app.command()
def watch(ctx: typer.Context, job: JobId, as_json: JsonFlag = False) -> None:
    """Follow a job to its end; works on it too when no server does."""
    from maquette.cli.screen import Screen
    from maquette.cli.steering import watch_job

    watch_job(settings(ctx), Screen(as_json), job)


@app.command()
def cancel(ctx: typer.Context, job: JobId, as_json: JsonFlag = False) -> None:
    """Stop a job. A retry goes on where it stopped."""
    from maquette.cli.screen import Screen
    from maquette.cli.steering import cancel_job

    cancel_job(settings(ctx), Screen(as_json), job)


@app.command()
def retry(
    ctx: typer.Context,
    job: JobId,
    from_stage: Annotated[
        str | None, typer.Option(metavar="STAGE", help="Run this stage and all later ones anew.")
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Put a failed or canceled job back into the queue; finished stages are reused."""
    from maquette.cli.screen import Screen
    from maquette.cli.steering import retry_job

    retry_job(settings(ctx), Screen(as_json), job, from_stage)


@app.command()
def priority(
    ctx: typer.Context,
    job: JobId,
    level: Annotated[int, typer.Argument(min=-100, max=100, metavar="LEVEL", help="Greater goes first; 0 is usual.")],
    as_json: JsonFlag = False,
) -> None:
    """Move a pending job forwards or back in the queue. Write a level below 0 after `--`."""
    from maquette.cli.screen import Screen
    from maquette.cli.steering import prioritise_job

    prioritise_job(settings(ctx), Screen(as_json), job, level)


@app.command()
def resume(
    ctx: typer.Context,
    job: JobId,
    budget: Annotated[float | None, typer.Option(min=0, metavar="USD", help="What the job may now spend.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Let a waiting job go on."""
    from maquette.cli.screen import Screen
    from maquette.cli.steering import resume_job

    resume_job(settings(ctx), Screen(as_json), job, budget)


@app.command()
def calls(ctx: typer.Context, job: JobId, as_json: JsonFlag = False) -> None:
    """Show what providers were asked for a job, what it cost, and what is to be decided."""
    from maquette.cli.calling import list_calls
    from maquette.cli.screen import Screen

    list_calls(settings(ctx), Screen(as_json), job)


@app.command()
def adopt(
    ctx: typer.Context,
    job: JobId,
    call: CallId,
    number: Annotated[str, typer.Argument(metavar="NUMBER", help="What the provider itself calls it.")],
    as_json: JsonFlag = False,
) -> None:
    """Say that a provider did get the work: the job goes on with it."""
    from maquette.cli.calling import adopt_call
    from maquette.cli.screen import Screen

    adopt_call(settings(ctx), Screen(as_json), job, call, number)


@app.command()
def repeat(ctx: typer.Context, job: JobId, call: CallId, as_json: JsonFlag = False) -> None:
    """Ask a provider once more for what it perhaps was asked already, and perhaps pay twice."""
    from maquette.cli.calling import repeat_call
    from maquette.cli.screen import Screen

    repeat_call(settings(ctx), Screen(as_json), job, call)


@app.command()
def forget(ctx: typer.Context, job: JobId, call: CallId, as_json: JsonFlag = False) -> None:
    """Give up what a provider perhaps was asked; a job that waits for it fails."""
    from maquette.cli.calling import forget_call
    from maquette.cli.screen import Screen

    forget_call(settings(ctx), Screen(as_json), job, call)


@app.command()
def review(ctx: typer.Context, job: JobId, as_json: JsonFlag = False) -> None:
    """Show a job's chosen photos and cut-outs: what there is to approve."""
    from maquette.cli.reviewing import review_job
    from maquette.cli.screen import Screen

    review_job(settings(ctx), Screen(as_json), job)


@app.command()
def approve(
    ctx: typer.Context,
    job: JobId,
    reject: Annotated[list[str] | None, typer.Option(metavar="PHOTO[:REASON]", help="Leave this photo out.")] = None,
    redo: Annotated[
        list[str] | None,
        typer.Option(metavar="PHOTO", help="Cut it out again without the hints before; those below do so with theirs."),
    ] = None,
    box: Annotated[
        list[str] | None, typer.Option(metavar="PHOTO=X,Y,W,H", help="Where its object is, in pixels.")
    ] = None,
    include: Annotated[list[str] | None, typer.Option(metavar="PHOTO=X,Y", help="A point of its object.")] = None,
    exclude: Annotated[list[str] | None, typer.Option(metavar="PHOTO=X,Y", help="A point beside it.")] = None,
    brush: Annotated[
        list[str] | None, typer.Option(metavar="PHOTO=R:X,Y X,Y", help="A stroke over it, by a brush of radius R.")
    ] = None,
    erase: Annotated[
        list[str] | None, typer.Option(metavar="PHOTO=R:X,Y X,Y", help="A stroke over what is beside it.")
    ] = None,
    replace: Annotated[
        list[str] | None, typer.Option(metavar="PHOTO=FILE", help="Take another photo of the same side.")
    ] = None,
    view: Annotated[list[str] | None, typer.Option(metavar="PHOTO=SIDE", help="It shows another side.")] = None,
    others_wait: Annotated[
        bool, typer.Option("--others-wait", help="Decide only about the photos that are named.")
    ] = False,
    as_json: JsonFlag = False,
) -> None:
    """Approve a job's cut-outs, all but those that the options name. PHOTO is a side, a file's name or an id.

    What is redone or replaced is cut out again, and the job then waits again.
    """
    from maquette.cli.reviewing import Hints, Words, approve_job
    from maquette.cli.screen import Screen

    hints = Hints(box or (), include or (), exclude or (), brush or (), erase or ())
    words = Words(reject or (), redo or (), hints, replace or (), view or (), others_wait)
    approve_job(settings(ctx), Screen(as_json), job, words)


@app.command()
def delete(ctx: typer.Context, job: JobId, as_json: JsonFlag = False) -> None:
    """Delete a job that has ended, with what only it made. `restore` brings it back for some days."""
    from maquette.cli.screen import Screen
    from maquette.cli.tidying import delete_job

    delete_job(settings(ctx), Screen(as_json), job)


@app.command()
def restore(
    ctx: typer.Context,
    job: Annotated[str, typer.Argument(metavar="JOB", help="The job's whole id.")],
    as_json: JsonFlag = False,
) -> None:
    """Bring a deleted job back, with what went with it."""
    from maquette.cli.screen import Screen
    from maquette.cli.tidying import restore

    restore(settings(ctx), Screen(as_json), "job", job)
