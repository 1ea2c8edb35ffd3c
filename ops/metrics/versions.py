"""Which version answers, and whether all web processes agree."""

from collections.abc import Iterator

from django.conf import settings
from prometheus_client.metrics_core import Metric

from modelregistry.overview import answering
from ops.measures import Measure

# No label is the number of a version: one that learns online makes a new one each minute.
INFO = Measure("housing_info", "1; its labels say which code answers", ("api_version", "revision"))
ACTIVE = Measure(
    "housing_active_version",
    "number of the version that is to answer; 0: none is active",
    ("predictor",),
)
PROCESSES = Measure(
    "housing_serving_processes",
    "web processes of the last 15 s that answer with the `active` version, `another`, or `none`",
    ("predictor", "answers_with"),
)
FAULTS = Measure(
    "housing_serving_faults",
    "web processes that cannot load the active version: their reasons are at "
    "`/api/models/P/serving/`",
    ("predictor",),
)
MEASURES = (INFO, ACTIVE, PROCESSES, FAULTS)


def collect() -> Iterator[Metric]:
    found = answering()
    yield INFO.told([((settings.API_VERSION, settings.REVISION), 1)])
    yield ACTIVE.told(((one.predictor,), one.active or 0) for one in found)
    yield PROCESSES.told(
        ((one.predictor, answers_with), count)
        for one in found
        for answers_with, count in (
            ("active", one.with_active),
            ("another", one.with_another),
            ("none", one.with_none),
        )
    )
    yield FAULTS.told(((one.predictor,), one.with_fault) for one in found)
