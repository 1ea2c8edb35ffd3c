"""The report as one HTML page."""

import html
import json
from collections.abc import Mapping
from typing import Any

import pandas as pd


def page(figures: Mapping[str, Any], rows: Mapping[str, pd.DataFrame]) -> str:
    return f"<pre>{html.escape(json.dumps(figures, indent=1))}</pre>"
