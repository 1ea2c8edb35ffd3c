from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from predictions.keys import services

HEAD = ("name", "begins", "state", "scopes", "expires", "last used", "per minute", "made by")


class Command(BaseCommand):
    help = "List the API keys that are good; with --all also those that are over."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--all", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        rows = [
            (
                *(key.name, f"{key.prefix}…", key.state(now), ",".join(key.scopes)),
                *(_moment(key.expires_at), _moment(key.last_used_at)),
                *(_limit(key.per_minute), key.created_by),
            )
            for key in services.all_keys()
            if options["all"] or key.state(now) == "good"
        ]
        widths = [max(map(len, column)) for column in zip(HEAD, *rows, strict=True)]
        for row in (HEAD, *rows):
            cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
            self.stdout.write("  ".join(cells).rstrip())


def _moment(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M}" if moment else "never"


def _limit(per_minute: int | None) -> str:
    if per_minute is None:
        return "as all"
    return f"{per_minute}" if per_minute else "any number"
