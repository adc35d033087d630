"""Writes what was measured of many accounts into docs/scaling.md, between its markers, and what it costs."""

import textwrap

from bench_chart import seconds
from bench_page import table

START = "<!-- measured: scripts/bench-accounts writes this block -->"
END = "<!-- end of measured -->"
# Dollars, in us-east-1; docs/scaling.md says where they are from.
PRICES = {"gb_second": 0.0000133334, "request": 0.20e-6, "transition": 0.025e-3, "put": 0.005e-3, "get": 0.0004e-3}
PRICE_OF_LOGS = 0.50
# Megabytes at which a function has one processor, and those that are chosen from here.
PROCESSOR, MEMORY = 1769, [256, 512, 1024, 2048, 4096, 8192, 10240]
# How much more memory a function is given than was measured.
MARGIN = 1.3
# States of the machine's own way when something is applied, and of each execution of its maps.
MAIN_STATES, ITEM_STATES = 12, 1
SINGLE = ["list", "gate", "consolidate"]


def block(results):
    here = results["machine"]
    how = (
        f"Measured on {here['date']}: {here['cpu']}, {here['cores']} cores, {here['memory_gib']} GiB, Linux "
        f"{here['kernel']}, Rust {here['rustc']}; the load of the machine was {results['load']:.1f} when it began. The "
        f"stub and what is measured share the cores. One run each. Where no latency is named, a call takes "
        f"{results['latency']} ms."
    )
    parts = [
        textwrap.fill(how, 120, break_on_hyphens=False),
        one_process(results["one"]),
        calls(results["one"]),
        workers(results["steps"]),
        single(results["steps"]),
    ]
    if results.get("state_machine"):
        parts.append(state_machine(results["state_machine"]))
    parts.append(prices(results["steps"]))
    return "\n\n".join(part for part in parts if part)


def one_process(runs):
    heads = ["a call takes", "`ACCOUNT_CONCURRENCY`", "time", "CPU", "peak memory", "calls", "CPU of the stub"]
    rows = [
        [
            f"{run['latency']} ms",
            str(run["concurrency"]),
            seconds(run["wall"]),
            seconds(run["cpu"]),
            mebibytes(run["peak_mib"]),
            f"{total(run['calls']):,}",
            seconds(run["stub_cpu"]),
        ]
        for run in runs
    ]
    first = runs[0]
    what = (
        f"`sleuth keys --accounts org --output json=FILE` on {first['accounts']:,} accounts with {first['users']:,} "
        f"users; the file has {first['report'] / 1e6:,.0f} MB."
    )
    return f"### One process\n\n{textwrap.fill(what, 120)}\n\n" + table(heads, ["---:"] * len(heads), rows)


def calls(runs):
    counts = runs[-1]["calls"]
    rows = [[f"`{action}`", f"{counts[action]:,}"] for action in sorted(counts)]
    return "#### Its calls\n\n" + table(["action", "calls"], ["---", "---:"], [*rows, ["all", f"{total(counts):,}"]])


def workers(all_steps):
    largest = max(all_steps, key=lambda steps: len(steps["alone"]))
    rows = [worker_row(f"plan, {run['users']:,} users", run) for run in largest["alone"]]
    heads = ["step", "time", "CPU", "peak memory", "calls", "log"]
    text = "### A worker\n\nOne account, in a new process, with nothing beside it. Most of its keys are expired.\n\n"
    text += table(heads, ["---", *["---:"] * 5], rows)
    heads = ["step", "accounts", "time of all", "median", "longest", "CPU of all", "peak memory", "calls", "log"]
    rows = [many_row(step, steps[step]) for steps in all_steps for step in ["plan", "apply"]]
    text += "\n\nAll accounts of a run, four processes side by side: plans of all, applied where keys are expired.\n\n"
    return text + table(heads, ["---", *["---:"] * 8], rows)


