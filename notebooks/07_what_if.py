# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # What if? One decision, argued to its end
#
# A commander has 100 patrols of four people with the naked eye, out at once by night on the whole border. Three proposals lie on the table: *goggles for all*, *forty more patrols*, or *half of them
# standing still*. What is each worth, in people, how sure is that, and what does it hang on? The built-in study, on the data that ship, without a network.

# %%
import pandas as pd

import borderzone as bz

study = bz.Study.default()
result = study.run(seed=1)
today = study.scenario.changed(
    {"name": "today", "force": bz.patrol.FORCES["vehicle_patrol"].model_dump()}
)
standing = bz.patrol.ExistingPosts(from_km=0, to_km=study.border.length_km, count=50, sensor="eye")
goggles = bz.patrol.FORCES["vehicle_night_vision"].model_dump()
options = [
    today,
    today.changed({"name": "goggles for all", "force": goggles}),
    today.changed({"name": "forty more patrols", "reference_units": 140}),
    today.changed({"name": "half standing still", "reference_units": 50, "posts": (standing,)}),
]

# %% [markdown]
# ## What each reaches
#
# A sweep answers a study under every case: a list of scenarios here, else lists of values by name. `share` is what the units of the case reach: of all crossings by night (`mean_pod`), at the weakest place on
# a moonless night (`min_pod`), stopped (`mean_poi`). Bands are 5 to 95 % over the states of nature, and draw 17 of one case is draw 17 of the others.

# %%
table = bz.sweep(
    study, options, outputs=("answer", "pod"), bands=1000, baseline=0, ground=result.ground
)
blind = table.query("opponent == 'blind'")
shown = ["measure", "scenario", "at_units", "share", "share_low", "share_high"]
blind[shown].set_index(["measure", "scenario"]).round(2)

# %% [markdown]
# The fifty that stand still are seen as posts of the scenario, so that their people do not stand in `at_units`. Where they stand they see for all hours, and between them nobody does: what they lose at the weakest
# place says so.
#
# ## In people
#
# Break-even: how many people with the naked eye, on patrol, reach the same? Solved draw by draw, so that the answer has a band of its own.

# %%
asked = {
    option.name: study.with_scenario(option).kit_question(result.ground, draws=1000)
    for option in options
}
worth = pd.concat(
    [
        bz.whatif.break_even(
            asked["today"], asked[option.name], option.reference_units, measure
        ).assign(scenario_a="the eye, on patrol", scenario_b=option.name)
        for measure in ("mean_pod", "min_pod")
        for option in options[1:]
    ],
    ignore_index=True,
)
worth.set_index(["measure", "scenario_b"])[["people", "people_low", "people_high"]].round(-1)

# %%
ax = bz.figures.break_even(worth)

# %% [markdown]
# ## What it hangs on
#
# The same decision in every month, and against somebody who watches, which are no states of nature: nobody draws them, so that they are columns. Regret is what a choice costs where another would have been best.

# %%
kits = bz.sweep(
    study,
    {"kit": ["eye", "goggles"], "law": ["random", "beats_soft"], "month": [1, 4, 7, 10]},
    ground=result.ground,
)
chosen = bz.whatif.regret(kits, decisions=["kit", "case_law"], states=["opponent", "month"])
chosen.groupby("decision", sort=False)[["max_regret", "choice"]].first().round(-1)

# %% [markdown]
# And if everything sees half as far as is assumed?

# %%
doubted = bz.sweep(
    study,
    {"kit": ["eye", "goggles"], "uncertainty.r50_factor": [1.0, 0.5]},
    ground=result.ground,
)
table = bz.whatif.two_way(doubted, "kit", "uncertainty.r50_factor")
table.pivot_table(index="row", columns="column", values="value").round(-1)

# %% [markdown]
# ## Goggles for forty
#
# Money buys forty pairs of goggles, not a hundred. Which segments get them? Whole units of two kinds, exactly, so that the weakest place is as good as can be, or so that most are seen.

# %%
patrols = {"eye": 60, "goggles": 40}
plans = {rule: result.plan(patrols, rule=rule) for rule in ("maximin", "optimal")}
plans["maximin"].iloc[::6].round(1)

# %%
reached = ["mean_pod", "mean_pod_low", "mean_pod_high", "min_pod", "min_pod_low", "min_pod_high"]
pd.DataFrame(
    {rule: {name: plan.attrs[name] for name in reached} for rule, plan in plans.items()}
).round(2)

# %% [markdown]
# ## The sentence
#
# One that a commander can act on and a critic cannot take apart: what was compared, how sure it is, and what it leaves out.

# %%
row = worth.set_index(["measure", "scenario_b"])
seen, weakest = (row.loc[(measure, "goggles for all")] for measure in ("mean_pod", "min_pod"))
more, still = (
    row.loc[("mean_pod", name), "people"] for name in ("forty more patrols", "half standing still")
)
print(
    f"With goggles the 400 people who are out see what {seen.people:,.0f} ({seen.people_low:,.0f} to "
    f"{seen.people_high:,.0f}) would see with the naked eye, and at the weakest place what "
    f"{weakest.people:,.0f} ({weakest.people_low:,.0f} to {weakest.people_high:,.0f}) would; forty more patrols "
    f"are worth {more - 400:,.0f} people, and half of them standing still costs {400 - still:,.0f}. "
    "This holds in every month and against crossers who watch, if goggles reach as far as their record says; it says "
    "nothing of who recognises, follows and stops, and nobody in the model reacts to the change."
)
