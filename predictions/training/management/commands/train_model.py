import time
from argparse import ArgumentParser
from getpass import getuser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from modelregistry.errors import DomainError
from predictions import catalog
from predictions.contract import DataError
from predictions.training.foreground import peak_megabytes, train_version
from predictions.training.models import TrainingRun


class Command(BaseCommand):
    help = "Train a model from the database and register it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("predictor")
        parser.add_argument("--recipe", default="", help="default: the predictor's first")
        for name in catalog.file_names():
            parser.add_argument(f"--{name}", type=Path, help="this file instead of the table")
        parser.add_argument("--activate", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        started = time.monotonic()
        files = {name: options[name] for name in catalog.file_names() if options[name]}
        try:
            version = train_version(
                predictor=options["predictor"],
                recipe=options["recipe"],
                files=files,
                activate=options["activate"],
                trigger=TrainingRun.Trigger.COMMAND,
                requested_by=getuser(),
            )
        except DomainError as error:
            raise CommandError(error.detail) from error
        except DataError as error:
            raise CommandError(str(error)) from error
        for found in version.trained_on.get("data_checks", ()):
            self.stdout.write(
                f"data: {found['check']}: {found['rows']} rows {found['decision']}: {found['why']}"
            )
        for part, metrics in version.metrics.items():
            shown = ", ".join(f"{name} {value:,.4f}" for name, value in metrics.items())
            self.stdout.write(f"{part}: {shown}")
        self.stdout.write(
            f"trained and tried at the gate in {time.monotonic() - started:.0f} s, "
            f"at most {peak_megabytes():,.0f} MB of memory"
        )
        state = "active" if version.is_active else "not active"
        self.stdout.write(f"registered {version}, {version.digest}, {state}")
