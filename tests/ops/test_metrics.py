"""GET /metrics: all that Prometheus reads."""

import re

from django.conf import settings
from django.test import Client
from prometheus_client.metrics_core import Metric
from prometheus_client.parser import text_string_to_metric_families

from ops.metrics.exposition import MEASURES


def scraped(api: Client) -> dict[str, Metric]:
    """By name, as docs/metrics.md has it."""
    response = api.get("/metrics")
    assert response.status_code == 200
    assert response["Content-Type"].startswith("text/plain")
    return {
        family.name + "_total" * (family.type == "counter"): family
        for family in text_string_to_metric_families(response.content.decode())
    }


def test_it_works(api: Client) -> None:
    assert scraped(api)


def test_every_metric_is_listed_with_its_meaning(api: Client) -> None:
    text = (settings.BASE_DIR / "docs/metrics.md").read_text()
    listed = re.findall(r"^\| `(\w+)` \| (\w+) \| ([^|]*) \| (.+) \|$", text, re.M)
    assert listed == [(one.name, one.kind, ", ".join(one.labels), one.meaning) for one in MEASURES]
    assert {name: family.type for name, family in scraped(api).items()} == {
        name: kind for name, kind, _, _ in listed
    }
