"""The standing words of the report: who lives there, what it cannot say, what was reported."""

from __future__ import annotations

from typing import TYPE_CHECKING

from borderzone.incidents import ARTICLE_ESTIMATE

if TYPE_CHECKING:
    from borderzone.study import StudyResult

__all__ = ["LEDE", "LIMITS", "article_facts", "creed", "people", "resolution"]

LEDE = (
    "A planning-level estimate from open data: where the border is, which ground along it is hard "
    "to patrol, and how many patrol units would see and stop how many crossings, with bands."
)

_PEOPLE_IRQ_SYR = (
    "Most people in this desert are civilians: herders with their flocks, families who gather "
    "truffles from January to April, people displaced by war, traders and smugglers of everyday "
    "goods. They are also its first victims: by the Iraqi count 44 truffle gatherers were "
    "kidnapped in early 2019 (The New York Times)."
)
_PEOPLE_ELSEWHERE = (
    "Borderlands are lived in: by herders and farmers, by people who trade across the line and "
    "visit family on its other side, by people who were displaced. Most who move there, by day or "
    "by night, are civilians."
)
_NEVER_A_TARGET = (
    "Nothing here tells who is on the ground. A flagged zone is never a target, and this study "
    "must not be used for decisions on force or detention."
)

LIMITS = (
    (
        "It is coarse planning from open data. It detects nobody, predicts no single crossing and does "
        "not show that any cave exists; its bands are part of every result, and incidents say nothing "
        "at less than 10 km."
    ),
    (
        "Coverage is the probability of a model under stated sweep widths. It is not deterrence, not "
        "legality and not control, and an absence of incidents is an absence of reports."
    ),
    (
        "Random search reaches certainty with no number of units: every further nine costs as much "
        "again. “Every inch” in the strict sense is out of reach of patrols alone."
    ),
    (
        "Units are spread by the model, not by a staff: no supply, terrain damage, weather, leave "
        "politics or opponent who adapts is in it, and the ranges of sensors are published or assumed, "
        "not tested on this ground."
    ),
    (
        "Crossings are taken to be spread evenly along the border and to go straight over it. Whoever "
        "chooses the weakest place meets the weakest segment, not the mean."
    ),
    (
        "Read as a map of gaps it could do harm; the public edition therefore joins results to "
        "segments of 10 km or more and shows no posts."
    ),
)


def creed(result: StudyResult) -> str:
    """Say in one line who lives along the border."""
    if _is_iraq_syria(result):
        return "Herders, truffle gatherers and displaced families live here."
    return "People live here: herders, farmers, traders and families on both sides."


def people(result: StudyResult) -> list[str]:
    """Say who lives along the border."""
    here = _PEOPLE_IRQ_SYR if _is_iraq_syria(result) else _PEOPLE_ELSEWHERE
    return [here, _NEVER_A_TARGET]


def _is_iraq_syria(result: StudyResult) -> bool:
    return {result.border.a, result.border.b} == {"IRQ", "SYR"}


def article_facts() -> list[str]:
    """Say what the news article reported, and what it did not."""
    estimate = ARTICLE_ESTIMATE
    return [
        (
            f"The “about {estimate.people:,.0f}” who crossed in some {estimate.days / 30.4:.0f} "
            "months is one analyst's estimate (Hisham al-Hashimi) of people who got through, most "
            "of them after March 2019. It is not a count, and not of attempts."
        ),
        (
            "How many were stopped is not published, so the chance of being stopped cannot be "
            "worked out from it: it could be 9 % (100 stopped) or 90 % (9,000 stopped)."
        ),
        (
            "“Under the cover of darkness” describes attacks inside Iraq, not the crossing. That "
            "crossings happen by night is an assumption of this study, and the worst case."
        ),
        (
            "L. Loveluck and M. Salim, The Washington Post, 21 July 2019, dateline Qaim; reprinted "
            "by Stars and Stripes. The colonel quoted is Saad Mohammed, western Anbar."
        ),
    ]


def resolution(result: StudyResult) -> str:
    """Say what cells of this size can hold."""
    assert result.grid is not None  # noqa: S101 - asked for only where there is a grid
    runs = f"The study runs on cells of {result.grid.resolution_m / 1000:g} km"
    if result.fine is None:
        return (
            f"{runs}. Cells add nothing to what the inputs can resolve, which stands in the table with "
            "how far each may be off. Nothing smaller than a few cells of the coarsest input exists in "
            "this report: no wadi, no cliff, no track, no line of sight."
        )
    return (
        f"{runs}, its terrain on cells of {result.fine.grid.resolution_m:g} m. Travel times and zones "
        "stand on the coarser ones. Nothing narrower than a few cells of the elevation exists in this "
        "report: no track, no wall, no cave mouth. A surface model holds roofs and trees as ground."
    )
