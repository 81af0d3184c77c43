"""Draw the rooms of the house and who imports whom, from the code: docs/images/house.svg."""

from __future__ import annotations

import tomllib
from pathlib import Path

import grimp

ROOT = Path(__file__).parent.parent
TARGET = ROOT / "docs" / "images" / "house.svg"
# What every room may lean on is left out: its arrows would cover all others.
GROUND = ("_guards", "_kernels", "_typing", "errors", "crs", "grid")
WIDTH, ROW, BOX, GAP, SHIFT = 640, 62, 30, 60, 70


def rows() -> list[list[str]]:
    """Give the rooms by layer, as the contract of the linter has them, the report on top."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    layers = settings["tool"]["importlinter"]["contracts"][0]["layers"]
    found = [
        [room.strip().removeprefix("borderzone.") for room in row.split("|")] for row in layers
    ]
    kept = [
        [room for room in row if not room.startswith("_") and room not in GROUND] for row in found
    ]
    return [row for row in kept if row]


def imports(rooms: set[str]) -> dict[str, set[str]]:
    """Say of each room which others of them its files import while it runs."""
    graph = grimp.build_graph("borderzone", exclude_type_checking_imports=True)
    uses: dict[str, set[str]] = {}
    for file in graph.modules:
        for used in graph.find_modules_directly_imported_by(file):
            one, other = (name.split(".")[1] if "." in name else "" for name in (file, used))
            if one != other and {one, other} <= rooms:
                uses.setdefault(one, set()).add(other)
    return uses


def direct(uses: dict[str, set[str]]) -> dict[str, set[str]]:
    """Keep the imports that no chain of others stands for: the rest follow from them."""

    def reached(room: str) -> set[str]:
        found: set[str] = set()
        for used in uses.get(room, set()):
            found |= {used} | reached(used)
        return found

    return {
        room: {one for one in used if not any(one in reached(other) for other in used - {one})}
        for room, used in uses.items()
    }


def places(layers: list[list[str]]) -> dict[str, tuple[float, float, float]]:
    """Give the middle, the top and the width of each room's box."""
    found = {}
    for number, row in enumerate(layers):
        widths = [len(room) * 8.5 + 28 for room in row]
        # Rooms that stand alone on their layer step to the side, or one line would hide the next.
        aside = SHIFT * (-1) ** number if len(row) == 1 else 0
        left = (WIDTH - sum(widths) - GAP * (len(row) - 1)) / 2 + aside
        for room, width in zip(row, widths, strict=True):
            found[room] = (left + width / 2, 12 + number * ROW, width)
            left += width + GAP
    return found


def drawn(layers: list[list[str]], uses: dict[str, set[str]]) -> str:
    """Write the picture: an arrow from a room to each room that uses it, as the data flow."""
    where = places(layers)
    height = len(layers) * ROW + 8
    size = f'viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}"'
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif" font-size="14">',
        '<defs><marker id="tip" markerWidth="7" markerHeight="7" refX="6" refY="3" orient="auto">',
        '<path d="M0 0L6 3L0 6z" fill="#5a6b79"/></marker></defs>',
        "<title>The rooms of borderzone: data flow upwards, from files to the report</title>",
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
    ]
    for room in where:
        for used in sorted(uses.get(room, set()) & where.keys()):
            (x, y, _), (from_x, from_y, _) = where[room], where[used]
            middle = (y + BOX + from_y) / 2
            lines.append(
                f'<path d="M{from_x:.0f} {from_y:.0f} C{from_x:.0f} {middle:.0f} {x:.0f} {middle:.0f} '
                f'{x:.0f} {y + BOX:.0f}" fill="none" stroke="#5a6b79" marker-end="url(#tip)"/>'
            )
    for room, (x, y, width) in where.items():
        lines.append(
            f'<rect x="{x - width / 2:.0f}" y="{y:.0f}" width="{width:.0f}" height="{BOX}" rx="4" '
            'fill="#f4f1ea" stroke="#40505e"/>'
            f'<text x="{x:.0f}" y="{y + 20:.0f}" text-anchor="middle" fill="#1d2830">{room}</text>'
        )
    return "\n".join([*lines, "</svg>"]) + "\n"


def picture() -> str:
    """Give the picture as it should stand in the file."""
    shown = rows()
    return drawn(shown, direct(imports({room for row in shown for room in row})))


if __name__ == "__main__":
    TARGET.write_text(picture(), "utf-8")
