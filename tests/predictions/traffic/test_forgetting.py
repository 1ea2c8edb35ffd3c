"""A caller is forgotten: what was counted is neither lost nor counted twice."""

from datetime import timedelta

from ops.forgetting import forget_caller
from predictions.traffic.services import count_up, picture
from tests.predictions.traffic.conftest import Log, rows

CALLER = "10.0.0.0"


def test_it_works(log: Log) -> None:
    log.write(rows(400, back=timedelta(hours=1)) + rows(100, back=timedelta(days=20)))
    count_up()
    before = picture(window="30d")
    log.write(rows(50, back=timedelta(hours=1)))
    done = forget_caller(caller=CALLER, actor="test")
    while count_up():
        pass
    log.assert_counted()
    after = picture(window="30d")
    assert after.counts.total > before.counts.total
    callers = {caller.caller for caller in after.callers}
    assert CALLER in {caller.caller for caller in before.callers}
    assert CALLER not in callers and done.name in callers
