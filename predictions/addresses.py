"""Whence a request came."""

from ipaddress import AddressValueError, IPv6Address

from django.conf import settings
from django.http import HttpRequest


def address_of(request: HttpRequest) -> str:
    """As our outermost proxy saw it: what stands left of it anyone may have written."""
    if settings.PROXIES:
        forwarded = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",")]
        if len(forwarded) >= settings.PROXIES and forwarded[-settings.PROXIES]:
            return forwarded[-settings.PROXIES][:150]
    return str(request.META.get("REMOTE_ADDR") or "local")[:150]


def network_of(address: str) -> str:
    """Who has one address of version 6 has 2^64 of them: whatever is counted is counted for all."""
    if ":" not in address:
        return address
    try:
        return f"{int(IPv6Address(address)) >> 64:x}::/64"
    except AddressValueError:
        return address
