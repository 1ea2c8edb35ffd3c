"""Every zipcode with its sales, a typical home, and where it lies: what a page chooses a place by.

It is made of all the sales, which takes a while, so each process keeps what it made.
"""

import gzip
import hashlib
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson

from predictions.errors import NotReady
from predictors.homes.frames import data_kind
from predictors.homes.ml.champion.features import east, lat_of, long_of, north
from predictors.homes.ml.outlines.rings import outlines
from predictors.homes.ml.schema import HOME_FIELDS
from predictors.homes.models import DataLoad, Sale, ZipcodeDemographics
from predictors.homes.zipcode_names import ZIPCODE_NAMES

Document = dict[str, Any]
Positions = npt.NDArray[np.float64]

# Every outcome that is reported changes the sales a little: no reason to make all of it anew.
SECONDS_KEPT = 60.0
# Of a degree; four are ten metres.
DECIMALS = 4
# Not medians: the place is one, of living area and its parts two make the third, and a home is
# rather never renovated than in the middle of all years.
OTHERWISE = ("zipcode", "lat", "long", "sqft_above", "yr_renovated")
MEDIANS = tuple(field.name for field in HOME_FIELDS if field.name not in OTHERWISE)


@dataclass(frozen=True, slots=True)
class Atlas:
    content: bytes
    """JSON."""
    gzipped: bytes
    etag: str
    """A weak one (RFC 9110, 8.8.1), since both have it."""


@dataclass(frozen=True, slots=True)
class _Kept:
    atlas: Atlas
    marks: list[tuple[int, datetime]]
    made_at: float

    def is_good(self, marks: list[tuple[int, datetime]]) -> bool:
        """Another file shows at once, what outcomes changed a little later."""
        if [load for load, _ in self.marks] != [load for load, _ in marks]:
            return False
        return self.marks == marks or time.monotonic() - self.made_at < SECONDS_KEPT


class _Shelf:
    """What this process made last; whoever asks while it is made waits for it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: _Kept | None = None

    def atlas(self) -> Atlas:
        """Raises NotReady when there are no sales."""
        while True:
            # Before the marks: what another thread makes meanwhile is not taken for older than it
            # is. And those before the sales: if they change, the next who asks sees it.
            kept = self._kept
            marks = DataLoad.objects.marks()
            if kept is not None and kept.is_good(marks):
                return kept.atlas
            with self._lock:
                if self._kept is kept:
                    made = _Kept(_packed(_document()), marks, time.monotonic())
                    self._kept = made
                    return made.atlas


SHELF = _Shelf()


def _packed(document: Document) -> Atlas:
    content = orjson.dumps(document)
    # The same content, the same tag: in every process.
    etag = f'W/"{hashlib.sha256(content).hexdigest()[:32]}"'
    return Atlas(content, gzip.compress(content, mtime=0), etag)


def _document() -> Document:
    found = Sale.objects.by_zipcode(MEDIANS)
    if not found:
        raise NotReady("no sales are loaded; an operator has to load them")
    zipcodes, positions = _positions()
    drawn = drawn_outlines(zipcodes, positions)
    census = {row.zipcode: row for row in ZipcodeDemographics.objects.all()}
    return {
        "data": data_kind(),
        "sales": sum(row["sales"] for row in found),
        "first_sale": min(row["first_sale"] for row in found),
        "last_sale": max(row["last_sale"] for row in found),
        "bounds": _bounds([ring for rings in drawn.values() for ring in rings]),
        "zipcodes": [
            _zipcode(row, positions[zipcodes == row["zipcode"]], census.get(row["zipcode"]))
            | {"outline": [ring.tolist() for ring in drawn[row["zipcode"]]]}
            for row in found
        ],
    }


def _zipcode(row: Document, positions: Positions, census: ZipcodeDemographics | None) -> Document:
    lat, long = _centre(positions)
    return {
        "zipcode": row["zipcode"],
        "name": ZIPCODE_NAMES.get(row["zipcode"]),
        "sales": row["sales"],
        "median_price": float(row["median_price"]),
        "middle_half": [float(row["lower_price"]), float(row["upper_price"])],
        "median_price_per_sqft": round(row["median_price_per_sqft"], 2),
        "centre": {"lat": lat, "long": long},
        "typical": _typical(row, lat, long),
        "demographics": census
        and {
            "population": census.ppltn_qty,
            "median_household_income": census.medn_hshld_incm_amt,
            "median_home_value": census.hous_val_amt,
        },
    }


def _typical(row: Document, lat: float, long: float) -> Document:
    """A home that can be valued: its facts by themselves are medians, and they fit together."""
    medians = {name: row[f"typical_{name}"] for name in MEDIANS}
    known = medians | {
        "zipcode": row["zipcode"],
        "lat": lat,
        "long": long,
        # Not below 0: no home has more basement than living area, so neither have the medians.
        "sqft_above": medians["sqft_living"] - medians["sqft_basement"],
        "yr_renovated": 0,
    }
    return {field.name: known[field.name] for field in HOME_FIELDS}


def _positions() -> tuple[npt.NDArray[np.str_], Positions]:
    """Of every sale: its zipcode `(n_sales,)`, and latitude and longitude `(n_sales, 2)`."""
    rows = Sale.objects.positions()
    zipcodes = np.array([zipcode for zipcode, _, _ in rows])
    return zipcodes, np.array([(lat, long) for _, lat, long in rows])


def drawn_outlines(
    zipcodes: npt.NDArray[np.str_], positions: Positions
) -> dict[str, list[Positions]]:
    """Rings by zipcode, each `(n_points, 2)`: longitude and latitude, in GeoJSON's order.

    No ring for a zipcode that sold nowhere more than others.
    """
    miles = np.column_stack([east(positions[:, 1]), north(positions[:, 0])])
    names, numbers = np.unique(zipcodes, return_inverse=True)
    found = outlines(miles, numbers)
    return {
        str(name): [
            np.column_stack([long_of(ring[:, 0]), lat_of(ring[:, 1])]).round(DECIMALS)
            for ring in found.get(number, [])
        ]
        for number, name in enumerate(names)
    }


def _centre(positions: Positions) -> tuple[float, float]:
    """The sale in the middle: there is land, and a home."""
    middle = np.median(positions, axis=0)
    # A degree of longitude is shorter; here by about a third.
    apart = (positions - middle) * (1.0, np.cos(np.radians(middle[0])))
    lat, long = positions[np.argmin((apart * apart).sum(axis=1))].tolist()
    return lat, long


def _bounds(rings: Sequence[Positions]) -> Document:
    points = np.concatenate(rings)
    names = ("west", "south", "east", "north")
    edges = [*points.min(axis=0).tolist(), *points.max(axis=0).tolist()]
    return dict(zip(names, edges, strict=True))
