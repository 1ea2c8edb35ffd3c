"""Start the product, disturb it under load, print what its clients saw."""

import argparse
import contextlib
import os
import sys
from collections.abc import Callable
from pathlib import Path

from benchmarks.comparison import report
from benchmarks.comparison.__main__ import environment, say, work_folder
from benchmarks.comparison.load import CannotMeasure
from benchmarks.comparison.process import check_free
from benchmarks.comparison.product import Product
from benchmarks.steadiness import failures, scaling, switching

SCENES: dict[str, Callable[[Product, int, Callable[[str], None]], bool]] = {
    "switching": switching.show,
    "failures": failures.show,
    "scaling": scaling.show,
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="benchmarks/under_load.py", description=__doc__)
    parser.add_argument("scene", choices=list(SCENES))
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--data", type=Path, help="folder with the three home files, as for bin/up")
    parser.add_argument("--port", type=int, default=8450, help="and the two after it")
    chosen = parser.parse_args()
    try:
        check_free(chosen.port)
        with work_folder() as work, contextlib.ExitStack() as stack:
            product = Product(
                work=work, port=chosen.port, data=chosen.data, environment=environment()
            )
            stack.callback(product.stop)
            product.start()
            for line in report.machine():
                say(line)
            return 0 if SCENES[chosen.scene](product, chosen.seconds, say) else 1
    except CannotMeasure as error:
        sys.stderr.write(f"benchmarks/under_load.py: {error}\n")
        return 2


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "housing_api.settings")
    sys.exit(main())
