"""GeoPackages to be refused, and such as other programs write, made from a small good one."""

# ruff: noqa: S608 (statements of all kinds are what these cases are about)

from __future__ import annotations

import contextlib
import sqlite3
from typing import TYPE_CHECKING

import geopandas as gpd
import pyogrio

if TYPE_CHECKING:
    from pathlib import Path

SECRET = "the-secret-of-another-file"  # noqa: S105  (the bait)


def good(path: Path, rows: int = 3, /, *, layer: str = "t", **options: str) -> Path:
    """Write points with notes; `options` are those of the layer."""
    table = {"notes": ["a"] * rows, "lat": [34.0] * rows}
    points = gpd.points_from_xy([41.0] * rows, [34.0] * rows)
    frame = gpd.GeoDataFrame(table, geometry=points, crs=4326)
    version = {"VERSION": options.pop("VERSION", "1.4")}
    pyogrio.write_dataframe(
        frame, path, layer=layer, driver="GPKG", dataset_options=version, layer_options=options
    )
    return path


def edited(path: Path, *statements: str) -> Path:
    """Run statements on a database, as one can whom it does not refuse."""
    with contextlib.closing(sqlite3.connect(path)) as database:
        database.create_function("ST_IsEmpty", 1, lambda _: 0)
        for name in ("ST_MinX", "ST_MaxX", "ST_MinY", "ST_MaxY"):
            database.create_function(name, 1, lambda _: 0.0)
        database.execute("PRAGMA writable_schema=1")
        for statement in statements:
            database.execute(statement)
        database.commit()
    return path


def entry(kind: str, name: str, sql: str, *, page: str = "0") -> str:
    """Put a row into the list of contents, unseen by SQLite."""
    told = sql.replace("'", "''")
    return f"INSERT INTO sqlite_master VALUES ('{kind}', '{name}', '{name}', {page}, '{told}')"


def renamed(name: str, sql: str) -> str:
    """Give an entry of the list of contents another definition."""
    told = sql.replace("'", "''")
    return f"UPDATE sqlite_master SET sql = '{told}' WHERE name = '{name}'"


def registered(name: str) -> tuple[str, ...]:
    """Make a driver take a table, or what passes for one, for a layer."""
    return (
        (
            "INSERT INTO gpkg_contents (table_name, data_type, identifier, srs_id) "
            f"VALUES ('{name}', 'features', '{name}', 4326)"
        ),
        f"INSERT INTO gpkg_geometry_columns VALUES ('{name}', 'geom', 'POINT', 4326, 0, 0)",
    )


POINT = "x'4750000100000000010100000000000000008044400000000000004140'"
TEXT_OF = "CREATE VIRTUAL TABLE v USING VirtualText('{secret}','UTF-8',0,POINT,DOUBLEQUOTE,'|')"
ASPATIAL = (
    (
        "CREATE TABLE IF NOT EXISTS gpkg_extensions (table_name TEXT, column_name TEXT, "
        "extension_name TEXT NOT NULL, definition TEXT NOT NULL, scope TEXT NOT NULL)"
    ),
    "INSERT INTO gpkg_extensions VALUES (NULL, NULL, 'gdal_aspatial', 'x', 'read-write')",
)
TABLE_PAGE = "(SELECT rootpage FROM sqlite_master WHERE name = 't')"

