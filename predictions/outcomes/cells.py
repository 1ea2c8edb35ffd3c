"""Single values of a report, from text: the value, or what is wrong with it."""

import re
import uuid
from datetime import date

from learning.fields import Fault

# As in King County's files: 20141013T000000.
DAY = re.compile(r"([0-9]{4})-?([0-9]{2})-?([0-9]{2})(T000000)?", re.ASCII)
DAY_ACCEPTED = "a day YYYY-MM-DD, from 1970-01-01"
FIRST_DAY = date(1970, 1, 1)
"""What was sold before was never asked about: the ids of predictions count from here."""
PARCEL = re.compile(r"[0-9]{1,10}", re.ASCII)
PARCEL_ACCEPTED = "up to ten digits"
PARCEL_DIGITS = 10


def read_id(text: str) -> uuid.UUID | Fault:
    try:
        return uuid.UUID(text)
    except ValueError:
        return Fault("id", f"{text[:40]!r} is no id", "the id of a prediction")


def read_day(text: str) -> date | Fault:
    found = DAY.fullmatch(text)
    try:
        if found is not None:
            day = date(*(int(part) for part in found.groups()[:3]))
            if day < FIRST_DAY:
                return Fault("date", f"{day} is too early", DAY_ACCEPTED)
            return day
    except ValueError:  # no such day
        pass
    return Fault("date", f"{text[:40]!r} is not a day", DAY_ACCEPTED)


def read_parcel(text: str) -> str | Fault:
    """Padded to ten digits, as spreadsheets drop leading zeros; empty is none."""
    if text and PARCEL.fullmatch(text) is None:
        return Fault("parcel", f"{text[:40]!r} is no parcel number", PARCEL_ACCEPTED)
    return text and text.zfill(PARCEL_DIGITS)
