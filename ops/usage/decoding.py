"""What is asked for in the address."""

from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest

from learning.fields import Fault
from ops.usage.records import CALLER_LENGTH, ROUTE_LENGTH
from predictions.errors import InvalidInput

DAYS, ENDPOINT, CALLER = "days", "endpoint", "caller"
DEFAULT_DAYS = 7


@dataclass(frozen=True, slots=True)
class Asked:
    days: int
    endpoint: str
    caller: str


def read_usage(request: HttpRequest) -> Asked:
    """Raises InvalidInput."""
    faults = [
        Fault(name[:100], "unknown parameter", f"only: {DAYS}, {ENDPOINT}, {CALLER}")
        for name in sorted(request.GET.keys() - {DAYS, ENDPOINT, CALLER})
    ]
    asked = Asked(
        days=_days(request, faults),
        endpoint=_text(request, ENDPOINT, ROUTE_LENGTH, faults),
        caller=_text(request, CALLER, CALLER_LENGTH, faults),
    )
    if faults:
        raise InvalidInput(faults)
    return asked


def _days(request: HttpRequest, faults: list[Fault]) -> int:
    most = settings.USAGE_DAYS
    sent = request.GET.getlist(DAYS, [str(min(DEFAULT_DAYS, most))])
    accepted = f"one whole number, 1 to {most}"
    if len(sent) != 1:
        faults.append(Fault(DAYS, f"{len(sent)} times", accepted))
    elif not (sent[0].isascii() and sent[0].isdigit() and len(sent[0]) < 10):
        faults.append(Fault(DAYS, "not a whole number", accepted))
    elif not 1 <= int(sent[0]) <= most:
        faults.append(Fault(DAYS, sent[0], accepted))
    else:
        return int(sent[0])
    return 1


def _text(request: HttpRequest, name: str, length: int, faults: list[Fault]) -> str:
    """Empty when it was not sent."""
    sent = request.GET.getlist(name)
    accepted = f"one text of 1 to {length} characters"
    if len(sent) > 1:
        faults.append(Fault(name, f"{len(sent)} times", accepted))
    elif sent and not (0 < len(sent[0]) <= length and sent[0].isprintable()):
        faults.append(Fault(name, f"{len(sent[0])} characters, or not printable", accepted))
    return sent[0] if sent else ""
