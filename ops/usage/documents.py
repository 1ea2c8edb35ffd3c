"""Usage as the API shows it."""

from collections.abc import Mapping
from typing import Any

from ops.usage.services import CLASSES, LISTED_CALLERS, Endpoint, Statuses, Usage, summed

Document = dict[str, Any]


def usage(found: Usage) -> Document:
    endpoints: dict[Endpoint, Statuses] = {}
    for day in found.by_day.values():
        for endpoint, statuses in day.items():
            endpoints[endpoint] = summed([endpoints.get(endpoint, Statuses()), statuses])
    document = {
        "from": found.first,
        "to": found.last,
        "counted_until": found.counted_until,
        **figures(summed(endpoints.values())),
        "endpoints": _endpoints(endpoints),
        "days": [
            {"day": day, **figures(summed(asked.values())), "endpoints": _endpoints(asked)}
            for day, asked in found.by_day.items()
        ],
    }
    if found.callers is not None:
        listed = list(found.callers.items())[:LISTED_CALLERS]
        document["callers"] = [{"caller": name, **figures(sent)} for name, sent in listed]
        document["more_callers"] = len(found.callers) - len(listed)
    return document


def figures(statuses: Statuses) -> Document:
    """Of answers by status."""
    requests = statuses.total()
    of_class = dict.fromkeys(CLASSES, 0)
    for status, count in statuses.items():
        name = f"{status // 100}xx"
        of_class[name] = of_class.get(name, 0) + count
    return {
        "requests": requests,
        **of_class,
        "client_error_rate": _rate(of_class["4xx"], requests),
        "server_error_rate": _rate(of_class["5xx"], requests),
        "statuses": {str(status): statuses[status] for status in sorted(statuses)},
    }


def _endpoints(found: Mapping[Endpoint, Statuses]) -> list[Document]:
    """Most requests first."""
    ordered = sorted(
        found.items(), key=lambda item: (-item[1].total(), item[0].route, item[0].method)
    )
    return [
        {"method": endpoint.method, "endpoint": endpoint.route, **figures(statuses)}
        for endpoint, statuses in ordered
    ]


def _rate(part: int, whole: int) -> float:
    return round(part / whole, 6) if whole else 0.0
