"""A second reader of the three collections, by pandas alone: short, slow, and written apart from the first."""

from __future__ import annotations

import pandas as pd

COLUMNS = {
    "acled": {
        "id": "event_id_cnty",
        "event_type": "event_type",
        "description": "notes",
        "country": "country",
        "admin1": "admin1",
        "admin2": "admin2",
        "place": "location",
        "where_prec": "geo_precision",
        "fatalities_best": "fatalities",
        "source": "source",
    },
    "ucdp": {
        "id": "id",
        "description": "source_headline",
        "country": "country",
        "admin1": "adm_1",
        "admin2": "adm_2",
        "place": "where_coordinates",
        "where_prec": "where_prec",
        "fatalities_low": "low",
        "fatalities_best": "best",
        "fatalities_high": "high",
        "source": "source_article",
    },
    "gtd": {
        "id": "eventid",
        "event_type": "attacktype1_txt",
        "description": "summary",
        "country": "country_txt",
        "admin1": "provstate",
        "place": "city",
        "where_prec": "specificity",
        "fatalities_best": "nkill",
        "source": "scite1",
    },
}
CLASSES = {"acled": 3, "ucdp": 7, "gtd": 5}
TYPES = {"1": "state-based violence", "2": "non-state violence", "3": "one-sided violence"}
PRECISIONS = {
    "acled": {"1": "day", "2": "week", "3": "month"},
    "ucdp": {"1": "day", "2": "day", "3": "week", "4": "month", "5": "year"},
}


def read_plainly(raw: pd.DataFrame, layout: str) -> pd.DataFrame:
    """Bring a table of text into the canonical columns; index from 0."""
    raw = raw.astype(str).reset_index(drop=True)
    table = pd.DataFrame({part: raw[name] for part, name in COLUMNS[layout].items()})
    for name in table.columns[table.columns.str.startswith("fatalities")]:
        table[name] = pd.to_numeric(table[name]).astype("Int64")
    if layout == "ucdp":
        table["event_type"] = raw["type_of_violence"].map(TYPES)
    table = table.join(_dates(raw, layout))
    for part, name in (("lat", "latitude"), ("lon", "longitude")):
        table[part] = pd.to_numeric(raw[name].str.replace(",", "."), errors="coerce")
    code = pd.to_numeric(table["where_prec"], errors="coerce")
    table["where_prec"] = code.where(code.between(1, CLASSES[layout])).astype("Int64")
    table["where_scheme"] = table["where_prec"].notna().map({True: layout, False: ""})
    lat, lon = table["lat"], table["lon"]
    good = lat.between(-90, 90) & lon.between(-180, 180) & ~((lat == 0) & (lon == 0))
    good &= table["where_prec"].notna() & table["date_start"].notna()
    comma = raw["latitude"].str.contains(",") | raw["longitude"].str.contains(",")
    table["status"] = "ok"
    table.loc[comma, "status"] = "fixed"
    table.loc[~good, "status"] = "quarantined"
    return table


def _dates(raw: pd.DataFrame, layout: str) -> pd.DataFrame:
    """First day, last day and precision."""
    if layout == "gtd":
        month, day = raw["imonth"].astype(int), raw["iday"].astype(int)
        word = pd.Series("day", raw.index).mask(day == 0, "month").mask(month == 0, "year")
        texts = raw["iyear"] + "-" + month.clip(1).astype(str) + "-" + day.clip(1).astype(str)
        first = pd.to_datetime(texts, format="%Y-%m-%d", errors="coerce")
    elif layout == "acled":
        word = raw["time_precision"].map(PRECISIONS["acled"])
        first = pd.to_datetime(raw["event_date"], format="%d %B %Y", errors="coerce")
    else:
        word = raw["date_prec"].map(PRECISIONS["ucdp"])
        first = pd.to_datetime(raw["date_start"], format="%Y-%m-%d 00:00:00.000", errors="coerce")
    last = first.copy()
    if layout == "ucdp":
        last = pd.to_datetime(raw["date_end"], format="%Y-%m-%d 00:00:00.000")
    else:
        for kind, period in (("week", "W-SUN"), ("month", "M"), ("year", "Y")):
            span = first[word == kind].dt.to_period(period)
            first = first.mask(word == kind, span.dt.start_time.reindex(raw.index))
            last = last.mask(word == kind, span.dt.end_time.dt.normalize().reindex(raw.index))
    gone = first.isna()
    dates = pd.DataFrame({"date_start": first, "date_end": last.mask(gone)})
    return dates.assign(date_precision=word.mask(gone, ""))
