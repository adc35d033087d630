"""Looks at an HTML report as people do: report.py CLAIM FILE. Ends non-zero if the claim does not hold."""

import sys

from browser import chromium, opened

ROWS = "[data-grid] tbody tr"
PHONE = {"width": 360, "height": 780}

# What can be read worse than WCAG 2.2 asks for at level AA (1.4.3, text below 24 px): at least 4.5 to 1.
CONTRAST = """
() => {
  const numbers = (colour) => {
    const parts = colour.match(/[\\d.]+/g).map(Number);
    return colour.startsWith("color(") ? parts.map((part, i) => (i < 3 ? part * 255 : part)) : parts;
  };
  const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = numbers(getComputedStyle(at).backgroundColor);
      if ((colour[3] ?? 1) > 0) return colour;
    }
    throw new Error("nothing has a background");
  };
  const light = (colour) => {
    const linear = colour.slice(0, 3).map((part) => part / 255)
      .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
  };
  const faint = [];
  let looked = 0;
  for (const element of document.querySelectorAll("body *")) {
    const said = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    if (!said || !element.checkVisibility() || element.closest("script, title, desc")) continue;
    const style = getComputedStyle(element);
    const ink = element.namespaceURI.endsWith("svg") ? style.fill : style.color;
    const [a, b] = [light(numbers(ink)), light(ground(element))].sort((x, y) => y - x);
    looked += 1;
    if ((a + 0.05) / (b + 0.05) < 4.5) faint.push([element.tagName, element.className, element.textContent]);
  }
  return [looked, faint];
}
"""


def column(page, name):
    heads = page.locator("[data-grid] th").all_inner_texts()
    return next(index for index, head in enumerate(heads) if head.strip() == name)


def cells(page, name):
    """What stands in a column, in the rows that are shown."""
    index = column(page, name)
    shown = page.locator(f"{ROWS}:not([hidden])").all()
    return [row.locator("td").nth(index).inner_text() for row in shown]


def numbers(texts):
    return [-1 if text == "?" else int(text) for text in texts]


def is_sorted_by_any_heading(browser, path):
    with opened(browser, path) as page:
        before = cells(page, "User")
        head = page.locator("[data-grid] th").nth(column(page, "Age in days"))
        assert head.get_attribute("aria-sort") is None
        head.get_by_role("button").click()
        ages = numbers(cells(page, "Age in days"))
        assert ages == sorted(ages) and len(set(ages)) > 5, ages
        assert head.get_attribute("aria-sort") == "ascending"
        head.get_by_role("button").click()
        assert numbers(cells(page, "Age in days")) == ages[::-1]
        assert head.get_attribute("aria-sort") == "descending"
        # By the keyboard, and by words.
        user = page.locator("[data-grid] th").nth(column(page, "User"))
        user.get_by_role("button").focus()
        page.keyboard.press("Enter")
        users = cells(page, "User")
        assert users == sorted(users, key=str.lower) and users != before, users
        assert (head.get_attribute("aria-sort"), user.get_attribute("aria-sort")) == (None, "ascending")
        # By its status the table is as it was.
        page.get_by_role("columnheader", name="Status").get_by_role("button").click()
        statuses = [text.split()[0] for text in cells(page, "Status")]
        assert statuses == sorted(statuses, key=["expired", "unknown", "old", "stagnant", "good", "disabled"].index)


def is_filtered_by_words_and_status(browser, path):
    with opened(browser, path) as page:
        total = page.locator(ROWS).count()
        shown = page.locator("[data-shown]")
        assert shown.inner_text() == f"{total} of {total} shown"
        page.get_by_role("button", name="old 3").click()
        assert [text.split()[0] for text in cells(page, "Status")] == ["old"] * 3
        assert shown.inner_text() == f"3 of {total} shown"
        assert page.get_by_role("button", name="old 3").get_attribute("aria-pressed") == "true"
        page.get_by_label("Show only rows that contain").fill("MARTA unless")
        assert [text.split("\n")[0] for text in cells(page, "User")] == ["marta.nowak"]
        page.get_by_role("button", name="all").click()
        assert shown.inner_text() == f"1 of {total} shown"
        page.get_by_label("Show only rows that contain").fill("no such word")
        assert cells(page, "User") == [] and shown.inner_text() == f"0 of {total} shown"
        page.get_by_label("Show only rows that contain").fill("")
        assert len(cells(page, "User")) == total


