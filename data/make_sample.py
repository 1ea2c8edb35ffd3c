"""Write a small synthetic data set with the schemas of the King County house sales files.

Homes, prices and demographics are all invented; only the zipcodes, their rough locations and
their rough price levels (see `sample_zipcodes.py`) are real. The same seed gives the same bytes.

Units: money in USD, areas in square feet, coordinates in degrees, percentages 0 to 100.

    python data/make_sample.py [--out DIR]
"""

import argparse
import hashlib
import math
from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields
from datetime import date, timedelta
from pathlib import Path
from typing import TypeVar

import numpy as np
from sample_zipcodes import AREAS, EDUCATION, Area

T = TypeVar("T")
SAMPLE = Path(__file__).resolve().parent / "sample"
SEED = 20140502
SALES_PER_ZIPCODE = 30
RESALES = 20
FUTURE_HOMES = 100
FIRST_DAY = date(2014, 5, 2)
LAST_DAY = date(2015, 5, 27)


@dataclass(frozen=True)
class Home:
    """A home's 18 attributes in column order; areas in square feet, position in degrees."""

    bedrooms: int
    bathrooms: float
    sqft_living: int
    sqft_lot: int
    floors: float
    waterfront: int
    view: int
    condition: int
    grade: int
    sqft_above: int
    sqft_basement: int
    yr_built: int
    yr_renovated: int
    zipcode: str
    lat: float
    long: float
    sqft_living15: int
    sqft_lot15: int


HOME_COLUMNS = [field.name for field in fields(Home)]


@dataclass(frozen=True)
class Sale:
    """One sale of one home; price in USD."""

    id: str
    day: date
    price: int
    home: Home


def clip(value: float, low: int, high: int, step: int = 1) -> int:
    """Return value rounded to a multiple of step and kept within low..high."""
    return min(max(round(value / step) * step, low), high)


def pick(rng: np.random.Generator, values: Sequence[T], weights: Sequence[float]) -> T:
    """Draw one value; weights need not sum to one."""
    return values[int(rng.choice(len(values), p=np.array(weights) / sum(weights)))]


def scatter(rng: np.random.Generator, typical: float, spread: float) -> float:
    """Draw around typical, in its unit, with a log-normal relative spread."""
    # math.exp, not np.exp: numpy's vector code may differ in the last bit between processors.
    return typical * math.exp(rng.normal(0, spread))


def draw_size(rng: np.random.Generator, area: Area, year: int) -> tuple[int, int, int, float]:
    """Return sqft_living, sqft_above, sqft_basement (square feet) and floors."""
    living = clip(scatter(rng, 1650 if area.is_city else 1980, 0.38), 500, 7000, 10)
    if year >= 1985:
        floors = pick(rng, (1.0, 2.0, 2.5, 3.0), (20, 70, 2, 20 if area.is_city else 1))
    else:
        floors = pick(rng, (1.0, 1.5, 2.0), (50, 35, 15) if year < 1945 else (75, 5, 20))
    has_basement = rng.random() < (0.5 if year < 1985 else 0.2)
    basement = clip(living * rng.uniform(0.15, 0.45), 0, 2500, 10) if has_basement else 0
    return living, living - basement, basement, floors


def draw_lots(rng: np.random.Generator, area: Area, above: int, floors: float) -> tuple[int, int]:
    """Return sqft_lot and sqft_lot15 (square feet)."""
    typical = 16_000 if area.is_rural else 4_600 if area.is_city else 8_300
    spread = 0.9 if area.is_rural else 0.4
    # A lot cannot be smaller than the house that stands on it.
    lot = max(scatter(rng, typical, spread), 1.1 * above / floors)
    neighbours = scatter(rng, math.sqrt(typical * lot), 0.2)
    return clip(lot, 520, 1_650_000), clip(neighbours, 651, 870_000)


def draw_years(rng: np.random.Generator, area: Area, sale_year: int) -> tuple[int, int]:
    """Return yr_built and yr_renovated (0 for never), neither after the sale."""
    mode = 1935 if area.is_city else 1990
    built = min(int(rng.triangular(1900, mode, sale_year + 8)), sale_year)
    if sale_year - built > 20 and rng.random() < 0.05:
        return built, int(rng.integers(max(built + 15, 1934), sale_year + 1))
    return built, 0


