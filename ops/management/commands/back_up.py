from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from ops.backup.errors import CannotBackUp
from ops.backup.taking import take_backup


class Command(BaseCommand):
    help = "Copy the database and the files of versions and batches of one moment into a folder."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path, help="is made; must not be there")
        parser.add_argument(
            "--without-batches", action="store_true", help="leave out the files of batches"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            manifest = take_backup(
                folder=options["folder"].absolute(),
                with_batches=not options["without_batches"],
                report=self.stderr.write,
            )
        except CannotBackUp as error:
            raise CommandError(str(error)) from error
        rows = sum(table.rows for table in manifest.contents.tables.values())
        self.stdout.write(
            f"backed up {rows:,} rows of {len(manifest.contents.tables)} tables and "
            f"{len(manifest.files):,} files, {manifest.bytes / 1e6:,.1f} MB, as of "
            f"{manifest.made_at}: {options['folder']}"
        )
        if manifest.left_out:
            self.stdout.write(f"not in it are other schemas: {', '.join(manifest.left_out)}")
        if manifest.lost:
            names = ", ".join(manifest.lost[:10])
            raise CommandError(
                f"the backup is there, but {len(manifest.lost):,} files are lost, or not what they "
                f"were: {names}"
            )
