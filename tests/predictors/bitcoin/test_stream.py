"""`manage.py stream_bitcoin` follows an exchange, whatever comes over the wire."""

import signal
import subprocess
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import astuple
from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings

from predictors.bitcoin.clients.assembling import Assembler
from predictors.bitcoin.clients.coinbase import Malformed, read_message
from predictors.bitcoin.clients.conversation import Conversation
from predictors.bitcoin.clients.following import Follower
from predictors.bitcoin.clients.pauses import Backoff
from predictors.bitcoin.clients.replay import read
from predictors.bitcoin.clients.seconds import TradedSecond
from predictors.bitcoin.clients.service import Service
from predictors.bitcoin.clients.talking import Talker
from tests.conftest import SAMPLE
from tests.live import Live, outside, wait_until

from .exchange import BROKEN, DROP, PRODUCT, Exchange, exchange, heartbeat, second, trade
from .flaky import RECORDED, Answer, Flaky

START = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
LATER = timedelta(hours=1)


def after(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


@pytest.fixture
def place() -> Iterator[Exchange]:
    with exchange() as place:
        yield place


class Following:
    """A follower in a thread, and what it hands over."""

    def __init__(self, place: Exchange, silence: float = 30.0) -> None:
        self.seconds: list[TradedSecond] = []
        self.stop = threading.Event()
        # No clock of this machine ends a second: a slow test is no other test.
        self.assembler = Assembler(grace=LATER)
        self.follower = Follower(
            address=place.address,
            product=PRODUCT,
            assembler=self.assembler,
            take=self.seconds.extend,
            stop=self.stop,
            silence=silence,
            backoff=Backoff(first=0.01, longest=0.05),
        )
        self.thread = threading.Thread(target=self.follower.run)
        self.thread.start()

    def end(self) -> None:
        self.stop.set()
        self.thread.join(20)
        assert not self.thread.is_alive()


Follow = Callable[..., Following]


@pytest.fixture
def follow(place: Exchange) -> Iterator[Follow]:
    started: list[Following] = []

    def start(silence: float = 30.0) -> Following:
        started.append(Following(place, silence))
        return started[-1]

    yield start
    for one in started:
        one.end()


def values(seconds: Sequence[TradedSecond]) -> list[tuple[object, ...]]:
    return [astuple(one) for one in seconds]


def test_it_works(place: Exchange, follow: Follow) -> None:
    """Trades become seconds: open, high, low, close, volume and count, by the exchange's time."""
    following = follow()
    place.send(trade(99, after(-0.5), 7000.0, 1.0, type="last_match"))
    place.send(*second(100, after(0), [7001.5, 7003.0, 6999.25, 7000.5]))
    place.send(*second(104, after(2), [7002.0]))  # no trade in the second between
    place.send(*second(105, after(3), [7004.0, 7004.5]), heartbeat(after(3) + 2 * LATER))
    wait_until(lambda: len(following.seconds) == 3)
    assert values(following.seconds) == [
        (after(0), 7001.5, 7003.0, 6999.25, 7000.5, 2.0, 4),
        (after(2), 7002.0, 7002.0, 7002.0, 7002.0, 0.5, 1),
        (after(3), 7004.0, 7004.5, 7004.0, 7004.5, 1.0, 2),
    ]
    assert place.subscriptions == [
        {"type": "subscribe", "product_ids": [PRODUCT], "channels": ["matches", "heartbeat"]}
    ]


RUBBISH = [
    "",
    "no JSON",
    b"\xff\x00\xfe",
    "[" * 100_000,
    "17",
    "[]",
    "{}",
    '{"type": {"a": 1}}',
    '{"type": "ticker", "product_id": "BTC-USD", "price": "1"}',
    '{"type": "error", "message": "Failed to subscribe", "reason": "BTC-EUX is not valid"}',
    '{"type": "heartbeat", "product_id": "BTC-USD", "time": 12}',
    trade(101, START, 1.0, 1.0, product_id="ETH-USD"),
    trade(101, START, 1.0, 1.0, price="NaN"),
    trade(101, START, 1.0, 1.0, price="-7000"),
    trade(101, START, 1.0, 1.0, price=7000),
    trade(101, START, 1.0, 1.0, size="1e999"),
    trade(101, START, 1.0, 1.0, size=None),
    trade(101, START, 1.0, 1.0, time="yesterday"),
    trade(101, START, 1.0, 1.0, time=None),
    trade(101, START, 1.0, 1.0, trade_id="101"),
    trade(101, START, 1.0, 1.0, trade_id=True),
]


def test_rubbish_and_repetitions_change_nothing(place: Exchange, follow: Follow) -> None:
    following = follow()
    first, then = second(100, after(0), [7001.0, 7002.0]), second(102, after(1), [7003.0])
    place.send(trade(99, after(-1), 7000.0, 1.0, type="last_match"), heartbeat(after(0)))
    for message in [*first, *then, trade(103, after(2), 7004.0, 1.0)]:
        place.send(*RUBBISH, message, message, first[0])
    wait_until(lambda: len(following.seconds) == 2)
    assert values(following.seconds) == [
        (after(0), 7001.0, 7002.0, 7001.0, 7002.0, 1.0, 2),
        (after(1), 7003.0, 7003.0, 7003.0, 7003.0, 0.5, 1),
    ]
    assert following.follower.malformed > 4 * 10
    assert following.assembler.counts["missed"] == 0
    assert len(place.subscriptions) == 1


def test_a_lost_connection_that_lost_nothing_leaves_no_hole(
    place: Exchange, follow: Follow
) -> None:
    following = follow()
    trades = second(100, after(0), [7001.0, 7002.0, 7003.0])
    place.send(trade(99, after(-1), 7000.0, 1.0, type="last_match"), *trades[:2], DROP)
    # The exchange repeats the last trade before the subscription: it is known, nothing is missing.
    place.send(trade(101, after(0.2), 7002.0, 0.5, type="last_match"))
    place.send(trades[2], BROKEN, trades[2], *second(103, after(1), [7004.0]))
    wait_until(lambda: len(following.seconds) == 1)
    assert values(following.seconds) == [(after(0), 7001.0, 7003.0, 7001.0, 7003.0, 1.5, 3)]
    assert len(place.subscriptions) == 3
    assert following.assembler.counts["repeated"] == 2


def test_seconds_beside_a_gap_are_not_told(place: Exchange, follow: Follow) -> None:
    following = follow()
    place.send(trade(99, after(-1), 7000.0, 1.0, type="last_match"))
    place.send(*second(100, after(0), [7001.0]), *second(101, after(1), [7002.0]), DROP)
    place.send(trade(110, after(5.5), 7010.0, 0.5, type="last_match"))
    place.send(*second(111, after(6), [7011.0]), *second(112, after(7), [7012.0]))
    wait_until(lambda: len(following.seconds) == 2)
    assert [one.time for one in following.seconds] == [after(0), after(6)]
    assert following.assembler.counts["missed"] == 8
    assert following.assembler.counts["partial"] == 3  # with the one in which following began


def test_what_comes_too_late_for_its_second_is_counted_and_dropped() -> None:
    assembler = Assembler(grace=timedelta(seconds=0.5))

    def came(number: int, moment: float) -> list[TradedSecond]:
        message = read_message(trade(number, after(moment), 7000.0 + number, 1.0), PRODUCT)
        return assembler.add(message)  # type: ignore[arg-type]

    assert came(1, -1) == []
    assert came(2, 0.1) == []
    assert assembler.at(after(1.4)) == []
    assert [one.trades_count for one in assembler.at(after(1.5))] == [1]
    assert came(3, 0.9) == []
    assert came(4, 1.2) == []
    assert came(5, 1_000) == []  # no clock goes so wrong: its time is
    assert came(6, 1.3) == []
    assert [one.trades_count for one in came(7, 3)] == []  # 5 is missing in it
    assert assembler.counts["late"] == 1
    assert assembler.counts["ahead"] == 1
    assert assembler.counts["missed"] == 1
    assert came(8_000_000_000, 4) == []  # so many cannot have been missed
    assert came(8, 5) == []  # by its number it came long ago
    assembler.at(after(64))
    assert came(9, 65) == []
    assert came(10, 66) == []  # it was counted anew: the second of 9 may not be whole
    assert [one.time for one in came(11, 67)] == [after(66)]


def test_a_silent_connection_is_given_up(place: Exchange, follow: Follow) -> None:
    follow(silence=0.05)
    wait_until(lambda: len(place.subscriptions) >= 3)


def test_pauses_grow_and_are_drawn() -> None:
    backoff = Backoff(first=1.0, longest=8.0)
    for longest in (1.0, 2.0, 4.0, 8.0, 8.0):
        assert longest / 2 <= backoff.next() <= longest
    backoff.reset()
    assert backoff.next() <= 1.0


def test_an_address_that_is_none_is_refused() -> None:
    stop = threading.Event()
    with pytest.raises(ValueError, match="isn't a valid URI"):
        Follower(
            address="http://exchange",
            product=PRODUCT,
            assembler=Assembler(grace=LATER),
            take=list[TradedSecond]().extend,
            stop=stop,
        )
    with pytest.raises(Malformed):
        read_message("{", PRODUCT)


def test_what_waits_is_told_together_and_what_is_refused_is_left_out(flaky: Flaky) -> None:
    first, second_one, third = read(SAMPLE / "bitcoin.csv", count=1)[:3]
    refused: Answer = (422, {}, {"detail": "it was recorded before"})
    flaky.answers += [(503, {}, {}), refused, refused, RECORDED]
    stop = threading.Event()
    service = Service(flaky.url, "vk_x", stop=stop, patience=0)
    talker = Talker(Conversation(service, print), stop)
    talker.put([first, second_one])
    talker.start()
    wait_until(lambda: len(flaky.bodies) == 4)
    flaky.answers.append((401, {}, {"detail": "this key is wrong"}))
    talker.put([third])
    talker.join(20)
    assert "this key is wrong" in str(talker.failure)
    assert stop.is_set()
    both = [first.timed_json(), second_one.timed_json()]
    assert flaky.bodies == [both, both, both[:1], both[1:], [third.timed_json()]]


def test_a_service_is_told_and_asked_until_it_is_enough(place: Exchange, live: Live) -> None:
    now = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=2)
    command = subprocess.Popen(
        [
            *("bin/manage", "stream_bitcoin", "--address", place.address, "--url", live.url),
            *("--grace", "3600"),
        ],
        cwd=settings.BASE_DIR,
        env=outside(live.var),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        with live.database() as database:

            def told() -> int:
                query = "SELECT count(*) FROM bitcoin_second WHERE time >= %s"
                row = database.execute(query, [now]).fetchone()
                return int(row[0]) if row else 0

            place.send(trade(0, now - timedelta(seconds=1), 5000.0, 1.0, type="last_match"))
            for number in range(60):
                moment = now + timedelta(seconds=number, milliseconds=100)
                place.send(trade(number + 1, moment, 5000.0 + number % 7, 0.1), "rubbish")
            place.send(DROP, trade(60, moment, 5003.0, 0.1, type="last_match"))
            # A second is complete when the next one begins: the sixtieth with the first of these.
            for number in range(60, 64):
                moment = now + timedelta(seconds=number, milliseconds=100)
                place.send(trade(number + 1, moment, 5000.0 + number % 7, 0.1))
                wait_until(lambda number=number: told() == number, 90)  # type: ignore[misc]
    finally:
        command.send_signal(signal.SIGTERM)
        said, warned = command.communicate(timeout=40)
    assert command.returncode == 0, warned
    assert "predicted " in said
    assert "predictions met the second that they were about" in said
    assert "malformed messages: 60" in said
    assert "Traceback" not in warned
    assert len(place.subscriptions) == 2
    with live.database() as database:
        (met,) = database.execute(
            "SELECT count(*) FROM bitcoin_forecast WHERE second >= %s", [now]
        ).fetchone() or (0,)
        assert met >= 2
        (open_keys,) = database.execute(
            "SELECT count(*) FROM keys_apikey WHERE name LIKE 'stream_bitcoin-%' "
            "AND revoked_at IS NULL"
        ).fetchone() or (1,)
        assert open_keys == 0
        # Those who use this service after us find its newest second where it was.
        database.execute("DELETE FROM bitcoin_forecast WHERE second >= %s", [now])
        database.execute("DELETE FROM bitcoin_second WHERE time >= %s", [now])