def is_dark_where_people_want_that(browser, path):
    def ground(page):
        return page.evaluate("getComputedStyle(document.body).backgroundColor")

    with opened(browser, path, color_scheme="light") as page:
        light = ground(page)
        page.get_by_role("button", name="Dark").click()
        dark = ground(page)
        assert light != dark
        page.get_by_role("button", name="Light").click()
        assert ground(page) == light
    with opened(browser, path, color_scheme="dark") as page:
        assert ground(page) == dark


def is_printed_whole(browser, path):
    with opened(browser, path, color_scheme="dark") as page:
        page.get_by_label("Show only rows that contain").fill("no such word")
        rows = page.locator(ROWS)
        assert not rows.first.is_visible()
        page.emulate_media(media="print")
        assert all(row.is_visible() for row in rows.all()) and rows.count() > 10
        assert not page.locator("[data-controls]").is_visible()
        # Dark on white, whatever the screen is like.
        assert page.evaluate("getComputedStyle(document.body).color") == "rgb(27, 32, 39)"
        assert len(page.pdf()) > 10_000


def fits_every_screen(browser, path):
    with opened(browser, path) as page:
        for width in [320, 360, 640, 768, 1000, 1247, 1248, 1249, 1265, 1280, 1440, 1920]:
            page.set_viewport_size({"width": width, "height": 800})
            widest = page.evaluate("document.documentElement.scrollWidth")
            assert widest <= width, f"{widest} of {width}"
        page.set_viewport_size(PHONE)
        # A card for each finding, each value beside its name.
        cell = page.locator(f"{ROWS} td").nth(1)
        assert cell.evaluate("cell => getComputedStyle(cell, '::before').content") == f'"{page.locator("th").nth(1).inner_text()}"'
        assert cell.bounding_box()["width"] > 250


def is_read_without_a_script(browser, path):
    with opened(browser, path, java_script_enabled=False) as page:
        assert page.locator(ROWS).count() > 10 and page.locator(ROWS).last.is_visible()
        assert not page.locator("[data-controls]").is_visible() and page.get_by_role("button").count() == 0


def can_be_read_by_everybody(browser, path):
    for scheme in ["light", "dark"]:
        with opened(browser, path, color_scheme=scheme) as page:
            levels = [int(tag[1]) for tag in page.evaluate("[...document.querySelectorAll('h1,h2,h3')].map(h => h.tagName)")]
            assert levels[0] == 1 and levels.count(1) == 1 and max(levels) == 2, levels
            # What it says to those who do not see it.
            tree = page.locator("body").aria_snapshot()
            for said in ["img \"", "table \"", "columnheader \"Status", "searchbox \"Show only rows that contain\""]:
                assert said in tree, f"{said} is missing in\n{tree}"
            assert page.evaluate("document.documentElement.lang") == "en" and page.title()
            looked, faint = page.evaluate(CONTRAST)
            assert looked > 100 and not faint, faint
    with opened(browser, path, viewport=PHONE) as page:
        # Also where rows are cards.
        assert page.get_by_role("table").count() == 1 and page.get_by_role("cell").count() > 50


def allows_nothing_else(browser, path):
    """The policy is in force, and what breaks it would have been noticed by all other claims."""
    try:
        with opened(browser, path) as page:
            page.evaluate(
                """() => new Promise((done) => {
                  addEventListener("securitypolicyviolation", done);
                  const script = document.createElement("script");
                  script.textContent = "window.ran = true";
                  document.body.append(script);
                })"""
            )
            assert page.evaluate("window.ran ?? false") is False
    except AssertionError as noticed:
        _, said, violations = noticed.args[0]
        assert violations == ["script-src-elem"] and len(said) == 1, noticed
    else:
        raise AssertionError("a script that is not ours was not noticed")


CLAIMS = [
    is_sorted_by_any_heading,
    is_filtered_by_words_and_status,
    is_dark_where_people_want_that,
    is_printed_whole,
    fits_every_screen,
    is_read_without_a_script,
    can_be_read_by_everybody,
    allows_nothing_else,
]

if __name__ == "__main__":
    claim, *paths = sys.argv[1:]
    held = next(each for each in CLAIMS if each.__name__ == claim)
    with chromium() as browser:
        for path in paths:
            held(browser, path)
