"""From a key on the slider of the report's panel to the frame that shows it, in headless Chromium."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

# What a reader waits for at most, 95 times in 100. Units: ms.
PROMISED_MS = 50.0
KEYS = 200
# The clock starts when the key is pressed, by the browser's own stamp, and stops in the task after the
# frame: what is drawn in it has been laid out and painted by then.
WATCH = """
window.waits = [];
document.getElementById("panel-units").addEventListener("input", (event) => {
  const pressed = event.timeStamp;
  requestAnimationFrame(() => {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => waits.push(performance.now() - pressed);
    channel.port2.postMessage(0);
  });
});
document.getElementById("panel-units").focus();
"""


def main() -> None:
    """Write a report, press keys, print the waits."""
    import numpy as np  # noqa: PLC0415
    from page_browser import opened  # noqa: PLC0415 - of the tests

    import borderzone as bz  # noqa: PLC0415

    quick = bz.Scenario(resolution_m=5000, draws=100, imputations=10)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        place = Path(folder)
        page = bz.write_report(bz.Study.default(quick).run(), place / "out")
        print(f"{page.stat().st_size / 1e6:.1f} MB of page")
        with opened(place / "profile") as tab:
            for width in (1440, 390):
                tab.opens(page, width=width)
                tab.says(WATCH)
                for n in range(KEYS):
                    tab.presses("ArrowRight" if n // 20 % 2 else "ArrowLeft")
                    tab.says("new Promise((done) => setTimeout(done, 30))")
                waits = np.array(tab.says("waits"))
                middle, late = np.percentile(waits, [50, 95])
                verdict = "kept" if late < PROMISED_MS else "MISSED"
                print(
                    f"{width} px: input to paint {middle:.1f} ms in the middle, {late:.1f} ms at 95 % of "
                    f"{len(waits)}; below {PROMISED_MS:.0f} ms {verdict}"
                )


if __name__ == "__main__":
    main()
