"""Theory is said once: what the reference values test is what a study calls."""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pandas as pd
import pytest
from syntax import last_name, parts, trees_of

import borderzone
from borderzone import patrol
from borderzone._guards.draws import among_draws, between_draws
from borderzone.difficulty import MODES
from borderzone.figures.grammar import RULE_STYLE
from borderzone.patrol import PatrolCase
from borderzone.patrol.answer import allocation
from borderzone.patrol.answer.case import DISTRIBUTIONS
from borderzone.patrol.answer.curve import MEASURES
from borderzone.patrol.force.forces import watch_of
from borderzone.patrol.force.sensors import LIGHTS
from borderzone.patrol.theory import barrier
from borderzone.patrol.theory.tactics import POD, missed_in_place
from borderzone.scenario import Scenario, Uncertain
from borderzone.study import told

SOURCE = Path(borderzone.__file__).parent


def places(wanted: Any) -> Counter[str]:
    """Count by file the parts of the syntax tree that are wanted."""
    found: Counter[str] = Counter()
    for path, tree in trees_of(SOURCE).items():
        n = sum(wanted(node) for node in parts(tree))
        if n:
            found[path] = n
    return found


def called(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Call) and last_name(node.func) == name


def defines(node: ast.AST, *names: str) -> bool:
    return isinstance(node, ast.FunctionDef) and node.name in names


def assigns(node: ast.AST, *names: str) -> bool:
    targets = node.targets if isinstance(node, ast.Assign) else ()
    one = [node.target] if isinstance(node, ast.AnnAssign) else []
    return any(isinstance(t, ast.Name) and t.id in names for t in (*targets, *one))


RULES: dict[str, tuple[Any, dict[str, int]]] = {
    "what the patrol's own speed adds": (
        lambda node: called(node, "hypot") and ast.unparse(node.args[0]) in {"1", "1.0"},
        {"patrol/theory/barrier.py": 1},
    ),
    "what random search detects": (
        lambda node: called(node, "expm1") and ast.unparse(node) == "np.expm1(-coverage)",
        {"patrol/theory/search.py": 1},
    ),
    "units rounded up but not by a hair": (
        lambda node: called(node, "ceil") and "1e-09 * np.maximum" in ast.unparse(node),
        {"patrol/theory/staffing.py": 1},
    ),
    "best rule for a measure": (
        lambda node: assigns(node, "BEST_RULE", "HEADLINE_RULE"),
        {"patrol/answer/curve.py": 1},
    ),
    "names of the rules": (
        lambda node: isinstance(node, ast.Tuple)
        and ast.unparse(node) == "('even', 'optimal', 'maximin')",
        {"patrol/answer/allocation.py": 1},
    ),
    "names of the modes": (
        lambda node: assigns(node, "MODES"),
        {"difficulty/segment_ground.py": 1},
    ),
    "words for a sensor": (lambda node: defines(node, "sensor_words"), {"study/told/words.py": 1}),
    "a quantile that is a draw": (
        lambda node: isinstance(node, ast.Constant) and node.value == "inverted_cdf",
        {"_guards/draws.py": 1},
    ),
    "cells of a polygon": (lambda node: defines(node, "cells_inside"), {"_cells.py": 1}),
    "scale of a map against ground": (
        lambda node: called(node, "get_factors"),
        {"crs.py": 2},  # what a raster may be off, and what is told of a corridor's frame
    ),
    "shapes that do not say where they lie": (
        lambda node: isinstance(node, ast.Compare) and ast.unparse(node).endswith(".crs is None"),
        {
            "crs.py": 1,
            "_guards/kinds.py": 1,  # below it: what an error inside came from
            "difficulty/zoning.py": 1,
            "incidents/reading/canonical.py": 1,  # an option of the user, no shape
            "incidents/reading/columns.py": 1,
            "io/raster.py": 1,  # files say it in words of their own
            "io/vector.py": 2,
        },
    ),
    "pooling over imputations": (lambda node: defines(node, "pool_rubin"), {
        "incidents/comparing/rate_ratio.py": 1
    }),
    "units on the payroll": (
        lambda node: isinstance(node, ast.BinOp)
        and isinstance(node.op, ast.Div)
        and "share_left" in ast.unparse(node.right),
        {"patrol/theory/staffing.py": 1},
    ),
}  # fmt: skip


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_is_written_in_one_place(rule: str) -> None:
    wanted, expected = RULES[rule]
    assert places(wanted) == expected


LENGTHS = pd.Series([8.0, 9.5, 12.0], name="length_km")
GROUND = pd.DataFrame(
    {
        "f_mask": [0.2, 0.0, 0.6],
        "patrol_speed_factor": [0.8, 1.0, 0.3],
        "crosser_km_h": [3.0, 5.0, 2.0],
    }
)


@pytest.fixture
def case() -> PatrolCase:
    return PatrolCase.of(LENGTHS, GROUND, patrol.Force(), light="night")


