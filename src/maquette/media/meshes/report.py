"""Holds what was measured against what is asked: the report that says whether a model is accepted, and why."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from maquette.domain.dimensions import AXES, UNKNOWN, Dimensions
from maquette.domain.errors import Refused
from maquette.media.meshes.profiles import ANY, PROFILES, Profile, Rule, Test

_SIZE_UNKNOWN = "No dimension was given, so nobody knows whether this is the true size."


class Status(StrEnum):
    """``fixed``: it holds now, and did not in the model that came in. ``warn``: what is only advised does not hold."""

    PASS = "pass"  # noqa: S105 - a verdict, no password
    FIXED = "fixed"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule held against one file. ``before`` is what was measured before it was fixed."""

    rule: Rule
    file: str
    measured: Any
    limit: Any
    status: Status
    before: Any = None
    note: str = ""

    def document(self) -> dict[str, Any]:
        """As the report has it."""
        told: dict[str, Any] = {
            "rule": self.rule.name,
            "file": self.file,
            "measured": self.measured,
            "test": self.rule.test.value,
            "limit": self.limit,
            "status": self.status.value,
            "required": not self.rule.advised,
        }
        if self.status is Status.FIXED:
            told["fixed"] = {"from": self.before, "to": self.measured}
        return told | ({"note": self.note} if self.note else {})


@dataclass(frozen=True, slots=True)
class Subject:
    """What is judged: measured values by file (``lod0``, ``usdz``…), the given size, and the model as it came in."""

    files: Mapping[str, Mapping[str, Any]]
    size: Dimensions = UNKNOWN
    before: Mapping[str, Any] | None = None


def choose(names: Sequence[str]) -> tuple[Profile, ...]:
    """The profiles of these names, all for none. Raises ``unknown_profile``."""
    for name in names:
        if name not in PROFILES:
            raise Refused("unknown_profile", f"There is no profile {name!r}.", f"Choose from: {', '.join(PROFILES)}.")
    return tuple(PROFILES[name] for name in names or PROFILES)


def report(subject: Subject, profiles: Sequence[Profile] = tuple(PROFILES.values())) -> dict[str, Any]:
    """The report as JSON: ``accepted`` and ``refused`` name profiles, ``profiles`` has each with all its rules.

    A rule has ``rule``, ``file``, ``measured``, ``test``, ``limit``, ``status`` (pass, fixed, warn, fail),
    ``required``, and where it applies ``fixed`` (from, to) and ``note``. A profile whose file is not there is left out.
    """
    judged = [(profile, judge(profile, subject)) for profile in profiles]
    told = [_profile(profile, findings) for profile, findings in judged if findings]
    return {
        "accepted": [entry["profile"] for entry in told if entry["pass"]],
        "refused": [entry["profile"] for entry in told if not entry["pass"]],
        "profiles": told,
    }


def judge(profile: Profile, subject: Subject) -> list[Finding]:
    """Every rule of a profile; empty when there is no file for it."""
    if ANY not in profile.files:
        there = [name for name in profile.files if name in subject.files]
        return [finding for name in there for finding in _judge_file(profile.files[name], name, subject)]
    tries = [_judge_file(profile.files[ANY], name, subject) for name in subject.files if name != "usdz"]
    return next((found for found in tries if _holds(found)), tries[0] if tries else [])


def _profile(profile: Profile, findings: list[Finding]) -> dict[str, Any]:
    return {
        "profile": profile.name,
        "title": profile.title,
        "source": profile.source,
        "pass": _holds(findings),
        "rules": [finding.document() for finding in findings],
    }


def _holds(findings: Sequence[Finding]) -> bool:
    return all(finding.status is not Status.FAIL for finding in findings)


def _judge_file(rules: Sequence[Rule], name: str, subject: Subject) -> list[Finding]:
    return [finding for rule in rules for finding in _apply(rule, name, subject)]


def _apply(rule: Rule, name: str, subject: Subject) -> Iterator[Finding]:
    # what came in is a GLB: its figures say nothing of a USDZ
    measures, before = subject.files[name], (subject.before or {}) if name != "usdz" else {}
    if rule.test is Test.TRUE_SIZE:
        yield from _sizes(rule, name, subject)
        return
    measured = measures.get(rule.measure)
    held = meets(rule.test, measured, rule.limit)
    once = before.get(rule.measure, measured)
    mended = held and rule.measure in before and not meets(rule.test, once, rule.limit)
    yield Finding(rule, name, measured, rule.limit, _status(rule, held, mended), once if mended else None)


def _sizes(rule: Rule, name: str, subject: Subject) -> Iterator[Finding]:
    """One finding for each dimension that was given, or a warning that none was."""
    size = subject.files[name].get("size_m")
    if not subject.size or size is None:
        yield Finding(rule, name, size, None, Status.WARN, note=_SIZE_UNKNOWN)
        return
    for axis, wanted in subject.size.given():
        limit = [round(wanted * (1 - rule.limit), 4), round(wanted * (1 + rule.limit), 4)]
        held = meets(Test.WITHIN, [size[axis], size[axis]], limit)
        once = (subject.before or {}).get("size_m", size)[axis]
        mended = held and not meets(Test.WITHIN, [once, once], limit)
        named = Rule(f"{AXES[axis]}_m", rule.measure, Test.WITHIN, limit)
        yield Finding(named, name, size[axis], limit, _status(rule, held, mended), once if mended else None)


def _status(rule: Rule, held: bool, mended: bool) -> Status:
    if held:
        return Status.FIXED if mended else Status.PASS
    return Status.WARN if rule.advised else Status.FAIL


def meets(test: Test, measured: Any, limit: Any) -> bool:
    """Whether a measured value keeps its limit. What could not be measured does not."""
    if measured is None:
        return False
    match test:
        case Test.EQUALS:
            return bool(measured == limit)
        case Test.ONLY:
            return set(measured) <= set(limit)
        case Test.AT_MOST:
            return bool(measured <= limit)
        case Test.AT_LEAST:
            return bool(measured >= limit)
        case Test.WITHIN | Test.TRUE_SIZE:
            low, high = measured if isinstance(measured, list) else (measured, measured)
            return bool(limit[0] <= low and high <= limit[1])