def worker_row(name, run):
    cells = [seconds(run["wall"]), seconds(run["cpu"]), mebibytes(run["peak_mib"]), f"{total(run['calls']):,}"]
    return [name, *cells, f"{run['log'] / 1024:,.0f} KiB"]


def many_row(step, run):
    times = [seconds(run[name]) for name in ["wall", "median_wall", "longest_wall", "cpu"]]
    size = [mebibytes(run["peak_mib"]), f"{total(run['calls']):,}", f"{run['log'] / 2**20:,.1f} MiB"]
    return [step, f"{run['accounts']:,}", *times, *size]


def single(all_steps):
    heads = ["step", "accounts", "users", "time", "CPU", "peak memory", "calls", "log"]
    rows = [
        [step, f"{steps['accounts']:,}", f"{steps['users']:,}", *worker_row(step, steps[step])[1:]]
        for step in SINGLE
        for steps in all_steps
    ]
    return "### Steps that are made once\n\n" + table(heads, ["---", *["---:"] * 7], rows)


def state_machine(run):
    heads = ["accounts", "time", "executions", "states entered", "events of the main one", "invocations", "calls"]
    names = ["executions", "states", "longest_history", "invocations"]
    row = [str(run["accounts"]), seconds(run["wall"])]
    row += [f"{number:,}" for number in [*(run[name] for name in names), total(run["calls"])]]
    text = "### The state machine\n\nThe definition as it is shipped, in the emulator, with the function's processes."
    return text + "\n\n" + table(heads, ["---:"] * len(heads), [row])


def prices(all_steps):
    heads = ["accounts", "users", "memory", "GB-seconds", "Lambda", "Step Functions", "S3", "logs", "a run"]
    rows = []
    for steps in all_steps:
        cost = costs(steps)
        dollars = [cost[name] for name in ["lambda", "transitions", "files", "logs"]]
        figures = [f"{steps['accounts']:,}", f"{steps['users']:,}"]
        figures += [f"{cost['memory']:,} MB", f"{cost['gb_seconds']:,.1f}"]
        rows.append([*figures, *map(money, [*dollars, sum(dollars)])])
    return "### Price of a run of the state machine\n\n" + table(heads, ["---:"] * len(heads), rows)


def costs(steps):
    """What a run costs, by what was measured. Where only some workers were run, it is taken for all."""
    scaled = [(steps[step], 1) for step in SINGLE]
    scaled += [(steps["plan"], steps["accounts"] / steps["plan"]["accounts"])]
    scaled += [(steps["apply"], steps["changes"] / steps["apply"]["changes"])]
    peak = max(run["peak_mib"] for run, _ in scaled)
    memory = next((size for size in MEMORY if size >= MARGIN * peak), MEMORY[-1])
    slower = max(1, PROCESSOR / memory)
    # A smaller function computes slower, and waits as long.
    billed = sum((run["wall"] + run["cpu"] * (slower - 1)) * times for run, times in scaled)
    items = steps["accounts"] + steps["to_apply"]

    def count(*actions):
        return sum(run["calls"].get(action, 0) * times for run, times in scaled for action in actions)

    # Each map reads its list.
    files = PRICES["put"] * count("PutObject", "ListObjectsV2") + PRICES["get"] * (count("GetObject") + 2)
    return {
        "memory": memory,
        "gb_seconds": billed * memory / 1024,
        "lambda": billed * memory / 1024 * PRICES["gb_second"] + (items + len(SINGLE)) * PRICES["request"],
        "transitions": (MAIN_STATES + items * ITEM_STATES) * PRICES["transition"],
        "files": files,
        "logs": sum(run["log"] * times for run, times in scaled) / 1e9 * PRICE_OF_LOGS,
    }


def money(dollars):
    return f"${dollars:,.4f}" if dollars < 0.1 else f"${dollars:,.2f}"


def mebibytes(size):
    return f"{size:,.0f} MiB"


def total(counts):
    return sum(counts.values())
