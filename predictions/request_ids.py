"""The id of the request for which something is done, here or in a worker that was told later.

It stands in each line of the log and in the name of the database's statements, and goes with each
message to a worker. A job keeps it in its row: messages may be lost, and sent again by nobody's
request.
"""

from structlog.contextvars import bind_contextvars, get_contextvars


def current() -> str:
    """Empty where nothing was asked for by a request: schedules, commands."""
    return str(get_contextvars().get("request_id", ""))


def go_on_for(request_id: str) -> None:
    """Until this task ends. `request_id`: as the job's row has it; empty changes nothing."""
    if request_id:
        bind_contextvars(request_id=request_id)
