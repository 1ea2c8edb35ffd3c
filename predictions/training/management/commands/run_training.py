import os
import signal
import sys
import threading
from argparse import ArgumentParser
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from learning import threads
from modelregistry.errors import DomainError
from predictions import request_ids
from predictions.contract import DataError
from predictions.training.carrying_out import carry_out, told_to_end
from predictions.training.models import TrainingRun

GRACE_SECONDS = 0.5


class Command(BaseCommand):
    help = "Do a run that a worker has claimed. A worker starts this; it ends with the worker."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("run", type=int)

    def handle(self, *args: Any, **options: Any) -> None:
        signal.signal(signal.SIGTERM, _end)
        threading.Thread(target=_end_with_parent, daemon=True).start()
        threads.allow(1)  # the others are for those who ask
        try:
            carry_out_claimed(options["run"])
        except (DomainError, DataError) as error:
            raise CommandError(str(error)) from error


def carry_out_claimed(number: int) -> None:
    run = TrainingRun.objects.numbered(number)
    if run.state != TrainingRun.State.RUNNING:
        raise CommandError(f"run {run.pk} is {run.state}: a worker has to claim it first")
    request_ids.go_on_for(run.request_id)
    carry_out(run)


def _end(number: int, frame: FrameType | None) -> None:
    """By unwinding: what is tried at the gate ends too."""
    told_to_end.set()
    sys.exit(128 + number)


def _end_with_parent() -> None:
    """Who has started us holds the other end of our standard input."""
    os.read(sys.stdin.fileno(), 1)  # not by the buffer, whose lock Python would want at its end
    os.kill(os.getpid(), signal.SIGTERM)
    threading.Event().wait(GRACE_SECONDS)
    os._exit(1)
