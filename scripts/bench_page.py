"""Writes what was measured into docs/performance.md, between its markers."""

import platform
import subprocess
import textwrap
from datetime import date
from pathlib import Path

from bench_chart import KINDS, seconds
from bench_measure import PLANS

START = "<!-- measured: scripts/bench writes this block -->"
END = "<!-- end of measured -->"


def machine():
    """What it was measured on."""
    cpus = Path("/proc/cpuinfo").read_text().splitlines()
    model = next((line.partition(":")[2].strip() for line in cpus if line.startswith("model name")), platform.machine())
    cores = sum(line.startswith("processor") for line in cpus)
    kibibytes = int(Path("/proc/meminfo").read_text().split()[1])
    rustc = subprocess.run(["rustc", "--version"], stdout=subprocess.PIPE, text=True, check=True).stdout.split()[1]
    return {
        "cpu": model,
        "cores": cores,
        "memory_gib": round(kibibytes / 2**20),
        "kernel": platform.release(),
        "rustc": rustc,
        "date": date.today().isoformat(),
    }


def write(page, results):
    """Puts the measured block in its place and leaves the rest as it is."""
    page.write_text(between(page.read_text(), START, END, block(results)))


def between(text, start, end, block):
    """A text with something else between two markers."""
    before, found, rest = text.partition(start)
    _, ended, after = rest.partition(end)
    if not found or not ended:
        raise SystemExit(f"the markers {start} and {end} are missing")
    return f"{before}{start}\n\n{block}\n\n{end}{after}"


def block(results):
    here, cases = results["machine"], results["cases"]
    how = (
        f"Measured on {here['date']}: {here['cpu']}, {here['cores']} cores, {here['memory_gib']} GiB, "
        f"Linux {here['kernel']}, Rust {here['rustc']}. Times and CPU of `live` and `report` are medians of "
        f"{results['repeat']} runs, their memory the most of these; `classic` ran once."
    )
    if results["report_polls"]:
        how += f" The credential report was not ready the first {results['report_polls']} times."
    parts = [
        textwrap.fill(how, 120, break_on_hyphens=False),
        *(by_kind(kind, cases) for kind in KINDS),
        calls(cases),
        stub(cases),
    ]
    if results.get("throttling"):
        parts.append(throttling(results["throttling"]))
    if results.get("function"):
        parts.append(package(results["function"]))
    return "\n\n".join(part for part in parts if part)


def table(heads, aligned, rows):
    lines = ["| " + " | ".join(row) + " |" for row in [heads, *rows]]
    lines.insert(1, "|" + "|".join(aligned) + "|")
    return "\n".join(lines)


def by_kind(kind, cases):
    shown = [case for case in cases if case["kind"] == kind]
    if not shown:
        return ""
    rows = []
    for case in sorted(shown, key=lambda case: (case["latency"], case["users"])):
        slowest = case["plans"]["classic"]["wall"]
        for plan, run in case["plans"].items():
            faster = "" if plan == "classic" else times(slowest / run["wall"])
            hidden = run["peak_mib"] <= run["floor_mib"]
            memory = f"{'< ' if hidden else ''}{run['peak_mib']:.1f} MiB"
            asked = f"{sum(run['calls'].values()):,}"
            wall, cpu = seconds(run["wall"]), seconds(run["cpu"])
            rows.append([f"{case['latency']} ms", f"{case['users']:,}", f"`{plan}`", wall, faster, cpu, memory, asked])
    heads = ["a call takes", "users", "plan", "time", "faster than `classic`", "CPU", "peak memory", "calls"]
    return f"### {KINDS[kind]}\n\n" + table(heads, ["---:", "---:", "---", *["---:"] * 5], rows)


def times(ratio):
    return f"{ratio:.1f} ×" if ratio < 10 else f"{ratio:,.0f} ×"


def calls(cases):
    """Calls by action at the most users."""
    users, latency = largest(cases)
    columns = [
        (case["kind"], plan, case["plans"][plan]["calls"])
        for case in cases
        if (case["users"], case["latency"]) == (users, latency)
        for plan in PLANS
    ]
    actions = sorted({action for _, _, counts in columns for action in counts})
    rows = [[f"`{action}`", *(f"{counts.get(action, 0):,}" for _, _, counts in columns)] for action in actions]
    rows.append(["all", *(f"{sum(counts.values()):,}" for _, _, counts in columns)])
    heads = ["action", *(f"{kind}, `{plan}`" for kind, plan, _ in columns)]
    return f"### Calls for {users:,} users\n\n" + table(heads, ["---", *["---:"] * len(columns)], rows)


def stub(cases):
    """How busy the stub was where calls took time."""
    def busiest(runs):
        return max((run["stub_cpu"] / run["wall"] for run in runs), default=0)

    slow = busiest(run for case in cases if case["latency"] for run in case["plans"].values())
    fast = busiest(run for case in cases if not case["latency"] for run in case["plans"].values())
    if slow > 0.5:
        raise SystemExit(f"the stub was busy for {slow:.0%} of a run: it is what was measured")
    words = f"The stub was busy for at most {slow:.0%} of a run where calls took time, and {fast:.0%} where they took none."
    return textwrap.fill(words, 120)


def throttling(runs):
    """How long `live` took on accounts that throttle, and how many calls it made for nothing."""
    settings = [run["settings"] for run in runs if run["limit"] == runs[0]["limit"]]
    rows = []
    for limit in dict.fromkeys(run["limit"] for run in runs):
        row = [run for run in runs if run["limit"] == limit]
        rows.append([limit, f"{row[0]['users']:,}", *(f"{seconds(run['wall'])}, {run['extra']:,}" for run in row)])
    names = [" ".join(f"`{name}={value}`" for name, value in one.items()) for one in settings]
    return (
        "### Accounts that throttle\n\n`live` on the healthy account: time, and calls that were throttled. One run each.\n\n"
        + table(["IAM lets through, or throttles", "users", *names], ["---", *["---:"] * (len(names) + 1)], rows)
    )


def package(function):
    rows = [
        ["package", f"{function['zip'] / 1e6:.2f} MB"],
        ["unpacked", f"{function['unpacked'] / 1e6:.2f} MB"],
        [f"from start to first poll, median of {len(function['starts'])}", f"{function['start'] * 1000:.1f} ms"],
    ]
    heads = [f"`keys`, {function['architecture']}", ""]
    return "### The Lambda function\n\n" + table(heads, ["---", "---:"], rows)


def largest(cases):
    """The most users, and the longest latency."""
    return max(case["users"] for case in cases), max(case["latency"] for case in cases)
