"""Grafana's dashboard and Prometheus' alerts: they name what /metrics of a real service gives."""

import json
import re
import urllib.request
from collections.abc import Iterator
from typing import Any

import promql_parser as promql
import pytest
import yaml
from django.urls import get_resolver
from prometheus_client.parser import text_string_to_metric_families

from deploy.images.dockerfile import exec_form
from ops.metrics.exposition import MEASURES
from tests.live import Live
from tests.ops.test_every_route import paths

from .files import ROOT, SECRETS, compose
from .promql import Mistake, labels_of, selectors

DASHBOARD = json.loads((ROOT / "deploy/grafana/valuation.json").read_text())
PROMETHEUS = yaml.safe_load((ROOT / "deploy/prometheus/prometheus.yml").read_text())
GROUPS = yaml.safe_load((ROOT / "deploy/prometheus/alerts.yml").read_text())["groups"]
ALERTS = [alert for group in GROUPS for alert in group["rules"]]
PANELS = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]

# What Prometheus knows of itself.
ITS_OWN = {"up": frozenset[str](), "ALERTS": frozenset({"alertname", "alertstate", "severity"})}
# What Grafana puts in, and something of the kind.
FILLED_IN = {"$__rate_interval": "1m", "$__range": "6h", "$predictor": ".+"}
# Labels whose values are ours, and few.
OF_OURS = ("state", "answers_with", "queue", "group")


def filled(expression: str) -> str:
    for name, value in FILLED_IN.items():
        expression = expression.replace(name, value)
    assert "$" not in expression, expression
    return expression


def queries() -> Iterator[tuple[str, str, list[str]]]:
    """Where each stands, the expression, and the templates that name labels of its result."""
    for panel in PANELS:
        for target in panel["targets"]:
            yield panel["title"], filled(target["expr"]), [target["legendFormat"]]
    for mark in DASHBOARD["annotations"]["list"]:
        texts = [mark["titleFormat"], mark.get("textFormat", "")]
        yield mark["name"], filled(mark["expr"]), texts
    for alert in ALERTS:
        yield alert["alert"], alert["expr"], list(alert["annotations"].values())


QUERIES = list(queries())


@pytest.fixture(scope="module")
def samples(live: Live) -> list[tuple[str, dict[str, str]]]:
    """Name and labels of all that a running service exposes, after a question and a refusal."""
    live.post("/api/predict/", {})
    with urllib.request.urlopen(f"{live.url}/metrics") as response:
        text = response.read().decode()
    families = text_string_to_metric_families(text)
    return [(one.name, one.labels) for family in families for one in family.samples]


@pytest.fixture(scope="module")
def known() -> dict[str, frozenset[str]]:
    """Labels by the name of a series; a histogram is three."""
    found = dict(ITS_OWN)
    for measure in MEASURES:
        labels = frozenset(measure.labels)
        if measure.kind == "histogram":
            found[f"{measure.name}_bucket"] = labels | {"le"}
            found |= dict.fromkeys((f"{measure.name}_sum", f"{measure.name}_count"), labels)
        else:
            found[measure.name] = labels
    return found


def test_it_works(
    known: dict[str, frozenset[str]], samples: list[tuple[str, dict[str, str]]]
) -> None:
    """Every series of a real service is known by its name and by all of its labels."""
    assert len({name for name, _ in samples}) > 15
    for name, labels in samples:
        assert known[name] == labels.keys(), name


@pytest.mark.parametrize(("where", "expression", "texts"), QUERIES, ids=[q[0] for q in QUERIES])
def test_an_expression_names_metrics_and_labels_that_exist(
    where: str, expression: str, texts: list[str], known: dict[str, frozenset[str]]
) -> None:
    labels = labels_of(promql.parse(expression), known)
    assert labels is not None, f"{where} asks for a number"
    named = re.findall(r"\{\{\s*(?:\$labels\.)?([a-z_]+)\s*\}\}", " ".join(texts))
    assert set(named) <= labels, where


@pytest.mark.parametrize(
    "expression",
    [
        "housing_no_such_thing",
        'housing_batches{status="done"}',
        "sum by (version) (housing_active_version)",
        "housing_queue_length / housing_redis_up",
        "histogram_quantile(0.9, sum(rate(housing_request_duration_seconds_bucket[5m])))",
        "housing_outcomes > on (queue) housing_trained_mdape_percent",
    ],
)
def test_a_mistake_is_found(expression: str, known: dict[str, frozenset[str]]) -> None:
    with pytest.raises(Mistake):
        labels_of(promql.parse(expression), known)


