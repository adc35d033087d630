"""A Chromium that looks at a page, and tells everything that the page does besides being shown."""

import contextlib
import os
import shutil
import sys

from playwright.sync_api import sync_playwright

NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]
MISSING = (
    "There is no Chromium on the PATH. On Debian scripts/browser installs it; "
    "by hand: apt-get install --no-install-recommends chromium"
)

# Before anything of the page runs: what its policy forbade is kept.
WATCH = """
window.violations = [];
addEventListener("securitypolicyviolation", (event) => window.violations.push(event.violatedDirective));
"""


def executable():
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        sys.exit(MISSING)
    return found


@contextlib.contextmanager
def chromium():
    """A browser of its own. Chromium's sandbox does not work for root, and these pages are ours."""
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable(), args=arguments)
        try:
            yield browser
        finally:
            browser.close()


@contextlib.contextmanager
def opened(browser, path, **options):
    """The page, which must ask for nothing, say nothing on the console and break no policy."""
    page = browser.new_page(**{"viewport": {"width": 1280, "height": 900}, **options})
    asked, said = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.add_init_script(WATCH)
    url = f"file://{os.path.abspath(path)}"
    page.goto(url)
    yield page
    violations = page.evaluate("window.violations ?? []") if options.get("java_script_enabled", True) else []
    assert (asked, said, violations) == ([url], [], []), (asked, said, violations)
    page.close()
