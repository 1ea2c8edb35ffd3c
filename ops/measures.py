"""What a metric is: its name, its labels, and what it means, as docs/metrics.md lists it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric


@dataclass(frozen=True, slots=True)
class Measure:
    name: str
    """As it is exposed: a counter's ends in `_total`, a histogram's gets its suffixes besides."""
    meaning: str
    labels: tuple[str, ...] = ()
    kind: Literal["gauge", "counter", "histogram"] = "gauge"

    def gauge(self) -> GaugeMetricFamily:
        return GaugeMetricFamily(self.name, self.meaning, labels=self.labels)

    def counter(self) -> CounterMetricFamily:
        return CounterMetricFamily(self.name, self.meaning, labels=self.labels)

    def histogram(self) -> HistogramMetricFamily:
        return HistogramMetricFamily(self.name, self.meaning, labels=self.labels)

    def told(self, samples: Iterable[tuple[tuple[str, ...], float]]) -> Metric:
        """A gauge with these values, by their labels."""
        family = self.gauge()
        for labels, value in samples:
            family.add_metric(labels, float(value))
        return family
