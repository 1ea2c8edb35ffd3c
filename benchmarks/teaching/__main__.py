"""Start the product, ask for the next price without a pause, teach meanwhile, print what came."""

import argparse
import contextlib
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path

import psycopg

from benchmarks.comparison import load, report
from benchmarks.comparison.__main__ import environment, say, work_folder
from benchmarks.comparison.load import CannotMeasure, Load
from benchmarks.comparison.process import check_free
from benchmarks.comparison.product import ROOT, Product
from benchmarks.steadiness.counting import percentile
from benchmarks.teaching.lessons import NEW, WINDOW, stored, write_questions
from benchmarks.teaching.teacher import Teacher, Training

CONNECTIONS = 8
QUESTIONS = 64
WARM_UP_SECONDS = 3
SLICES = 5
"""Of each, with trainings and without, by turns: what comes over the machine comes over both."""
MOST_P99, LEAST_RATE, MOST_P50_ALONE = 15.0, 1_000.0, 2.0
# What an answer says beside what the log says of it.
OTHER = """
    SELECT count(*) FROM predictions_prediction p
    JOIN modelregistry_modelversion v ON v.id = p.model_version_id
    WHERE p.predictor = 'bitcoin' AND p.status = 200
      AND ((p.response->'model'->>'version')::int <> v.version
           OR (p.response->>'bitcoin_prediction')::float8 <> p.prediction)
"""


def main() -> int:
    parser = argparse.ArgumentParser(prog="benchmarks/bitcoin.py", description=__doc__)
    parser.add_argument("--seconds", type=int, default=6, help="length of each slice")
    parser.add_argument("--trainings", type=int, default=100)
    parser.add_argument("--data", type=Path, help="folder with the data files, as for bin/up")
    parser.add_argument("--port", type=int, default=8490)
    chosen = parser.parse_args()
    if chosen.data is None and os.environ.get("HOUSING_DATA"):
        chosen.data = Path(os.environ["HOUSING_DATA"])
    try:
        load.find_wrk()
        check_free(chosen.port)
        with work_folder() as work, contextlib.ExitStack() as stack:
            product = Product(
                work=work, port=chosen.port, data=chosen.data, environment=environment()
            )
            stack.callback(product.stop)
            product.start()
            for line in report.machine():
                say(line)
            return 0 if show(product, chosen, work) else 1
    except CannotMeasure as error:
        sys.stderr.write(f"benchmarks/bitcoin.py: {error}\n")
        return 2


def show(product: Product, chosen: argparse.Namespace, work: Path) -> bool:
    seconds = stored(product, WINDOW + NEW * chosen.trainings)
    questions = work / "questions.jsonl"
    write_questions(seconds[-(WINDOW + QUESTIONS - 1) :], questions)
    key = made_key(product)
    ask = partial(ask_for, product, questions)
    ask(CONNECTIONS, WARM_UP_SECONDS)
    loads: dict[bool, list[Load]] = {False: [], True: []}
    trainings: list[Training] = []
    for number in range(SLICES):
        first, last = (chosen.trainings * place // SLICES for place in (number, number + 1))
        every = chosen.seconds / max(1, last - first)
        for is_teaching in (False, True) if number % 2 == 0 else (True, False):
            if not is_teaching:
                loads[False].append(ask(CONNECTIONS, chosen.seconds))
                continue
            with Teacher(product, key, seconds, range(first, last), every=every) as teacher:
                loads[True].append(ask(CONNECTIONS, chosen.seconds))
            trainings += teacher.trainings
    alone = ask(1, chosen.seconds)
    say(
        f"{CONNECTIONS} connections, {QUESTIONS} stored windows by turns, slices of "
        f"{chosen.seconds} s by turns without trainings and with {len(trainings)} in all:"
    )
    for title, part in (("without", loads[False]), ("with trainings", loads[True])):
        say(f"  {title:16}{shown(part)}")
    say(f"  one connection: p50 {alone.p50:.2f} ms, p99 {alone.p99:.2f} ms")
    is_good = show_trainings(trainings)
    failed = sum(it.errors for part in loads.values() for it in part) + alone.errors
    taught = loads[True]
    targets = {
        "no failed request": not failed,
        f"p99 with trainings ≤ {MOST_P99:.0f} ms": middle(it.p99 for it in taught) <= MOST_P99,
        f"≥ {LEAST_RATE:,.0f} requests/s with trainings": middle(it.rate for it in taught)
        >= LEAST_RATE,
        f"p50 of one connection ≤ {MOST_P50_ALONE:.0f} ms": alone.p50 <= MOST_P50_ALONE,
        "every answer is its version's": replayed_equal(product),
        "every training was answered": is_good,
    }
    for target, is_met in targets.items():
        say(f"  {'yes' if is_met else 'NO '} {target}")
    return all(targets.values())


def made_key(product: Product) -> str:
    command = ["make_key", "benchmark", "--scope=train", "--days=1"]
    return manage(product, *command).stdout.strip()


def manage(product: Product, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(ROOT / "bin" / "manage"), *arguments],
        env=product.environment,
        capture_output=True,
        text=True,
        check=False,
    )


def ask_for(product: Product, questions: Path, connections: int, seconds: int) -> Load:
    url = f"http://{product.address}/predict"
    return load.run(url, b"{}", connections=connections, seconds=seconds, bodies=questions)


def middle(values: Iterable[float]) -> float:
    return percentile(list(values), 0.5)


def shown(loads: Sequence[Load]) -> str:
    each = ", ".join(f"{it.p99:.1f}" for it in loads)
    return (
        f"{middle(it.rate for it in loads):,.0f} requests/s, p50 "
        f"{middle(it.p50 for it in loads):.2f} ms, p99 {middle(it.p99 for it in loads):.1f} ms "
        f"(medians of slices; p99 of each: {each}), {sum(it.errors for it in loads)} failed"
    )


def show_trainings(trainings: Sequence[Training]) -> bool:
    made = [it for it in trainings if it.status == 200 and it.answer["version"]]
    active = [it for it in made if it.answer["decision"] == "activated"]
    seconds = [it.seconds * 1000 for it in trainings]
    say(
        f"  trainings of {NEW} seconds: {dict(Counter(it.status for it in trainings))}, "
        f"{len(made)} versions made, {len(active)} activated; answered after: median "
        f"{percentile(seconds, 0.5):.0f} ms, longest {max(seconds, default=0):.0f} ms"
    )
    for reason in {it.answer.get("reason") for it in made if it not in active}:
        say(f"    kept: {reason}")
    return all(it.status == 200 for it in trainings)


def replayed_equal(product: Product) -> bool:
    """What the log has of each answer, computed again on the version that the answer named."""
    with psycopg.connect(product.database_url) as connection:
        (other,) = connection.execute(OTHER).fetchone() or (None,)
    replay = manage(product, "replay_predictions", "--predictor", "bitcoin")
    say(f"  answers that name another version or number than the log: {other}")
    for line in replay.stdout.splitlines():
        say(f"  replay: {line}")
    return replay.returncode == 0 and other == 0


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "housing_api.settings")
    sys.exit(main())
