"""`manage.py replay_seconds`: a real client, and what it saw is what the service says."""

import math
import threading
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from predictions.contract import DataError
from predictors.bitcoin.clients.replay import moved_after, moved_to_now, read, refuse_mixing
from predictors.bitcoin.clients.service import Service, ServiceAway, ServiceRefused
from tests.conftest import SAMPLE
from tests.live import Live

from .flaky import RECORDED, Flaky

FILE = SAMPLE / "bitcoin.csv"
HOUR = timedelta(hours=1)


def errors_by_hand(live: Live, since: str, until: str) -> dict[str, tuple[int, float, float]]:
    """n, RMSE and MAE of each guess, from the log and the seconds alone, by their closes.

    What was asked with sixty seconds was about the one that followed them; of equal questions the
    last counts.
    """
    with live.database() as database:
        logged = database.execute(
            "SELECT request, response FROM predictions_prediction WHERE predictor = 'bitcoin' "
            "AND status = 200 AND created_at BETWEEN %s AND %s ORDER BY id",
            [since, until],
        ).fetchall()
        seconds = database.execute(
            "SELECT price_close, volume_traded FROM bitcoin_second ORDER BY time"
        ).fetchall()
    following = {
        tuple(seconds[start : start + 60]): seconds[start + 60][0]
        for start in range(len(seconds) - 60)
    }
    asked: dict[Any, tuple[dict[str, float], float]] = {}
    for request, response in logged:
        if response["target"] != "next_close":
            continue
        key = tuple((one["price_close"], one["volume_traded"]) for one in in_order(request))
        if key in following:
            said = {"model": response["bitcoin_prediction"], "ewma": response["naive"]["ewma"]}
            said["persistence"] = response["naive"]["last_close"]
            asked[key, response["model"]["version"]] = said, following[key]
    found = {}
    for guess in ("model", "persistence", "ewma"):
        off = [said[guess] - actual for said, actual in asked.values()]
        rmse = math.sqrt(math.fsum(error**2 for error in off) / len(off))
        found[guess] = len(off), rmse, math.fsum(map(abs, off)) / len(off)
    return found


def in_order(request: dict[str, Any]) -> list[dict[str, Any]]:
    """The sixty seconds, oldest first, in whatever form they were asked."""
    sent = request.get("bitcoin_last_minute", request)
    if isinstance(sent, list):
        return sent
    return [
        {name: sent[f"{name}_-{lag}" if lag else name] for name in ("price_close", "volume_traded")}
        for lag in reversed(range(60))
    ]


def replayed(live: Live, key: str, *options: str) -> list[str]:
    said = StringIO()
    call_command(
        *("replay_seconds", str(FILE), "--url", live.url, "--key", key, "--speed", "0", *options),
        stdout=said,
    )
    return said.getvalue().splitlines()


def test_it_works(live: Live, key: str) -> None:
    """Sixty seconds of replay: accuracy is what the log and the seconds give by hand."""
    *lines, counted, _, model, naive, ewma = replayed(
        live, key, "--seconds", "60", "--from", "2019-12-31T00:30:00Z"
    )
    assert len(lines) == 60
    assert counted == "60 predictions met the second that they were about"
    status, accuracy = live.get("/api/bitcoin/accuracy/?window=10m")
    assert status == 200
    by_hand = errors_by_hand(live, accuracy["since"], accuracy["until"])
    for guess, shown in (("model", model), ("persistence", naive), ("ewma", ewma)):
        n, rmse, mae = by_hand[guess]
        assert accuracy["n"] == n >= 60
        assert accuracy[guess]["rmse_usd"] == pytest.approx(rmse, rel=1e-9)
        assert accuracy[guess]["mae_usd"] == pytest.approx(mae, rel=1e-9)
        if n == 60:  # nobody else asked meanwhile
            assert shown.split()[-3:-1] == [f"{rmse:.6f}", f"{mae:.6f}"]


def test_seconds_that_the_service_knows_are_no_truth_of_a_prediction(live: Live, key: str) -> None:
    *lines, counted = replayed(live, key, "--keep-times", "--seconds", "2")
    assert counted.startswith("0 predictions met the second that they were about; 2 did not")
    assert [line.endswith("not counted") for line in lines] == [True, True]


def test_a_wrong_key_ends_it(live: Live) -> None:
    with pytest.raises(CommandError, match="401"):
        call_command("replay_seconds", str(FILE), "--url", live.url, "--key", "vk_wrong")


def test_made_up_seconds_are_not_replayed_to_a_service_with_real_ones(tmp_path: Path) -> None:
    copy = tmp_path / "copy.csv"
    copy.write_bytes(FILE.read_bytes())
    with pytest.raises(DataError, match="never mix"):
        refuse_mixing(copy, "real")
    copy.write_bytes(FILE.read_bytes() + b"\n")
    for path, data in ((copy, "real"), (FILE, "synthetic"), (FILE, None)):
        refuse_mixing(path, data)


@pytest.mark.parametrize("unfit", ["--seconds=0", "--speed=-1", "--from=yesterday"])
def test_unfit_options_are_refused(unfit: str) -> None:
    with pytest.raises(CommandError):
        call_command("replay_seconds", str(FILE), unfit)


def test_a_replay_follows_what_is_known_at_a_distance() -> None:
    seconds = read(FILE, count=3)
    assert len(seconds) == 63
    assert seconds[0].time == datetime(2019, 12, 31, tzinfo=UTC)
    assert moved_after(seconds, None) == seconds
    newest = seconds[-1].time
    moved = moved_after(seconds, newest)
    assert moved[0].time == newest + HOUR
    assert moved[-1].time - moved[0].time == seconds[-1].time - seconds[0].time
    assert moved_after(moved, newest) == moved
    now = moved_to_now(seconds, newest)
    assert now[60].time <= datetime.now(UTC) < now[60].time + HOUR
    with pytest.raises(DataError, match="already"):
        moved_to_now(seconds, now[-1].time)


def test_a_client_is_patient(flaky: Flaky) -> None:
    """It comes back after a 503 and after a lost connection; else it keeps its connection."""
    second = read(FILE, count=1)[:1]
    flaky.answers += [(503, {"Retry-After": "0"}, {}), RECORDED, RECORDED, None, RECORDED]
    service = Service(flaky.url, "vk_x", stop=threading.Event())
    first, second_time, third = (service.tell(second) for _ in range(3))
    assert (first.added, first.repeated) == (1, True)
    assert not second_time.repeated
    assert third.repeated
    assert len(flaky.connections) == 2
    service.close()


def test_patience_ends(flaky: Flaky) -> None:
    second = read(FILE, count=1)[:1]
    stop = threading.Event()
    flaky.answers += [(503, {"Retry-After": "120"}, {})]
    with pytest.raises(ServiceAway, match="503"):
        Service(flaky.url, "vk_x", stop=stop).tell(second)
    flaky.answers += [(422, {}, {"detail": "no", "errors": [{"field": "price_low"}]})]
    with pytest.raises(ServiceRefused, match="price_low"):
        Service(flaky.url, "vk_x", stop=stop).tell(second)
    stop.set()
    flaky.answers += [None]
    with pytest.raises(ServiceAway, match="stopped"):
        Service(flaky.url, "vk_x", stop=stop).tell(second)
