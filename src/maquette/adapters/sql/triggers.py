"""The last line of defence: triggers that refuse what no code of ours should ever try.

They are generated from the tables of ``maquette.domain.states``, so that the database and the domain cannot
disagree. Migrations keep the generated text as it was on their day; a test compares it with what this module says now.
A refusal carries the word ``illegal_move``, which ``faults`` turns into the error of that name.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from maquette.adapters.sql.tables import JOBS
from maquette.domain.states import ENDED, MOVES, RETRYABLE, STAGE_ORDER, Status

Differs = Callable[[str], str]
"""Says in one dialect that a column's new value is not its old one, NULL being a value like others."""

AFTERLIFE = frozenset({"deleted_at", "project_id"})
"""What may still change on a completed job: its removal, and the removal of its project."""


@dataclass(frozen=True, slots=True)
class Trigger:
    """One rule. ``refuses`` is a condition over OLD and NEW under which the statement fails."""

    name: str
    table: str
    before: str
    refuses: Callable[[Differs], str]


def _listed(values: Iterable[str]) -> str:
    return ", ".join(f"'{value}'" for value in sorted(values))


def _rank(column: str) -> str:
    cases = " ".join(f"WHEN '{stage}' THEN {index}" for stage, index in STAGE_ORDER.items())
    return f"CASE {column} {cases} ELSE -1 END"


def _legal_moves() -> str:
    pairs = [
        f"OLD.status = '{source}' AND NEW.status IN ({_listed(targets)})"
        for source, targets in MOVES.items()
        if targets
    ]
    return " OR ".join(pairs)


def _illegal_update(differs: Differs) -> str:
    moved = " OR ".join(differs(name) for name in ("status", "stage", "progress", "attempt"))
    final = " OR ".join(differs(column.name) for column in JOBS.columns if column.name not in AFTERLIFE)
    finished = _listed(status for status in ENDED if not MOVES[status])
    retried = f"OLD.status IN ({_listed(RETRYABLE)}) AND NEW.status = '{Status.PENDING}'"
    rules = (
        f"{differs('id')} OR {differs('owner_id')}",
        f"OLD.status IN ({finished}) AND ({final})",
        f"NEW.status <> OLD.status AND NOT ({_legal_moves()})",
        # staying is a move too (progress), and only work in progress makes it
        f"NEW.status = OLD.status AND OLD.status <> '{Status.PROCESSING}' AND (NEW.seq <> OLD.seq OR {moved})",
        f"NEW.seq <> OLD.seq + CASE WHEN {moved} THEN 1 ELSE NEW.seq - OLD.seq END",
        "NEW.seq NOT IN (OLD.seq, OLD.seq + 1)",
        f"NEW.attempt <> OLD.attempt + CASE WHEN {retried} THEN 1 ELSE 0 END",
        f"NEW.attempt = OLD.attempt AND (NEW.progress < OLD.progress OR {_rank('NEW.stage')} < {_rank('OLD.stage')})",
    )
    return "\n  OR ".join(f"({rule})" for rule in rules)


def _gap(_: Differs) -> str:
    latest = "(SELECT max(seq) FROM events WHERE job_id = NEW.job_id)"
    return f"NEW.seq <> coalesce({latest} + 1, NEW.seq)"


TRIGGERS = (
    Trigger("jobs_move", "jobs", "UPDATE", _illegal_update),
    Trigger("events_append", "events", "INSERT", _gap),
    Trigger("events_update", "events", "UPDATE", lambda _: "1 = 1"),
    # a job's events go with its row, and no sooner
    Trigger("events_delete", "events", "DELETE", lambda _: "EXISTS (SELECT 1 FROM jobs WHERE id = OLD.job_id)"),
)


def create(trigger: Trigger, dialect: str) -> tuple[str, ...]:
    """The statements that install a trigger on ``sqlite`` or ``postgresql``."""
    if dialect == "sqlite":
        return (_sqlite(trigger),)
    return _postgres(trigger)


def drop(trigger: Trigger, dialect: str) -> tuple[str, ...]:
    """The statements that take it away again."""
    if dialect == "sqlite":
        return (f"DROP TRIGGER {trigger.name}",)
    return (f"DROP TRIGGER {trigger.name} ON {trigger.table}", f"DROP FUNCTION {trigger.name}()")


def _sqlite(trigger: Trigger) -> str:
    condition = trigger.refuses(lambda name: f"NEW.{name} IS NOT OLD.{name}")
    return (
        f"CREATE TRIGGER {trigger.name} BEFORE {trigger.before} ON {trigger.table} FOR EACH ROW\n"
        f"WHEN {condition}\n"
        "BEGIN SELECT RAISE(ABORT, 'illegal_move'); END"
    )


def _postgres(trigger: Trigger) -> tuple[str, str]:
    condition = trigger.refuses(lambda name: f"NEW.{name} IS DISTINCT FROM OLD.{name}")
    function = (
        f"CREATE FUNCTION {trigger.name}() RETURNS trigger LANGUAGE plpgsql AS $$\n"
        f"BEGIN\nIF {condition}\n"
        "THEN RAISE EXCEPTION 'illegal_move' USING ERRCODE = 'integrity_constraint_violation';\n"
        f"END IF;\nRETURN {'OLD' if trigger.before == 'DELETE' else 'NEW'};\nEND $$"
    )
    return function, (
        f"CREATE TRIGGER {trigger.name} BEFORE {trigger.before} ON {trigger.table} "
        f"FOR EACH ROW EXECUTE FUNCTION {trigger.name}()"
    )
