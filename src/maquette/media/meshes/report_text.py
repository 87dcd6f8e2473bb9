"""The report for people: Markdown, and values in words."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

_MARKS = {"pass": "✓ pass", "fixed": "✓ fixed", "warn": "! warning", "fail": "✗ fail"}
_SIGNS = {"at_most": "≤ ", "at_least": "≥ ", "equals": "", "within": "", "only": "", "true_size": ""}


def markdown(report: Mapping[str, Any], title: str = "Model report") -> str:
    """The report of ``media.meshes.report`` as Markdown: what accepts the model, then each profile's rules."""
    return "\n".join([f"# {title}", "", *_summary(report), *_profiles(report["profiles"])]) + "\n"


def _summary(report: Mapping[str, Any]) -> Iterator[str]:
    titles = {entry["profile"]: entry["title"] for entry in report["profiles"]}
    for heading, names in (("Accepted by", report["accepted"]), ("Not accepted by", report["refused"])):
        if names:
            yield f"{heading}: {'; '.join(titles[name] for name in names)}."
            yield ""


def _profiles(profiles: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for profile in profiles:
        yield f"## {profile['title']}: {'accepted' if profile['pass'] else 'not accepted'}"
        yield ""
        yield f"Profile `{profile['profile']}`. Source: {profile['source']}."
        yield ""
        yield "| file | rule | measured | limit | verdict |"
        yield "| --- | --- | --- | --- | --- |"
        for rule in profile["rules"]:
            cells = (rule["file"], named(rule), value(rule, rule["measured"]), limit(rule), verdict(rule))
            yield "| " + " | ".join(cells) + " |"
        yield ""


def named(rule: Mapping[str, Any]) -> str:
    """The rule in words."""
    return str(rule["rule"]).removesuffix("_advised").removesuffix("_m").replace("_", " ")


def verdict(rule: Mapping[str, Any]) -> str:
    """The status in words, with what was fixed or what else is to say."""
    text = _MARKS[rule["status"]]
    if "fixed" in rule:
        text += f" (was {value(rule, rule['fixed']['from'])})"
    return text + (f": {rule['note']}" if "note" in rule else "")


def limit(rule: Mapping[str, Any]) -> str:
    """The limit with its sign; ranges as ``a to b``; what is only advised says so."""
    bound = rule["limit"]
    if bound is None:
        return "-"
    if rule["test"] == "true_size":
        return f"within {bound:.0%} of each given dimension"
    if rule["test"] == "within":
        text = f"{value(rule, bound[0])} to {value(rule, bound[1])}"
    else:
        text = _SIGNS[rule["test"]] + value(rule, bound)
    return text if rule["required"] else f"{text} (advised)"


def value(rule: Mapping[str, Any], found: Any) -> str:
    """A measured value or a limit in words and units."""
    if found is None:
        return "missing"
    if isinstance(found, bool):
        return "yes" if found else "no"
    if isinstance(found, list):
        return ", ".join(value(rule, one) for one in found) or "none"  # pyright: ignore[reportUnknownVariableType]
    if rule["rule"].startswith("bytes"):
        return f"{found / 1e6:.2f} MB"
    if rule["rule"].endswith("_m") or rule["rule"] == "true_size":
        return f"{found:.3f} m"
    return f"{found:,}" if isinstance(found, int) else f"{found:g}" if isinstance(found, float) else str(found)
