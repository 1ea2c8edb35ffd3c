from argparse import ArgumentParser
from getpass import getuser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from modelregistry import services
from modelregistry.errors import DomainError


class Command(BaseCommand):
    help = "Make a registered version the one that answers."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("predictor")
        parser.add_argument("version", type=int)
        parser.add_argument("--reason", default="", help="kept in the history")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            version = services.activate_version(
                predictor=options["predictor"],
                version=options["version"],
                actor=f"{getuser()} (command)",
                reason=options["reason"],
            )
        except DomainError as error:
            raise CommandError(error.detail) from error
        self.stdout.write(f"{version} is active")
