import uuid
from argparse import ArgumentParser, ArgumentTypeError
from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from modelregistry.errors import DomainError
from predictions.differences import Differences, Spread
from predictions.replaying import NotInTheLog, Replayed, Selection, replay


def identity(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is not the id of a prediction") from None


def moment(text: str) -> datetime:
    """UTC unless it says otherwise."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is not a moment such as 2026-05-01") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


class Command(BaseCommand):
    help = "Compute logged predictions again and compare: exit code 1 if one is not what it was."

    def create_parser(self, *args: Any, **options: Any) -> CommandParser:
        # Django's own --version, which shows Django's, gives way to ours.
        return super().create_parser(*args, conflict_handler="resolve", **options)

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--id", type=identity, nargs="+", default=(), metavar="ID")
        parser.add_argument("--since", type=moment, help="2026-05-01 or 2026-05-01T12:30, UTC")
        parser.add_argument("--until", type=moment, help="up to this moment, without it")
        parser.add_argument("--predictor", default="", help="only its predictions")
        parser.add_argument(
            "--version",
            type=int,
            dest="on",
            metavar="N",
            help="compute them all on this version instead, and say how far apart they are",
        )
        parser.add_argument("--limit", type=int, metavar="N", help="the first N of them only")

    def handle(self, *args: Any, **options: Any) -> None:
        selection = Selection(
            ids=options["id"],
            since=options["since"],
            until=options["until"],
            predictor=options["predictor"],
            limit=options["limit"],
        )
        try:
            replayed = replay(selection=selection, version=options["on"], report=self.stderr.write)
        except NotInTheLog as error:
            raise CommandError(str(error)) from error
        except DomainError as error:
            raise CommandError(error.detail) from error
        for line in lines(replayed):
            self.stdout.write(line)
        wrong = replayed.differences.count + sum(replayed.failed.values())
        if replayed.on is None and wrong:
            raise CommandError(f"{wrong:,} of them could not be computed as they were")


def lines(replayed: Replayed) -> list[str]:
    where = replayed.on or "the versions that answered"
    found = [
        f"computed again on {where}: {replayed.count:,}",
        f"equal in every bit: {replayed.equal:,}",
        f"different: {replayed.differences.count:,}",
    ]
    if replayed.rounded:
        found.append(f"answered among many, equal but for rounding: {replayed.rounded:,}")
    for status, rows in sorted(replayed.refused.items()):
        found.append(f"left out, for nothing was predicted (status {status}): {rows:,}")
    for reason, rows in replayed.failed.most_common():
        found.append(f"not computed: {rows:,}: {reason}")
    if replayed.differences.count:
        found += described(replayed.differences)
    return found


def described(differences: Differences) -> list[str]:
    found = ["of those that differ:", f"  by {_spread(differences.absolute, ',.2f')}"]
    if differences.relative is not None:
        found.append(f"  that is {_spread(differences.relative, ',.2%')}")
    found.append("the largest:")
    for one in differences.largest:
        found.append(f"  {one.id}  {one.logged:,.2f}, now {one.now:,.2f}")
    return found


def _spread(spread: Spread, form: str) -> str:
    return (
        f"{spread.median:{form}} (median), {spread.ninetieth:{form}} (90th percentile), "
        f"{spread.largest:{form}} (largest)"
    )
