from argparse import ArgumentParser
from getpass import getuser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from modelregistry.errors import DomainError
from predictions.keys import services
from predictions.keys.models import SCOPES

DAYS = 90


class Command(BaseCommand):
    help = "Make an API key. Its secret is printed, this once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="stands as key:NAME wherever it did something")
        parser.add_argument("--scope", action="append", choices=SCOPES, required=True)
        parser.add_argument("--days", type=int, default=DAYS, help=f"default: {DAYS}")
        parser.add_argument(
            "--per-minute",
            type=int,
            help="requests that it may make; 0: any number; default: HOUSING_KEY_LIMIT",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            made = services.make_key(
                name=options["name"],
                scopes=options["scope"],
                days=options["days"],
                per_minute=options["per_minute"],
                created_by=f"{getuser()} (command)",
            )
        except DomainError as error:
            raise CommandError(error.detail) from error
        key = made.key
        # To stderr what is said of it, so that the secret alone can go into a file.
        self.stderr.write(
            f"{key.name}: {', '.join(key.scopes)}, until {key.expires_at:%Y-%m-%d}. "
            "The secret, shown only now:"
        )
        self.stdout.write(made.secret)
