"""Numbers as the operations page writes them. What is not known is a dash."""

from datetime import datetime, timedelta

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

Number = float | str | None
"""Text only if it is empty: what a template makes of a key that is not there."""
register = template.Library()
UNKNOWN = "–"
UNITS = ("bytes", "kB", "MB", "GB", "TB")


def _written(value: Number, form: str, unit: str = "") -> str:
    return UNKNOWN if value is None or isinstance(value, str) else f"{value:{form}}{unit}"


@register.filter
def count(value: Number) -> str:
    return _written(value, ",.0f")


@register.filter
def plain(value: Number) -> str:
    """With as many digits as it has, at most six."""
    return _written(value, ",g")


@register.filter
def digits(value: Number) -> str:
    """Three of them."""
    return _written(value, ",.3g")


@register.filter
def percent(value: Number) -> str:
    """Of something that is in % already."""
    return _written(value, ".1f", " %")


@register.filter
def share(part: float, whole: float) -> str:
    """`part` in % of `whole`; a few are not none, and nearly all are not all."""
    if not whole:
        return UNKNOWN
    written = percent(100 * part / whole)
    if part and written == percent(0):
        return "<0.1 %"
    return ">99.9 %" if part != whole and written == percent(100) else written


@register.filter
def rate(value: float, minutes: float) -> str:
    """Per minute, three digits."""
    return f"{value / minutes:,.3g}" if value / minutes < 1000 else f"{value / minutes:,.0f}"


@register.filter
def size(value: float) -> SafeString:
    """Bytes, in units of 1,000; the exact number stands in the markup."""
    short, unit = float(value), 0
    while short >= 999.5 and unit < len(UNITS) - 1:
        short, unit = short / 1000, unit + 1
    return format_html('<data value="{}">{} {}</data>', value, f"{short:.3g}", UNITS[unit])


@register.filter
def moment(value: datetime | None) -> SafeString | str:
    """UTC, to the second; all of it stands in the markup."""
    if value is None:
        return UNKNOWN
    shown = f"{value:%Y-%m-%d %H:%M:%S}"
    return format_html('<time datetime="{}">{}</time>', value.isoformat(), shown)


@register.filter
def lasting(value: float | timedelta | None) -> str:
    """Seconds, or a span of time, in words of one unit."""
    if value is None:
        return UNKNOWN
    seconds = value.total_seconds() if isinstance(value, timedelta) else value
    for limit, length, unit in ((120, 1, "s"), (7200, 60, "min"), (172_800, 3600, "h")):
        if seconds < limit:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds / 86_400:.0f} days"
