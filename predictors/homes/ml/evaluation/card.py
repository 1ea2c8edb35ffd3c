"""The model card (Mitchell et al. 2019): what the model is for, and what not, on one page."""

from collections.abc import Iterator, Mapping
from typing import Any

from predictors.homes.ml.evaluation.equity import NO_RACE
from predictors.homes.ml.evaluation.front import SYNTHETIC, sentences
from predictors.homes.ml.evaluation.parts import SPLITS
from predictors.homes.ml.evaluation.summary import METRICS, TITLES

Figures = Mapping[str, Any]

INTENDED = """\
Estimates of the sale price of single homes in King County, Washington, for agents and analysts who
know the home, as a second opinion beside comparable sales."""
NOT_FOR = """\
- Homes outside King County, land without a home, commercial property, several homes in one sale.
- Decisions on credit, tax or insurance made by the estimate alone: no appraisal stands behind it.
- Days long after the last sale below: the market moves, and the model does not know it."""
LIMITS = """\
- It knows what is in its inputs: no state of repair seen by eye, no noise, no planned road.
- Dear and unusual homes are few; their estimates are the least sure, and on average too low.
- Demographics are those of the whole zipcode, of a census before the sales.
- Prices are as recorded: sales between relatives or in distress are among them."""
MAINTENANCE = """\
- Measure it again whenever sales are loaded: `manage.py evaluate_model` with this version.
- Train again when the error on the latest quarter grows, or when the newest sale is older than half
  a year.
- Compare before activating: the report has a section on the active version."""


def card(figures: Figures) -> str:
    """Markdown."""
    about = figures["about"]
    synthetic = f"\n**{SYNTHETIC}**\n" if about["data"] == "synthetic" else ""
    said = "\n".join(f"- {sentence}" for sentence in sentences(figures)) or "- No split was run."
    return f"""# Model card: {about["version"]}
{synthetic}
## What it is
Recipe `{about["recipe"]}`, {about["inputs"]} inputs, digest `{about["digest"]}`.
{about["choices"]}

## Intended use
{INTENDED}

## Not for
{NOT_FOR}

## Data
{_data(about)}

## How good it is
{said}

{_table(figures)}

## Fairness
{NO_RACE}

{chr(10).join(_bands(figures)) or "Not measured in this run."}

## Limits
{LIMITS}

## Maintenance
{MAINTENANCE}

Made by `{about["command"]}`; the whole evidence is in `report.html` and `report.json` beside.
"""


def _data(about: Figures) -> str:
    trained = about["trained_on"]
    rows = trained.get("rows", 0)
    return (
        f"Measured on {about['rows']:,} sales of {about['parcels']:,} parcels in "
        f"{about['zipcodes']} zipcodes, {about['first_sale']} to {about['last_sale']}, median "
        f"price {about['median_price']:,.0f} USD; data: {about['data'] or 'of unknown kind'}; "
        f"fingerprint `{about['fingerprint']}`.\n\nThe registered version itself learned from "
        f"{trained.get('train_rows', rows):,} of {rows:,} sales; data: "
        f"{trained.get('data') or 'of unknown kind'}; fingerprint "
        f"`{trained.get('fingerprint', 'unknown')}`."
    )


def _table(figures: Figures) -> str:
    head = "| test on | n | R² | RMSE | MAE | MAPE % | MdAPE % | ≤ 5 % | ≤ 10 % | ≤ 20 % |"
    lines = [head, "|---|" + "---:|" * 9]
    for name in SPLITS:
        if name in figures:
            model, n = figures[name]["model"], figures[name]["n_test"]
            values = " | ".join(
                f"{model[metric]:,.{digits}f}"
                for metric, digits in zip(METRICS, (4, 0, 0, 2, 2, 1, 1, 1), strict=True)
            )
            lines.append(f"| {TITLES[name]} | {n:,} | {values} |")
    return "\n".join(lines)


def _bands(figures: Figures) -> Iterator[str]:
    for band in figures.get("homes", {}).get("bands", {}).values():
        yield f"\nBy {band['title']}:\n"
        yield "| band | zipcodes | n | MdAPE % | median ratio | COD | PRD | PRB |"
        yield "|---|" + "---:|" * 7
        for one in band["bands"]:
            if "mdape" in one:
                yield (
                    f"| {one['name']} | {one['zipcodes']} | {one['n']:,} | {one['mdape']:.2f} | "
                    f"{one['median_ratio']:.4f} | {one['cod']:.2f} | {one['prd']:.3f} | "
                    f"{one['prb']:.3f} |"
                )
