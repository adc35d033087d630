"""Draws wall time against users, one panel for each kind of account."""

import html
import math

WIDTH, HEIGHT, PANEL, TOP, BOTTOM = 880, 400, 250, 70, 330
LEFTS = [70, 500]
KINDS = {"healthy": "Healthy account", "neglected": "Neglected account"}
THEMES = {
    "light": {
        "back": "#ffffff",
        "text": "#1f2328",
        "faint": "#59636e",
        "grid": "#d8dee4",
        "classic": "#9a3412",
        "live": "#0550ae",
        "report": "#116329",
    },
    "dark": {
        "back": "#0d1117",
        "text": "#f0f6fc",
        "faint": "#9ea7b3",
        "grid": "#30363d",
        "classic": "#fdba74",
        "live": "#79c0ff",
        "report": "#7ee787",
    },
}


def seconds(value):
    """A time as people say it."""
    if value < 0.9995:
        return f"{value * 1000:.0f} ms"
    return f"{value:.1f} s" if value < 99.95 else f"{value:,.0f} s"


def chart(cases, theme, machine):
    """The SVG of these cases, which are all of one latency."""
    colours, latency = THEMES[theme], cases[0]["latency"]
    walls = [plan["wall"] for case in cases for plan in case["plans"].values()]
    low, high = math.floor(math.log10(min(walls))), math.ceil(math.log10(max(walls)))
    users = sorted({case["users"] for case in cases})
    first, last = math.log10(users[0]), math.log10(users[-1])

    def down(wall):
        return BOTTOM - (math.log10(wall) - low) / max(high - low, 1) * (BOTTOM - TOP)

    def across(left, number):
        share = (math.log10(number) - first) / (last - first) if last > first else 0.5
        return left + 12 + share * (PANEL - 24)

    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" '
        'role="img" aria-labelledby="title description" font-family="system-ui, sans-serif" font-size="13">',
        f'<title id="title">Time of an audit by number of users, {latency} ms a call</title>',
        f'<desc id="description">{description(cases)}</desc>',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="{colours["back"]}"/>',
    ]
    for left, kind in zip(LEFTS, KINDS):
        shown = sorted((case for case in cases if case["kind"] == kind), key=lambda case: case["users"])
        if not shown:
            continue
        out += frame(left, kind, users, range(low, high + 1), across, down, colours)
        ends = {}
        for plan in shown[0]["plans"]:
            points = [(across(left, case["users"]), down(case["plans"][plan]["wall"])) for case in shown]
            line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
            out.append(f'<polyline points="{line}" fill="none" stroke="{colours[plan]}" stroke-width="2.5"/>')
            out += [mark(plan, x, y, colours[plan]) for x, y in points]
            ends[plan] = points[-1][1]
        for plan, y in apart(ends).items():
            label = f'{plan} {seconds(shown[-1]["plans"][plan]["wall"])}'
            out.append(text(left + PANEL + 2, y + 4, label, colours[plan], "start", "600"))
    caption = f"users; {latency} ms a call; both axes are logarithmic"
    out.append(text(WIDTH / 2, HEIGHT - 28, caption, colours["faint"], "middle"))
    measured = f"{machine['cpu']}, {machine['cores']} cores, {machine['date']}"
    out.append(text(WIDTH / 2, HEIGHT - 10, measured, colours["faint"], "middle"))
    return "\n".join([*out, "</svg>", ""])


def frame(left, kind, users, decades, across, down, colours):
    """Title, grid and axes of a panel."""
    out = [text(left, TOP - 28, KINDS[kind], colours["text"], "start", "600")]
    for decade in decades:
        wall = 10.0**decade
        y = down(wall)
        out.append(f'<path d="M{left} {y:.1f}H{left + PANEL}" stroke="{colours["grid"]}"/>')
        label = f"{wall * 1000:g} ms" if wall < 1 else f"{wall:,.0f} s"
        out.append(text(left - 8, y + 4, label, colours["faint"], "end"))
    for number in users:
        x = across(left, number)
        out.append(f'<path d="M{x:.1f} {BOTTOM}v5" stroke="{colours["faint"]}"/>')
        out.append(text(x, BOTTOM + 21, f"{number:,}", colours["faint"], "middle"))
    return out


def mark(plan, x, y, colour):
    """A point: another form for each plan, for those who do not tell the colours apart."""
    shape = {
        "classic": f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4.5"',
        "live": f'<rect x="{x - 4:.1f}" y="{y - 4:.1f}" width="8" height="8"',
        "report": f'<path d="M{x:.1f} {y - 5.5:.1f}l5.5 9.5h-11z"',
    }[plan]
    return f'{shape} fill="{colour}"/>'


def text(x, y, words, colour, anchor, weight="400"):
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" fill="{colour}" text-anchor="{anchor}" font-weight="{weight}">{html.escape(words)}</text>'
    )


def apart(ends):
    """The places of labels, moved down as far as they would cover each other, then up from the edge."""
    placed, least = {}, -math.inf
    for plan, y in sorted(ends.items(), key=lambda end: end[1]):
        placed[plan] = least = max(y, least + 17)
    most = BOTTOM + 17
    for plan in reversed(placed):
        placed[plan] = most = min(placed[plan], most - 17)
    return placed


def description(cases):
    parts = []
    for kind in KINDS:
        shown = [case for case in cases if case["kind"] == kind]
        if shown:
            largest = max(shown, key=lambda case: case["users"])
            times = ", ".join(f'{plan} {seconds(run["wall"])}' for plan, run in largest["plans"].items())
            parts.append(f"{KINDS[kind]} of {largest['users']:,} users: {times}.")
    return " ".join(parts)
