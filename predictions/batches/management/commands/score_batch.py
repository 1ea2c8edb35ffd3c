import os
import sys
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from modelregistry.errors import DomainError
from predictions.batches import services
from predictions.batches.assembling import assemble_batch, open_results
from predictions.batches.formats import FORMATS, results_as
from predictions.batches.models import Batch, State
from predictions.batches.scoring import Outcome, score_next
from predictions.batches.services import ACTIVE, Order
from predictions.batches.splitting import split_batch

BLOCK = 1024 * 1024
JSON_SUFFIXES = (".jsonl", ".ndjson")
CALLER = "score_batch"


class Command(BaseCommand):
    help = "Score a file of CSV or JSON lines (.jsonl, .ndjson); workers are not needed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--out", type=Path, required=True, help="….csv, ….jsonl or ….parquet")
        parser.add_argument("--model", default=ACTIVE, help="active, or the number of a version")
        parser.add_argument("--predictor", default="", help="may be left out if there is one")

    def handle(self, *args: Any, **options: Any) -> None:
        file, out = options["file"], options["out"]
        if out.suffix.removeprefix(".") not in FORMATS:
            raise CommandError(f"--out: a name that ends in .{', .'.join(FORMATS)}")
        if not os.access(out.parent, os.W_OK | os.X_OK) or out.is_dir():
            raise CommandError(f"--out: {out} cannot be written")
        try:
            batch = self._accepted(file, options["predictor"], options["model"])
        except OSError as error:
            raise CommandError(f"{file}: {error.strerror}") from error
        except DomainError as error:
            raise CommandError("\n".join(_lines(file, error))) from error
        try:
            self._work(batch)
            self._finish(batch, out)
        except KeyboardInterrupt:
            services.cancel_batch(identity=batch.pk)
            raise CommandError(f"{batch} is cancelled; what was scored is in the log") from None
        except OSError as error:
            raise CommandError(f"{batch}: {error}") from error

    def _accepted(self, file: Path, predictor: str, model: str) -> Batch:
        version = services.version_for(predictor_name=predictor, model=model)
        order = Order(
            is_csv=file.suffix.lower() not in JSON_SUFFIXES,
            file_name=file.name,
            caller=CALLER,
            request_id=CALLER,
        )
        with file.open("rb") as source:
            content: Iterator[bytes] = iter(lambda: source.read(BLOCK), b"")
            return services.accept_batch(
                order=order, version=version, content=content, tell_workers=False
            )

    def _work(self, batch: Batch) -> None:
        """Whatever is left to do; workers that found it too do their part."""
        with tqdm(total=0, unit=" rows", file=sys.stderr, mininterval=0.5) as bar:
            while batch.finished_at is None:
                if batch.rows is None:
                    split_batch(batch, tell=False)
                    batch.refresh_from_db()
                    bar.total = batch.rows
                outcome = score_next(batch)
                progress = batch.chunks.progress()
                bar.update(progress["done"] - bar.n)
                if progress["done"] == batch.rows:
                    assemble_batch(batch)
                elif outcome is Outcome.NOTHING:
                    time.sleep(0.2)  # others have the last pieces, or one is to be tried again
                batch.refresh_from_db()

    def _finish(self, batch: Batch, out: Path) -> None:
        if batch.state != State.DONE:
            raise CommandError(f"{batch} {batch.state}: {batch.error}".rstrip(": "))
        name, file = out.suffix.removeprefix("."), open_results(batch)
        with out.open("wb") as target:
            for block in results_as(name, file, separator=batch.separator):
                target.write(block)
        failed = batch.chunks.progress()["failed"]
        self.stdout.write(
            f"{batch.rows:,} rows by {batch.model_version}, {failed:,} of them in error: {out}"
        )


def _lines(file: Path, error: DomainError) -> Iterator[str]:
    yield f"{file}: {error.detail}"
    for found in error.members.get("errors", ()):
        yield f"  {found['field']}: {found['detail']} ({found['accepted']})"
