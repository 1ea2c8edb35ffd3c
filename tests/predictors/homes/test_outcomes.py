"""Sales that became known as outcomes: each is learned from once."""

import csv
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from predictions.contract import Kept, KnownOutcome
from predictors.homes.frames import data_kind, home_data, unseen_sales
from predictors.homes.loading import load_sales
from predictors.homes.ml.schema import HOME_COLUMNS
from predictors.homes.models import DataLoad, Sale
from predictors.homes.outcomes import keep_outcomes
from tests.conftest import SAMPLE

pytestmark = pytest.mark.django_db
Keep = Callable[..., Kept]
MAY, JUNE = date(2015, 5, 1), date(2015, 6, 1)


@pytest.fixture
def keep(home: dict[str, Any]) -> Keep:
    """Of `home`, which was never sold before."""

    def one(actual: float = 437_500, day: date = MAY, **more: Any) -> Kept:
        members: dict[str, Any] = {"request": home, "is_synthetic": True} | more
        (kept,) = keep_outcomes([KnownOutcome(actual=actual, date=day, **members)])
        return kept

    return one


def told() -> list[tuple[str, float]]:
    rows = Sale.objects.filter(load__dataset="outcomes").order_by("id")
    return [(str(sale.date), float(sale.price)) for sale in rows]


def test_it_works(keep: Keep, home: dict[str, Any]) -> None:
    last = Sale.objects.latest("id").pk
    kept = keep()
    sale = Sale.objects.get(parcel=kept.name)
    assert (kept.result, float(sale.price), sale.date) == ("added", 437_500, MAY)
    assert {name: getattr(sale, name) for name in HOME_COLUMNS} == home
    assert sale.pk > last
    assert kept.name[0] == "x" and len(kept.name) == 10
    assert (sale.load.dataset, sale.load.rows, sale.load.is_synthetic) == ("outcomes", 1, True)


def test_a_version_has_not_seen_it_yet_and_the_next_one_learns_from_it(keep: Keep) -> None:
    before = home_data()
    keep()
    unseen = unseen_sales({"last_sale_id": before.last_sale_id})
    assert unseen["price"].tolist() == [437_500]
    assert len(home_data().sales) == len(before.sales) + 1


def test_others_see_by_the_loads_that_sales_changed(keep: Keep) -> None:
    seen = [DataLoad.objects.marks()]
    kept = keep()
    seen.append(DataLoad.objects.marks())
    keep()  # known
    assert DataLoad.objects.marks() == seen[-1]
    keep(450_000, was=(kept.name, MAY))
    seen.append(DataLoad.objects.marks())
    assert len({tuple(marks) for marks in seen}) == 3


def test_the_same_sale_is_not_there_twice(keep: Keep) -> None:
    first = keep()
    assert keep() == Kept("known", name=first.name)
    assert keep(day=JUNE).result == "added"  # sold again
    assert told() == [("2015-05-01", 437_500), ("2015-06-01", 437_500)]


def test_of_a_list_the_second_one_is_known(home: dict[str, Any]) -> None:
    one = KnownOutcome(request=home, actual=400_000, date=MAY, is_synthetic=True)
    assert [kept.result for kept in keep_outcomes([one, one])] == ["added", "known"]


def test_a_sale_of_a_file_is_known_and_its_price_stands() -> None:
    sale = Sale.objects.earliest("id")
    facts = {name: getattr(sale, name) for name in HOME_COLUMNS}
    outcome = KnownOutcome(request=facts, actual=999_999, date=sale.date, is_synthetic=True)
    assert keep_outcomes([outcome]) == [Kept("known", name=sale.parcel)]
    assert Sale.objects.get(pk=sale.pk).price == sale.price
    assert told() == []


def test_a_correction_corrects_price_and_date(keep: Keep) -> None:
    first = keep()
    assert keep(450_000, was=(first.name, MAY)).result == "corrected"
    assert keep(450_000, JUNE, was=(first.name, MAY)).result == "corrected"
    assert told() == [("2015-06-01", 450_000)]
    assert keep(460_000, JUNE, request={}, was=(first.name, JUNE)).result == "corrected"
    assert told() == [("2015-06-01", 460_000)]


@pytest.fixture
def in_file(home: dict[str, Any]) -> Sale:
    """`home`, as a file says that it was sold in June."""
    load = DataLoad.objects.get(dataset="sales")
    return Sale.objects.create(parcel="0000000007", date=JUNE, price=440_000, load=load, **home)


@pytest.mark.parametrize("number", ["", "0000000007"])
@pytest.mark.parametrize("is_logged", [True, False])
def test_corrected_to_the_day_that_a_file_says_it_is_that_sale(
    keep: Keep, in_file: Sale, number: str, is_logged: bool
) -> None:
    first = keep(parcel=number)
    more: dict[str, Any] = {} if is_logged else {"request": {}}
    assert keep(day=JUNE, was=(first.name, MAY), **more) == Kept("known", name=in_file.parcel)
    assert told() == []
    assert Sale.objects.filter(sqft_lot=in_file.sqft_lot, lat=in_file.lat).get() == in_file


