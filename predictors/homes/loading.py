"""From files to tables: idempotent upserts, each in one transaction."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import connection, models, transaction
from psycopg import sql

from predictions.contract import DataError
from predictors.homes.files import DataFile, read_demographics, read_examples, read_sales
from predictors.homes.ml.schema import DEMOGRAPHIC_COLUMNS, HOME_COLUMNS, IDENTITY
from predictors.homes.models import DataLoad, ExampleHome, Sale, ZipcodeDemographics


@dataclass(frozen=True, slots=True)
class LoadSummary:
    file: str
    new: int
    changed: int
    unchanged: int
    removed: int
    """Synthetic rows that made room for real ones."""

    def __str__(self) -> str:
        removed = f", {self.removed} synthetic removed" if self.removed else ""
        return (
            f"{self.file}: {self.new} new, {self.changed} changed, "
            f"{self.unchanged} unchanged{removed}"
        )


def load_demographics(path: Path) -> LoadSummary:
    """Bring the table up to the file. Raises DataError, and then nothing has changed."""
    return _load(
        read_demographics(path),
        dataset=DataLoad.Dataset.DEMOGRAPHICS,
        model=ZipcodeDemographics,
        columns=(*DEMOGRAPHIC_COLUMNS, "zipcode"),
        key=("zipcode",),
    )


def load_sales(path: Path) -> LoadSummary:
    """Bring the table up to the file, in its order. Raises DataError; then nothing has changed."""
    return _load(
        read_sales(path),
        dataset=DataLoad.Dataset.SALES,
        model=Sale,
        columns=("parcel", "date", "price", *HOME_COLUMNS),
        key=("parcel", "date"),
    )


@transaction.atomic
def load_examples(path: Path) -> LoadSummary:
    """The homes of the file instead of those before. Raises DataError; then nothing has changed."""
    file = read_examples(path)
    with connection.cursor() as cursor:
        # One load at a time; readers go on.
        cursor.execute("LOCK TABLE homes_examplehome IN SHARE ROW EXCLUSIVE MODE")
    removed = _make_room(file, DataLoad.Dataset.EXAMPLES, ExampleHome)
    load = _loaded(file, DataLoad.Dataset.EXAMPLES)
    ExampleHome.objects.all().delete()
    ExampleHome.objects.bulk_create(
        ExampleHome(facts=dict(zip(HOME_COLUMNS, row, strict=True)), load=load) for row in file.rows
    )
    return LoadSummary(file.name, len(file.rows), 0, 0, removed)


@transaction.atomic
def _load(
    file: DataFile,
    *,
    dataset: DataLoad.Dataset,
    model: type[models.Model],
    columns: tuple[str, ...],
    key: tuple[str, ...],
) -> LoadSummary:
    table = sql.Identifier(model._meta.db_table)
    with connection.cursor() as cursor:
        # One load at a time; readers go on.
        cursor.execute(sql.SQL("LOCK TABLE {} IN SHARE ROW EXCLUSIVE MODE").format(table))
        removed = _make_room(file, dataset, model)
        load = _loaded(file, dataset)
        _copy(cursor, table, columns, file.rows)
        if model is Sale:
            _give_parcels(cursor, load)
        new, changed = _upsert(cursor, table, columns, key, load)
    return LoadSummary(file.name, new, changed, len(file.rows) - new - changed, removed)


def _loaded(file: DataFile, dataset: DataLoad.Dataset) -> DataLoad:
    return DataLoad.objects.create(
        dataset=dataset,
        file_name=file.name,
        sha256=file.sha256,
        rows=len(file.rows),
        is_synthetic=file.is_synthetic,
    )


def _make_room(file: DataFile, dataset: DataLoad.Dataset, model: type[models.Model]) -> int:
    """Real and made-up rows never stand in one table: real ones replace, others are refused."""
    latest = DataLoad.objects.latest_of(dataset)
    if latest is None or latest.is_synthetic == file.is_synthetic:
        return 0
    if file.is_synthetic:
        raise DataError(f"{file.name} is synthetic, and the database holds real {dataset}: refused")
    removed, _ = model._default_manager.all().delete()
    return removed


def _names(columns: tuple[str, ...], prefix: str = "") -> sql.Composed:
    parts = [sql.Identifier(prefix, name) if prefix else sql.Identifier(name) for name in columns]
    return sql.SQL(", ").join(parts)


def _copy(
    cursor: Any, table: sql.Identifier, columns: tuple[str, ...], rows: list[tuple[Any, ...]]
) -> None:
    """Into a temporary table `incoming`, with the line to keep the file's order."""
    cursor.execute("DROP TABLE IF EXISTS incoming")
    cursor.execute(
        sql.SQL(
            "CREATE TEMPORARY TABLE incoming ON COMMIT DROP AS "
            "SELECT 0 AS line, {columns} FROM {table} WITH NO DATA"
        ).format(columns=_names(columns), table=table)
    )
    copy = sql.SQL("COPY incoming (line, {}) FROM STDIN").format(_names(columns))
    with cursor.copy(copy) as stream:
        for line, row in enumerate(rows, start=1):
            stream.write_row((line, *row))


def _give_parcels(cursor: Any, load: DataLoad) -> None:
    """A sale that an outcome told of, without its parcel number, gets it from the file.

    The row stays, with its id: to a version that learned from it, it is nothing new.
    """
    same = sql.SQL(" AND ").join(
        sql.SQL("told.{0} = incoming.{0}").format(sql.Identifier(name))
        for name in ("date", *IDENTITY)
    )
    is_told = sql.SQL("left(told.parcel, 1) = 'x' AND {}").format(same)
    # A file may also have come before; that the sale is there twice then is undone.
    there = sql.SQL(
        "EXISTS (SELECT FROM homes_sale AS s "
        "WHERE s.parcel = incoming.parcel AND s.date = incoming.date)"
    )
    cursor.execute(
        sql.SQL("DELETE FROM homes_sale AS told USING incoming WHERE {} AND {}").format(
            is_told, there
        )
    )
    cursor.execute(
        sql.SQL(
            "UPDATE homes_sale AS told SET parcel = incoming.parcel, load_id = %s "
            "FROM incoming WHERE {}"
        ).format(is_told),
        [load.pk],
    )


def _upsert(
    cursor: Any,
    table: sql.Identifier,
    columns: tuple[str, ...],
    key: tuple[str, ...],
    load: DataLoad,
) -> tuple[int, int]:
    """Insert what is new, update what differs; the counts of both."""
    others = tuple(name for name in columns if name not in key)
    statement = sql.SQL(
        "INSERT INTO {table} AS old ({columns}, load_id) "
        "SELECT {columns}, %s FROM incoming ORDER BY line "
        "ON CONFLICT ({key}) DO UPDATE SET load_id = excluded.load_id, {changes} "
        "WHERE ({old}) IS DISTINCT FROM ({excluded}) "
        # xmax is 0 in a row that this statement inserted, its own transaction in one it updated.
        "RETURNING old.xmax = 0"
    ).format(
        table=table,
        columns=_names(columns),
        key=_names(key),
        changes=sql.SQL(", ").join(
            sql.SQL("{0} = excluded.{0}").format(sql.Identifier(name)) for name in others
        ),
        old=_names(others, "old"),
        excluded=_names(others, "excluded"),
    )
    cursor.execute(statement, [load.pk])
    inserted = [is_new for (is_new,) in cursor.fetchall()]
    return sum(inserted), len(inserted) - sum(inserted)
