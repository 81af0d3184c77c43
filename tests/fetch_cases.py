"""Tiles made on the spot, and a store of them in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import rasterio
from affine import Affine

from borderzone import fetch

if TYPE_CHECKING:
    from collections.abc import Iterator

NAME = "Copernicus_DSM_COG_10_N33_00_E040_00_DEM"
KEY = f"{NAME}/{NAME}.tif"
WHERE = (40.2, 33.2, 40.8, 33.8)
"""Ground that needs the tile `NAME` only."""


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
            timeout=10,
        ).close()

    def asked(self, method: str = "GET") -> list[dict[str, Any]]:
        """Give what it was asked since the rules were set."""
        with urllib.request.urlopen(f"{self.address}/_/log", timeout=10) as answer:  # noqa: S310
            return [line for line in json.load(answer) if line["method"] == method]

    def network(self, **changes: Any) -> fetch.Network:
        """Give a network that asks this server, impatiently."""
        given: dict[str, Any] = {
            "mirror": self.address,
            "timeout_s": 5.0,
            "attempts": 3,
            "backoff_s": 0.01,
        }
        return fetch.Network(**(given | changes))


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
    """Write a rough tile as a cloud-optimised GeoTIFF, its cells centred on the degree lines."""
    side = options.pop("size_deg", 1)
    step = side / cells
    heights = np.random.default_rng(1).normal(300, 80, (cells, cells)).astype(np.float32)
    path.parent.mkdir(parents=True, exist_ok=True)
    profile: dict[str, Any] = {
        "driver": "COG",
        "width": cells,
        "height": cells,
        "count": 1,
        "dtype": "float32",
        "crs": "EPSG:4326",
        "transform": Affine(step, 0, west - step / 2, 0, -step, south + side + step / 2),
        "compress": "DEFLATE",
    }
    with rasterio.open(path, "w", **(profile | options)) as file:
        file.write(heights.astype(options.get("dtype", "float32")), 1)
    return path


def fill(root: Path, source: str, names: list[str], **options: Any) -> None:
    """Write the tiles of these names into a store."""
    chosen = fetch.SOURCES[source]
    side = chosen.tile_deg
    for south in range(-90, 90, side):
        for west in range(-180, 180, side):
            tile = chosen.tile(west, south)
            if tile.name in names:
                write_tile(root / tile.key, west, south, size_deg=side, **options)
