"""What every peer is given: the product's model, home, demographics and answer."""

import csv
import json
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from benchmarks.comparison.product import Product
from predictors.homes.ml.schema import DEMOGRAPHIC_COLUMNS

COLUMNS = (*DEMOGRAPHIC_COLUMNS, "zipcode")
PEER_DATABASE = "benchmark_peer"


@dataclass(frozen=True, slots=True)
class Case:
    """Taken from the product while it runs."""

    work: Path
    """Folder for what the peers write."""
    body: bytes
    """The 18 facts of one home, as JSON."""
    joined: dict[str, float]
    """The model's inputs for that home, in the model's order: for who joins nothing."""
    model_file: Path
    features_file: Path
    demographics_file: Path
    database_url: str
    """An empty database in the product's PostgreSQL."""
    estimate: float
    """The product's answer, USD."""


def case_of(product: Product, work: Path) -> Case:
    model_file, features_file = product.artifact()
    demographics = _demographics(product.database_url)
    facts = product.home | demographics[str(product.home["zipcode"])]
    demographics_file = work / "zipcode_demographics.csv"
    with demographics_file.open("w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(demographics.values())
    return Case(
        work=work,
        body=product.body,
        joined={name: float(facts[name]) for name in json.loads(features_file.read_bytes())},
        model_file=model_file,
        features_file=features_file,
        demographics_file=demographics_file,
        database_url=_new_database(product.database_url),
        estimate=product.estimate(),
    )


def _demographics(database_url: str) -> dict[str, dict[str, float | str]]:
    """Rows by zipcode, with the columns of the file they came from."""
    query = sql.SQL("SELECT {} FROM homes_zipcodedemographics ORDER BY zipcode").format(
        sql.SQL(", ").join(map(sql.Identifier, COLUMNS))
    )
    with psycopg.connect(database_url) as connection:
        rows = connection.execute(query).fetchall()
    return {row[-1]: dict(zip(COLUMNS, row, strict=True)) for row in rows}


def _new_database(database_url: str) -> str:
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(PEER_DATABASE)))
        name = connection.info.dbname
    return database_url.replace(f"/{name}?", f"/{PEER_DATABASE}?")
