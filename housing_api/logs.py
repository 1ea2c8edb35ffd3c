"""What the logs look like: Django's LOGGING."""

from typing import Any


def logging_of(level: str) -> dict[str, Any]:
    """`level`: the least that is written."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"},
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["stderr"], "level": level},
        # A 4xx is an answer, and it is in the audit log; Django would print a line for each.
        "loggers": {
            "django.request": {"level": "ERROR"},
            "django.security.DisallowedHost": {"level": "CRITICAL"},
        },
    }