def draw_home(rng: np.random.Generator, area: Area, sale_year: int) -> Home:
    """Invent one home in an area that could be sold in sale_year."""
    built, renovated = draw_years(rng, area, sale_year)
    living, above, basement, floors = draw_size(rng, area, built)
    lot, lot15 = draw_lots(rng, area, above, floors)
    relative = math.log(living / 1900)
    bedrooms = clip(3.3 + 1.6 * relative + rng.normal(0, 0.6), 1, 7)
    baths = 0.5 + living / 1300 + (built - 1970) / 100 + rng.normal(0, 0.35)
    waterfront = int(rng.random() < 0.008)
    return Home(
        bedrooms=bedrooms,
        bathrooms=clip(4 * baths, 3, 4 * bedrooms + 4) / 4,
        sqft_living=living,
        sqft_lot=lot,
        floors=floors,
        waterfront=waterfront,
        view=4 if waterfront else pick(rng, (0, 1, 2, 3, 4), (90.2, 1.5, 4.5, 2.4, 1.4)),
        condition=3 if built >= 2000 else pick(rng, (1, 2, 3, 4, 5), (0.2, 0.8, 65, 26, 8)),
        grade=clip(6.775 + 2.4 * relative + area.usd_per_sqft / 400 + rng.normal(0, 0.7), 4, 12),
        sqft_above=above,
        sqft_basement=basement,
        yr_built=built,
        yr_renovated=renovated,
        zipcode=area.zipcode,
        lat=round(area.lat + rng.uniform(-0.015, 0.015), 4),
        long=round(area.long + rng.uniform(-0.02, 0.02), 3),
        sqft_living15=clip(scatter(rng, math.sqrt(living * 1900), 0.12), 400, 6210, 10),
        sqft_lot15=lot15,
    )


def draw_price(rng: np.random.Generator, area: Area, home: Home, sale_year: int) -> int:
    """Invent a price in USD: the area's level times size, adjusted for quality, with noise."""
    age = sale_year - max(home.yr_built, home.yr_renovated)
    log_price = (
        math.log(area.usd_per_sqft * 2000)
        + 0.85 * math.log(home.sqft_living / 2000)
        + 0.09 * (home.grade - 7.5)
        + 0.06 * home.view
        + 0.40 * home.waterfront
        + 0.04 * (home.condition - 3)
        - 0.0008 * age
    )
    return clip(scatter(rng, math.exp(log_price), 0.15), 80_000, 5_000_000, 50)


def draw_sale(rng: np.random.Generator, area: Area, sale_id: str) -> Sale:
    """Invent one sale in an area."""
    day = FIRST_DAY + timedelta(days=int(rng.integers((LAST_DAY - FIRST_DAY).days + 1)))
    home = draw_home(rng, area, day.year)
    return Sale(sale_id, day, draw_price(rng, area, home, day.year), home)


def resell(rng: np.random.Generator, sale: Sale) -> Sale:
    """Sell the same home again, some months later and usually for more."""
    day = min(sale.day + timedelta(days=int(rng.integers(60, 181))), LAST_DAY)
    price = clip(scatter(rng, 1.15 * sale.price, 0.12), 80_000, 5_000_000, 50)
    return Sale(sale.id, day, price, sale.home)


def draw_sales(rng: np.random.Generator) -> list[Sale]:
    """Invent SALES_PER_ZIPCODE sales for every area, in random order."""
    # No real sale has an id starting with 999, so nobody takes these for parcel numbers.
    numbers = rng.choice(10**7, size=len(AREAS) * SALES_PER_ZIPCODE, replace=False)
    ids = iter([f"999{int(number):07d}" for number in numbers])
    resale_areas = {int(i) for i in rng.choice(len(AREAS), size=RESALES, replace=False)}
    sales: list[Sale] = []
    for i, area in enumerate(AREAS):
        count = SALES_PER_ZIPCODE - (i in resale_areas)
        local = [draw_sale(rng, area, next(ids)) for _ in range(count)]
        if i in resale_areas:
            # The earliest sale leaves the most time for a second one.
            local.append(resell(rng, min(local, key=lambda sale: sale.day)))
        sales += local
    return [sales[int(i)] for i in rng.permutation(len(sales))]


def draw_future_homes(rng: np.random.Generator, sales: Sequence[Sale]) -> list[Home]:
    """Invent FUTURE_HOMES distinct homes, none of them among the sales."""
    seen = {sale.home for sale in sales}
    homes: list[Home] = []
    while len(homes) < FUTURE_HOMES:
        home = draw_home(rng, AREAS[int(rng.integers(len(AREAS)))], LAST_DAY.year)
        if home not in seen:
            seen.add(home)
            homes.append(home)
    return homes


