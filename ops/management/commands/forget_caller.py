from argparse import ArgumentParser
from getpass import getuser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from ops.forgetting import forget_caller
from predictions.erasing import CannotErase


class Command(BaseCommand):
    help = (
        "Make a caller unknown wherever its address or name is stored; what it asked and was "
        "answered stays. For good."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("caller", help="an address, key:NAME or user:NAME, as the log shows it")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            done = forget_caller(caller=options["caller"], actor=f"{getuser()} (command)")
        except CannotErase as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"it is {done.name} from now on")
        for what, rows in done.rows.items():
            self.stdout.write(f"{what}: {rows:,}")
