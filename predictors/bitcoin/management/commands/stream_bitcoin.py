import threading
from argparse import ArgumentParser, ArgumentTypeError
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from predictors.bitcoin.clients.assembling import Assembler
from predictors.bitcoin.clients.coinbase import ADDRESS, PRODUCT
from predictors.bitcoin.clients.conversation import Conversation
from predictors.bitcoin.clients.following import Follower
from predictors.bitcoin.clients.keys import add_service_arguments, key_or_own
from predictors.bitcoin.clients.service import TIMEOUT, Service
from predictors.bitcoin.clients.stopping import stop_on_signal
from predictors.bitcoin.clients.talking import Talker

GRACE = 0.5


class Command(BaseCommand):
    help = (
        "Follow the trades of an exchange (Coinbase Exchange, or what speaks as it does): tell a "
        "running service each traded second, and ask for the next. Ends with Ctrl-C or SIGTERM."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_service_arguments(parser)
        parser.add_argument("--address", default=ADDRESS, help=f"default: {ADDRESS}")
        parser.add_argument("--product", default=PRODUCT, help=f"default: {PRODUCT}")
        parser.add_argument(
            "--grace",
            type=_grace,
            default=timedelta(seconds=GRACE),
            help=f"seconds for trades that come late, by the exchange's clock; default: {GRACE}",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with (
                stop_on_signal() as stop,
                key_or_own(options["key"], purpose="stream_bitcoin") as key,
            ):
                self._follow(Service(options["url"], key, stop=stop), stop, options)
        except ValueError as error:
            raise CommandError(str(error)) from error

    def _follow(self, service: Service, stop: threading.Event, options: dict[str, Any]) -> None:
        conversation = Conversation(service, self.stdout.write)
        talker = Talker(conversation, stop)
        assembler = Assembler(grace=options["grace"])
        follower = Follower(
            address=options["address"],
            product=options["product"],
            assembler=assembler,
            take=talker.put,
            stop=stop,
        )
        talker.start()
        follower.run()
        talker.join(TIMEOUT)
        service.close()
        counts = {**assembler.counts, "malformed messages": follower.malformed}
        self.stdout.write(", ".join(f"{name}: {count:,}" for name, count in counts.items()))
        self.stdout.write(str(conversation.score))
        if talker.failure is not None:
            raise CommandError(str(talker.failure)) from talker.failure


def _grace(text: str) -> timedelta:
    seconds = float(text)
    if 0 <= seconds <= 3_600:
        return timedelta(seconds=seconds)
    raise ArgumentTypeError("from 0 to 3600")
