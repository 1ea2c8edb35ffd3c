"""The synthetic sample: reproducible, coherent, and good enough to learn from."""

import csv
import hashlib
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import numpy as np

DATA = Path(__file__).resolve().parents[2] / "data"
SAMPLE = DATA / "sample"
SALES = "kc_house_data.csv"
DEMOGRAPHICS = "zipcode_demographics.csv"
FUTURE = "future_unseen_examples.csv"
FILES = (SALES, DEMOGRAPHICS, FUTURE)

HOME_COLUMNS = [
    "bedrooms",
    "bathrooms",
    "sqft_living",
    "sqft_lot",
    "floors",
    "waterfront",
    "view",
    "condition",
    "grade",
    "sqft_above",
    "sqft_basement",
    "yr_built",
    "yr_renovated",
    "zipcode",
    "lat",
    "long",
    "sqft_living15",
    "sqft_lot15",
]
DEMOGRAPHIC_COLUMNS = [
    "ppltn_qty",
    "urbn_ppltn_qty",
    "sbrbn_ppltn_qty",
    "farm_ppltn_qty",
    "non_farm_qty",
    "medn_hshld_incm_amt",
    "medn_incm_per_prsn_amt",
    "hous_val_amt",
    "edctn_less_than_9_qty",
    "edctn_9_12_qty",
    "edctn_high_schl_qty",
    "edctn_some_clg_qty",
    "edctn_assoc_dgre_qty",
    "edctn_bchlr_dgre_qty",
    "edctn_prfsnl_qty",
    "per_urbn",
    "per_sbrbn",
    "per_farm",
    "per_non_farm",
    "per_less_than_9",
    "per_9_to_12",
    "per_hsd",
    "per_some_clg",
    "per_assoc",
    "per_bchlr",
    "per_prfsnl",
    "zipcode",
]


