"""Tables in the layouts of the collections, with their true columns and invented rows."""

from __future__ import annotations

import numpy as np
import pandas as pd

ACLED = [
    "event_id_cnty",
    "event_date",
    "year",
    "time_precision",
    "disorder_type",
    "event_type",
    "sub_event_type",
    "actor1",
    "assoc_actor_1",
    "inter1",
    "actor2",
    "assoc_actor_2",
    "inter2",
    "interaction",
    "civilian_targeting",
    "iso",
    "region",
    "country",
    "admin1",
    "admin2",
    "admin3",
    "location",
    "latitude",
    "longitude",
    "geo_precision",
    "source",
    "source_scale",
    "notes",
    "fatalities",
    "tags",
    "timestamp",
]
ACLED_2022 = [
    "data_id",
    "iso",
    "event_id_cnty",
    "event_id_no_cnty",
    "event_date",
    "year",
    "time_precision",
    "event_type",
    "sub_event_type",
    "actor1",
    "assoc_actor_1",
    "inter1",
    "actor2",
    "assoc_actor_2",
    "inter2",
    "interaction",
    "region",
    "country",
    "admin1",
    "admin2",
    "admin3",
    "location",
    "latitude",
    "longitude",
    "geo_precision",
    "source",
    "source_scale",
    "notes",
    "fatalities",
    "timestamp",
    "iso3",
]
UCDP = [
    "id",
    "relid",
    "year",
    "active_year",
    "code_status",
    "type_of_violence",
    "conflict_dset_id",
    "conflict_new_id",
    "conflict_name",
    "dyad_dset_id",
    "dyad_new_id",
    "dyad_name",
    "side_a_dset_id",
    "side_a_new_id",
    "side_a",
    "side_b_dset_id",
    "side_b_new_id",
    "side_b",
    "number_of_sources",
    "source_article",
    "source_office",
    "source_date",
    "source_headline",
    "source_original",
    "where_prec",
    "where_coordinates",
    "where_description",
    "adm_1",
    "adm_2",
    "latitude",
    "longitude",
    "geom_wkt",
    "priogrid_gid",
    "country",
    "country_id",
    "region",
    "event_clarity",
    "date_prec",
    "date_start",
    "date_end",
    "deaths_a",
    "deaths_b",
    "deaths_civilians",
    "deaths_unknown",
    "best",
    "high",
    "low",
    "gwnoa",
    "gwnob",
]
# Of the humanitarian exchange: four columns less, a second header of hashtags.
UCDP_HDX = [name for name in UCDP if name not in ("gwnoa", "gwnob", "active_year", "code_status")]
GTD = [
    "eventid",
    "iyear",
    "imonth",
    "iday",
    "approxdate",
    "extended",
    "resolution",
    "country",
    "country_txt",
    "region",
    "region_txt",
    "provstate",
    "city",
    "latitude",
    "longitude",
    "specificity",
    "vicinity",
    "location",
    "summary",
    "crit1",
    "crit2",
    "crit3",
    "doubtterr",
    "attacktype1",
    "attacktype1_txt",
    "nkill",
    "nwound",
    "scite1",
]


def acled(n: int = 6, *, seed: int = 1, words: bool = False) -> pd.DataFrame:
    """Rows of an ACLED export, all text, dates as its website writes them."""
    rng = np.random.default_rng(seed)
    days = pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 300, n), unit="D")
    actors = ["State Forces", "Rebel Groups"] if words else ["1", "2"]
    columns = {name: [f"{name} {i}" for i in range(n)] for name in ACLED} | {
        "event_id_cnty": [f"IRQ{i}" for i in range(n)],
        "event_date": days.strftime("%d %B %Y").tolist(),
        "year": ["2024"] * n,
        "time_precision": [str(1 + i % 3) for i in range(n)],
        "event_type": rng.choice(["Battles", "Protests"], n).tolist(),
        "inter1": [actors[i % 2] for i in range(n)],
        "inter2": [actors[1]] * n,
        "iso": ["368"] * n,
        "country": ["Iraq"] * n,
        "admin1": ["Al Anbar"] * n,
        "latitude": [f"{v:.4f}" for v in rng.uniform(33, 36, n)],
        "longitude": [f"{v:.4f}" for v in rng.uniform(39, 42, n)],
        "geo_precision": [str(1 + i % 3) for i in range(n)],
        "fatalities": [str(v) for v in rng.integers(0, 9, n)],
        "timestamp": [str(1_700_000_000 + i) for i in range(n)],
    }
    return pd.DataFrame(columns)[ACLED]


