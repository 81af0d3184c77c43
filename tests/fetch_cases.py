"""Tiles made on the spot, and a store of them in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import sleep
from typing import TYPE_CHECKING, Any

import numpy as np
import rasterio
from affine import Affine

from borderzone import fetch
from borderzone.fetch.tile_stores import SOURCES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NAME = "Copernicus_DSM_COG_10_N33_00_E040_00_DEM"
KEY = f"{NAME}/{NAME}.tif"
WHERE = (40.2, 33.2, 40.8, 33.8)
"""Ground that needs the tile `NAME` only."""
PATIENCE_S = 300
"""A wait that only guards against hanging."""
FOR_EVER_S = 3600
"""What a server stands still for, where a test shows that nobody waits for it."""


@dataclass(frozen=True)
class Store:
    """The running server, and the folder that it serves."""

    address: str
    root: Path

    def rules(
        self, rules: dict[str, dict[str, Any]] | None = None, root: Path | None = None
    ) -> None:
        """Set how it misbehaves, and forget what it was asked."""
        order = json.dumps({"root": str(root or self.root), "rules": rules or {}}).encode()
        urllib.request.urlopen(  # noqa: S310 (loopback)
            urllib.request.Request(f"{self.address}/_/rules", data=order),  # noqa: S310
            timeout=PATIENCE_S,
        ).close()

    def asked(self, method: str = "GET") -> list[dict[str, Any]]:
        """Give what it was asked since the rules were set."""
        with urllib.request.urlopen(  # noqa: S310
            f"{self.address}/_/log", timeout=PATIENCE_S
        ) as answer:
            return [line for line in json.load(answer) if line["method"] == method]

    def network(self, **changes: Any) -> fetch.Network:
        """Give a network that asks this server; it pauses for an instant only."""
        given: dict[str, Any] = {
            "mirror": self.address,
            "timeout_s": 60.0,
            "attempts": 3,
            "backoff_s": 0.01,
        }
        return fetch.Network(**(given | changes))


def wait_until(condition: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    """Wait for what a process is to do; it is an error that it ends before."""
    while not condition():
        assert process.poll() is None, process.communicate()
        sleep(0.02)


@contextmanager
def running_store(root: Path) -> Iterator[Store]:
    """Start a server, and end it."""
    script = Path(__file__).with_name("tile_server.py")
    with subprocess.Popen(
        [sys.executable, str(script)], stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        try:
            yield Store(f"http://127.0.0.1:{port}", root)
        finally:
            process.kill()


def write_tile(path: Path, west: int, south: int, *, cells: int = 24, **options: Any) -> Path:
    """
    Write a tile as a cloud-optimised GeoTIFF.

    Its cells are centred on the degree lines, as those of GLO-30, unless ``off_by_cells`` is 0;
    it is rough, unless ``values`` is a function of longitude and latitude.
    """
    side, off = options.pop("size_deg", 1), options.pop("off_by_cells", 0.5)
    values = options.pop("values", rough)
    step = side / cells
    west_edge, north_edge = west - off * step, south + side + off * step
    lon = west_edge + (np.arange(cells) + 0.5) * step
    lat = north_edge - (np.arange(cells)[:, None] + 0.5) * step
    path.parent.mkdir(parents=True, exist_ok=True)
    profile: dict[str, Any] = {
        "driver": "COG",
        "width": cells,
        "height": cells,
        "count": 1,
        "dtype": "float32",
        "crs": "EPSG:4326",
        "transform": Affine(step, 0, west_edge, 0, -step, north_edge),
        "compress": "DEFLATE",
    }
    with rasterio.open(path, "w", **(profile | options)) as file:
        file.write(values(lon, lat).astype(options.get("dtype", "float32")), 1)
    return path


def rough(lon: Any, lat: Any) -> Any:
    """Give heights of rough ground, the same for every tile."""
    return np.random.default_rng(1).normal(300, 80, np.broadcast(lon, lat).shape)


def fill(root: Path, source: str, names: list[str], **options: Any) -> None:
    """Write the tiles of these names into a store."""
    chosen = SOURCES[source]
    side = chosen.tile_deg
    for south in range(-90, 90, side):
        for west in range(-180, 180, side):
            tile = chosen.tile(west, south)
            if tile.name in names:
                write_tile(root / tile.key, west, south, size_deg=side, **options)