# What must be refused: statements that make it, and what the message names.
HOSTILE: dict[str, tuple[tuple[str, ...], str]] = {
    "a view over a virtual table over another file": (
        (
            *ASPATIAL,
            entry("table", "v", TEXT_OF),
            entry(
                "view",
                "evil",
                f"CREATE VIEW evil AS SELECT ROWNO + 1 AS fid, {POINT} AS geom, COL001 AS notes FROM v",
            ),
            *registered("evil"),
        ),
        "the table 'v'",
    ),
    "a virtual table that is no layer": ((entry("table", "v", TEXT_OF),), "the table 'v'"),
    "a virtual table with a page": (
        ("CREATE TABLE v (a)", renamed("v", TEXT_OF)),
        "the table 'v'",
    ),
    "a virtual table as a layer": (
        (entry("table", "v", TEXT_OF), *registered("v")),
        "the table 'v'",
    ),
    "a spatial index with a module of its own": (
        (entry("table", "rtree_x", "CREATE VIRTUAL TABLE rtree_x USING rtree_i32(id, a, b)"),),
        "the table 'rtree_x'",
    ),
    "a search index": (("CREATE VIRTUAL TABLE v USING fts5(a)",), "the table 'v'"),
    "a view without end": (
        (
            (
                "CREATE VIEW evil AS WITH RECURSIVE r(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM r) "
                f"SELECT i AS fid, {POINT} AS geom, 'x' AS notes FROM r"
            ),
            *registered("evil"),
        ),
        "the view 'evil': views are not read: export the view as a table",
    ),
    "a view of huge texts": (
        (
            "CREATE VIEW evil AS SELECT fid, geom, printf('%1000000000d', 1) AS notes FROM t",
            *registered("evil"),
        ),
        "the view 'evil'",
    ),
    "a harmless view": (("CREATE VIEW again AS SELECT * FROM t",), "the view 'again'"),
    "a view by the name of the standard's": (
        ("CREATE VIEW st_spatial_ref_sys AS SELECT printf('%9d', 1) FROM gpkg_spatial_ref_sys",),
        "the view 'st_spatial_ref_sys'",
    ),
    "a view in place of the contents": (
        (
            "ALTER TABLE gpkg_contents RENAME TO kept",
            "CREATE VIEW gpkg_contents AS SELECT * FROM kept",
        ),
        "the view 'gpkg_contents'",
    ),
    "a computed column": (
        ("ALTER TABLE t ADD COLUMN big TEXT AS (printf('%1000000000d', 1))",),
        "the table 't'",
    ),
    "a computed column, stored": (
        (
            "CREATE TABLE u (fid INTEGER PRIMARY KEY, a TEXT GENERATED ALWAYS AS ('x') STORED)",
            *registered("u"),
        ),
        "the table 'u'",
    ),
    "a computed column behind a mark that SQLite takes for a space": (
        ("ALTER TABLE t ADD COLUMN big TEXT AS \ufeff(printf('%1000000000d', 1))",),
        "the table 't'",
    ),
    "an index on an expression": (("CREATE INDEX i ON t (abs(fid))",), "the index 'i'"),
    "an index of some rows": (("CREATE INDEX i ON t (notes) WHERE fid > 1",), "the index 'i'"),
    "a trigger": (
        ("CREATE TRIGGER g AFTER INSERT ON t BEGIN DELETE FROM t; END",),
        "the trigger 'g'",
    ),
    "a trigger by a known name": (
        ("CREATE TRIGGER rtree_t_geom_update9 AFTER UPDATE ON t BEGIN SELECT readfile('x'); END",),
        "the trigger 'rtree_t_geom_update9'",
    ),
    "a known trigger with one word changed": (
        (
            "DROP TRIGGER trigger_insert_feature_count_t",
            (
                "CREATE TRIGGER trigger_insert_feature_count_t AFTER INSERT ON t BEGIN UPDATE "
                "gpkg_ogr_contents SET feature_count = feature_count + 1 WHERE lower(table_name) = "
                "upper('t'); END"
            ),
        ),
        "the trigger 'trigger_insert_feature_count_t'",
    ),
    "two tables on one page": (
        (entry("table", "u", "CREATE TABLE u (fid)", page=TABLE_PAGE),),
        "share a page",
    ),
    "a table under another name": (
        ("CREATE TABLE u (a)", renamed("u", "CREATE TABLE w (a)")),
        "damaged|the table 'u'",
    ),
    "a layer that is no table": (registered("gone"), "registers the layer 'gone'"),
    "a layer that SQLite makes up": (
        registered("pragma_database_list"),
        "registers the layer 'pragma_database_list'",
    ),
    "the list of contents as a layer": (registered("sqlite_master"), "registers the layer"),
    "a spatial index as a layer": (registered("rtree_t_geom"), "registers the layer"),
    "a name that is no text": (
        ("INSERT INTO sqlite_master VALUES ('table', x'00ff', 'u', 999, 'CREATE TABLE u (a)')",),
        "damaged",
    ),
    "a definition that SQLite does not understand": (
        (entry("table", "u", "CREATE TABLE u (", page="999"),),
        "damaged",
    ),
}

