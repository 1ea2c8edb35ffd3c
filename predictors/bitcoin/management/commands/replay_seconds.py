from argparse import ArgumentParser, ArgumentTypeError
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from predictions.contract import DataError
from predictors.bitcoin.clients.conversation import Conversation
from predictors.bitcoin.clients.keys import add_service_arguments, key_or_own
from predictors.bitcoin.clients.replay import moved_after, moved_to_now, read, refuse_mixing, replay
from predictors.bitcoin.clients.service import Service, ServiceAway, ServiceRefused
from predictors.bitcoin.clients.stopping import stop_on_signal
from predictors.bitcoin.files import whole_second


class Command(BaseCommand):
    help = (
        "Tell a running service the seconds of a file in their rhythm, and ask for each before it "
        "comes. The service records them as traded: they begin an hour after the newest that it "
        "knows, unless --now or --keep-times says otherwise."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        add_service_arguments(parser)
        parser.add_argument(
            "--speed", type=_speed, default=1.0, help="times as fast as traded; 0: no pauses"
        )
        parser.add_argument(
            "--seconds", type=_count, help="how many are predicted, after the first sixty"
        )
        parser.add_argument(
            "--from", dest="since", type=_time, help="such as 2020-01-01T00:00:00Z, by the file"
        )
        times = parser.add_mutually_exclusive_group()
        times.add_argument("--now", action="store_true", help="the first predicted one is now")
        times.add_argument(
            "--keep-times",
            action="store_true",
            help="as in the file; what the service knows already is no truth of a prediction",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        purpose = "replay_seconds"
        try:
            seconds = read(options["file"], since=options["since"], count=options["seconds"])
            with stop_on_signal() as stop, key_or_own(options["key"], purpose=purpose) as key:
                service = Service(options["url"], key, stop=stop)
                refuse_mixing(options["file"], service.data())
                if options["now"]:
                    seconds = moved_to_now(seconds, service.newest())
                elif not options["keep_times"]:
                    seconds = moved_after(seconds, service.newest())
                conversation = Conversation(service, self.stdout.write)
                try:
                    replay(
                        seconds=seconds,
                        conversation=conversation,
                        speed=options["speed"],
                        stop=stop,
                    )
                finally:
                    self.stdout.write(str(conversation.score))
                    service.close()
        except (DataError, ServiceAway, ServiceRefused, ValueError) as error:
            raise CommandError(str(error)) from error


def _speed(text: str) -> float:
    if 0 <= (speed := float(text)) < float("inf"):
        return speed
    raise ArgumentTypeError("0 or more")


def _count(text: str) -> int:
    if (count := int(text)) >= 1:
        return count
    raise ArgumentTypeError("1 or more")


def _time(text: str) -> datetime:
    try:
        return whole_second(text)
    except ValueError as error:
        raise ArgumentTypeError(str(error)) from error
