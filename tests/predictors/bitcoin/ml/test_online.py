"""Learning a few more seconds, and judging what comes of it."""

import numpy as np

from predictors.bitcoin.ml.examples import examples_of
from predictors.bitcoin.ml.online import judge, learned, left_out
from predictors.bitcoin.ml.ridge import outcomes_of, solved, standardised
from predictors.bitcoin.ml.training import fit_ridge
from tests.predictors.bitcoin.ml.walks import seconds_made


def test_left_out_is_what_the_model_would_say_had_it_not_learned_that_second() -> None:
    examples = examples_of(seconds_made(900))
    new = examples.part(800)
    model = learned(fit_ridge(examples.part(0, 800)), new)
    standard = standardised(new.rows[:, 3:], model.mean, model.scale)
    outcomes = outcomes_of(new.rows, new.next_close, new.next_high)
    found = left_out(model, new)
    for place in (0, len(new) - 1):
        weight = model.forgetting ** (len(new) - 1 - place)
        without = solved(
            mean=model.mean,
            scale=model.scale,
            penalty=model.penalty,
            forgetting=model.forgetting,
            gram=model.gram - weight * np.outer(standard[place], standard[place]),
            moments=model.moments - weight * np.outer(standard[place], outcomes[place]),
            count=model.count - weight,
        )
        for target, column in (("next_close", 0), ("next_high", 1)):
            expected = without.predict(new.asking(target)[[place]])[0]
            assert abs(found[place, column] / expected - 1) < 1e-9


def test_it_works() -> None:
    """Good updates are not refused."""
    examples = examples_of(seconds_made(2_600))
    model = fit_ridge(examples.part(0, 1_200))
    objections: list[str] = []
    for start in range(1_200, len(examples) - 60, 60):
        new = examples.part(start, start + 60)
        after = learned(model, new)
        objections += judge(model, after, new, examples.part(start - 1_000, start)).objections
        model = after
    assert not objections