def test_the_rates_of_a_study_are_the_theory_of_the_barrier(case: PatrolCase) -> None:
    force, factor = case.force, GROUND["patrol_speed_factor"].to_numpy()
    width = patrol.sweep_width_km(
        force.sensor, "night", GROUND["f_mask"], watch=watch_of(force, "person")
    )
    expected = barrier.barrier_coverage(
        length_km=LENGTHS, sweep_width_km=width, patrol_km_h=force.patrol_km_h * factor,
        crosser_km_h=GROUND["crosser_km_h"],
    )  # fmt: skip
    np.testing.assert_array_equal(case.reference_rates(), expected)


def test_a_draw_at_the_reference_is_the_reference(case: PatrolCase) -> None:
    """To what the table of sweep widths is off; the geometry is one function."""
    neutral = pd.DataFrame({"r50_factor": [1.0, 1.0], "crosser_speed_factor": [1.0, 1.0]})
    expected = np.tile(case.reference_rates(), (2, 1))
    np.testing.assert_allclose(case.sampled_rates(neutral), expected, rtol=1e-4)


def test_a_slower_crosser_and_a_sharper_eye_raise_a_drawn_rate_as_the_theory_says(
    case: PatrolCase,
) -> None:
    found = case.sampled_rates(pd.DataFrame({"r50_factor": [1.5], "crosser_speed_factor": [0.5]}))
    force = case.force
    for segment, (_, row) in enumerate(GROUND.iterrows()):
        width = patrol.sweep_width_km(
            force.sensor, "night", row["f_mask"], r50_factor=1.5, watch=watch_of(force, "person")
        )
        rate = barrier.barrier_coverage(
            length_km=LENGTHS[segment], sweep_width_km=width,
            patrol_km_h=force.patrol_km_h * row["patrol_speed_factor"],
            crosser_km_h=row["crosser_km_h"] * 0.5,
        )  # fmt: skip
        assert found[0, segment] == pytest.approx(rate, rel=1e-4)


@pytest.mark.parametrize("law", POD)
def test_what_is_missed_is_one_less_what_is_seen(law: str) -> None:
    coverage = np.linspace(0.0, 4.0, 41)
    expected = 1.0 - POD[law](coverage)
    np.testing.assert_allclose(missed_in_place(coverage, law), expected, rtol=1e-13, atol=1e-15)


WORDS: dict[str, tuple[Any, Any]] = {
    "law of a scenario": (Scenario.model_fields["law"].annotation, allocation.PLAN_LAWS),
    "light of a scenario": (Scenario.model_fields["light"].annotation, LIGHTS),
    "distribution in a scenario": (
        Uncertain.model_fields["distribution"].annotation,
        DISTRIBUTIONS,
    ),
    "mode of a force": (patrol.Force.model_fields["mode"].annotation, MODES),
}


@pytest.mark.parametrize("name", WORDS)
def test_a_record_takes_the_words_that_the_calls_behind_it_take(name: str) -> None:
    """A type cannot be made of a tuple: both are written, and this holds them together."""
    allowed, words = WORDS[name]
    assert set(get_args(allowed)) == set(words)


def test_every_rule_and_measure_has_its_words() -> None:
    assert list(told.RULE_WORDS) == list(allocation.RULES) == list(RULE_STYLE)
    assert set(told.MEASURE_WORDS) == set(MEASURES)


def test_each_measure_has_the_rule_that_serves_it() -> None:
    best = patrol.BEST_RULE
    assert set(best) == set(MEASURES)
    assert list(best) == ["mean_poi", "mean_pod", "min_poi", "min_pod"]  # as tables tell them
    assert {best[m] for m in MEASURES if m.startswith("mean")} == {"optimal"}
    assert {best[m] for m in MEASURES if m.startswith("min")} == {"maximin"}


DRAWS = ([5.0, 1.0, 3.0, 2.0], [5.0, np.inf, 3.0, 2.0], [np.inf] * 4)


@pytest.mark.parametrize("values", DRAWS)
def test_a_quantile_among_draws_is_a_draw(values: list[float]) -> None:
    ordered = np.sort(values)
    np.testing.assert_array_equal(
        among_draws(np.array(values), [0.25, 0.5, 1.0]), ordered[[0, 1, 3]]
    )


def test_a_quantile_between_draws_knows_infinite_ones() -> None:
    values = np.array([1.0, 2.0, 4.0, np.inf])
    np.testing.assert_array_equal(between_draws(values, [0.0, 0.5, 0.9]), [1.0, 3.0, np.inf])
    finite = np.random.default_rng(1).normal(size=(50, 3))
    np.testing.assert_array_equal(
        between_draws(finite, [0.05, 0.5]), np.quantile(finite, [0.05, 0.5], axis=0)
    )


@pytest.mark.parametrize(
    ("units", "whole"), [(0.2, 1), (3.0, 3), (3.0 + 1e-10, 3), (1e6 + 0.5, 1e6 + 1)]
)
def test_units_are_rounded_up_but_not_by_a_hair(units: float, whole: float) -> None:
    assert patrol.whole_units(units) == whole
    assert patrol.whole_units(float("inf")) == float("inf")