def make_sample(out: Path) -> str:
    """Run the script as a user would and return what it prints."""
    command = [sys.executable, str(DATA / "make_sample.py"), "--out", str(out)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def rows(name: str) -> list[dict[str, str]]:
    """Read a committed file."""
    with (SAMPLE / name).open(newline="") as file:
        return list(csv.DictReader(file))


def numbers(records: list[dict[str, str]], column: str) -> np.ndarray:
    """Return one column as floats."""
    return np.array([float(record[column]) for record in records])


def home_key(record: dict[str, str]) -> tuple[float, ...]:
    """Return the 18 attributes as numbers: the two files format the same value differently."""
    return tuple(float(record[column]) for column in HOME_COLUMNS)


def test_it_works(tmp_path: Path) -> None:
    printed = make_sample(tmp_path).splitlines()
    assert all((tmp_path / name).is_file() for name in FILES)
    assert [line.split(":")[0] for line in printed] == list(FILES)


def test_the_script_regenerates_the_committed_bytes(tmp_path: Path) -> None:
    make_sample(tmp_path)
    for name in (*FILES, "SHA256SUMS"):
        assert (tmp_path / name).read_bytes() == (SAMPLE / name).read_bytes(), name


def test_the_checksums_match_the_committed_files() -> None:
    lines = (SAMPLE / "SHA256SUMS").read_text().splitlines()
    actual = [f"{hashlib.sha256((SAMPLE / n).read_bytes()).hexdigest()}  {n}" for n in FILES]
    assert lines == actual


def test_the_headers_are_those_of_the_real_files() -> None:
    headers = {name: (SAMPLE / name).read_text().split("\n", 1)[0].split(",") for name in FILES}
    assert headers[SALES] == ["id", "date", "price", *HOME_COLUMNS]
    assert headers[DEMOGRAPHICS] == DEMOGRAPHIC_COLUMNS
    assert headers[FUTURE] == HOME_COLUMNS


def test_the_sales_quote_only_id_date_floors_and_zipcode() -> None:
    quoted = {0, 1, 7, 16}
    for line in (SAMPLE / SALES).read_text().splitlines()[1:]:
        cells = line.split(",")
        assert {i for i, cell in enumerate(cells) if cell.startswith('"')} == quoted
    assert '"' not in (SAMPLE / FUTURE).read_text() + (SAMPLE / DEMOGRAPHICS).read_text()


def test_all_seventy_zipcodes_are_in_both_files() -> None:
    sold = [sale["zipcode"] for sale in rows(SALES)]
    described = [row["zipcode"] for row in rows(DEMOGRAPHICS)]
    assert len(described) == len(set(described)) == 70
    assert set(sold) == set(described)
    assert {sold.count(zipcode) for zipcode in described} == {30}


def test_living_area_is_the_sum_of_above_and_basement() -> None:
    for record in rows(SALES) + rows(FUTURE):
        parts = int(record["sqft_above"]) + int(record["sqft_basement"])
        assert int(record["sqft_living"]) == parts


def test_the_values_of_a_sale_are_plausible() -> None:
    for sale in rows(SALES):
        sale_year, built = int(sale["date"][:4]), int(sale["yr_built"])
        renovated = int(sale["yr_renovated"])
        assert "20140502T000000" <= sale["date"] <= "20150527T000000"
        assert 80_000 <= float(sale["price"]) <= 5_000_000
        assert float(sale["price"]).is_integer()
        assert sale["floors"] in {"1", "1.5", "2", "2.5", "3"}
        assert (float(sale["bathrooms"]) * 4).is_integer()
        assert 4 <= int(sale["grade"]) <= 12
        assert 1 <= int(sale["condition"]) <= 5
        assert 0 <= int(sale["view"]) <= 4
        assert 1900 <= built <= sale_year
        assert renovated == 0 or built <= renovated <= sale_year


def test_an_id_looks_invented_and_is_sold_once_a_day() -> None:
    sales = rows(SALES)
    ids = [sale["id"] for sale in sales]
    assert all(len(i) == 10 and i.startswith("99") and i.isdigit() for i in ids)
    assert len({(sale["id"], sale["date"]) for sale in sales}) == len(sales) == 2100
    assert 0 < len(ids) - len(set(ids)) <= 30


def test_the_percentages_and_counts_of_a_zipcode_add_up() -> None:
    for row in rows(DEMOGRAPHICS):
        total = float(row["ppltn_qty"])
        places = ("urbn_ppltn_qty", "sbrbn_ppltn_qty", "farm_ppltn_qty", "non_farm_qty")
        assert sum(float(row[column]) for column in places) == total
        assert sum(float(v) for c, v in row.items() if c.startswith("edctn_")) < total
        assert all(0 <= float(v) <= 100 for c, v in row.items() if c.startswith("per_"))


def test_income_and_house_value_follow_the_price_level() -> None:
    level = defaultdict(list)
    for sale in rows(SALES):
        level[sale["zipcode"]].append(float(sale["price"]) / float(sale["sqft_living"]))
    described = rows(DEMOGRAPHICS)
    medians = [np.median(level[row["zipcode"]]) for row in described]
    for column in ("medn_hshld_incm_amt", "hous_val_amt"):
        assert np.corrcoef(medians, numbers(described, column))[0, 1] > 0.6, column


def test_no_future_example_is_a_sale() -> None:
    future = {home_key(home) for home in rows(FUTURE)}
    assert len(future) == 100
    assert future.isdisjoint(home_key(sale) for sale in rows(SALES))


def test_a_sensible_model_can_learn_from_it() -> None:
    sales = rows(SALES)
    price, living = numbers(sales, "price"), numbers(sales, "sqft_living")
    zipcode = np.array([sale["zipcode"] for sale in sales])
    # The rows are in random order, so the last quarter is a fair test set.
    train = np.arange(len(sales)) < 0.75 * len(sales)
    level = {z: np.median((price / living)[train & (zipcode == z)]) for z in set(zipcode)}
    predicted = np.array([level[z] for z in zipcode]) * living
    error = np.sum((price - predicted)[~train] ** 2)
    spread = np.sum((price[~train] - price[~train].mean()) ** 2)
    assert 1 - error / spread > 0.5
