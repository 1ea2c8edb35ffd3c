"""Hears of changes in the database: one thread per web process.

Triggers notify the channel `housing` when another version becomes active or reference data
changes. A notification may be missed (restart, network), so everything is also looked at every few
seconds: PostgreSQL is the truth, the message only makes it quick.
"""

import logging
import threading
from collections.abc import Callable

import psycopg
from django.db import Error, connection

logger = logging.getLogger(__name__)

POLL_SECONDS = 4.0
RETRY_SECONDS = 0.5

OnChange = Callable[[bool], None]
"""Called with True after a notification (or a new connection), with False for a look by the way."""


class Listener:
    def __init__(self, on_change: OnChange) -> None:
        self._on_change = on_change
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="changes", daemon=True)

    def start(self) -> None:
        """The first look is before this returns, if the database is there."""
        try:
            self._on_change(True)
        except Error as error:
            logger.error("changes: %s", error)
        finally:
            connection.close()
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._listen()
            except (Error, psycopg.Error, OSError) as error:
                logger.warning("changes: %s", " ".join(str(error).split()))
            except Exception:  # the thread must live: without it nothing would switch
                logger.exception("changes")
            finally:
                connection.close()
            self._stopping.wait(RETRY_SECONDS)

    def _listen(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("LISTEN housing")
        wire = connection.connection
        told = True  # what was said while nobody listened
        while not self._stopping.is_set():
            self._on_change(told)
            told = False
            # Many notifications at once are one reason to look.
            for _ in wire.notifies(timeout=POLL_SECONDS, stop_after=1):
                told = True
