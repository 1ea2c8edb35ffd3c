"""What the logs look like: Django's LOGGING, and structlog's part of it (docs/logs.md).

gunicorn's parent process reads this file too, without importing it (deploy/gunicorn.conf.py): it
needs nothing of ours.
"""

import json
import logging
import re
from typing import Any

import structlog
from structlog.stdlib import ProcessorFormatter
from structlog.typing import EventDict, WrappedLogger

# A line is one event, whatever a client put into it: no line feed of his begins another, and no
# escape sequence of his reaches a terminal. C0, DEL, C1, and Unicode's two ends of lines.
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
# In a value: what could begin another, or seem to end this one.
_AMBIGUOUS = re.compile(r"""[\s"=]""")
# What beat sends every few seconds leaves no lines as long as nothing is wrong.
_TASKS = "django_structlog.celery"


def logging_of(level: str, form: str) -> dict[str, Any]:
    """`level`: the least that is written; `form`: `json` or `line`."""
    stderr = ["stderr"]
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"chosen": {"()": lambda: formatter(form)}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "chosen"}},
        "root": {"handlers": stderr, "level": level},
        "loggers": {
            # A 4xx is an answer, and it is in the audit log; Django would print a line for each.
            "django.request": {"level": "ERROR"},
            "django.security.DisallowedHost": {"level": "CRITICAL"},
            # gunicorn gives it a handler of its own.
            "gunicorn.error": {"handlers": stderr, "level": level, "propagate": False},
            # Each task's beginning and end, and a failure, are told with the request's id.
            "celery.app.trace": {"level": "CRITICAL"},
            "celery.worker.strategy": {"level": "WARNING"},
            "celery.worker.request": {"level": "WARNING"},
            "celery.beat": {"level": "WARNING"},
            "django_celery_beat": {"level": "WARNING"},
        },
    }


def configure_structlog() -> None:
    """What is said through structlog goes the way of Python's own logging."""
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.contextvars.merge_contextvars,
            structlog.stdlib.add_logger_name,
            _without_heartbeats,
            ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )


def formatter(form: str) -> logging.Formatter:
    """Of records of both: those of structlog and those of Python's own logging."""
    return ProcessorFormatter(
        foreign_pre_chain=[structlog.contextvars.merge_contextvars],
        processors=[
            _with_what_all_have,
            ProcessorFormatter.remove_processors_meta,
            _with_failure_to_render,
            structlog.processors.format_exc_info,
            _as_json if form == "json" else _as_line,
        ],
    )


def _without_heartbeats(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """One that waited too long behind others is given up; the next comes in seconds."""
    is_heartbeat = event["logger"].startswith(_TASKS) and not event.get("request_id")
    if is_heartbeat and (method == "info" or event["event"] == "task_revoked"):
        raise structlog.DropEvent
    return event


def _with_what_all_have(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    record: logging.LogRecord = event["_record"]
    event.update(logger=record.name, level=record.levelname.lower(), pid=record.process)
    return structlog.processors.TimeStamper(fmt="iso")(logger, method, event)


def _with_failure_to_render(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """A task that failed is told with its exception itself, often where none is being handled."""
    if isinstance(event.get("exception"), BaseException):
        event["exc_info"] = event.pop("exception")
    return event


_FIRST = ("timestamp", "level", "event", "logger", "request_id")


def _as_json(logger: WrappedLogger, method: str, event: EventDict) -> str:
    """In ASCII: JSON's escapes leave nothing that could break a line, or a terminal."""
    ordered = {name: event.pop(name) for name in _FIRST if name in event} | dict(event)
    return json.dumps(ordered, default=str)


def _as_line(logger: WrappedLogger, method: str, event: EventDict) -> str:
    """For people: `time LEVEL logger: event name=value …`, and a traceback, set in, below it."""
    failure = event.pop("exception", None)
    start = f"{event.pop('timestamp')} {event.pop('level').upper()} {event.pop('logger')}:"
    members = ((name, str(value)) for name, value in event.items() if name not in ("event", "pid"))
    pairs = (f"{name}={_quoted(value)}" for name, value in members)
    lines = [" ".join([start, str(event["event"]), *pairs])]
    if failure is not None:
        lines += [f"    {line}" for line in str(failure).split("\n")]
    return "\n".join(_CONTROL.sub(_escaped, line) for line in lines)


def _quoted(value: str) -> str:
    """One that could pass for several has quotes around it."""
    return json.dumps(value, ensure_ascii=False) if _AMBIGUOUS.search(value) else value


def _escaped(found: re.Match[str]) -> str:
    return found[0].encode("unicode_escape").decode()
