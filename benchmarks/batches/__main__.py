"""Start the product, post a file, watch until it is scored; then the plain script."""

import argparse
import contextlib
import os
import sys
from pathlib import Path

from benchmarks.batches.making import write_rows
from benchmarks.batches.plain import score_plainly
from benchmarks.batches.watching import Scored, score
from benchmarks.comparison import report
from benchmarks.comparison.__main__ import environment, say, work_folder
from benchmarks.comparison.load import CannotMeasure
from benchmarks.comparison.process import check_free
from benchmarks.comparison.product import Product

DATA = "the three home files, as for bin/up"


def main() -> int:
    parser = argparse.ArgumentParser(prog="benchmarks/batch.py", description=__doc__)
    parser.add_argument("--rows", type=lambda text: int(text.replace("_", "")), default=1_000_000)
    parser.add_argument(
        "--data", type=Path, default=Path("data/sample"), help=f"folder with {DATA}"
    )
    parser.add_argument("--models", default="basic,champion", help="by name, with commas")
    parser.add_argument("--port", type=int, default=8490)
    chosen = parser.parse_args()
    try:
        check_free(chosen.port)
        with work_folder() as work, contextlib.ExitStack() as stack:
            file = work / "homes.csv"
            stack.callback(file.unlink, missing_ok=True)
            write_rows(chosen.data / "kc_house_data.csv", file, chosen.rows)
            product = Product(
                work=work, port=chosen.port, data=chosen.data, environment=environment()
            )
            stack.callback(product.stop)
            product.start()
            for line in report.machine():
                say(line)
            say(f"{chosen.rows:,} rows, {file.stat().st_size / 1e6:,.0f} MB of CSV")
            results = [show(product, file, name, chosen) for name in chosen.models.split(",")]
            return 0 if all(results) else 1
    except CannotMeasure as error:
        sys.stderr.write(f"benchmarks/batch.py: {error}\n")
        return 2


def show(product: Product, file: Path, name: str, chosen: argparse.Namespace) -> bool:
    """Whether every row is in the log, once."""
    (version, model, features) = product.row(
        "SELECT version, model_file, features_file FROM modelregistry_modelversion "  # noqa: S608
        f"WHERE predictor = 'homes' AND name = '{name}' ORDER BY version LIMIT 1"
    )
    found = score(product, file, int(version), file.with_name(f"{name}.csv"))
    for line in lines(found):
        say(f"{name}: {line}")
    artifacts = product.var / "artifacts"
    plain = score_plainly(
        file,
        chosen.data / "zipcode_demographics.csv",
        artifacts / model,
        artifacts / features,
        file.with_name(f"{name}.csv"),
    )
    say(f"{name}: pandas and pickle alone, no log: {plain}")
    file.with_name(f"{name}.csv").unlink()
    if found.logged != chosen.rows or found.failed:
        say(f"!! {name}: {found.logged:,} rows in the log, {found.failed:,} rows in error")
        return False
    return True


def lines(found: Scored) -> list[str]:
    return [
        f"{found.seconds:,.1f} s from the first byte to results, {found.rate:,.0f} rows/s",
        ", ".join(f"{phase} {seconds:.1f} s" for phase, seconds in found.phases.items()),
        f"workers: the largest process at most {found.peak_mb:,.0f} MB, all together "
        f"{found.peaks_mb:,.0f} MB, {found.cpu_seconds:,.0f} s of processor",
        f"{found.logged:,} rows in the log, all with ids of their own",
    ]


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "housing_api.settings")
    sys.exit(main())