def test_corrected_to_the_parcel_that_a_file_says_it_is_that_sale(
    keep: Keep, in_file: Sale
) -> None:
    Sale.objects.filter(pk=in_file.pk).update(lat=in_file.lat + 0.1)  # else it was known at once
    first = keep(day=JUNE)
    again = keep(day=JUNE, parcel=in_file.parcel, was=(first.name, JUNE))
    assert again == Kept("known", name=in_file.parcel)
    assert told() == []


def test_a_sale_that_got_its_parcel_since_is_corrected_under_it(keep: Keep) -> None:
    first = keep()
    keep(parcel="0000000007")
    assert keep(day=JUNE, was=(first.name, MAY)) == Kept("corrected", name="0000000007")
    assert told() == [("2015-06-01", 437_500)]


def test_a_parcel_is_sold_once_on_a_day_whatever_its_facts(keep: Keep, in_file: Sale) -> None:
    Sale.objects.filter(pk=in_file.pk).update(lat=in_file.lat + 0.1)  # as a register may say
    first = keep()
    keep(parcel=in_file.parcel)
    assert keep(day=JUNE, was=(first.name, MAY)) == Kept("known", name=in_file.parcel)
    assert told() == []


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_two_sales_of_a_home_may_move_at_once(
    keep: Keep, home: dict[str, Any], order: tuple[int, int]
) -> None:
    """The one comes to the day that the other leaves."""
    name = keep(400_000, MAY).name
    keep(500_000, JUNE)
    moves = [(400_000, MAY, JUNE), (500_000, JUNE, date(2015, 7, 1))]
    corrections = [
        KnownOutcome(request=home, actual=price, date=day, is_synthetic=True, was=(name, before))
        for price, before, day in (moves[place] for place in order)
    ]
    assert [kept.result for kept in keep_outcomes(corrections)] == ["corrected", "corrected"]
    assert told() == [("2015-06-01", 400_000), ("2015-07-01", 500_000)]


def test_predictions_of_one_sale_are_corrected_together_or_apart(
    keep: Keep, home: dict[str, Any]
) -> None:
    def corrected(*days: date, before: date) -> list[str]:
        known = [
            KnownOutcome(request=home, actual=4e5, date=day, is_synthetic=True, was=(name, before))
            for day in days
        ]
        return [kept.result for kept in keep_outcomes(known)]

    name = keep().name
    assert corrected(JUNE, JUNE, before=MAY) == ["corrected", "known"]
    assert told() == [("2015-06-01", 400_000)]
    assert corrected(JUNE, date(2015, 7, 1), before=JUNE) == ["corrected", "added"]
    assert [day for day, _ in told()] == ["2015-06-01", "2015-07-01"]


def test_with_its_parcel_number_it_is_known_under_that(keep: Keep) -> None:
    last = Sale.objects.latest("id").pk
    keep()
    assert keep(parcel="0000000007") == Kept("corrected", name="0000000007")
    assert keep(parcel="0000000007").result == "known"
    assert keep().result == "known"
    sale = Sale.objects.get(pk__gt=last)
    assert sale.parcel == "0000000007"


def test_homes_built_alike_and_sold_on_one_day_are_two_if_the_parcels_say_so(keep: Keep) -> None:
    assert keep(400_000, parcel="0000000007").result == "added"
    assert keep(410_000, parcel="0000000008").result == "added"
    assert [price for _, price in told()] == [400_000, 410_000]


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"is_synthetic": False}, "the answer was real, the sales here are synthetic"),
        ({"request": {"bedrooms": 3}}, "without bathrooms"),
        ({"day": date(1905, 1, 1)}, "built more than 2 years after it was sold"),
    ],
)
def test_what_could_not_be_learned_from_is_left_out(
    keep: Keep, more: dict[str, Any], reason: str
) -> None:
    kept = keep(**more)
    assert kept.result == "left out"
    assert reason in kept.reason
    assert told() == []


def file_with(folder: Path, home: dict[str, Any], price: int) -> Path:
    """The sample's sales, and `home` sold on the first of May under a real parcel number."""
    path = folder / "sales.csv"
    with (SAMPLE / "kc_house_data.csv").open(newline="") as file:
        header, *rows = csv.reader(file)
    new = {"id": "7", "date": "20150501T000000", "price": price, **home}
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([header, *rows, [new[name] for name in header]])
    return path


@pytest.mark.parametrize("price", [437_500, 440_000])
def test_a_file_that_comes_later_gives_it_its_parcel_and_price(
    keep: Keep, home: dict[str, Any], tmp_path: Path, price: int
) -> None:
    DataLoad.objects.update(is_synthetic=False)  # as this file will be
    count = Sale.objects.count()
    kept = keep(is_synthetic=False)
    number = Sale.objects.get(parcel=kept.name).pk
    assert load_sales(file_with(tmp_path, home, price)).new == 0
    sale = Sale.objects.get(pk=number)
    assert (sale.parcel, float(sale.price)) == ("0000000007", price)
    assert sale.load.dataset == "sales"
    assert Sale.objects.count() == count + 1
    assert keep(is_synthetic=False).result == "known"


def test_real_sales_replace_made_up_outcomes_too(
    keep: Keep, home: dict[str, Any], tmp_path: Path
) -> None:
    keep()
    load_sales(file_with(tmp_path, home, 440_000))
    assert told() == []
    call_command("load_demographics")  # the sample's: they are still synthetic
    DataLoad.objects.filter(dataset="demographics").update(is_synthetic=False)
    assert data_kind() == "real"
