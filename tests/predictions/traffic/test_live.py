"""Traffic is counted by the worker of `bin/up`, by itself."""

from tests.live import Live, wait_until


def test_it_works(live: Live) -> None:
    counted = "SELECT counted_until > now() - interval '1 minute' FROM traffic_progress"
    with live.database() as database:
        wait_until(lambda: database.execute(counted).fetchone() == (True,), 60)
