"""Whence a request came."""

import re
from functools import lru_cache
from ipaddress import IPv6Address, ip_address

from django.conf import settings
from django.http import HttpRequest

# What stands in the log as the caller.
LONGEST = 150
# `192.0.2.1:8080` and `[2001:db8::1]:8080`.
_PORT = re.compile(r"^(?:\[([^\]]+)\]|([0-9.]+))(?::[0-9]+)?$")


def address_of(request: HttpRequest) -> str:
    """As our outermost proxy saw it: what stands left of it anyone may have written."""
    if settings.PROXIES:
        forwarded = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",")]
        if len(forwarded) >= settings.PROXIES and forwarded[-settings.PROXIES]:
            return _plain(forwarded[-settings.PROXIES][:LONGEST])
    return _plain(str(request.META.get("REMOTE_ADDR") or "local")[:LONGEST])


@lru_cache(1000)
def _plain(address: str) -> str:
    """One address, however it is written: some proxies add the port, and a socket for both
    versions shows those of 4 as ones of 6.
    """
    without_port = _PORT.sub(r"\1\2", address)
    try:
        known = ip_address(without_port)
    except ValueError:
        return address
    if isinstance(known, IPv6Address):
        known = known.ipv4_mapped or known
    return str(known)


@lru_cache(1000)
def network_of(address: str) -> str:
    """Who has one address of version 6 has 2^64 of them: whatever is counted is counted for all."""
    try:
        known = ip_address(address)
    except ValueError:
        return address
    return f"{int(known) >> 64:x}::/64" if isinstance(known, IPv6Address) else address
