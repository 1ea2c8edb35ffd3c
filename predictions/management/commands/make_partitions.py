from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from predictions.partitions import MONTHS_AHEAD, make_partitions


class Command(BaseCommand):
    help = "Make the audit log's partitions: this month's and those of the next months."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--months",
            type=int,
            choices=range(25),
            default=MONTHS_AHEAD,
            metavar="N",
            help=f"how many ahead, up to 24 (default {MONTHS_AHEAD})",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        made = make_partitions(months=options["months"])
        listed = ", ".join(f"{month:%Y-%m}" for month in made)
        self.stdout.write(f"made {listed}" if made else "all of them are there")
