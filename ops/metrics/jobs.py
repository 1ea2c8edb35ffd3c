"""Batches, training runs, and the queues from which workers take both."""

from collections.abc import Iterator

from prometheus_client.metrics_core import Metric

from ops import queues
from ops.measures import Measure
from predictions.batches import services as batches
from predictions.training import services as training

BATCHES = Measure("housing_batches", "batches that were ever accepted, by state now", ("state",))
SILENT = Measure(
    "housing_batch_silent_seconds",
    "since a piece of an unfinished batch was done, or it began, where that is longest ago; "
    "0: all are finished",
)
RUNS = Measure(
    "housing_training_runs",
    "training runs that were ever asked for, by state now",
    ("predictor", "state"),
)
WAITING = Measure(
    "housing_training_waiting_seconds",
    "since the oldest run that no worker has begun was asked for; 0: none waits",
)
REACHED = Measure(
    "housing_redis_up",
    "1: Redis answers; 0: the next two are missing, and each process limits by itself",
)
QUEUE = Measure("housing_queue_length", "messages that no worker has taken", ("queue",))
TAKEN = Measure(
    "housing_queue_taken", "messages that workers have taken and not done, of all queues"
)
MEASURES = (BATCHES, SILENT, RUNS, WAITING, REACHED, QUEUE, TAKEN)


def collect() -> Iterator[Metric]:
    of_batches, of_training = batches.workload(), training.workload()
    yield BATCHES.told(((state,), count) for state, count in of_batches.states.items())
    yield SILENT.told([((), of_batches.silent.total_seconds())])
    yield RUNS.told(of_training.runs.items())
    yield WAITING.told([((), of_training.waiting.total_seconds())])
    found = queues.lengths()
    yield REACHED.told([((), found is not None)])
    yield QUEUE.told(((name,), count) for name, count in (found.waiting if found else {}).items())
    yield TAKEN.told([((), found.taken)] if found else [])