def test_values_that_are_named_occur(samples: list[tuple[str, dict[str, str]]]) -> None:
    routes = {"/livez", *paths(get_resolver())}
    for where, expression, _ in QUERIES:
        for selector in selectors(promql.parse(expression)):
            for matcher in selector.matchers.matchers:
                there = {
                    labels[matcher.name]
                    for name, labels in samples
                    if name == selector.name and matcher.name in OF_OURS
                }
                if matcher.name == "route":
                    there = routes
                for value in matcher.value.split("|") if there else ():
                    assert any(re.fullmatch(value, one) for one in there), (where, value)


def test_the_dashboard_is_one_that_grafana_reads() -> None:
    assert DASHBOARD["uid"] and DASHBOARD["title"] and DASHBOARD["schemaVersion"] >= 36
    numbers = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(set(numbers)) == len(numbers)
    variables = {one["name"]: one["type"] for one in DASHBOARD["templating"]["list"]}
    assert variables["datasource"] == "datasource"
    source = {"type": "prometheus", "uid": "${datasource}"}
    for panel in PANELS:
        letters = [target["refId"] for target in panel["targets"]]
        assert len(set(letters)) == len(letters) > 0
        assert all(one["datasource"] == source for one in (panel, *panel["targets"]))
    assert all(one["datasource"] == source for one in DASHBOARD["annotations"]["list"])
    text = json.dumps(DASHBOARD)
    assert set(re.findall(r"\$\{?([a-z]+)\b", text)) == variables.keys()


def test_panels_do_not_lie_on_each_other() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken and place["x"] + place["w"] <= 24, panel["title"]
        taken |= cells


@pytest.mark.parametrize("alert", ALERTS, ids=[alert["alert"] for alert in ALERTS])
def test_an_alert_says_what_it_means_and_what_to_do(alert: dict[str, Any]) -> None:
    assert alert["labels"]["severity"] in {"critical", "warning", "info"}
    assert alert["annotations"].keys() == {"summary", "description", "runbook"}
    assert re.fullmatch(r"\d+[smhd]", alert.get("for", "0s"))
    path, _, anchor = alert["annotations"]["runbook"].partition("#")
    headings = re.findall(r"^#+ (.+)$", (ROOT / path).read_text(), re.M)
    assert alert["alert"] in headings and anchor == alert["alert"].lower()


def test_every_alert_is_described_once() -> None:
    text = (ROOT / "docs/watching.md").read_text().partition("## Alerts")[2]
    assert re.findall(r"^### (.+)$", text, re.M) == [alert["alert"] for alert in ALERTS]


def test_every_metric_is_watched() -> None:
    """In a chart or by an alert, but for what explains others."""
    watched = {
        str(selector.name).removesuffix("_bucket")
        for _, expression, _ in QUERIES
        for selector in selectors(promql.parse(expression))
    }
    assert {one.name for one in MEASURES} - watched == {"housing_drift_reference_changed"}


def test_the_containers_find_their_files() -> None:
    services = compose(SECRETS)["services"]
    mounted = {
        target: source
        for name in ("prometheus", "grafana")
        for source, target, *_ in (one.split(":") for one in services[name]["volumes"])
    }
    assert PROMETHEUS["rule_files"] == ["/etc/prometheus/alerts.yml"]
    assert mounted["/etc/prometheus/alerts.yml"] == "./deploy/prometheus/alerts.yml"
    folder = ROOT / mounted["/etc/grafana/provisioning"]
    provider = yaml.safe_load((folder / "dashboards/valuation.yml").read_text())["providers"][0]
    assert f"{provider['options']['path']}/valuation.json" in mounted
    source = yaml.safe_load((folder / "datasources/prometheus.yml").read_text())["datasources"][0]
    assert source["type"] == "prometheus" and source["url"] == "http://prometheus:9090"


def test_prometheus_asks_by_a_name_that_the_service_knows() -> None:
    web = compose(SECRETS)["services"]["web"]
    scrape = PROMETHEUS["scrape_configs"][0]
    host, port = scrape["static_configs"][0]["targets"][0].split(":")
    assert (scrape["job_name"], scrape["metrics_path"]) == ("valuation", "/metrics")
    assert host == "web" and f"0.0.0.0:{port}" in exec_form("CMD")
    assert host in web["environment"]["HOUSING_ALLOWED_HOSTS"].split(",")


def test_without_the_profile_neither_is_started() -> None:
    services = compose(SECRETS)["services"]
    assert [name for name in services if services[name].get("profiles") == ["watch"]] == [
        "prometheus",
        "grafana",
    ]