def draw_population(rng: np.random.Generator, area: Area) -> dict[str, int]:
    """Invent head counts: the total and its urban, suburban, farm and other rural parts."""
    total = clip(scatter(rng, 12_000 if area.is_rural else 26_000, 0.3), 3_000, 50_000)
    share = rng.uniform(0.3, 0.7) if area.is_rural else rng.beta(0.3, 12)
    outside = min(int(total * share), 10_000)
    suburban = int(outside * rng.uniform(0.1, 0.5)) if area.is_rural else 0
    farm = int(outside * rng.uniform(0, 0.03))
    return {
        "ppltn": total,
        "urbn_ppltn": total - outside,
        "sbrbn_ppltn": suburban,
        "farm_ppltn": farm,
        "non_farm": outside - suburban - farm,
    }


def draw_demographics(rng: np.random.Generator, area: Area) -> dict[str, int]:
    """Invent one row: head counts, USD amounts and whole percentages of the population."""
    wealth = math.log(area.usd_per_sqft / 230)
    people = draw_population(rng, area)
    total = people["ppltn"]
    income = clip(scatter(rng, 56_000 * math.exp(0.45 * wealth), 0.1), 32_000, 132_000)
    raw = [scatter(rng, n * math.exp(k * wealth), 0.12) for _, _, n, k in EDUCATION]
    scale = total * rng.uniform(0.68, 0.82) / sum(raw)
    schooling = [(e[0], e[1], int(n * scale)) for e, n in zip(EDUCATION, raw, strict=True)]
    row = {f"{name}_qty": count for name, count in people.items()}
    row["medn_hshld_incm_amt"] = income
    row["medn_incm_per_prsn_amt"] = clip(scatter(rng, 0.53 * income, 0.08), 17_000, 82_000)
    house_value = scatter(rng, 245_000 * math.exp(0.75 * wealth), 0.08)
    row["hous_val_amt"] = clip(house_value, 140_000, 790_000, 100)
    row |= {f"edctn_{stem}_qty": count for stem, _, count in schooling}
    for stem in ("urbn_ppltn", "sbrbn_ppltn", "farm_ppltn", "non_farm"):
        row[f"per_{stem.removesuffix('_ppltn')}"] = 100 * people[stem] // total
    row |= {f"per_{stem}": 100 * count // total for _, stem, count in schooling}
    return row


def price_text(price: int) -> str:
    """Format USD as the real file does: from a million on, like 1.225e+006."""
    return str(price) if price < 1_000_000 else f"{price:.6g}".replace("e+0", "e+00")


def sales_lines(sales: Sequence[Sale]) -> list[str]:
    """Format the sales: id, date, floors and zipcode quoted, no trailing zeros."""
    lines = [",".join(["id", "date", "price", *HOME_COLUMNS])]
    for sale in sales:
        cells = [f'"{sale.id}"', f'"{sale.day:%Y%m%d}T000000"', price_text(sale.price)]
        for name, value in zip(HOME_COLUMNS, astuple(sale.home), strict=True):
            text = f"{value:g}" if isinstance(value, float) else str(value)
            cells.append(f'"{text}"' if name in ("floors", "zipcode") else text)
        lines.append(",".join(cells))
    return lines


def future_lines(homes: Sequence[Home]) -> list[str]:
    """Format the future examples: nothing quoted, floats with at least one decimal."""
    rows = [HOME_COLUMNS, *(astuple(home) for home in homes)]
    return [",".join(str(value) for value in row) for row in rows]


def demographics_lines(rows: dict[str, dict[str, int]]) -> list[str]:
    """Format the demographics by zipcode: every number as a float, the zipcode last."""
    table = [[*next(iter(rows.values())), "zipcode"]]
    table += [[*(f"{n:.1f}" for n in row.values()), zipcode] for zipcode, row in rows.items()]
    return [",".join(cells) for cells in table]


def main() -> None:
    """Write the three files and their checksums, and print one line per file."""
    parser = argparse.ArgumentParser(description="Write the synthetic sample data set.")
    parser.add_argument("--out", type=Path, default=SAMPLE, help="folder to write into")
    out: Path = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(SEED)
    sales = draw_sales(rng)
    demographics = {area.zipcode: draw_demographics(rng, area) for area in AREAS}
    files = {
        "kc_house_data.csv": sales_lines(sales),
        "zipcode_demographics.csv": demographics_lines(demographics),
        "future_unseen_examples.csv": future_lines(draw_future_homes(rng, sales)),
    }
    sums = ""
    for name, lines in files.items():
        # Bytes, not text: the line ends must not depend on the platform.
        data = "".join(f"{line}\n" for line in lines).encode("ascii")
        (out / name).write_bytes(data)
        digest = hashlib.sha256(data).hexdigest()
        sums += f"{digest}  {name}\n"
        print(f"{name}: {len(lines) - 1} rows, sha256 {digest}")
    (out / "SHA256SUMS").write_bytes(sums.encode("ascii"))


if __name__ == "__main__":
    main()
