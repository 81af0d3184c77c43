"""Words for numbers, and what the names in tables are called."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from borderzone._guards import percent

if TYPE_CHECKING:
    from borderzone.scenario import Scenario

__all__ = [
    "ASSUMPTION_WORDS",
    "DIFFERENCE_WORDS",
    "DISCLAIMER",
    "KIND_WORDS",
    "KIT_WORDS",
    "LAW_WORDS",
    "MEASURE_WORDS",
    "MODE_WORDS",
    "OPPONENT_WORDS",
    "RANK_WORDS",
    "RULE_WORDS",
    "SEGMENT_WORDS",
    "aim_words",
    "band",
    "break_even_words",
    "change_words",
    "compared_words",
    "count",
    "fitting",
    "fraction_words",
    "is_share",
    "quantity_words",
    "rounded",
    "sensor_words",
    "signed",
    "span",
    "zone_words",
]

DISCLAIMER = (
    "Boundaries, names and designations on this figure imply no opinion on the legal status of "
    "any territory or on the delimitation of its frontiers. All areas are approximate."
)
# A name in the tables -> what a reader calls it.
ASSUMPTION_WORDS = {
    "r50_factor": "detection range",
    "patrol_speed_factor": "speed of patrols",
    "crosser_speed_factor": "speed of crossers",
    "f_mask_position": "ground out of sight",
    "f_mask_own": "ground out of sight, each segment's own",
    "response_speed_factor": "speed of the response",
    "followed_up": "detections followed up",
    "scan_share": "constant on the sweep width",
    "p_identify": "identification, a constant of your own",
    "p_respond": "response, a constant of your own",
    "shift_factor": "shifts",
}
KIND_WORDS = {"remote_desert": "remote desert", "cave_prone": "cave-prone"}
RANK_WORDS = {1: "low", 2: "medium", 3: "high"}
MEASURE_WORDS = {
    "mean_poi": "stopped, on average",
    "min_poi": "stopped, every inch",
    "mean_pod": "seen, on average",
    "min_pod": "seen, every inch",
}
# The same where a whole segment counts and not the weakest place on it: curve and required units.
SEGMENT_WORDS = MEASURE_WORDS | {
    "min_poi": "stopped, every segment",
    "min_pod": "seen, every segment",
}
# How units are spread: by length, for the mean, for the worst segment.
RULE_WORDS: dict[str, str] = {
    "even": "spread evenly",
    "optimal": "best for the mean",
    "maximin": "every segment alike",
}
MODE_WORDS = {"vehicle_off_road": "by vehicle off road", "vehicle": "by vehicle", "foot": "on foot"}
# Shares that a reader has words for.
_FRACTIONS = (
    (1 / 10, "a tenth"),
    (1 / 5, "a fifth"),
    (1 / 4, "a quarter"),
    (1 / 3, "a third"),
    (2 / 5, "two fifths"),
    (1 / 2, "half"),
    (3 / 5, "three fifths"),
    (2 / 3, "two thirds"),
    (3 / 4, "three quarters"),
    (4 / 5, "four fifths"),
    (9 / 10, "nine tenths"),
)
# A share as near to one of them is "about" it; one as far from all is a number alone.
_ABOUT, _FAR = 0.01, 0.05
# A finding that is longer is not read; what it leaves out goes into the notes beside it.
_MOST_WORDS = 40
DIFFERENCE_WORDS = (
    "The difference is the median of the differences draw by draw, which is not the difference of the "
    "two medians beside it."
)


def span(low: float, high: float) -> str:
    """Write a range of shares in percent."""
    first, last = percent(low), percent(high)
    if "unknown" in (first, last):
        return "unknown"
    return first if first == last else f"{first.removesuffix(' %')} to {last}"


def count(number: float) -> str:
    """Write a number of units or people."""
    return f"{number:,.0f}" if math.isfinite(number) else "no number"


def signed(number: float) -> str:
    """Write a whole number with its sign, with a minus and not a hyphen."""
    return f"{number:+,.0f}".replace("-", "−")


def fraction_words(share: float) -> str:
    """Write a share as it is said, such as nearly two thirds; empty where no word is near it."""
    value, words = min(_FRACTIONS, key=lambda fraction: abs(share - fraction[0]))
    off = share - value
    if not abs(off) <= _FAR:
        return ""
    if abs(off) <= _ABOUT:
        return f"about {words}"
    return f"{'nearly' if off < 0 else 'more than'} {words}"


def band(low: float, middle: float, high: float) -> str:
    """Write a number of units or people with its band."""
    if not math.isfinite(middle):
        return "no number is enough"
    return f"{rounded(middle)} ({rounded(low)} to {rounded(high)})"


def sensor_words(scenario: Scenario) -> str:
    """Name what patrols watch with."""
    sensor = scenario.force.sensor
    name = str(getattr(sensor, "name", sensor)).replace("_", " ")
    if name == "eye":
        return "the unaided eye"
    return name if name.endswith("s") else f"the {name}"


def zone_words(zone: Any) -> str:
    """Say where a zone lies: near a place on its own side, else between which kilometres."""
    return f"near {zone.near}" if zone.near else f"at km {zone.km_start:.0f} to {zone.km_end:.0f}"


def quantity_words(quantity: str) -> str:
    """Say in words what a row of a comparison of two studies is."""
    if quantity in SEGMENT_WORDS:
        return SEGMENT_WORDS[quantity]
    what, _, rest = quantity.partition("_")
    measure, _, target = rest.rpartition("_")
    length, _, known = measure.partition("_")
    where = f", at the {length} length" if known in MEASURE_WORDS else ""
    counted = "people" if what == "people" else "units"
    # People are the answer's, of its weakest place; units those of the curve.
    words = (MEASURE_WORDS if counted == "people" else SEGMENT_WORDS)[known if where else measure]
    return f"{counted} for {100 * float(target):.0f} % {words}{where}"


def is_share(quantity: str) -> bool:
    """Tell whether a quantity of a comparison is a share, or a number of units or people."""
    return not quantity.startswith(("out_", "people"))


def change_words(row: Any) -> str:
    """Write the median of the differences with its band, as figure, report and description have it."""
    if not math.isfinite(row.difference):
        return "none to tell"
    scale, unit = (100, " points") if is_share(str(row.quantity)) else (1, "")
    low, high = scale * row.difference_low, scale * row.difference_high
    return f"{signed(scale * row.difference)}{unit} ({signed(low)} to {signed(high)})"


def compared_words(scenario: str, kit: str) -> str:
    """Name one side of a comparison: its scenario, and its kit where that is not the scenario's own."""
    words = [f"“{scenario}”"] if scenario else []
    words += [KIT_WORDS.get(kit, kit)] if kit != "scenario" or not scenario else []
    return ", ".join(words)


