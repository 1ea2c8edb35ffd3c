import time
from argparse import ArgumentParser
from getpass import getuser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from modelregistry.errors import DomainError
from predictions.training import services
from predictions.training.models import TrainingRun

LOOK_SECONDS = 0.5
DECIDING_SECONDS = 60.0


class Command(BaseCommand):
    help = "Let a worker train a new version. The policy of promotion decides what comes of it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("predictor")
        parser.add_argument("--recipe", default="", help="default: that of the active version")
        parser.add_argument(
            "--force", action="store_true", help="even if nothing has changed since the active one"
        )
        parser.add_argument("--wait", action="store_true", help="until it ends; show its log")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            run = services.request_run(
                predictor=options["predictor"],
                recipe=options["recipe"],
                forced=options["force"],
                trigger=TrainingRun.Trigger.COMMAND,
                requested_by=getuser(),
            )
        except DomainError as error:
            raise CommandError(error.detail) from error
        self.stdout.write(f"run {run.pk} is queued: {services.address_of(run)}")
        if options["wait"]:
            self._follow(run)

    def _follow(self, run: TrainingRun) -> None:
        shown, closed_at = 0, 0.0
        while True:
            run = services.run_numbered(run=run.pk)
            for line in run.log[shown:]:
                self.stdout.write(f"{run.percent:3} % {line['text']}")
            self.stdout.flush()
            shown = len(run.log)
            if not run.is_open:
                closed_at = closed_at or time.monotonic()
                # What is decided on the new version comes after it; then its process ends.
                is_over = run.peak_memory_mb is not None or run.pid is None
                if is_over or time.monotonic() - closed_at > DECIDING_SECONDS:
                    break
            time.sleep(LOOK_SECONDS)
        if run.state not in (TrainingRun.State.SUCCEEDED, TrainingRun.State.UNCHANGED):
            raise CommandError(f"run {run.pk} {run.state}")
