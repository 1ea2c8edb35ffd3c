"""The scoring alone, as a script does it: pandas, a merge, the pickled model, a CSV."""

import os
import subprocess
import sys
from pathlib import Path

from benchmarks.comparison.product import ROOT

SCRIPT = """
import json, pickle, resource, sys, time
import pandas as pd
began = time.monotonic()
file, demographics, model_file, features_file, out = sys.argv[1:]
homes = pd.read_csv(file)
model = pickle.load(open(model_file, "rb"))
names = json.load(open(features_file))
rows = homes.merge(pd.read_csv(demographics), how="left", on="zipcode")
rows = rows.assign(**{name: 0.0 for name in names if name not in rows})
homes["prediction"] = model.predict(rows[names])
homes.to_csv(out, index=False)
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
print(f"{time.monotonic() - began:.1f} s, {peak:,.0f} MB")
"""


def score_plainly(file: Path, demographics: Path, model: Path, features: Path, out: Path) -> str:
    """What it says of itself."""
    arguments = [str(path.resolve()) for path in (file, demographics, model, features, out)]
    found = subprocess.run(
        [sys.executable, "-c", SCRIPT, *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    return found.stdout.strip() if found.returncode == 0 else found.stderr.strip()[-300:]
