from argparse import ArgumentParser
from getpass import getuser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from modelregistry import services
from modelregistry.errors import DomainError


class Command(BaseCommand):
    help = "Register a model made elsewhere: model.pkl and model_features.json."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("predictor")
        parser.add_argument("model", type=Path, help="the pickle")
        parser.add_argument("features", type=Path, help="JSON array of the feature names in order")
        parser.add_argument("--name", default="", help="default: the pickle's file name")
        parser.add_argument("--notes", default="")
        parser.add_argument(
            "--sha256", default="", help="refuse the pickle unless this is its digest"
        )
        parser.add_argument("--synthetic", action="store_true", help="it learned from made-up data")
        parser.add_argument("--activate", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        model_path: Path = options["model"]
        try:
            model_bytes = model_path.read_bytes()
            features_bytes = options["features"].read_bytes()
        except OSError as error:
            raise CommandError(f"{error.filename}: {error.strerror}") from error
        try:
            version = services.register_version(
                predictor=options["predictor"],
                name=options["name"] or model_path.stem,
                model_bytes=model_bytes,
                features_bytes=features_bytes,
                expected_sha256=options["sha256"],
                trained_on={"data": "synthetic"} if options["synthetic"] else {},
                created_by=getuser(),
                notes=options["notes"],
            )
            if options["activate"]:
                services.activate_version(
                    predictor=version.predictor,
                    version=version.version,
                    actor=f"{getuser()} (command)",
                    reason="registered and activated",
                )
        except DomainError as error:
            raise CommandError(error.detail) from error
        state = "active" if options["activate"] else "not active"
        self.stdout.write(f"registered {version}, {version.digest}, {state}")
