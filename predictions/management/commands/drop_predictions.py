from argparse import ArgumentParser, ArgumentTypeError
from datetime import date, datetime
from getpass import getuser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from predictions import retention


def month(text: str) -> date:
    try:
        return datetime.strptime(text, "%Y-%m").date()
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is not a month such as 2026-01") from None


class Command(BaseCommand):
    help = "Drop whole months of the audit log for good. Without --yes only says which."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--before", type=month, required=True, help="the first month that stays: 2026-01"
        )
        parser.add_argument("--yes", action="store_true", help="do it")

    def handle(self, *args: Any, **options: Any) -> None:
        actor = f"{getuser()} (command)"
        try:
            months = retention.months_before(options["before"])
            for old in months:
                if options["yes"]:
                    rows = retention.drop_month(month=old.first, actor=actor)
                    self.stdout.write(f"{old.first:%Y-%m}: dropped, {rows:,} rows")
                else:
                    size = f"{old.size / 1e6:,.1f} MB"
                    self.stdout.write(f"{old.first:%Y-%m}: {old.rows:,} rows, {size}")
        except retention.CannotDrop as error:
            raise CommandError(str(error)) from error
        if not months:
            self.stdout.write("the log has no such months")
        elif not options["yes"]:
            self.stdout.write("nothing was dropped; with --yes they go for good")
