"""The predictors that this service has: one line is one predictor.

Each is an app that registers itself (`predictions.catalog`), and its urls.py is included. A request
that names none means the first.
"""

PREDICTOR_APPS = [
    "predictors.homes",
    "predictors.bitcoin",
]
