"""Sales whose prediction is not named: which logged predictions were of the same thing.

Of the same thing means equal in every fact of `Predictor.identity`. Of several predictions the
latest one of each model version takes the outcome: a home that was asked about a hundred times
was sold once. A prediction that could be of two sales (a home sold twice) belongs to the nearer
one. One that has an outcome of another day keeps that: days are corrected by the id. One that
has an outcome of this very day takes it before any later prediction.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.db import connection
from psycopg import sql

from predictions.models import first_id

EPOCH = datetime.fromtimestamp(0, UTC)
"""Ids count from it."""
EVER = timedelta.max
"""A window without bounds: predictions from after the sale too."""
DEFAULT_WINDOW = timedelta(days=180)


@dataclass(frozen=True, slots=True)
class Sold:
    facts: Mapping[str, float]
    """At least those of `Predictor.identity`."""
    date: date
    """From 1970 to today."""


def predictions_of(
    sold: Sequence[Sold], *, predictor: str, identity: Sequence[str], window: timedelta
) -> list[list[uuid.UUID]]:
    """For each sale the ids of its predictions, made in the `window` up to the end of its day.

    Reads the log of the time in question once, however many sales are asked for.
    """
    if not sold:
        return []
    spans = [_span(one.date, window) for one in sold]
    names = [sql.Identifier(name) for name in identity]
    statement = sql.SQL(_MATCH).format(
        kinds=sql.SQL(", ").join(sql.SQL("%s::float8[]") for _ in names),
        asked=sql.SQL(", ").join(names),
        typed=sql.SQL(", ").join(sql.SQL("{} float8").format(name) for name in names),
        same=sql.SQL(" AND ").join(sql.SQL("asked.{0} = said.{0}").format(name) for name in names),
    )
    parameters: list[Any] = [
        list(range(len(sold))),
        [one.date for one in sold],
        [first for first, _ in spans],
        [last for _, last in spans],
        *([one.facts[name] for one in sold] for name in identity),
        predictor,
        min(first for first, _ in spans),
        max(last for _, last in spans),
        predictor,
    ]
    found: list[list[uuid.UUID]] = [[] for _ in sold]
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        for place, prediction_id in cursor.fetchall():
            found[place].append(prediction_id)
    return found


def _span(day: date, window: timedelta) -> tuple[uuid.UUID, uuid.UUID]:
    """From the first id to the one after the last."""
    if window == EVER:
        return uuid.UUID(int=0), uuid.UUID(int=2**128 - 1)
    end = datetime.combine(day, time(), UTC) + timedelta(days=1)
    return first_id(end - min(window, end - EPOCH)), first_id(end)


# Only an answered request is sure to hold numbers, so the others are not looked into: PostgreSQL
# may ask the conditions in any order, but never both branches of a CASE.
# Nor those with a number that Python reads as 0 and PostgreSQL refuses as too small (1e-400).
_MATCH = """
WITH asked AS (
    SELECT * FROM unnest(%s::int[], %s::date[], %s::uuid[], %s::uuid[], {kinds})
    AS asked (place, day, first, last, {asked})
),
found AS (
    SELECT DISTINCT ON (p.id) p.id, p.model_version_id, asked.place, o.id IS NOT NULL AS told
    FROM predictions_prediction p
    CROSS JOIN LATERAL json_to_record(
        CASE WHEN p.prediction IS NOT NULL AND p.predictor = %s
                  AND p.request::text !~ '[eE]-[0-9]{{3}}|0{{60}}'
             THEN p.request ELSE '{{}}' END
    ) AS said ({typed})
    JOIN asked ON {same} AND p.id >= asked.first AND p.id < asked.last
    LEFT JOIN outcomes_outcome o ON o.prediction_id = p.id
    WHERE p.id >= %s AND p.id < %s AND p.predictor = %s AND p.prediction IS NOT NULL
      AND (o.id IS NULL OR o.date = asked.day)
    ORDER BY p.id, abs(extract(epoch FROM predictions_moment(p.id) - asked.day::timestamptz)),
             asked.place
)
SELECT DISTINCT ON (place, model_version_id) place, id
FROM found ORDER BY place, model_version_id, told DESC, id DESC
"""
