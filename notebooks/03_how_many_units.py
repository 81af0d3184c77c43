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
# # How many units would it take?
#
# The built-in study, on the data that ship with the package, without a network. The answer is a table; everything else on this page reads it.

# %%
import borderzone as bz

study = bz.Study.default()
study

# %%
result = study.run(seed=1)
result

# %% [markdown]
# ## The table
#
# Rows are decisions: what units watch with, and whether anybody leads them (`beats_soft`) or not (`random`). Three things can be asked: see half of all crossings, see 95 of 100 at the weakest place
# on a moonless night ("every inch"), stop half. People are out at once by night; the payroll is what keeps them there around the clock. Bands are 5 to 95 % over what nobody chooses.

# %%
blind = result.answer.query("opponent == 'blind'")
columns = ["units", "people", "people_low", "people_high", "payroll"]
blind.set_index(["measure", "kit", "law"])[columns].round(-1)

# %%
ax = bz.figures.answer(result)

# %% [markdown]
# ## Who watches back
#
# Against somebody who saw the last pass, or knows where all units are, led units are worth less. Unled ones give nothing away.

# %%
eye = result.answer.query("kit == 'eye' and measure == 'min_pod'")
eye.pivot_table(index="law", columns="opponent", values="people").round(-2)

# %% [markdown]
# ## The other way round
#
# What do a hundred units of the scenario see, and what do they stop? Detecting is not stopping: somebody has to recognise what was seen, follow it up and be there before cover.

# %%
measures = ["mean_pod", "mean_poi"]
reached = [result.pod([30, 100, 300, 1000], measure=measure) for measure in measures]
for table in reached:
    print(table[["measure", "units", "people", "share", "low", "high"]].round(2).to_string())

# %% [markdown]
# And with other eyes, led or not, by day or night? The panel of the report, here in the cell: move the units, or point at a place on map or strip.

# %%
result.panel()

# %% [markdown]
# ## What it hangs on
#
# Each state of nature alone at its 5 and at its 95 %, in people.

# %%
ax = bz.figures.sensitivity(result)

# %% [markdown]
# Month and moon are no assumption, but a date. People out at once that see half with the scenario's own kit:

# %%
result.patrol.by_night["people"].unstack("moon").round(-1)

# %% [markdown]
# Does a better night sensor help more than more units? Two scenarios, draw by draw.

# %%
better = bz.Study.default(bz.PRESETS["night_vision_for_all"]).run(seed=1)
bz.compare(result, better)[["quantity", "a", "b", "difference", "within_noise"]].round(2)

# %% [markdown]
# ## A year of nights
#
# The table looks at one crossing at a time. Let the border run: two units on each segment by night and one by day, led; a group a night at each (an assumption); three hours a call, and herders that call a unit
# once in ten hours. First without calls, then with them, then with groups that wait up to an hour for a gap.

# %%
calls = {"busy_h": 3.0, "false_calls_per_unit_h": 0.1}


def year(policy="blind", **response):
    """Simulate a year on the segments of the study."""
    segments = [
        bz.patrol.SimulatedSegment(
            length_km=row.length_km,
            sweep_width_km=row.sweep_width_km_night,
            day_sweep_width_km=row.sweep_width_km_day,
            patrol_km_h=row.patrol_km_h,
            crosser_km_h=row.crosser_km_h,
            night_units=2,
            day_units=1,
            law="beats_soft",
            response=bz.patrol.SimulatedResponse(
                cover_km=study.scenario.cover_km, drive_h=row.response_median_h, **response
            ),
        )
        for row in result.segments.itertuples()
    ]
    groups = bz.patrol.SimulatedGroups(policy=policy, wait_h=1.0)
    return bz.patrol.simulate_border(segments, groups=groups, seed=1)


for found in (year(), year(**calls), year("waiter", **calls)):
    print(*found.summary, "", sep="\n")

# %% [markdown]
# ## What is not known
#
# Where published results of real borders can be set beside the model, they are; nothing was fitted to them.

# %%
print(result.patrol.hindcast.attrs["statement"])
for note in result.notes:
    print("-", note)

# %% [markdown]
# All of this stands on cells of three kilometres. What finer ones see is the next question.