def acled_2022(n: int = 6) -> pd.DataFrame:
    """Give rows of the layout before 2023."""
    table = acled(n).assign(data_id=range(n), event_id_no_cnty=range(n), iso3="IRQ")
    return table[ACLED_2022].astype(str)


def acled_api(n: int = 6) -> pd.DataFrame:
    """Give the older answer of the interface: columns in alphabetical order, ISO dates."""
    table = acled_2022(n)
    table["event_date"] = pd.to_datetime(table["event_date"]).dt.strftime("%Y-%m-%d")
    return table[sorted(table.columns)]


def ucdp(n: int = 6, *, seed: int = 1) -> pd.DataFrame:
    """Rows of the UCDP file of events."""
    rng = np.random.default_rng(seed)
    start = pd.Timestamp("2019-01-01") + pd.to_timedelta(rng.integers(0, 300, n), unit="D")
    columns = {name: [f"{name} {i}" for i in range(n)] for name in UCDP} | {
        "id": [str(500_000 + i) for i in range(n)],
        "type_of_violence": [str(1 + i % 3) for i in range(n)],
        "where_prec": [str(1 + i % 7) for i in range(n)],
        "latitude": [f"{v:.6f}" for v in rng.uniform(33, 36, n)],
        "longitude": [f"{v:.6f}" for v in rng.uniform(39, 42, n)],
        "country": ["Iraq"] * n,
        "date_prec": [str(1 + i % 5) for i in range(n)],
        "date_start": (start.strftime("%Y-%m-%d") + " 00:00:00.000").tolist(),
        "date_end": (
            (start + pd.Timedelta(days=3)).strftime("%Y-%m-%d") + " 00:00:00.000"
        ).tolist(),
        "best": ["3"] * n,
        "high": ["5"] * n,
        "low": ["2"] * n,
    }
    return pd.DataFrame(columns)[UCDP]


def ucdp_hdx(n: int = 6) -> pd.DataFrame:
    """Give rows in the layout of the humanitarian exchange."""
    tags = pd.DataFrame([[f"#{name}" for name in UCDP_HDX]], columns=UCDP_HDX)
    return pd.concat([tags, ucdp(n)[UCDP_HDX]], ignore_index=True)


def gtd(n: int = 6) -> pd.DataFrame:
    """Rows of the GTD, two of them without month or day."""
    columns: dict[str, list[object]] = {name: [f"{name} {i}" for i in range(n)] for name in GTD}
    columns |= {
        "eventid": [201_905_010_000 + i for i in range(n)],
        "iyear": [2019] * n,
        "imonth": [5, 0, *[6] * (n - 2)],
        "iday": [0, 0, *range(1, n - 1)],
        "approxdate": ["", "2019", *[""] * (n - 2)],
        "country_txt": ["Irak (Käfer)"] * n,
        "latitude": [34.0 + i / 10 for i in range(n)],
        "longitude": [41.0 + i / 10 for i in range(n)],
        "specificity": [1 + i % 5 for i in range(n)],
        "vicinity": [0] * n,
        "nkill": [float(i) for i in range(n)],
    }
    return pd.DataFrame(columns)[GTD]


