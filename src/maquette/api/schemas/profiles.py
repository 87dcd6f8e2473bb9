"""Profiles on the wire: what shops and viewers ask of a model."""

from typing import Any

from maquette.api.schemas.common import Answer
from maquette.media.meshes.profiles import Profile, Rule, Test


class RuleOut(Answer):
    """One rule: which measured value, how it is held against which limit. What is not `required` is only advised."""

    rule: str
    measure: str
    test: Test
    limit: Any
    required: bool

    @classmethod
    def of(cls, rule: Rule) -> "RuleOut":
        """From the table."""
        return cls(rule=rule.name, measure=rule.measure, test=rule.test, limit=rule.limit, required=not rule.advised)


class ProfileOut(Answer):
    """One place that models go to. `files` are its rules for `lod0` to `lod2`, `usdz`, or `any` level."""

    name: str
    title: str
    source: str
    files: dict[str, list[RuleOut]]

    @classmethod
    def of(cls, profile: Profile) -> "ProfileOut":
        """From the table."""
        files = {name: [RuleOut.of(rule) for rule in rules] for name, rules in profile.files.items()}
        return cls(name=profile.name, title=profile.title, source=profile.source, files=files)


class ProfilePage(Answer):
    """Every profile."""

    items: list[ProfileOut]
    next_cursor: str | None = None
