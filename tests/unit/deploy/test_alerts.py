"""Alerts speak of metrics that exist, with labels that they have."""

import re
from typing import Any

import yaml
from prometheus_client.parser import text_string_to_metric_families

from commands import DEPLOY, GUIDES, ROOT
from maquette.adapters.telemetry.prometheus import PrometheusMeter
from maquette.ports import statistics as told
from maquette.ports.statistics import DURATIONS_S, Statistics
from maquette.testing import ManualClock


class Counted:
    """One row of everything."""

    def read(self) -> Statistics:
        return Statistics(
            jobs=(told.JobCount("cutout", "pending", 1),),
            waiting=(told.WaitCount("budget", 1),),
            queues=(told.QueueLoad("cpu", 1, 2.0, False),),
            workers=(told.WorkerCount("cpu", "running", 1, 1.0),),
            tries=(told.TryCount("storing", "none", "finished", 1),),
            times=(told.StageTimes("storing", "none", tuple(1 for _ in DURATIONS_S), 1, 0.1),),
            failures=(told.FailureCount("storing", "internal", 1),),
            reuses=(told.ReuseCount("storing", 1, 1.0),),
            stored=(told.StoredCount("mask", 1, 1),),
            projects=(told.ProjectCount("product", 1),),
        )


def exported() -> dict[str, set[str]]:
    """The names of all series with their labels."""
    meter = PrometheusMeter(Counted(), ManualClock(), lambda: 1, "1")
    meter.count("/", "GET", 200, 0.1)
    found: dict[str, set[str]] = {}
    for family in text_string_to_metric_families(meter.text().decode()):
        for sample in family.samples:
            found.setdefault(sample.name, set()).update(sample.labels)
    return found


def rules() -> list[dict[str, Any]]:
    groups = yaml.safe_load((DEPLOY / "prometheus" / "alerts.yml").read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def test_each_alert_speaks_of_metrics_and_labels_that_exist() -> None:
    known = exported()
    for rule in rules():
        names = re.findall(r"\bmaquette_[a-z_]+", rule["expr"])
        assert set(names) <= set(known), rule["alert"]
        for name, labels in re.findall(r'\b(maquette_[a-z_]+)\{((?:[^"}]|"[^"]*")*)\}', rule["expr"]):
            assert set(re.findall(r"(\w+)=\"", labels)) <= known[name], rule["alert"]
        assert rule["annotations"]["summary"].endswith((".", "?"))
        assert rule["labels"]["severity"] in ("page", "ticket")


def test_each_alert_leads_to_a_page_that_exists() -> None:
    for rule in rules():
        page, _, anchor = rule["annotations"]["runbook"].partition("#")
        text = (ROOT / page).read_text(encoding="utf-8")
        headings = {
            re.sub(r"[^\w -]", "", line.lstrip("# ").lower()).replace(" ", "-")
            for line in text.splitlines()
            if line.startswith("#")
        }
        assert not anchor or anchor in headings, rule["alert"]


def test_every_metric_is_described_in_the_guide() -> None:
    guide = (GUIDES / "operate.md").read_text(encoding="utf-8")
    families = {
        re.sub(r"_(total|bucket|count|sum|info)$", "", name) for name in exported() if name.startswith("maquette_")
    }
    assert not [name for name in sorted(families) if f"`{name}" not in guide]
