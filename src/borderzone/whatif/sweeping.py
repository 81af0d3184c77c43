"""Sweeps: one study under many assumptions, as one tidy table."""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context, parent_process
from threading import Thread
from typing import TYPE_CHECKING, Any

import numba
import numpy as np
import pandas as pd

from borderzone import io
from borderzone._guards import (
    Bar,
    check_choice,
    check_progress,
    check_whole,
    duration,
    seed_number,
    shown,
    watched,
)
from borderzone._kernels import loop_threads
from borderzone.errors import (
    BorderzoneError,
    DataError,
    InvalidParameterError,
    InvalidScenarioError,
)
from borderzone.patrol import NATURE, answer_case
from borderzone.posts import PostPlan
from borderzone.scenario import Scenario
from borderzone.study import KIT_DRAWS, Study, own_law
from borderzone.whatif.comparing import paired_difference
from borderzone.whatif.folder import SweepFolder, plain, told_by, typed, whole_table
from borderzone.whatif.grounds import Grounds, kept_grounds, without_cells
from borderzone.whatif.plan import (
    OF_A_STUDY,
    SweepPlan,
    blocks,
    changed_study,
    check_name,
    plan_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from concurrent.futures import Future

    from borderzone.study import CrossingFindings, Ground

__all__ = ["OUTPUTS", "sweep"]

# What is told of a case: columns of the one table, and tables of their own.
OUTPUTS = ("answer", "pod", "flagged", "crossing", "posts", "required", "curve")
_TABLES = ("required", "curve")
# Cases that are written together: a few seconds of work, which is what a kill can lose.
_BLOCK_OF_POINTS, _BLOCK_OF_BANDS = 20, 5
_OF_DRAWS = ("units_at_medians", "units_replanned", "stands", "attainable")
_SHARE_BAND = ("share_low", "share_high")
_PAIRED = ("difference", "difference_low", "difference_high", "probability", "within_noise")
_CROSSING = ("segment_pod", "crossing_pod")
_POSTED = ("posts_sited", "posts_seen_share", "posts_bound_share", "posts_crossing_pod")
_FLAGGED = {
    "remote_share": "remote_share",
    "unknown_remote_share": "remote_unknown_share",
    "cave_share_rank2plus_of_known": "cave_share_of_known",
    "unknown_karst_share": "cave_unknown_share",
}
# What is told by some outputs alone: varied without one of them it would change nothing in any row.
_TOLD_BY = {
    "units": ("pod", "crossing"),
    "reference_units": ("pod", "crossing"),
    "targets": ("required",),
    "confidence": ("required",),
    "light": ("required", "curve", "crossing"),
    **{f"posts.{name}": ("posts",) for name in PostPlan.__dataclass_fields__},
    "draws": ("required", "curve"),
    "max_units": ("curve",),
    "force.p_identify": ("required", "curve"),
    "force.p_respond": ("required", "curve"),
    "remote_hours": ("flagged",),
    "remote_hours_range": ("flagged",),
    "bare_threshold": ("flagged",),
    "karst": ("flagged",),
    "aridity": ("flagged",),
    "known_caves": (),
    "cover": (),
    "light_year": (),
    "name": (),
    "min_zone_km2": (),
    "index_weights": (),
    "index_comparisons": (),
    "post_height_m": (),
    "post_sight_km": (),
}
# What counts with something else alone, which has to vary too or to be what the study has.
_COUNTS_WITH: dict[str, tuple[str, str]] = {
    "crosser_vehicle_km_h": ("crosser", "vehicle"),
    "imputations": ("weights", "incidents"),
    "incidents": ("weights", "incidents"),
    "districts": ("weights", "incidents"),
    "provinces": ("weights", "incidents"),
}
_FEWEST_DRAWS, _MOST_DRAWS = 16, 1_000_000
# Draws from which on several threads are quicker than one.
_LONG_LOOP = 256


@dataclass(frozen=True, kw_only=True)
class _SweepJob:
    """What every case is asked, in this process or in another."""

    plan: SweepPlan
    outputs: tuple[str, ...]
    draws: int | None
    seed: int
    on_error: str
    baseline: pd.DataFrame | None = None

    @property
    def tables(self) -> tuple[str, ...]:
        """Name the tables that a block has."""
        kept = ("draws",) if self.draws is not None else ()
        return ("answer", *kept, *(name for name in _TABLES if name in self.outputs))

    def block(self, cases: range, grounds: Grounds) -> dict[str, pd.DataFrame]:
        """Run some cases, one after another."""
        found: dict[str, list[pd.DataFrame]] = {name: [] for name in self.tables}
        with loop_threads(None if (self.draws or 0) >= _LONG_LOOP else 1):
            for case in cases:
                for name, rows in self._told(case, grounds).items():
                    rows.insert(0, "case", case)
                    found[name].append(rows)
        return {name: pd.concat(parts, ignore_index=True) for name, parts in found.items() if parts}

    def _told(self, case: int, grounds: Grounds) -> dict[str, pd.DataFrame]:
        try:
            tables = self._run(self.plan.study_of(case), grounds)
        except BorderzoneError as error:
            if self.on_error == "raise":
                # A case that cannot be built names itself already.
                msg = str(error) if str(error).startswith("case ") else f"case {case}: {error}"
                raise type(error)(msg) from error
            tables = {name: pd.DataFrame(index=range(name == "answer")) for name in self.tables}
            tables["answer"]["error"] = str(error)
        tables["answer"] = tables["answer"].reindex(columns=self._columns())
        return {name: tables[name] for name in self.tables if name in tables and len(tables[name])}

    def _run(self, study: Study, grounds: Grounds) -> dict[str, pd.DataFrame]:
        ground, scenario = grounds.of(study), study.scenario
        weights = grounds.weights(study, self.seed)
        table, people = answer_of(
            study, ground, self.draws, self.seed, weights=weights, reach="pod" in self.outputs
        )
        if self.baseline is not None:
            table = table.assign(**_against(self.baseline, people, table))
        if "flagged" in self.outputs:
            table = table.assign(**_flagged(ground, scenario))
        if {"crossing", "posts"} & set(self.outputs):
            crossing = study.crossing(ground, self.seed, weights=weights)
            told = _crossed(crossing) if "crossing" in self.outputs else {}
            table = table.assign(**told, **(_posted(crossing) if "posts" in self.outputs else {}))
        found = {"answer": table}
        if self.draws is not None:
            # Row 0 has every state at its median, and is no draw.
            found["draws"] = people.iloc[1:].reset_index()
        if any(name in self.outputs for name in _TABLES):
            answer = study.patrol_answer(ground, self.seed, weights=weights)
            for name in _TABLES:
                if name in self.outputs:
                    found[name] = getattr(answer, name).reset_index(drop=True)
        return found

    def _columns(self) -> list[str]:
        """Name the columns of the answer, in the order of its table."""
        bands = self.draws is not None
        columns = ["law", "opponent", "light", "target", "measure", "units"]
        columns += ["low", "high"] if bands else []
        columns += ["people"] + (["people_low", "people_high"] if bands else [])
        columns += ["payroll"] + (["payroll_low", "payroll_high"] if bands else [])
        columns += list(_OF_DRAWS) if bands else []
        if "pod" in self.outputs:
            columns += ["at_units", "at_people", "share", *(_SHARE_BAND if bands else ())]
        columns += list(_PAIRED) if self.baseline is not None else []
        columns += list(_FLAGGED.values()) if "flagged" in self.outputs else []
        columns += list(_CROSSING) if "crossing" in self.outputs else []
        columns += list(_POSTED) if "posts" in self.outputs else []
        return columns + (["error"] if self.on_error == "row" else [])


def answer_of(
    study: Study,
    ground: Ground,
    draws: int | None,
    seed: int,
    *,
    weights: pd.Series | None,
    reach: bool = False,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Answer for a study's own kit as `Study.run` does, for points or with bands."""
    scenario = study.scenario
    asked = study.kit_question(ground, seed, draws=draws, weights=weights)
    asked = asked.at_medians() if draws is None else asked
    units = scenario.reference_units if reach else None
    return answer_case(asked, "scenario", law=own_law(scenario), units=units)


def _against(
    baseline: pd.DataFrame, people: pd.DataFrame, table: pd.DataFrame
) -> dict[str, list[Any]]:
    """Tell how many more people each row takes than the same row of the baseline, draw by draw."""
    rows = []
    for measure, opponent in zip(table["measure"], table["opponent"], strict=True):
        own, other = (each[f"{measure}|{opponent}"].to_numpy() for each in (people, baseline))
        if len(own) > 3:
            rows.append(paired_difference(other[1:], own[1:]))
        else:
            # Points are no sample: a difference, of which nothing says how sure it is.
            with np.errstate(invalid="ignore"):
                rows.append({"difference": float(own[0] - other[0])})
    return {name: [row.get(name) for row in rows] for name in _PAIRED}


def _flagged(ground: Ground, scenario: Scenario) -> dict[str, float]:
    """Give the flagged share of the force's half at the scenario's own hours."""
    shares = ground.flagged_share
    assert shares is not None  # noqa: S101 - ground with elevation has them
    own = shares[
        (shares["side"] == scenario.force_side)
        & (shares["mode"] == scenario.force.mode)
        & (shares["threshold_h"] == scenario.remote_hours)
    ]
    return {new: float(own[old].iloc[0]) if len(own) else np.nan for old, new in _FLAGGED.items()}


def _crossed(found: CrossingFindings) -> dict[str, float]:
    """Give what the reference units reach at the weakest segment and on the weakest way; NaN of units that stand."""
    return found.at_reference or dict.fromkeys(_CROSSING, np.nan)


def _posted(found: CrossingFindings) -> dict[str, float]:
    """Give how many posts found a place, what they see, and the weakest way with them beside the units."""
    if found.siting is None:
        msg = (
            "posts are sited on elevation of 90 m or finer alone: give the study a finer dem, or leave the output "
            "'posts' out"
        )
        raise InvalidScenarioError(msg)
    row = found.siting.iloc[-1]
    beside = found.beside_posts
    with_them = np.nan if beside is None else float(beside["crossing_pod"].iloc[1])
    values = (float(row["posts"]), float(row["seen_share"]), float(row["bound_share"]), with_them)
    return dict(zip(_POSTED, values, strict=True))


def sweep(  # noqa: PLR0913 - what varies, what is asked, and how it is run
    study: Study,
    vary: Mapping[str, Any] | Sequence[Scenario] | pd.DataFrame,
    *,
    design: str | None = None,
    n: int | None = None,
    outputs: Sequence[str] = ("answer",),
    bands: bool | int = False,
    baseline: int | Mapping[str, Any] | Scenario | None = None,
    workers: int = 1,
    folder: str | os.PathLike[str] | None = None,
    on_error: str = "raise",
    seed: int = 1,
    ground: Ground | None = None,
    progress: Callable[[str], None] | bool | None = None,
) -> pd.DataFrame:
    """
    Answer a study under many assumptions, as one tidy table.

    All cases share the seed, so that draw k assumes the same in each and differences are those of
    the values. Every case is looked at before the first is run. What cases share (ground, travel
    times, light) is read once, and kept for the next sweep of the session.

    Parameters
    ----------
    study
        Study to vary.
    vary
        Lists of values by name, of which all combinations are run; or a list of scenarios; or a
        table with a column for each name and a row for each case, where an empty cell leaves the
        study's own value. With a `design`: ranges, as ``(low, high)``, and lists of choices.
        A name is a field of the scenario; ``force.x`` or ``uncertainty.x`` (a number fixes it); a
        layer of the study or its ``border``, as a path or an object; or short ``units`` (those whose
        reach is told), ``side`` (whose force) or ``kit`` (a row of the answer's table, a key of
        `borderzone.patrol.FORCES`, or a force). ``posts`` also takes a file with ``[[posts]]``.
    design
        ``"lhs"`` (Latin hypercube) or ``"sobol"``: `n` cases drawn evenly.
    n
        Number of drawn cases; a power of two for ``"sobol"``.
    outputs
        ``"answer"`` always; ``"pod"`` adds what the case's units reach, ``"flagged"`` the flagged share
        of the force's half, ``"crossing"`` the weakest segment and the weakest way across, ``"posts"`` what the posts of the
        study see and add (its ``posts.n`` and the like may vary); ``"required"`` and ``"curve"`` are tables of their own in the folder.
    bands
        False for points, with every state of nature at its median; a number of draws; or True for as
        many as the study's answer has.
    baseline
        A case by its number, or values or a scenario that no case has: adds, for the people out,
        ``difference`` (median of the differences by draw), ``difference_low`` and ``difference_high``
        (5 and 95 %), ``probability`` that it has its sign, and ``within_noise``.
    workers
        Processes; the table is the same whatever their number.
    folder
        Folder to write as cases come, and to go on from; see `open_sweep`.
    on_error
        ``"raise"`` stops at a case that cannot be run; ``"row"`` tells the reason in its row.
    seed
        Seed of every case.
    ground
        From `Study.read_ground` of this study, for the cases that share it.
    progress
        Called with how far it is and how long the rest may take; left out or False as for `Study.run`.

    Returns
    -------
    DataFrame
        Three rows of measures by three opponents a case: ``case``, the values, and the columns of
        `borderzone.patrol.answer_table` for the scenario's own kit and law (without bands, for
        points); with ``"pod"`` also ``at_units``, ``at_people``, the ``share`` that they reach, and its band.
        Values of ``units``, ``law`` and ``light`` stand in ``case_units`` ..., since the answer has
        columns of these names.

    Raises
    ------
    InvalidScenarioError
        If a name is unknown, a value impossible, there is nothing to vary, or the folder holds a
        sweep of other cases, inputs or versions.
    BorderzoneError
        If a case cannot be run.

    Examples
    --------
    >>> import borderzone as bz
    >>> study = bz.Study.default(bz.Scenario(resolution_m=5000))
    >>> table = bz.sweep(study, {"force.patrol_km_h": [10, 20]})
    >>> half = table.query("measure == 'mean_pod' and opponent == 'blind'")
    >>> bool(half["people"].is_monotonic_decreasing)
    True
    """
    number = seed_number(seed, below=2**32)
    asked = _checked_outputs(outputs, folder)
    check_choice(on_error, "on_error", ("raise", "row"))
    check_progress(progress)
    count = check_whole(workers, "workers", lowest=1)
    drawn = None if n is None else check_whole(n, "n", lowest=1)
    plan = _telling(plan_of(study, vary, design=design, n=drawn, seed=number), asked)
    # Files that are not there are told now, and not when their case comes.
    sources = list(_inputs_that_vary(plan))
    draws = _draws_of(bands, study)
    grounds = _shared(study, ground)
    known = _baseline(baseline, plan, grounds, draws, number)
    job = _SweepJob(
        plan=plan, outputs=asked, draws=draws, seed=number, on_error=on_error, baseline=known
    )
    size = _BLOCK_OF_POINTS if draws is None else _BLOCK_OF_BANDS
    todo = list(blocks(len(plan.rows), size))
    about = {"vary": plan.columns, "seed": number, "draws": draws}
    if folder is None:
        parts = [found["answer"] for _, found in _run_all(job, todo, grounds, count, progress)]
        cases = plan.table()
        table = whole_table(plain(typed(pd.concat(parts, ignore_index=True))), cases)
        table.attrs.update(about)
        return table
    with io.OutputFolder(folder).held() as held:
        place = SweepFolder(held)
        place.begin(plan, about | _told_of(job, baseline) | {"varied_inputs": sources})
        left = [part for k, part in enumerate(todo) if not place.has(k)]
        for cases_done, found in _run_all(job, left, grounds, count, progress):
            place.put(cases_done.start // size, found)
        place.join(job.tables)
        rows = place.rows("answer")
    assert rows is not None  # noqa: S101 - it was written now or before
    rows.attrs.update(told_by(about))
    return rows


def _checked_outputs(outputs: Sequence[str], folder: Any) -> tuple[str, ...]:
    if isinstance(outputs, str):
        outputs = (outputs,)
    for name in outputs:
        check_choice(name, "outputs", OUTPUTS)
    apart = [name for name in outputs if name in _TABLES]
    if apart and folder is None:
        msg = f"{apart[0]} is a table of its own: give a folder to write it to, and read it with open_sweep"
        raise InvalidParameterError(msg)
    return tuple(name for name in OUTPUTS if name in outputs or name == "answer")


def _telling(plan: SweepPlan, outputs: tuple[str, ...]) -> SweepPlan:
    """Refuse what varies and decides nothing that is asked: equal rows would look like a finding."""
    for name in plan.names:
        own = name.removeprefix("uncertainty.")
        of_the_curve = own != name and own not in NATURE
        by = _TABLES if of_the_curve else _TOLD_BY.get(name, outputs)
        if not by:
            msg = f"{name} decides no number of a sweep: leave it out, or run the study and look at its result"
            raise InvalidScenarioError(msg)
        if not set(by) & set(outputs):
            msg = (
                f"{name} decides nothing of what is asked ({', '.join(outputs)}): add {' or '.join(map(repr, by))} "
                "to outputs, or leave it out"
            )
            raise InvalidScenarioError(msg)
        beside, word = _COUNTS_WITH.get(name, ("", ""))
        if beside and beside not in plan.names and getattr(plan.study.scenario, beside) != word:
            msg = f"{name} counts with {beside} = {word!r} alone: set that in the scenario, or let it vary too"
            raise InvalidScenarioError(msg)
        if name == "road_speeds_km_h" and "roads" not in plan.names and plan.study.roads is None:
            msg = f"{name} counts on roads alone, and the study has none: give it roads, or let them vary too"
            raise InvalidScenarioError(msg)
    return plan


def _draws_of(bands: bool | int, study: Study) -> int | None:  # noqa: FBT001 - yes, no or how many
    if bands is False:
        return None
    if bands is True:
        return min(study.scenario.draws, KIT_DRAWS)
    draws = check_whole(bands, "bands", lowest=_FEWEST_DRAWS)
    if draws > _MOST_DRAWS:
        msg = f"bands must be {_MOST_DRAWS:,} draws or fewer, got {shown(bands)}"
        raise InvalidParameterError(msg)
    return draws


def _shared(study: Study, ground: Ground | None) -> Grounds:
    """Take the grounds of the session, and the one that was given."""
    grounds = kept_grounds()
    if ground is not None:
        grounds.put(study, study.check_ground(ground))
    return grounds


def _baseline(
    asked: Any, plan: SweepPlan, grounds: Grounds, draws: int | None, seed: int
) -> pd.DataFrame | None:
    """Run the case that others are held against, and keep its people by draw."""
    if asked is None:
        return None
    if isinstance(asked, Scenario):
        study = plan.study.with_scenario(asked)
    elif isinstance(asked, Mapping):
        for name in asked:
            check_name(name, plan.study)
        study = changed_study(plan.study, asked)
    else:
        number = check_whole(asked, "baseline", lowest=0)
        if number >= len(plan.rows):
            msg = f"baseline must be a case, 0 to {len(plan.rows) - 1}, values by name, or a Scenario, got {shown(asked)}"
            raise InvalidParameterError(msg)
        study = plan.study_of(number)
    weights = grounds.weights(study, seed)
    return answer_of(study, grounds.of(study), draws, seed, weights=weights)[1]


def _told_of(job: _SweepJob, baseline: Any) -> dict[str, Any]:
    """Write down what a sweep was begun with."""
    known = None
    if baseline is not None:
        known = baseline.model_dump(mode="json") if isinstance(baseline, Scenario) else baseline
    return {
        "outputs": list(job.outputs),
        "on_error": job.on_error,
        "baseline": known,
        "scenario": job.plan.study.scenario.model_dump(mode="json"),
        "inputs": job.plan.study.inputs(),
    }


def _inputs_that_vary(plan: SweepPlan) -> Iterator[dict[str, Any]]:
    """Tell what each combination of layers and borders that vary holds; a file that is not there is told."""
    varied = [k for k, name in enumerate(plan.names) if name in OF_A_STUDY]
    seen: set[tuple[Any, ...]] = set()
    for case, row in enumerate(plan.rows) if varied else ():
        key = tuple(row[k] if isinstance(row[k], str) else id(row[k]) for k in varied)
        if key not in seen:
            seen.add(key)
            try:
                yield plan.study_of(case).inputs()
            except DataError as error:
                msg = f"case {case}: {error}"
                raise DataError(msg) from error


def _run_all(
    job: _SweepJob,
    todo: list[range],
    grounds: Grounds,
    workers: int,
    progress: Callable[[str], None] | bool | None,  # noqa: FBT001 - a function, or False
) -> Iterator[tuple[range, dict[str, pd.DataFrame]]]:
    """Run blocks in their order, here or in other processes, and tell how long the rest may take."""
    if not todo:
        return
    total, done, start = sum(map(len, todo)), 0, time.monotonic()
    with watched(progress, "Cases of the sweep", ()) as step:
        if isinstance(step, Bar):
            step.count(0, total)
        for part, found in (
            _here(job, todo, grounds) if workers == 1 else _elsewhere(job, todo, grounds, workers)
        ):
            done += len(part)
            if isinstance(step, Bar):
                step.count(done, total)
            else:
                left = (time.monotonic() - start) / done * (total - done)
                step(f"{done:,} of {total:,} cases, about {duration(left)} left")
            yield part, found


def _here(
    job: _SweepJob, todo: list[range], grounds: Grounds
) -> Iterator[tuple[range, dict[str, pd.DataFrame]]]:
    for part in todo:
        yield part, job.block(part, grounds)


def _elsewhere(
    job: _SweepJob, todo: list[range], grounds: Grounds, workers: int
) -> Iterator[tuple[range, dict[str, pd.DataFrame]]]:
    # The ground of the study itself, which most cases share, is read once and handed over without
    # its cells; others each process reads for itself.
    study = job.plan.study
    shared = job.plan.study_of(0).ground_key == study.ground_key
    given = without_cells(grounds.of(study)) if shared else None
    waiting: deque[tuple[range, Future[dict[str, pd.DataFrame]]]] = deque()
    with ProcessPoolExecutor(
        min(workers, max(len(todo), 1)),
        mp_context=get_context("spawn"),
        initializer=_begin,
        initargs=(job, given),
    ) as pool:
        try:
            for part in todo:
                waiting.append((part, pool.submit(_block, part)))
                if len(waiting) > 2 * workers:
                    first, future = waiting.popleft()
                    yield first, future.result()
            while waiting:
                first, future = waiting.popleft()
                yield first, future.result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


# What a process of its own was begun with.
_HERE: dict[str, Any] = {}


def _begin(job: _SweepJob, ground: Ground | None) -> None:
    numba.set_num_threads(1)
    Thread(target=_end_with_parent, daemon=True).start()
    grounds = Grounds()
    if ground is not None:
        grounds.put(job.plan.study, ground)
    _HERE.update(job=job, grounds=grounds)


def _end_with_parent() -> None:
    """End when the process that began this one was killed: nobody else would tell it to."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _block(cases: range) -> dict[str, pd.DataFrame]:
    found: dict[str, pd.DataFrame] = _HERE["job"].block(cases, _HERE["grounds"])
    return found
