"""Makes the pictures in docs/images: screenshots.py SLEUTH."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "sleuth/tests/browser"))

from browser import chromium  # noqa: E402
from screenshots_png import reduced  # noqa: E402
from screenshots_slack import channel  # noqa: E402
from screenshots_terminal import printed, terminal  # noqa: E402

IMAGES = ROOT / "docs/images"
# Larger ones make a page of documentation slow to load.
LARGEST = 300 * 1024

# What the demo audits access keys with (sleuth/src/demo/keys.rs).
SETTINGS = {
    "ENABLE_AUTO_EXPIRE": "true",
    "INACTIVITY_AGE": "60",
    "INACTIVITY_WARNING_AGE": "50",
    "EXPIRE_NOTIFICATION_TEXT": "Create a new key, switch over, delete the old one.",
    "INACTIVE_NOTIFICATION_TEXT": "Delete the key if nobody needs it.",
}


def shot(browser, name, page, width, height=None, scheme="light"):
    """A picture of a page, of its top or of all of it. Twice the pixels, for screens that have them."""
    view = browser.new_page(
        viewport={"width": width, "height": height or 100}, device_scale_factor=2, color_scheme=scheme
    )
    if isinstance(page, Path):
        view.goto(page.as_uri())
    else:
        view.set_content(page)
    path = IMAGES / f"{name}.png"
    path.write_bytes(reduced(browser, view.screenshot(full_page=height is None)))
    view.close()
    size = path.stat().st_size
    print(f"{path.relative_to(ROOT)}: {size // 1024} KiB")
    if size > LARGEST:
        sys.exit(f"{path.relative_to(ROOT)} is larger than {LARGEST // 1024} KiB")


def payloads(sleuth):
    """The messages that Slack would get, and who is called by which id."""
    arguments = [sleuth, "keys", "--from", ROOT / "sleuth/src/demo/inventory.json", "--output", "json"]
    ended = subprocess.run(arguments, env={"DEBUG": "1"} | SETTINGS, capture_output=True, text=True)
    decoder = json.JSONDecoder()
    starts = ended.stderr.split("Slack payload: ")[1:]
    names = {key["slack"].removeprefix("subteam-"): key["name"] for key in json.loads(ended.stdout)["keys"] if key["slack"]}
    return [decoder.raw_decode(text)[0] for text in starts], names


def main(sleuth):
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        for audit in ["keys", "tags"]:
            page = Path(folder, f"{audit}.html")
            subprocess.run([sleuth, "demo", audit, "--output", f"html={page}"], check=True, stdout=subprocess.DEVNULL)
            for scheme in ["light", "dark"]:
                shot(browser, f"report-{audit}-{scheme}", page, 1280, 900, scheme)
        shot(browser, "terminal", terminal("sleuth keys", printed([sleuth, "demo", "keys", "--output", "table"])), 1180)
        shot(browser, "slack", channel(*payloads(sleuth)), 760)


if __name__ == "__main__":
    main(str(Path(sys.argv[1]).resolve()))
