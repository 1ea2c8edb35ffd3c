from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from modelregistry.errors import DomainError
from predictions.keys import services


class Command(BaseCommand):
    help = "Revoke an API key: from now on it opens nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            key = services.revoke_key(name=options["name"])
        except DomainError as error:
            raise CommandError(error.detail) from error
        self.stdout.write(f"{key} is revoked")
