from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from ops.backup.errors import CannotRestore
from ops.backup.manifest import Manifest
from ops.backup.restoring import compare_backup, end_interrupted, restore_backup

DEEDS = {
    "--compare": "change nothing, only compare",
    "--replace": "in place of what the database holds",
    "--undo": "after a restore that was interrupted: back to what was before it, no more",
    "--keep": "after a restore that was interrupted: keep what is there now, no more",
}


class Command(BaseCommand):
    help = "Put a backup back, or compare it with what there is: exit code 1 if they differ."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path, nargs="?", help="that back_up has made")
        how = parser.add_mutually_exclusive_group()
        for name, what in DEEDS.items():
            how.add_argument(name, action="store_true", help=what)
        parser.add_argument(
            "--jobs",
            type=int,
            choices=range(1, 33),
            default=1,
            metavar="N",
            help="tables and indexes at a time",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        is_choice = options["undo"] or options["keep"]
        if not is_choice and options["folder"] is None:
            raise CommandError("name the folder of a backup; only --undo and --keep need none")
        try:
            if is_choice:
                self._choose(keep=options["keep"])
            elif options["compare"]:
                self._compare(options["folder"].absolute())
            else:
                self._restore(options)
        except CannotRestore as error:
            raise CommandError(str(error)) from error

    def _restore(self, options: dict[str, Any]) -> None:
        manifest = restore_backup(
            folder=options["folder"].absolute(),
            replace=options["replace"],
            jobs=options["jobs"],
            report=self.stderr.write,
        )
        self._say(manifest, "restored, and equal to the backup")

    def _choose(self, *, keep: bool) -> None:
        end_interrupted(keep=keep)
        chosen = "keeps what is there now" if keep else "is what it was before the restore"
        self.stdout.write(f"the database {chosen}")

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
