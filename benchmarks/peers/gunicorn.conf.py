"""The product's gunicorn settings for another application: values only, none of its hooks.

Workers, class, threads, keep-alive and timeouts stay what deploy/gunicorn.conf.py says.
"""

import runpy
from pathlib import Path

_PRODUCT = Path(__file__).resolve().parents[2] / "deploy" / "gunicorn.conf.py"

for _name, _value in runpy.run_path(str(_PRODUCT)).items():
    # `None` too: `accesslog = None` is a setting.
    if not _name.startswith("_") and isinstance(_value, bool | int | float | str | None):
        globals()[_name] = _value
