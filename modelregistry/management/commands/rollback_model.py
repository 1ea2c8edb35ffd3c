from argparse import ArgumentParser
from getpass import getuser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from modelregistry import services
from modelregistry.errors import DomainError


class Command(BaseCommand):
    help = "Return to the version that answered before the active one."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("predictor")
        parser.add_argument("--reason", default="", help="kept in the history")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            version = services.rollback(
                predictor=options["predictor"],
                actor=f"{getuser()} (command)",
                reason=options["reason"],
            )
        except DomainError as error:
            raise CommandError(error.detail) from error
        self.stdout.write(f"{version} is active")
