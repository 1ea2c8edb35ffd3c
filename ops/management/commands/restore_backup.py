from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from ops.backup.errors import CannotRestore
from ops.backup.manifest import Manifest
from ops.backup.restoring import compare_backup, restore_backup


class Command(BaseCommand):
    help = "Put a backup back, or compare it with what there is: exit code 1 if they differ."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path, help="that back_up has made")
        parser.add_argument("--compare", action="store_true", help="change nothing, only compare")
        parser.add_argument(
            "--replace", action="store_true", help="in place of what the database holds"
        )
        parser.add_argument(
            "--jobs",
            type=int,
            choices=range(1, 33),
            default=1,
            metavar="N",
            help="tables at a time; what fails with more than 1 leaves some of them",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        folder = options["folder"].absolute()
        try:
            if options["compare"]:
                self._compare(folder)
                return
            manifest = restore_backup(
                folder=folder,
                replace=options["replace"],
                jobs=options["jobs"],
                report=self.stderr.write,
            )
        except CannotRestore as error:
            raise CommandError(str(error)) from error
        self._say(manifest, "restored, and equal to the backup")

    def _compare(self, folder: Path) -> None:
        manifest, found = compare_backup(folder=folder)
        for line in found:
            self.stdout.write(line)
        if found:
            raise CommandError(f"{len(found):,} differences from the backup of {manifest.made_at}")
        self._say(manifest, "equal to the backup")

    def _say(self, manifest: Manifest, what: str) -> None:
        rows = sum(table.rows for table in manifest.contents.tables.values())
        self.stdout.write(
            f"{what} of {manifest.made_at}: {rows:,} rows of {len(manifest.contents.tables)} "
            f"tables, {len(manifest.contents.definitions):,} rules, {len(manifest.files):,} files"
        )
