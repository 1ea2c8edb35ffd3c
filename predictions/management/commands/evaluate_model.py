import shlex
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from learning.evaluation import UnknownPart
from modelregistry.errors import DomainError
from predictions import catalog
from predictions.contract import DataError
from predictions.evaluating import evaluate_version


class Command(BaseCommand):
    help = "Measure a version's recipe on data it did not learn from; write a report and a card."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("predictor")
        parser.add_argument("version", type=int)
        parser.add_argument("--out", type=Path, help="folder; default: var/reports/…")
        parser.add_argument("--only", default="", help="parts of the evaluation, with commas")
        for name in catalog.file_names():
            parser.add_argument(f"--{name}", type=Path, help="this file instead of the table")

    def handle(self, *args: Any, **options: Any) -> None:
        files = {name: options[name] for name in catalog.file_names() if options[name]}
        try:
            found, folder = evaluate_version(
                predictor_name=options["predictor"],
                version=options["version"],
                out=options["out"],
                only=[name.strip() for name in options["only"].split(",") if name.strip()],
                files=files,
                command=_command(options),
                report=self.stderr.write,
            )
        except DomainError as error:
            raise CommandError(error.detail) from error
        except (DataError, UnknownPart) as error:
            raise CommandError(str(error)) from error
        for line in found.lines:
            self.stdout.write(line)
        for name in found.documents:
            self.stdout.write(f"written: {folder / name}")


def _command(options: dict[str, Any]) -> str:
    """As one would type it, without the folder it writes to: that changes no figure."""
    words = ["manage.py", "evaluate_model", options["predictor"], str(options["version"])]
    for name in ("only", *catalog.file_names()):
        if options[name]:
            words += [f"--{name}", str(options[name])]
    return shlex.join(words)
