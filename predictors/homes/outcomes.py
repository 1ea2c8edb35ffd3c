"""Outcomes of valuations become sales to learn from, each sale once.

A sale is known again by its parcel and day, or by its day and the facts of IDENTITY. Without a
parcel number a home gets a pseudo parcel made from these facts: `x` and nine hexadecimal digits.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

import pandas as pd
from django.db import connection, transaction
from django.db.models import F, Q
from django.db.models.functions import Now

from learning.fields import check_all
from predictions.contract import Kept, KnownOutcome
from predictors.homes.ml.checks import refusals
from predictors.homes.ml.schema import (
    HOME_COLUMNS,
    HOME_FIELDS,
    IDENTITY,
    VALUATION_DATE_FIELD,
    contradictions,
)
from predictors.homes.models import DataLoad, Sale

FIELDS = (*HOME_FIELDS, VALUATION_DATE_FIELD)
Home = tuple[float, ...]
"""The facts of IDENTITY."""


@transaction.atomic
def keep_outcomes(outcomes: Sequence[KnownOutcome]) -> list[Kept]:
    """Sales of them, in their order; one result for each."""
    with connection.cursor() as cursor:
        # As when a file is loaded: so ids are committed in their order.
        cursor.execute("LOCK TABLE homes_sale IN SHARE ROW EXCLUSIVE MODE")
    latest = DataLoad.objects.latest_of(DataLoad.Dataset.SALES)
    if latest is None:
        return [Kept("left out", reason="no sales are loaded to add it to")] * len(outcomes)
    found = [_told(outcome, latest.is_synthetic) for outcome in outcomes]
    told = _learnable(found)
    table = _Sales(told, latest.is_synthetic)
    results = [table.keep(item) if isinstance(item, _Told) else item for item in told]
    table.save()
    return results


@dataclass(frozen=True, slots=True)
class _Told:
    """A sale as it was told."""

    outcome: KnownOutcome
    facts: Mapping[str, Any] | None
    """All 18; None if a correction comes when they are no longer known."""

    @property
    def price(self) -> Decimal:
        return Decimal(str(self.outcome.actual)).quantize(Decimal("0.01"))

    @property
    def home(self) -> Home | None:
        return None if self.facts is None else home_of(self.facts)


def _told(outcome: KnownOutcome, is_synthetic: bool) -> _Told | Kept:
    if outcome.is_synthetic != is_synthetic:
        kinds = ("real", "synthetic")
        return Kept(
            "left out",
            reason=f"the answer was {kinds[outcome.is_synthetic]}, "
            f"the sales here are {kinds[is_synthetic]}",
        )
    # Not what a client may have sent besides, before it was a fault to do so.
    sent = {name: outcome.request[name] for name in HOME_COLUMNS if name in outcome.request}
    if not sent and outcome.was is not None:
        return _Told(outcome, None)
    missing = [name for name in HOME_COLUMNS if name not in sent]
    if missing:
        return Kept("left out", reason=f"the prediction was asked for without {', '.join(missing)}")
    facts, faults = check_all(sent, FIELDS)
    faults += contradictions(facts)
    if faults:  # the ranges are no longer what they were
        return Kept("left out", reason=f"{faults[0].field}: {faults[0].detail}")
    return _Told(outcome, facts)


def _learnable(found: Sequence[_Told | Kept]) -> list[_Told | Kept]:
    """Without those that would keep anything from being learned (`ml.checks`)."""
    told = [item for item in found if isinstance(item, _Told) and item.facts is not None]
    frame = pd.DataFrame(
        [{**(item.facts or {}), "date": item.outcome.date, "price": item.price} for item in told],
        columns=[*HOME_COLUMNS, "date", "price"],
    )
    reasons = iter(refusals(frame))
    result: list[_Told | Kept] = []
    for item in found:
        known = isinstance(item, _Told) and item.facts is not None
        reason = next(reasons) if known else ""
        result.append(Kept("left out", reason=reason) if reason else item)
    return result


@dataclass(slots=True)
class _Sales:
    """The sales that may be the same ones, and what becomes of them."""

    told: Sequence[_Told | Kept]
    is_synthetic: bool
    _by_parcel: dict[tuple[str, date], Sale] = field(default_factory=dict)
    _by_home: dict[tuple[Home, date], Sale] = field(default_factory=dict)
    _new: dict[int, Sale] = field(default_factory=dict)
    _changed: dict[int, Sale] = field(default_factory=dict)
    _gone: list[int] = field(default_factory=list)
    """Ids of sales that turned out to be others of another day or parcel."""
    _corrected: dict[int, Sale] = field(default_factory=dict)
    """By `id` of what was told: what became of it when it was told before."""
    _settled: set[int] = field(default_factory=set)
    _load: DataLoad = field(init=False)

    def __post_init__(self) -> None:
        self._load = _load_of_outcomes(self.is_synthetic)
        told = [item for item in self.told if isinstance(item, _Told)]
        for sale in _candidates(told):
            self._enter(sale)
        for item in told:
            before = self._told_before(item)
            if before is not None:
                self._corrected[id(item)] = before
        # All at once: one may come to the day that another one of the list leaves.
        for item in told:
            moved = self._corrected.get(id(item))
            if moved and moved.load_id == self._load.pk and moved.date != item.outcome.date:
                self._leave(moved)

    def keep(self, told: _Told) -> Kept:
        before = self._corrected.get(id(told))
        corrected = None if before is None else self._correct(told, before)
        if corrected is not None:
            return corrected
        if told.facts is None or told.home is None:
            return Kept("left out", reason="the facts of the home are no longer in the log")
        parcel = told.outcome.parcel or pseudo_parcel(told.home)
        there = self._same(parcel, told.home, told.outcome.date)
        if there is not None:
            return self._keep_again(there, told)
        sale = Sale(
            parcel=parcel,
            date=told.outcome.date,
            price=told.price,
            load=self._load,
            **{name: told.facts[name] for name in HOME_COLUMNS},
        )
        self._new[id(sale)] = sale
        self._enter(sale)
        return Kept("added", name=sale.parcel)

    def save(self) -> None:
        Sale.objects.filter(pk__in=self._gone).delete()
        Sale.objects.save_told(list(self._changed.values()))
        Sale.objects.bulk_create(self._new.values())
        if self._gone or self._changed or self._new:
            DataLoad.objects.filter(pk=self._load.pk).update(
                rows=F("rows") + len(self._new), loaded_at=Now()
            )

    def _enter(self, sale: Sale) -> None:
        self._by_parcel[sale.parcel, sale.date] = sale
        self._by_home.setdefault((home_of_sale(sale), sale.date), sale)

    def _same(self, parcel: str, home: Home, day: date) -> Sale | None:
        sale = self._by_parcel.get((parcel, day))
        if sale is None:
            sale = self._by_home.get((home, day))
            if sale is not None and not is_pseudo(parcel) and not is_pseudo(sale.parcel):
                return None  # another parcel: a home built alike, sold on the same day
        return sale

    def _keep_again(self, sale: Sale, told: _Told) -> Kept:
        """It is there: under its parcel now, and with the last price, unless a file said it."""
        before = (sale.parcel, sale.price)
        if told.outcome.parcel and is_pseudo(sale.parcel):
            self._leave(sale)
            sale.parcel = told.outcome.parcel
            self._enter(sale)
        if sale.load_id == self._load.pk:
            sale.price = told.price
        if before == (sale.parcel, sale.price):
            return Kept("known", name=sale.parcel)
        self._mark(sale)
        return Kept("corrected", name=sale.parcel)

    def _told_before(self, told: _Told) -> Sale | None:
        """What a correction is about; None if it was not kept then, or is there no more."""
        if told.outcome.was is None:
            return None
        name, day = told.outcome.was
        sale = self._by_parcel.get((name, day))
        if sale is None and is_pseudo(name) and told.home is not None:
            sale = self._by_home.get((told.home, day))  # under its parcel number since
        return sale

    def _correct(self, told: _Told, sale: Sale) -> Kept | None:
        """None if it is a sale of its own by now."""
        if sale.load_id != self._load.pk:
            # From a file: what we were told of it before did not change it either.
            return Kept("known", name=sale.parcel)
        parcel = told.outcome.parcel or sale.parcel
        there = self._same(parcel, home_of_sale(sale), told.outcome.date)
        if id(sale) in self._settled:  # another prediction of that home was corrected before
            return None if there is None else self._keep_again(there, told)
        self._settled.add(id(sale))
        if there is not None and there is not sale:
            self._remove(sale)  # it was there under its true day or parcel: this was a mistake
            return self._keep_again(there, told)
        self._leave(sale)
        sale.date, sale.price, sale.parcel = told.outcome.date, told.price, parcel
        self._enter(sale)
        self._mark(sale)
        return Kept("corrected", name=sale.parcel)

    def _remove(self, sale: Sale) -> None:
        self._leave(sale)
        self._gone.append(sale.pk)

    def _leave(self, sale: Sale) -> None:
        if self._by_parcel.get((sale.parcel, sale.date)) is sale:
            del self._by_parcel[sale.parcel, sale.date]
        if self._by_home.get((home_of_sale(sale), sale.date)) is sale:
            del self._by_home[home_of_sale(sale), sale.date]

    def _mark(self, sale: Sale) -> None:
        if id(sale) not in self._new:
            self._changed[id(sale)] = sale


def _candidates(told: Sequence[_Told]) -> list[Sale]:
    """Of the days that were told, or that are corrected: the homes that it may be about."""
    known = [item.outcome for item in told]
    before = [outcome.was for outcome in known if outcome.was is not None]
    days = {outcome.date for outcome in known} | {day for _, day in before}
    parcels = {outcome.parcel for outcome in known if outcome.parcel} | {name for name, _ in before}
    lats = {item.facts["lat"] for item in told if item.facts is not None}
    if any(item.facts is None for item in told):  # known by what they were kept as, at most
        kept = Sale.objects.filter(
            parcel__in=[name for name, _ in before], date__in=[day for _, day in before]
        )
        lats |= set(kept.values_list("lat", flat=True))
    same = Q(parcel__in=parcels) | Q(lat__in=lats)
    # Homes may have got their parcel numbers since: all of those parcels.
    found = Sale.objects.filter(same, date__in=days).values("parcel")
    return list(Sale.objects.filter(parcel__in=found, date__in=days).order_by("id"))


def _load_of_outcomes(is_synthetic: bool) -> DataLoad:
    """One for all that were ever added to sales of this kind."""
    load, _ = DataLoad.objects.get_or_create(
        dataset=DataLoad.Dataset.OUTCOMES,
        is_synthetic=is_synthetic,
        defaults={"file_name": "outcomes", "sha256": "", "rows": 0},
    )
    return load


def home_of(facts: Mapping[str, Any]) -> Home:
    return tuple(float(facts[name]) for name in IDENTITY)


def home_of_sale(sale: Sale) -> Home:
    return tuple(float(getattr(sale, name)) for name in IDENTITY)


def pseudo_parcel(home: Home) -> str:
    digest = hashlib.sha256(repr(home).encode()).hexdigest()
    return f"x{digest[:9]}"


def is_pseudo(parcel: str) -> bool:
    return parcel.startswith("x")
