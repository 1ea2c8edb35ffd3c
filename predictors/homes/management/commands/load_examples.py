from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from predictions.contract import DataError
from predictors.homes.files import EXAMPLES_FILE
from predictors.homes.loading import load_examples
from predictors.homes.sources import find_files


class Command(BaseCommand):
    help = "Load the homes to try the service with from a CSV file."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, nargs="?", help="default: as bin/up finds it")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            summary = load_examples(options["file"] or self._found())
        except DataError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(str(summary))

    def _found(self) -> Path:
        folder = Path(settings.DATA_FOLDER) if settings.DATA_FOLDER else None
        return find_files(folder=folder, report=self.stdout.write) / EXAMPLES_FILE
