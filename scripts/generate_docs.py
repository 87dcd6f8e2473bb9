"""Writes the parts of the reference that are derived from the code: states, pipelines, errors, settings.

python scripts/generate_docs.py            writes docs/reference/*.md
python scripts/generate_docs.py --check    exits 1 and names the files that are out of date
"""

import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from maquette.domain.colours import NAMES, TRANSPARENT
from maquette.domain.dimensions import UNITS
from maquette.domain.errors import CODES
from maquette.domain.projections import ROWS, STATUS_MAP, UI_STEPS
from maquette.domain.quality import MEANINGS, explain
from maquette.domain.states import ENDED, MOVES, STAGE_LABELS, STATUS_LABELS, Stage, Status, WaitingFor
from maquette.media.meshes.profiles import PROFILES
from maquette.media.meshes.report_text import limit, named
from maquette.pipelines.catalog import (
    CATALOG,
    Approval,
    AssetId,
    Choice,
    Count,
    EngineName,
    Entry,
    Ground,
    Setting,
    TrueSize,
    Words,
    is_offered,
)
from maquette.pipelines.stage import MIB
from maquette.settings import BudgetTable, EngineTable, PreferTable, PriceTable, Settings
from maquette.settings.usual import BUCKET, KEYS, PAIRS, UNNEEDED

ROOT = Path(__file__).resolve().parent.parent
REFERENCE = ROOT / "docs" / "reference"
NOTE = "<!-- Derived from the code by `make docs`; do not edit. -->\n\n"


