"""A Chromium that watches what a report does: what it says, asks for, and forbids itself."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from playwright.sync_api import Browser, BrowserContext, Page, Playwright, sync_playwright

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
WIDE, MIDDLE, NARROW = 1440, 768, 360
_HEIGHT = 900
_HIGHEST = 16_000  # pixels that a picture may have
T = TypeVar("T")

# Long tasks and violations of the page's own policy are told to whoever asks afterwards.
_WITNESS = """
window.__violations = [];
addEventListener('securitypolicyviolation', event => {
  window.__violations.push(event.violatedDirective + ' ' + event.blockedURI);
});
window.__alerts = 0;
window.alert = window.confirm = window.prompt = () => { window.__alerts += 1; };
"""

_TWO_FRAMES = """
() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))
"""


class Chromium:
    """One browser in a thread of its own.

    Playwright keeps an event loop running in the thread that started it. Other tests call
    `asyncio.run`, which refuses a thread that has one; so whatever drives the browser runs here.
    """

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="chromium")
        self._playwright, self._browser = self.call(_launch)

    def call(self, function: Callable[[], T]) -> T:
        """Call a function in the browser's thread and return, or raise, what it does."""
        return self._thread.submit(function).result()

    def open(self, report: Path, **options: Any) -> Tab:
        """Open a report in a fresh window; to be called in the browser's thread."""
        return Tab(self._browser, report, **options)

    def close(self) -> None:
        self.call(self._browser.close)
        self.call(self._playwright.stop)
        self._thread.shutdown()


def _launch() -> tuple[Playwright, Browser]:
    playwright = sync_playwright().start()
    options = ["--no-sandbox", "--disable-gpu", "--font-render-hinting=none"]
    return playwright, playwright.chromium.launch(executable_path=CHROMIUM, args=options)


class Tab:
    """A report in a window of its own, without a network, and the record of what it did."""

    def __init__(
        self,
        browser: Browser,
        report: Path,
        *,
        width: int = WIDE,
        script: bool = True,
        dark: bool = False,
        reduced_motion: bool = False,
    ) -> None:
        self.report = report
        self.console: list[str] = []
        self.requests: list[str] = []
        self._context: BrowserContext = browser.new_context(
            viewport={"width": width, "height": _HEIGHT},
            java_script_enabled=script,
            color_scheme="dark" if dark else "light",
            reduced_motion="reduce" if reduced_motion else "no-preference",
            offline=True,
        )
        self._context.add_init_script(_WITNESS)
        self.page: Page = self._context.new_page()
        self.page.set_default_timeout(10_000)
        self.page.on("console", lambda said: self._said(said.type, said.text))
        self.page.on("pageerror", lambda error: self._said("exception", str(error)))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self._refused: list[str] = []
        self.page.on("requestfailed", lambda request: self._refuse(request.url, request.failure))
        self.page.goto(report.as_uri())

    def _said(self, kind: str, text: str) -> None:
        if kind in {"error", "warning", "exception"}:
            self.console.append(f"{kind}: {text}")

    def _refuse(self, url: str, failure: str | None) -> None:
        if failure == "csp":
            self._refused.append(url)

    def violations(self) -> list[str]:
        """Return what the page's Content-Security-Policy had to stop."""
        found: list[str] = self.page.evaluate("window.__violations")
        return found

    def alerts(self) -> int:
        """Return how often a dialogue was opened."""
        return int(self.page.evaluate("window.__alerts"))

    def outside(self) -> list[str]:
        """Return the addresses that were asked for beside the report itself."""
        return [url for url in self.requests if url.split("#")[0] != self.report.as_uri()]

    def loaded(self) -> list[str]:
        """Return the addresses beside the report from which anything came, or was awaited."""
        return [url for url in self.outside() if url not in self._refused]

    def scroll_through(self) -> None:
        """Show every part of the page once, so that what is drawn when it is seen is drawn."""
        self.page.evaluate(
            """async () => {
              const frame = () => new Promise(resolve => requestAnimationFrame(resolve));
              for (let y = 0; y < document.documentElement.scrollHeight; y += innerHeight / 2) {
                scrollTo({top: y, behavior: 'instant'});
                await frame();
                await frame();
              }
              scrollTo({top: 0, behavior: 'instant'});
              await frame();
            }"""
        )

    def unroll(self) -> None:
        """Make the window as high as the page, which may grow by it.

        What is out of sight is neither drawn nor laid out, so pictures and checks of a whole page
        need all of it in sight.
        """
        width = self.page.viewport_size["width"]
        for _ in range(3):
            height = self.page.evaluate("document.documentElement.scrollHeight")
            self.page.set_viewport_size({"width": width, "height": min(height, _HIGHEST)})
            self.page.evaluate(_TWO_FRAMES)

    def picture(self, path: Path) -> None:
        """Take a picture of the whole page, with everything drawn."""
        self.unroll()
        self.page.screenshot(path=path)

    def close(self) -> None:
        self._context.close()


def in_ci() -> bool:
    """Say whether a missing browser is an error: whoever checks a change must not skip this."""
    return os.environ.get("CI", "").lower() in {"1", "true", "yes"}
