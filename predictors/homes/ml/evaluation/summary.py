"""The figures in short: what is kept with the version, and the same as lines to print."""

from collections.abc import Iterator, Mapping
from typing import Any

from learning.ratio_study import STANDARD_RANGES, verdict
from predictors.homes.ml.evaluation.baselines import TITLES as BASELINES
from predictors.homes.ml.evaluation.groups import BANDS
from predictors.homes.ml.evaluation.parts import SPLITS

# Lists by single zipcode and decile are in the report's own files.
LONG = frozenset({"by_zipcode", "by_decile", "groups", "inputs", "values", "interval"})
TITLES = {
    "random": "random split",
    "time": "time split",
    "folds": "5 folds",
    "grouped": "5 folds by parcel",
}
METRICS = ("r2", "rmse", "mae", "mape", "mdape", "within_5", "within_10", "within_20")


def shortened(figures: Mapping[str, Any]) -> dict[str, Any]:
    """Headline figures by part: of accuracy with their intervals, of groups without."""
    kept = {name: _without_long(part) for name, part in figures.items()}
    for name in (*SPLITS, "homes"):
        if name in kept:
            kept[name]["interval"] = figures[name]["interval"]
    if "importance" in kept:
        kept["importance"] = {
            name: part for name, part in figures["importance"].items() if name != "inputs"
        }
    if "comparison" in kept:
        kept["comparison"] = figures["comparison"]
    return kept


def _without_long(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _without_long(inner) for name, inner in value.items() if name not in LONG}
    if isinstance(value, list):
        return [_without_long(inner) for inner in value]
    return value


def lines(kept: Mapping[str, Any]) -> list[str]:
    """Made of what is kept and of nothing else: the two cannot disagree.

    PostgreSQL keeps the members of an object in no order, so every order is named here.
    """
    return [
        *_accuracy(kept),
        *_coverage(kept),
        *_homes(kept.get("homes")),
        *_stability(kept),
        *_importance(kept.get("importance")),
        *_hostile(kept.get("hostile")),
        *_comparison(kept.get("comparison")),
    ]


def _accuracy(kept: Mapping[str, Any]) -> Iterator[str]:
    shown = [name for name in SPLITS if name in kept]
    if shown:
        yield (
            f"{'':34}{'n':>7} {'R²':>7} {'RMSE':>9} {'MAE':>8} {'MAPE':>6} {'MdAPE':>6} "
            f"{'≤5 %':>5} {'≤10 %':>5} {'≤20 %':>5}"
        )
    for name in shown:
        part = kept[name]
        yield _row(TITLES[name], part["n_test"], part["model"])
        low, high = part["interval"]["r2"], part["interval"]["mdape"]
        yield (
            f"  95 % intervals: R² {low[0]:.4f} to {low[1]:.4f}, "
            f"MdAPE {high[0]:.2f} to {high[1]:.2f}"
        )
        if "by_fold" in part:
            r2, mdape = part["by_fold"]["r2"], part["by_fold"]["mdape"]
            yield (
                f"  over the folds: R² {r2['mean']:.4f} (sd {r2['sd']:.4f}), "
                f"MdAPE {mdape['mean']:.2f} (sd {mdape['sd']:.2f})"
            )
        yield _row("  where it had learned", part["n_train"], part["train"])
        for baseline in BASELINES:
            if baseline in part["baselines"]:
                yield _row(f"  baseline {baseline}", part["n_test"], part["baselines"][baseline])


def _row(title: str, n: int, m: Mapping[str, float]) -> str:
    return (
        f"{title:34}{n:7,} {m['r2']:7.4f} {m['rmse']:9,.0f} {m['mae']:8,.0f} {m['mape']:6.2f} "
        f"{m['mdape']:6.2f} {m['within_5']:5.1f} {m['within_10']:5.1f} {m['within_20']:5.1f}"
    )


def _coverage(kept: Mapping[str, Any]) -> Iterator[str]:
    for name in SPLITS:
        found = kept.get(name, {}).get("coverage")
        if found:
            line = (
                f"90 % intervals, {TITLES[name]}: hold {found['share']:.2f} %, "
                f"mean width {found['mean_width']:.1f} % of the estimate"
            )
            for key, noun in (("worst_zipcode", "zipcode"), ("worst_decile", "decile")):
                if found[key]:
                    line += (
                        f"; worst {noun} {found[key]['name']} (n {found[key]['n']:,}): "
                        f"{found[key]['share']:.1f} %"
                    )
            yield line


def _homes(homes: Mapping[str, Any] | None) -> Iterator[str]:
    if homes is None:
        return
    for name in STANDARD_RANGES:
        value, (low, high) = homes["ratio_study"][name], homes["interval"][name]
        yield (
            f"ratio study, {name}: {value:.4f} ({low:.4f} to {high:.4f}), "
            f"{verdict(name, value, [low, high])} the standard's range"
        )
    for key in BANDS:
        band = homes["bands"][key]
        yield f"by {band['title']}"
        for group in band["bands"]:
            if "mdape" in group:
                yield (
                    f"  {group['name']:28} n {group['n']:6,}: MdAPE {group['mdape']:.2f}, median "
                    f"ratio {group['median_ratio']:.4f}, COD {group['cod']:.2f}, "
                    f"PRD {group['prd']:.4f}, PRB {group['prb']:.4f}"
                )


def _stability(kept: Mapping[str, Any]) -> Iterator[str]:
    for step in kept.get("learning_curve", ()):
        yield (
            f"learning curve, {step['n_train']:6,} sales: R² {step['test']['r2']:.4f}, "
            f"MdAPE {step['test']['mdape']:.2f}; where it had learned {step['train']['mdape']:.2f}"
        )
    if "seeds" in kept:
        found = kept["seeds"]
        r2, mdape = found["metrics"]["r2"], found["metrics"]["mdape"]
        yield (
            f"{len(found['seeds'])} seeds: R² {r2['mean']:.4f} (sd {r2['sd']:.5f}), MdAPE "
            f"{mdape['mean']:.3f} (sd {mdape['sd']:.4f}); an estimate varies by "
            f"{found['between']:.2f} %"
        )


def _importance(found: Mapping[str, Any] | None) -> Iterator[str]:
    for group in found["groups"] if found else ():
        yield (
            f"{group['name']} shuffled: MdAPE {group['mdape_lost']:+.2f}, "
            f"R² {-group['r2_lost']:+.4f}"
        )


def _hostile(found: Mapping[str, Any] | None) -> Iterator[str]:
    if found is None:
        return
    target, prices = found["shuffled_target"], found["other_test_prices"]
    yield (
        f"hostile check, shuffled prices: R² {target['r2']:.4f}, at most {target['limit']} "
        f"allowed: {'passed' if target['passed'] else 'FAILED'}"
    )
    yield (
        f"hostile check, other prices of the test homes: {prices['changed']} of "
        f"{prices['n_test']:,} estimates changed: {'passed' if prices['passed'] else 'FAILED'}"
    )


def _comparison(found: Mapping[str, Any] | None) -> Iterator[str]:
    compared = found or {}
    for name in SPLITS:
        if name not in compared:
            continue
        split = compared[name]
        for metric in ("r2", "mdape"):
            one = split["differences"][metric]
            yield (
                f"beside the active version, {TITLES[name]}: {metric} {split['ours'][metric]:.4f} "
                f"against {split['theirs'][metric]:.4f}, difference {one['difference']:+.4f} "
                f"({one['interval'][0]:+.4f} to {one['interval'][1]:+.4f})"
            )