# What QGIS, GDAL and the standard put beside the data.
BESIDE: dict[str, tuple[str, ...]] = {
    "styles of QGIS": (
        (
            "CREATE TABLE layer_styles (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, f_table_catalog "
            "TEXT(256), f_table_schema TEXT(256), f_table_name TEXT(256), f_geometry_column TEXT(256), "
            "styleName TEXT(30), styleQML TEXT, styleSLD TEXT, useAsDefault BOOLEAN, description TEXT, "
            "owner TEXT(30), ui TEXT(30), update_time DATETIME DEFAULT CURRENT_TIMESTAMP)"
        ),
        (
            "INSERT INTO layer_styles (f_table_name, styleName, styleQML, useAsDefault) VALUES "
            "('t', 'red', '<qgis/>', 1)"
        ),
        (
            "INSERT INTO gpkg_contents (table_name, data_type, identifier) VALUES "
            "('layer_styles', 'attributes', 'layer_styles')"
        ),
    ),
    "styles of GDAL": (
        (
            'CREATE TABLE "layer_styles" ("id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, '
            '"f_table_name" TEXT(256), "update_time" DATETIME DEFAULT '
            "(strftime('%Y-%m-%dT%H:%M:%fZ','now')))"
        ),
    ),
    "a project of QGIS": (
        "CREATE TABLE qgis_projects (name TEXT PRIMARY KEY, metadata BLOB, content BLOB)",
    ),
    "an index and statistics": (
        'CREATE UNIQUE INDEX "t fid" ON "t" ("fid" ASC, "notes" COLLATE NOCASE DESC)',
        "ANALYZE t",
    ),
    "a check and a default": (
        (
            "CREATE TABLE u (a TEXT DEFAULT (lower('X')), b INTEGER CHECK (b IN (1, 2) AND "
            "CAST(b AS TEXT) <> ''), CHECK (length(a) < 9)) /* of mine */"
        ),
    ),
    "a table without row numbers": ("CREATE TABLE u (a TEXT PRIMARY KEY) WITHOUT ROWID",),
    "related tables": (
        (
            "CREATE TABLE gpkgext_relations (id INTEGER PRIMARY KEY AUTOINCREMENT, base_table_name "
            "TEXT NOT NULL, base_primary_column TEXT NOT NULL DEFAULT 'id', related_table_name TEXT "
            "NOT NULL, related_primary_column TEXT NOT NULL DEFAULT 'id', relation_name TEXT NOT "
            "NULL, mapping_table_name TEXT NOT NULL UNIQUE)"
        ),
    ),
    "views of the standard": (
        (
            "CREATE VIEW st_spatial_ref_sys AS SELECT srs_name, srs_id, organization, "
            "organization_coordsys_id, definition, description FROM gpkg_spatial_ref_sys"
        ),
        (
            "CREATE VIEW spatial_ref_sys AS\n SELECT srs_id AS srid, organization AS auth_name,\n "
            "organization_coordsys_id AS auth_srid, definition AS srtext -- the same\n"
            "FROM gpkg_spatial_ref_sys"
        ),
        (
            'CREATE VIEW st_geometry_columns AS SELECT table_name, column_name, "ST_" || '
            "geometry_type_name, g.srs_id, srs_name FROM gpkg_geometry_columns as g JOIN "
            "gpkg_spatial_ref_sys AS s WHERE g.srs_id = s.srs_id"
        ),
    ),
    "metadata with its guards": (
        (
            "CREATE TABLE gpkg_metadata (id INTEGER CONSTRAINT m_pk PRIMARY KEY ASC NOT NULL, md_scope "
            "TEXT NOT NULL DEFAULT 'dataset', md_standard_uri TEXT NOT NULL, mime_type TEXT NOT NULL "
            "DEFAULT 'text/xml', metadata TEXT NOT NULL DEFAULT '')"
        ),
        (
            "CREATE TABLE gpkg_metadata_reference (reference_scope TEXT NOT NULL, table_name TEXT, "
            "column_name TEXT, row_id_value INTEGER, timestamp DATETIME NOT NULL DEFAULT "
            "(strftime('%Y-%m-%dT%H:%M:%fZ','now')), md_file_id INTEGER NOT NULL, md_parent_id INTEGER)"
        ),
        (
            "CREATE TRIGGER 'gpkg_metadata_md_scope_insert' BEFORE INSERT ON 'gpkg_metadata' FOR EACH "
            "ROW BEGIN SELECT RAISE(ABORT, 'insert on table gpkg_metadata violates constraint: "
            "md_scope must be one of undefined | fieldSession') WHERE NOT(NEW.md_scope IN "
            "('undefined','fieldSession','collectionSession','series','dataset', 'featureType',"
            "'feature','attributeType','attribute','tile','model', 'catalogue','schema','taxonomy',"
            "'software','service', 'collectionHardware','nonGeographicDataset','dimensionGroup')); END"
        ),
        (
            "CREATE TRIGGER 'gpkg_metadata_reference_reference_scope_update' BEFORE UPDATE OF "
            "'reference_scope' ON 'gpkg_metadata_reference' FOR EACH ROW BEGIN SELECT RAISE(ABORT, "
            "'no') WHERE NOT NEW.reference_scope IN ('geopackage','table','column','row','row/col'); END"
        ),
        (
            "CREATE TRIGGER 'gpkg_metadata_reference_column_name_insert' BEFORE INSERT ON "
            "'gpkg_metadata_reference' FOR EACH ROW BEGIN SELECT RAISE(ABORT, 'no') WHERE "
            "(NEW.reference_scope IN ('geopackage','table','row') AND NEW.column_name IS NOT NULL); "
            "SELECT RAISE(ABORT, 'no') WHERE (NEW.reference_scope IN ('column','row/col') AND NOT "
            "NEW.table_name IN ( SELECT name FROM SQLITE_MASTER WHERE type = 'table' AND name = "
            "NEW.table_name AND sql LIKE ('%' || NEW.column_name || '%'))); END"
        ),
        (
            "CREATE TRIGGER 'gpkg_metadata_reference_row_id_value_insert' BEFORE INSERT ON "
            "'gpkg_metadata_reference' FOR EACH ROW BEGIN SELECT RAISE(ABORT, 'no') WHERE "
            "NEW.reference_scope IN ('geopackage','table','column') AND NEW.row_id_value IS NOT NULL; "
            "SELECT RAISE(ABORT, 'no') WHERE NEW.reference_scope IN ('row','row/col') AND NOT EXISTS "
            "(SELECT rowid FROM (SELECT NEW.table_name AS table_name) WHERE rowid = "
            "NEW.row_id_value); END"
        ),
        (
            "CREATE TRIGGER 'gpkg_metadata_reference_timestamp_update' BEFORE UPDATE OF 'timestamp' ON "
            "'gpkg_metadata_reference' FOR EACH ROW BEGIN SELECT RAISE(ABORT, 'no') WHERE NOT "
            "(NEW.timestamp GLOB '[1-2][0-9][0-9][0-9]-[0-1][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:"
            "[0-5][0-9].[0-9][0-9][0-9]Z' AND strftime('%s',NEW.timestamp) NOT NULL); END"
        ),
    ),
}