_DOES = {
    "mean_pod": "see as many",
    "min_pod": "see as many at the weakest place",
    "mean_poi": "stop as many",
}


def break_even_words(row: Any) -> str:
    """Say how many people of one side are worth those of the other, from a row of break-even."""
    words = f"{count(row.people_b)} people ({compared_words(row.scenario_b, row.kit_b)}) {_DOES[row.measure]} as "
    one = compared_words(row.scenario_a, row.kit_a)
    if math.isnan(row.people):
        return f"{words}an unknown number ({one})."
    if not math.isfinite(row.people):
        return f"{words}no number ({one}) does."
    words += f"{rounded(row.people)} ({one}; 5 to 95 %: {rounded(row.people_low)} to {rounded(row.people_high)})"
    if row.attainable < 1:
        words += f"; no number does in {percent(1 - row.attainable)} of the draws"
    return f"{words}."


def fitting(*variants: str) -> str:
    """Give the first that is short enough to be read, else the last."""
    return next((words for words in variants if len(words.split()) <= _MOST_WORDS), variants[-1])


KIT_WORDS = {
    "eye": "the unaided eye",
    "goggles": "night-vision goggles",
    "thermal": "vehicle thermal imagers",
    "posts": "thermal posts that stand",
    "scenario": "what the scenario has",
}
LAW_WORDS = {"random": "unled", "beats_soft": "led", "standing": "posts"}
OPPONENT_WORDS = {
    "blind": "knows nothing",
    "last_pass": "saw the last pass",
    "informed": "knows all units",
}
_AIM_WORDS = {
    "mean_pod": "see {share} of crossings",
    "min_pod": "see {share} at the weakest place",
    "mean_poi": "stop {share} of crossings",
}


def rounded(number: float) -> str:
    """Write a number of people or units in the digits that its band leaves: two."""
    if math.isnan(number):
        return "unknown"
    if not math.isfinite(number):
        return "no number"
    if number < 100:
        return f"{number:,.0f}"
    step = 10.0 ** (math.floor(math.log10(number)) - 1)
    return f"{round(number / step) * step:,.0f}"


def aim_words(row: Any) -> str:
    """Say what a row of the answer is to reach."""
    return _AIM_WORDS[row.measure].format(share=percent(float(row.target)))
