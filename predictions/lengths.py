"""How long a body its sender says there is."""

from django.http import HttpRequest


def content_length(request: HttpRequest) -> int:
    """Bytes; 0 if it is not said, or is no number that Python reads."""
    try:
        return int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        return 0


def is_chunked(request: HttpRequest) -> bool:
    """Then nobody knows how much will come."""
    return "chunked" in request.META.get("HTTP_TRANSFER_ENCODING", "").lower()