# Name, country, longitude, latitude and rows of 7,000 coded there: most reports are of few places.
_TOWNS = (
    ("Albu Kamal", "Syria", 40.9186, 34.4522, 1705),
    ("Aleppo", "Syria", 37.1612, 36.2012, 640),
    ("Mosul", "Iraq", 43.1189, 36.3350, 560),
    ("Sinjar", "Iraq", 41.8758, 36.3209, 240),
    ("Al Qaim", "Iraq", 41.0930, 34.3700, 220),
    ("Deir ez-Zor", "Syria", 40.1416, 35.3359, 210),
    ("Ramadi", "Iraq", 43.2996, 33.4206, 190),
    ("Al Hasakah", "Syria", 40.7421, 36.5024, 120),
    ("Ar Raqqah", "Syria", 39.0080, 35.9528, 110),
    ("Tal Afar", "Iraq", 42.4490, 36.3789, 90),
    ("Ash Shaddadi", "Syria", 40.7371, 36.0567, 75),
    ("Al Mayadin", "Syria", 40.4500, 35.0194, 60),
    ("Rabia", "Iraq", 42.0997, 36.7825, 45),
    ("Al Baaj", "Iraq", 41.7180, 36.0510, 40),
    ("Kirkuk", "Iraq", 44.3922, 35.4681, 40),
    ("Haditha", "Iraq", 42.3781, 34.1397, 35),
    ("Rawa", "Iraq", 41.9130, 34.4820, 30),
    ("Akashat", "Iraq", 40.0000, 33.6500, 12),
    ("Al Walid", "Iraq", 38.9300, 33.4300, 8),
    ("Hajin", "Syria", 40.8306, 34.6889, 30),
)
# Class of precision -> its share: exact, near a place, district, province, fuzzy, country.
_WHERE_PREC = {1: 0.40, 2: 0.25, 3: 0.15, 4: 0.12, 5: 0.04, 6: 0.04}


def ucdp_like(rows: int = 7000, seed: int = 1) -> pd.DataFrame:
    """
    Rows of the UCDP file over Iraq and Syria, 2013 to 2020, invented but piled up as real ones are.

    Of 7,000 rows 1,705 have one coordinate; about one in three lies at a place of its own. Three
    types, and the mix of precision that the real file has there.
    """
    rng = np.random.default_rng(seed)
    towns = pd.DataFrame(_TOWNS, columns=["place", "country", "lon", "lat", "weight"])
    piled = np.floor(towns["weight"] * rows / 7000).astype(int)
    own = rows - int(piled.sum())
    at = towns.loc[np.repeat(towns.index, piled)].reset_index(drop=True)
    villages = pd.DataFrame(
        {
            "place": [f"village {i}" for i in range(own)],
            "lon": rng.uniform(37.0, 44.0, own),
            "lat": rng.uniform(33.0, 37.0, own),
        }
    )
    villages["country"] = np.where(villages["lon"] < 41.2, "Syria", "Iraq")
    where = pd.concat([at, villages], ignore_index=True).sample(frac=1, random_state=seed)
    start = pd.Timestamp("2013-01-01") + pd.to_timedelta(rng.integers(0, 2922, rows), unit="D")
    days = (start.strftime("%Y-%m-%d") + " 00:00:00.000").tolist()
    prec = rng.choice(list(_WHERE_PREC), rows, p=list(_WHERE_PREC.values()))
    text = {name: [""] * rows for name in UCDP} | {
        "id": [str(600_000 + i) for i in range(rows)],
        "relid": [f"IRQ-2013-1-{i}" for i in range(rows)],
        "year": start.year.astype(str).tolist(),
        "type_of_violence": rng.choice(["1", "2", "3"], rows, p=[0.6, 0.1, 0.3]).tolist(),
        "dyad_name": ["Government - IS"] * rows,
        "side_a": ["Government"] * rows,
        "side_b": ["IS"] * rows,
        "source_article": [f"agency, report {i}" for i in range(rows)],
        "where_prec": prec.astype(str).tolist(),
        "where_coordinates": where["place"].tolist(),
        "latitude": [f"{value:.6f}" for value in where["lat"]],
        "longitude": [f"{value:.6f}" for value in where["lon"]],
        "country": where["country"].tolist(),
        "date_prec": ["1"] * rows,
        "date_start": days,
        "date_end": days,
        "best": ["3"] * rows,
        "high": ["5"] * rows,
        "low": ["2"] * rows,
    }
    return pd.DataFrame(text)[UCDP]