def table(head: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """A Markdown table."""
    names = list(head)
    lines = [names, ["---"] * len(names), *([str(cell) for cell in row] for row in rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def states() -> str:
    """The status diagram, the stages and the older vocabularies."""
    arrows = [f"    {source} --> {target}" for source in MOVES for target in Status if target in MOVES[source]]
    ends = [f"    {status} --> [*]" for status in Status if status in ENDED]
    return f"""{NOTE}# The life of a job

```mermaid
stateDiagram-v2
    [*] --> {Status.DRAFT}
    [*] --> {Status.PENDING}
{chr(10).join([*arrows, *ends])}
```

`processing` goes back to `pending` when the worker was lost or a temporary failure waits out its backoff.
From `failed` and `canceled` a retry starts the next attempt; `completed` is final.

{table(("status", "on screen"), ((f"`{s}`", STATUS_LABELS[s].text) for s in Status))}
A waiting job says what it waits for: {", ".join(f"`{reason}`" for reason in WaitingFor)}.

## Stages

{table(("stage", "on screen"), ((f"`{s}`", STAGE_LABELS[s].text) for s in Stage))}
## Older vocabularies

Computed from status and stage whenever somebody asks, never stored. A job that failed or was canceled at a stage shows
the word of the last column; `modelStatus` and `/api/status` then say `failed`.

{
        table(
            ("stage", "`generationStatus`", "UI stage", "`modelStatus`", "`/api/status` stage", "when it fails there"),
            ((f"`{s}`", r.s0, r.ui or "-", r.s1, r.s3, r.s0_failed) for s, r in ROWS.items()),
        )
    }| `complete` | model_saved | ready | completed | complete | - |

The five UI steps: {", ".join(f"{step.icon} {step.label} (`{step.key}`)" for step in UI_STEPS)}.

{table(("`generationStatus`", "`statusMap`"), ((f"`{word}`", dict(entry)) for word, entry in STATUS_MAP.items()))}"""


def pipelines() -> str:
    """Every pipeline with its stages, settings and limits."""
    parts = [NOTE, "# Pipelines\n"]
    for entry in CATALOG.values():
        pipeline = entry.pipeline
        offered = "" if is_offered(entry) else " (not offered by this version)"
        rows = [(f"`{step.stage}`", step.start, step.end, *_limits(entry, step.stage)) for step in pipeline.steps]
        parts.append(f"\n## `{pipeline.name}`: {pipeline.title}{offered}\n")
        parts.append(table(("stage", "progress from", "to", "time limit", "memory limit"), rows))
        settings = [(f"`{name}`", setting.title, *_values(setting)) for name, setting in entry.settings.items()]
        if settings:
            parts.append(table(("setting", "meaning", "values", "default"), settings))
    return "\n".join(parts)


def _values(setting: Setting) -> tuple[str, str]:
    """What a setting can be, and what it is when it is left out."""
    match setting:
        case Choice():
            return ", ".join(setting.values), setting.default
        case EngineName():
            return "name of an engine", "the first that is ready"
        case TrueSize():
            return f"`{{width, height, depth, unit}}`, unit one of {', '.join(UNITS)}", "the project's, else unknown"
        case Count():
            return f"{setting.low:,} to {setting.high:,}", "Maquette's own"
        case Approval():
            return "`manual`, `never`, `auto>=` and a score from 0 to 1", f"`{setting.default}`"
        case Ground():
            return f"`{TRANSPARENT}`, {', '.join(NAMES)}, `#rrggbb`", TRANSPARENT
        case Words():
            default = "must be given" if setting.required else f"`{setting.default}`" if setting.default else "none"
            return f"text of at most {setting.longest:,} characters", default
        case AssetId():
            return "id of an uploaded picture", "none"


def _limits(entry: Entry, stage: Stage) -> tuple[str, str]:
    spec = entry.spec(stage)
    return (f"{spec.limits.seconds:.0f} s", f"{spec.limits.memory_bytes // MIB} MiB") if spec else ("-", "-")


def errors() -> str:
    """The error reference."""
    rows = [
        (f"`{code.name}`", code.status, code.exit, "yes" if code.retryable else "no", code.title, code.hint)
        for code in CODES.values()
    ]
    return (
        f"{NOTE}# Errors\n\nEvery error carries a stable `code`, a message and a hint. Over HTTP it is an "
        "`application/problem+json` document (RFC 9457) with the status below; on the command line the message and the "
        "hint go to stderr and the process ends with the exit code.\n\n"
        + table(("code", "HTTP", "exit", "retry may help", "meaning", "what to do"), rows)
    )


def profiles() -> str:
    """What each profile asks of a model, and where its figures are from."""
    parts = [NOTE, "# Profiles\n", "What models are held against; see [the guide](../guides/models.md).\n"]
    for profile in PROFILES.values():
        parts.append(f"\n## `{profile.name}`: {profile.title}\n\nSource: {profile.source}.\n")
        rows = [
            (
                name,
                named({"rule": rule.name}),
                limit({"rule": rule.name, "test": rule.test.value, "limit": rule.limit, "required": not rule.advised}),
            )
            for name, rules in profile.files.items()
            for rule in rules
        ]
        parts.append(table(("file", "rule", "limit"), rows))
    return "\n".join(parts)


def flags() -> str:
    """What the flags of photos, cut-outs and models mean."""
    notes = [explain(f"{code}:…") for code in MEANINGS]
    rows = [(f"`{note.code}`", note.severity.value, note.message, note.hint or "-") for note in notes]
    return (
        NOTE + "# Flags\n\n"
        "What can be wrong with a photo, a cut-out or a model: a code, for some with a detail behind a colon "
        "(`cut_off:right`). Answers of the API carry `flags`, and the same in words as `notes`. An engine may raise "
        "others. For photos see [the guide](../guides/photos.md).\n\n"
        + table(("flag", "severity", "sentence", "what to do"), rows)
    )


def settings() -> str:
    """Every setting, its tables, and the names of other programs that are read."""
    parts = [
        NOTE + "# Settings\n",
        "Each is a line of the TOML file, or a variable: `port` is `MAQUETTE_PORT`. What lies in a table is spelt with "
        "double underscores: `key` in `[engines.meshy]` is `MAQUETTE_ENGINES__MESHY__KEY`. First match wins: a flag of "
        "the command line, the environment, the file, a name that other programs use (below), the default.\n",
        _fields(Settings),
    ]
    tables = (
        ("[engines.NAME]", EngineTable), ("[prices.NAME]", PriceTable), ("[budget]", BudgetTable),
        ("[prefer]", PreferTable),
    )  # fmt: skip
    for name, table_of in tables:
        parts.append(f"\n## `{name}`\n\n{_summary(table_of)}\n")
        parts.append(_fields(table_of))
    rows = [(f"`{name}`", f"`key` in `[engines.{engine}]`") for engine, names in KEYS.items() for name in names]
    rows += [
        (f"`{first}`, `{second}`", f"`key` in `[engines.{engine}]`, joined by a colon")
        for engine, pairs in PAIRS.items()
        for first, second in pairs
    ]
    rows += [(f"`{name}`", meaning) for name, meaning in BUCKET.items()]
    rows += [(f"`{name}`", f"nothing: {reason}") for name, reason in UNNEEDED.items()]
    parts.append("\n## Names of others\n\nRead where ours say nothing.\n")
    parts.append(table(("variable", "stands for"), rows))
    return "\n".join(parts)


def _summary(model: type[BaseModel]) -> str:
    return " ".join((model.__doc__ or "").replace("``", "`").split())


def _fields(model: type[BaseModel]) -> str:
    rows = ((f"`{name}`", field.description, _default(field)) for name, field in model.model_fields.items())
    return table(("setting", "meaning", "default"), rows)


def _default(field: FieldInfo) -> str:
    """As one would write it; what depends on the machine is told in the meaning."""
    if field.is_required():
        return "none, it must be set"
    if field.default_factory is not None:
        return ""
    value = field.default.get_secret_value() if isinstance(field.default, SecretStr) else field.default
    if value in (None, "", (), frozenset()) or isinstance(value, BaseModel):
        return ""
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


DOCUMENTS: dict[str, Callable[[], str]] = {
    "states.md": states,
    "pipelines.md": pipelines,
    "errors.md": errors,
    "profiles.md": profiles,
    "flags.md": flags,
    "settings.md": settings,
}


def main() -> int:
    """Writes or checks every document."""
    stale: list[str] = []
    REFERENCE.mkdir(parents=True, exist_ok=True)
    for name, make in DOCUMENTS.items():
        path, text = REFERENCE / name, make().rstrip() + "\n"
        if path.is_file() and path.read_text(encoding="utf-8") == text:
            continue
        stale.append(str(path.relative_to(ROOT)))
        if "--check" not in sys.argv:
            path.write_text(text, encoding="utf-8")
    if stale and "--check" in sys.argv:
        print(f"Out of date: {', '.join(stale)}. Run `make docs`.")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
