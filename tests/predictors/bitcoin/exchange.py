"""A local exchange that speaks as Coinbase Exchange does, and misbehaves as told."""

import json
import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection, serve

PRODUCT = "BTC-USD"
DROP = object()
"""In the script: the connection is cut, without a closing handshake."""
BROKEN = object()
"""In the script: a text that is no UTF-8, upon which the client has to close (RFC 6455, 8.1)."""


def at(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S.%fZ}"


def trade(number: int, moment: datetime, price: float, size: float, /, **more: Any) -> str:
    message = {
        "type": "match",
        "trade_id": number,
        "sequence": 50 + 7 * number,
        "maker_order_id": "ac928c66-ca53-498f-9c13-a110027a60e8",
        "taker_order_id": "132fb6ae-456b-4654-b4e0-d681ac05cea1",
        "time": at(moment),
        "product_id": PRODUCT,
        "size": repr(size),
        "price": repr(price),
        "side": "sell",
    }
    return json.dumps(message | more)


def heartbeat(moment: datetime, last: int = 0) -> str:
    return json.dumps(
        {
            "type": "heartbeat",
            "sequence": 90,
            "last_trade_id": last,
            "product_id": PRODUCT,
            "time": at(moment),
        }
    )


class Exchange:
    """Sends what is put into `script`, in order, over whatever connection there is."""

    def __init__(self) -> None:
        self.script: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self.subscriptions: list[dict[str, Any]] = []
        self.port = 0
        self.closing = threading.Event()

    @property
    def address(self) -> str:
        return f"ws://127.0.0.1:{self.port}"

    def send(self, *messages: Any) -> None:
        for message in messages:
            self.script.put(message)

    def handle(self, connection: ServerConnection) -> None:
        self.subscriptions.append(json.loads(connection.recv()))
        channels = [{"name": name, "product_ids": [PRODUCT]} for name in ("matches", "heartbeat")]
        connection.send(json.dumps({"type": "subscriptions", "channels": channels}))
        while not self.closing.is_set():
            try:
                message = self.script.get(timeout=0.02)
            except queue.Empty:
                continue
            if message is DROP:
                connection.close_socket()
                return
            if message is BROKEN:
                connection.send(b"\xff", text=True)
                with suppress(ConnectionClosed):
                    connection.recv()
                return
            connection.send(message)


@contextmanager
def exchange() -> Iterator[Exchange]:
    place = Exchange()
    with serve(place.handle, "127.0.0.1", 0) as server:
        place.port = server.socket.getsockname()[1]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield place
        place.closing.set()
        server.shutdown()


def second(first: int, start: datetime, prices: list[float]) -> list[str]:
    """The trades of one second, numbered from `first`."""
    return [
        trade(first + place, start + timedelta(milliseconds=100 * (place + 1)), price, 0.5)
        for place, price in enumerate(prices)
    ]
