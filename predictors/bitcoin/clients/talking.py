"""A thread that tells and asks while others wait for the next trade."""

import logging
import queue
import threading
from collections.abc import Sequence

from predictors.bitcoin.clients.conversation import Conversation
from predictors.bitcoin.clients.seconds import TradedSecond
from predictors.bitcoin.clients.service import ServiceAway, ServiceRefused

logger = logging.getLogger(__name__)

WAKE = 0.2
"""Seconds after which it is looked whether to stop."""
UNWELCOME = frozenset({401, 403})
"""Without a key that is good, no second will ever be recorded."""


class Talker(threading.Thread):
    """Tells all that has come together, and asks after the newest: the others are past.

    So after a while in which the service was away it catches up in one request. Seconds that it
    refuses are logged and left out. `failure`: why it ended before `stop`, which it sets then.
    """

    def __init__(self, conversation: Conversation, stop: threading.Event) -> None:
        super().__init__(name="talker", daemon=True)
        self.failure: Exception | None = None
        self._conversation = conversation
        self._stop_event = stop
        self._waiting: queue.SimpleQueue[TradedSecond] = queue.SimpleQueue()

    def put(self, seconds: Sequence[TradedSecond]) -> None:
        for second in seconds:
            self._waiting.put(second)

    def run(self) -> None:
        waiting: list[TradedSecond] = []
        try:
            while not self._stop_event.is_set():
                come = self._come()
                waiting += come
                if waiting:
                    waiting = self._tell(waiting)
                    if not waiting:
                        self._ask()
        except Exception as error:
            self.failure = error
            self._stop_event.set()

    def _come(self) -> list[TradedSecond]:
        found: list[TradedSecond] = []
        try:
            found.append(self._waiting.get(timeout=WAKE))
            while True:
                found.append(self._waiting.get_nowait())
        except queue.Empty:
            return found

    def _tell(self, seconds: list[TradedSecond]) -> list[TradedSecond]:
        """What still waits to be told then."""
        try:
            self._conversation.tell(seconds)
        except ServiceAway as error:
            logger.error("%s; %d seconds wait to be told", error, len(seconds))
            return seconds
        except ServiceRefused as error:
            self._raise_if_unwelcome(error)
            if len(seconds) == 1:
                logger.error("%s", error)
                return []
            # All or none of them are recorded: the others may be right.
            for place, second in enumerate(seconds):
                if self._tell([second]):
                    return seconds[place:]
        return []

    def _ask(self) -> None:
        try:
            self._conversation.ask()
        except ServiceAway as error:
            logger.error("%s", error)
        except ServiceRefused as error:
            self._raise_if_unwelcome(error)
            logger.error("%s", error)

    def _raise_if_unwelcome(self, error: ServiceRefused) -> None:
        if error.status in UNWELCOME:
            raise error
