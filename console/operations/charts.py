"""What the page's script draws: numbers that stand in its tables too."""

from typing import Any

from console.operations.gathering import Operations


def charts(found: Operations) -> dict[str, Any]:
    """Times in seconds since 1970; counts per bin; latency in ms, None where nothing was answered.

    From `until`, when counting stopped, to `to`, which is now, only `marks` are known: switches,
    oldest first.
    """
    picture = found.picture
    return {
        "from": picture.start.timestamp(),
        "until": picture.end.timestamp(),
        "to": found.now.timestamp(),
        "bin": picture.bin.total_seconds(),
        "times": [one.start.timestamp() for one in picture.bins],
        "answered": [one.counts.answered for one in picture.bins],
        "client_errors": [one.counts.client_errors for one in picture.bins],
        "server_errors": [one.counts.server_errors for one in picture.bins],
        **{
            name: [getattr(one.latency, name) for one in picture.bins]
            for name in ("p50", "p95", "p99")
        },
        "marks": [
            {"at": row.at.timestamp(), "label": f"{row.predictor} {row.to_version.version}"}
            for row in reversed(found.switches)
            if row.to_version is not None
        ],
    }
