from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from modelregistry.errors import DomainError
from predictions import catalog
from predictions.thinning.services import thin_versions


class Command(BaseCommand):
    help = "Remove the files of versions that were learned online and that nobody needs."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--predictor", default="", help="default: all")
        parser.add_argument("--dry-run", action="store_true", help="only say which")

    def handle(self, *args: Any, **options: Any) -> None:
        everyone = [predictor.name for predictor in catalog.all_predictors()]
        for name in [options["predictor"]] if options["predictor"] else everyone:
            try:
                done = thin_versions(predictor=name, now=timezone.now(), dry_run=options["dry_run"])
            except DomainError as error:
                raise CommandError(error.detail) from error
            verb = "would be removed" if options["dry_run"] else "removed"
            numbers = ", ".join(map(str, done))
            self.stdout.write(f"{name}: files of {len(done)} versions {verb} {numbers}".rstrip())
