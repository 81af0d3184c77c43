"""Look at every link of the built pages, offline: the file is there, and so is the place in it."""

from __future__ import annotations

import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.places: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in {"id", "name"} and value:
                self.places.add(value)
            if value and (name == "href" or (name == "src" and tag in {"img", "script"})):
                self.links.append(value)


def broken(folder: Path) -> list[str]:
    """Name the links of a folder of pages that lead nowhere in it; what other hosts have is not asked."""
    pages: dict[Path, _Page] = {}
    for path in sorted(folder.rglob("*.html")):
        if "_static" in path.parts:  # parts of the theme, no pages
            continue
        pages[path.resolve()] = _Page()
        pages[path.resolve()].feed(path.read_text(encoding="utf-8"))
    found = []
    for path, page in pages.items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            lost = not target.exists()
            if not lost and parts.fragment and target in pages:
                lost = unquote(parts.fragment) not in pages[target].places
            if lost:
                found.append(f"{path.relative_to(folder.resolve())}: {link}")
    return found


def main() -> None:
    """Check the folder that is named."""
    faults = broken(Path(sys.argv[1]))
    if faults:
        sys.exit("links that lead nowhere:\n" + "\n".join(faults))


if __name__ == "__main__":
    main()
