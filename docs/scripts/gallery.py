"""Take the pictures of the gallery: reports of real runs from `fixtures/`, as a browser shows them.

python docs/scripts/gallery.py [NAME]...
"""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ROOT = Path(__file__).parents[2]
PICTURES = ROOT / "docs" / "images" / "gallery"
FRONT_PICTURE = ROOT / "docs" / "images" / "report.png"
_COLOURS = 128
_TALLEST = 1400
_WIDEST = 1200
_HIGHEST = 16_000
_MARGIN = 8
_BUDGET = """\
budgets:
  - {metric: latency.p95, name: search, limit: 70 ms}
  - {metric: latency.p95, name: checkout, limit: 200 ms}
  - {metric: throughput, min: 150 /s}
  - {metric: error_rate, limit: 1 %}
  - {metric: latency.p50, change: "+10 %"}
"""
_DEMO = ("fixtures/demo/slow.json.xz", "fixtures/demo/base.json.xz")
_REPORTS: dict[str, tuple[str, ...]] = {
    "demo": _DEMO,
    "japanese": (*_DEMO, "--lang", "ja"),
    "budgets": (*_DEMO, "--budget", "{folder}/budget.yml"),
    "run": ("fixtures/demo/base.json.xz",),
    "monitored": ("{folder}/shop.run",),
    "locust": ("fixtures/locust/slow", "fixtures/locust/base"),
}


@dataclass(frozen=True, kw_only=True)
class Shot:
    """One picture.

    Attributes:
        report: the report that is opened.
        part: what is shown, as a CSS selector; None for the top of the page.
        width: of the window, in pixels.
        dark: whether the reader's system is set to dark colours.
        hover: the chart whose middle the mouse points at, as a CSS selector.
    """

    report: str
    part: str | None = None
    width: int = 1200
    dark: bool = False
    hover: str | None = None


SHOTS: dict[str, Shot] = {
    "verdict": Shot(report="demo"),
    "changes": Shot(report="demo", part="#changes", width=1440),
    "name": Shot(report="demo", part="#name-1", hover="#name-1 figure.chart-interactive"),
    "budgets": Shot(report="budgets", part="#budgets"),
    "errors": Shot(report="locust", part="#errors"),
    "resources": Shot(report="monitored", part="#resources"),
    "run": Shot(report="run"),
    "dark": Shot(report="demo", part="#all", dark=True),
    "phone": Shot(report="demo", width=360),
    "japanese": Shot(report="japanese"),
}


def main(names: list[str]) -> None:
    """Take the pictures of these names, or all of them."""
    from playwright.sync_api import sync_playwright

    PICTURES.mkdir(parents=True, exist_ok=True)
    chosen = {name: SHOTS[name] for name in names or SHOTS}
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        reports = _reports(Path(folder), {shot.report for shot in chosen.values()})
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        for name, shot in chosen.items():
            _save(_taken(browser, reports[shot.report], shot), PICTURES / f"{name}.png")
        browser.close()
    if "verdict" in chosen:
        shutil.copy(PICTURES / "verdict.png", FRONT_PICTURE)


def _reports(folder: Path, names: set[str]) -> dict[str, Path]:
    """Write the reports by the command that people write them by."""
    (folder / "budget.yml").write_text(_BUDGET, encoding="utf-8")
    monitored = ("fixtures/jmeter/base.csv.jtl", "fixtures/psutil/base.json")
    _perfanalysis("import", *monitored, "-o", f"{folder}/shop.run")
    paths = {name: folder / f"{name}.html" for name in names}
    for name, path in paths.items():
        words = [word.format(folder=folder) for word in _REPORTS[name]]
        _perfanalysis("report", *words, "-o", str(path))
    return paths


def _perfanalysis(*words: str) -> None:
    command = [sys.executable, "-m", "perfanalysis", *words]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)


def _taken(browser: Browser, report: Path, shot: Shot) -> bytes:
    height = 760 if shot.width < 600 else 860
    context = browser.new_context(
        viewport={"width": shot.width, "height": height},
        color_scheme="dark" if shot.dark else "light",
        device_scale_factor=2 if shot.width < 600 else 1,
        reduced_motion="reduce",
    )
    page = context.new_page()
    page.goto(report.as_uri())
    if shot.part is not None:
        _unroll(page, shot.width)
    if shot.hover is not None:
        page.locator(shot.hover).first.locator(".u-over").hover()
    content = page.screenshot() if shot.part is None else _part(page, shot.part)
    context.close()
    return content


def _unroll(page: Page, width: int) -> None:
    """Make the window as high as the page: charts are drawn when they come into view."""
    for _ in range(3):  # drawing them may make the page higher
        height = page.evaluate("document.documentElement.scrollHeight")
        page.set_viewport_size({"width": width, "height": min(height, _HIGHEST)})
        page.wait_for_timeout(200)


def _part(page: Page, part: str) -> bytes:
    """Return a picture of a part, cut where it would be too tall to look at."""
    box = page.locator(part).bounding_box()
    if box is None:
        raise SystemExit(f"the report has no part {part}")
    left = max(box["x"] - _MARGIN, 0)
    return page.screenshot(
        clip={
            "x": left,
            "y": box["y"],
            "width": box["x"] + box["width"] + _MARGIN - left,
            "height": min(box["height"], _TALLEST),
        }
    )


def _save(content: bytes, path: Path) -> None:
    """Save a picture with few colours: a page has few, and the file is a quarter as large."""
    from PIL import Image

    with Image.open(io.BytesIO(content)) as picture:
        picture.thumbnail((_WIDEST, _WIDEST * 2), Image.Resampling.LANCZOS)
        small = picture.convert("RGB").quantize(_COLOURS, dither=Image.Dither.NONE)
        small.save(path, optimize=True)


if __name__ == "__main__":
    main(sys.argv[1:])
