"""load_sales and load_demographics: idempotent, whole or not at all."""

import csv
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from predictions.contract import DataError
from predictors.homes.loading import load_demographics, load_sales
from predictors.homes.models import DataLoad, Sale, ZipcodeDemographics
from tests.conftest import SAMPLE

pytestmark = pytest.mark.django_db
Rows = list[list[str]]


def copy(folder: Path, name: str, change: Callable[[Rows], None]) -> Path:
    """The sample's file with something changed; its content is then no longer our sample's."""
    with (SAMPLE / name).open(newline="") as file:
        rows = list(csv.reader(file))
    change(rows)
    path = folder / name
    with path.open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    return path


def set_cell(line: int, column: str, text: str) -> Callable[[Rows], None]:
    def change(rows: Rows) -> None:
        rows[line - 1][rows[0].index(column)] = text

    return change


def test_it_works() -> None:
    summary = load_sales(SAMPLE / "kc_house_data.csv")
    assert (summary.new, summary.changed, summary.unchanged) == (0, 0, 2100)
    summary = load_demographics(SAMPLE / "zipcode_demographics.csv")
    assert (summary.new, summary.changed, summary.unchanged) == (0, 0, 70)


def test_sales_keep_the_order_of_the_file() -> None:
    with (SAMPLE / "kc_house_data.csv").open() as file:
        expected = [row["id"] for row in csv.DictReader(file)]
    assert list(Sale.objects.order_by("id").values_list("parcel", flat=True)) == expected


def test_zipcodes_are_text_of_five_characters() -> None:
    zipcodes = set(Sale.objects.values_list("zipcode", flat=True))
    assert zipcodes == set(ZipcodeDemographics.objects.values_list("zipcode", flat=True))
    assert all(isinstance(zipcode, str) and len(zipcode) == 5 for zipcode in zipcodes)


def test_new_and_changed_rows_are_counted(tmp_path: Path) -> None:
    Sale.objects.all().delete()
    ZipcodeDemographics.objects.all().delete()
    DataLoad.objects.all().delete()

    def without_last(rows: Rows) -> None:
        rows.pop()

    first = copy(tmp_path, "kc_house_data.csv", without_last)
    assert load_sales(first).new == 2099
    second = copy(tmp_path, "kc_house_data.csv", set_cell(2, "price", "123456"))
    summary = load_sales(second)
    assert (summary.new, summary.changed, summary.unchanged) == (1, 1, 2098)
    assert Sale.objects.order_by("id")[0].price == 123456


@pytest.mark.parametrize(
    ("line", "column", "text", "reason"),
    [
        (3, "price", "cheap", "line 3, column price: 'cheap' is not a number"),
        (3, "price", "-5", "line 3, column price"),
        (4, "price", "nan", "line 4, column price"),
        (4, "price", "1_000", "line 4, column price: '1_000' is not a number"),
        (4, "price", "9" * 5000, "line 4, column price: '9999"),
        (4, "price", "1e999", "line 4, column price"),
        (5, "bedrooms", "2.5", "line 5, column bedrooms"),
        (6, "zipcode", "9810", "line 6, column zipcode"),
        (7, "date", "yesterday", "line 7, column date"),
        (8, "id", "x1", "line 8, column id"),
        (9, "sqft_basement", "49999", "line 9, column sqft_living"),
        (1, "grade", "class", "line 1: column grade is missing; column 'class' is unknown"),
        (1, "grade", "view", "line 1: column grade is missing"),
    ],
)
def test_a_fault_names_line_and_column_and_changes_nothing(
    tmp_path: Path, line: int, column: str, text: str, reason: str
) -> None:
    before = list(Sale.objects.order_by("id").values())
    path = copy(tmp_path, "kc_house_data.csv", set_cell(line, column, text))
    with pytest.raises(CommandError) as refusal:
        call_command("load_sales", path)
    assert reason in str(refusal.value)
    assert list(Sale.objects.order_by("id").values()) == before


def test_a_zipcode_that_occurs_twice_is_refused(tmp_path: Path) -> None:
    def repeat(rows: Rows) -> None:
        rows.append(rows[1])

    path = copy(tmp_path, "zipcode_demographics.csv", repeat)
    with pytest.raises(DataError, match=r"line 72, column zipcode: .* twice, first on line 2"):
        load_demographics(path)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "line 1: column"),
        (b"\xff\xfe\x00", "not UTF-8"),
        (b"a,b\n1,2\n", "column 'a' is unknown"),
    ],
)
def test_a_file_that_is_none_is_refused(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "zipcode_demographics.csv"
    path.write_bytes(content)
    with pytest.raises(DataError, match=reason):
        load_demographics(path)


def test_a_row_that_is_too_short_is_refused(tmp_path: Path) -> None:
    path = copy(tmp_path, "zipcode_demographics.csv", lambda rows: rows[4].clear())
    with pytest.raises(DataError, match="line 5: 0 columns, the header has 27"):
        load_demographics(path)


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "zipcode_demographics.csv"
    path.write_bytes(b"\xef\xbb\xbf" + (SAMPLE / path.name).read_bytes())
    load_demographics(path)


def test_real_rows_replace_the_synthetic_ones_and_never_mix(tmp_path: Path) -> None:
    path = copy(tmp_path, "kc_house_data.csv", set_cell(2, "price", "123456"))
    summary = load_sales(path)
    assert (summary.new, summary.removed) == (2100, 2100)
    with pytest.raises(DataError, match="synthetic"):
        load_sales(SAMPLE / "kc_house_data.csv")
