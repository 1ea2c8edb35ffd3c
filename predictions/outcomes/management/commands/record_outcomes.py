from argparse import ArgumentParser, ArgumentTypeError
from datetime import timedelta
from getpass import getuser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from learning.fields import Fault
from modelregistry.errors import DomainError
from predictions import catalog
from predictions.errors import InvalidInput
from predictions.outcomes.decoding import read_window
from predictions.outcomes.filing import Filed, record_csv
from predictions.outcomes.matching import DEFAULT_WINDOW, EVER
from predictions.outcomes.models import Outcome, Source
from predictions.outcomes.services import counts

LONGEST_NAME = Outcome._meta.get_field("recorded_by").max_length


def window(text: str) -> timedelta:
    faults: list[Fault] = []
    found = read_window(text, "any", faults)
    if faults:
        raise ArgumentTypeError(f"{faults[0].detail}; accepted: {faults[0].accepted}")
    return EVER if found is None else found


class Command(BaseCommand):
    help = "Record what became of predictions, from a CSV: by their ids, or by the facts asked."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--predictor", default=catalog.default().name)
        parser.add_argument(
            "--window",
            type=window,
            default=DEFAULT_WINDOW,
            help="how long before its sale a home may have been valued: 180d; any: whenever",
        )
        parser.add_argument("--by", default="", help="who says so; default: the user of the shell")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        try:
            filed = record_csv(
                text=path.read_bytes().decode("utf-8-sig"),
                predictor_name=options["predictor"],
                window=options["window"],
                source=Source.FILE,
                recorded_by=(options["by"] or f"{getuser()} (command)")[:LONGEST_NAME],
            )
        except OSError as error:
            raise CommandError(f"{path}: {error.strerror}") from error
        except UnicodeDecodeError as error:
            raise CommandError(f"{path}: not UTF-8 at byte {error.start}") from error
        except InvalidInput as error:
            raise CommandError("; ".join(map(_said, error.faults))) from error
        except DomainError as error:
            raise CommandError(error.detail) from error
        for line in lines(filed):
            self.stdout.write(line)


def lines(filed: list[Filed]) -> list[str]:
    found = [
        f"line {one.line}: {one.result.word}: {'; '.join(map(_said, one.result.faults))}"
        for one in filed
        if one.result.faults
    ]
    words = counts(one.result.word for one in filed)
    added = sum(one.result.kept is not None and one.result.kept.result == "added" for one in filed)
    found.append(", ".join(f"{number:,} {word}" for word, number in words.items()))
    found.append(f"{added:,} became training data")
    return found


def _said(fault: Fault) -> str:
    return f"{fault.field}: {fault.detail}; accepted: {fault.accepted}"
