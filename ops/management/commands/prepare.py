import json
import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError

from learning.fields import example_of
from modelregistry.errors import DomainError
from modelregistry.models import Activation, ModelVersion
from ops.backup.errors import CannotRestore
from ops.backup.restoring import check_not_interrupted
from predictions import catalog
from predictions.contract import DataError, Predictor
from predictions.partitions import make_partitions
from predictions.training.foreground import train_version
from predictions.training.models import TrainingRun
from predictions.training.offering import offer_schedules
from predictions.upgrading import migrate


class Command(BaseCommand):
    help = "Make the service ready: migrate, load data, train a first model, create an admin."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--result", type=Path, help="write what was found as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            check_not_interrupted()
        except CannotRestore as error:
            raise CommandError(str(error)) from error
        self._say("bringing the database up to date")
        migrate(report=self._say)
        make_partitions()
        offer_schedules()
        folder = Path(settings.DATA_FOLDER) if settings.DATA_FOLDER else None
        try:
            for predictor in catalog.all_predictors():
                predictor.load_data(folder=folder, report=self._say)
                self._train_if_needed(predictor)
        except DataError as error:
            raise CommandError(str(error)) from error
        except DomainError as error:
            raise CommandError(error.detail) from error
        admin_created = self._create_admin()
        if options["result"]:
            options["result"].write_text(json.dumps(self._facts(admin_created)))

    def _say(self, line: str) -> None:
        self.stdout.write(f"prepare: {line}")
        self.stdout.flush()

    def _train_if_needed(self, predictor: Predictor) -> None:
        """A version by each recipe; those of made-up data do not count while the data is real.

        The last recipe answers, unless somebody has chosen another version.
        """
        is_real = predictor.data_kind() == "real"
        versions = [
            version
            for version in ModelVersion.objects.newest_first(predictor.name).filter(gate="passed")
            if not (is_real and version.is_synthetic)
        ]
        there = {version.trained_on.get("recipe") for version in versions}
        chosen = bool(versions) and Activation.objects.was_chosen(predictor.name, besides="prepare")
        for recipe in predictor.recipes:
            if recipe in there:
                continue
            self._say(f"training the first {predictor.name} model by the recipe {recipe}")
            try:
                version = train_version(
                    predictor=predictor.name,
                    recipe=recipe,
                    activate=not chosen,
                    trigger=TrainingRun.Trigger.PREPARE,
                    requested_by="prepare",
                )
            except (DomainError, DataError) as error:
                if not ModelVersion.objects.active(predictor.name).exists():
                    raise
                # What answers goes on answering: better than nothing that does.
                self._say(f"there is no {predictor.name} model by the recipe {recipe}: {error}")
                continue
            self._say(f"{version} is {'active' if version.is_active else 'there, not active'}")

    def _create_admin(self) -> bool:
        """On the first run only, and only when a password is given."""
        users = get_user_model().objects
        password = os.environ.get("DJANGO_SUPERUSER_PASSWORD")
        if not password or users.filter(is_superuser=True).exists():
            return False
        users.create_superuser("admin", password=password)
        return True

    def _facts(self, admin_created: bool) -> dict[str, Any]:
        """For the banner of bin/up; its example is a request to the first predictor."""
        predictors = catalog.all_predictors()
        first = predictors[0]
        return {
            "admin_created": admin_created,
            "predictors": [self._standing(predictor) for predictor in predictors],
            "address": first.address,
            "example": example_of(first.fields()),
        }

    @staticmethod
    def _standing(predictor: Predictor) -> dict[str, Any]:
        active = ModelVersion.objects.active(predictor.name).first()
        return {
            "model": str(active) if active else f"{predictor.name}: no version is active",
            "address": predictor.address,
            "data": predictor.data_kind(),
        }
