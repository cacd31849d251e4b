#!/usr/bin/env python3
"""Runs the benches of a build, and shows each figure beside its baselines as a ratio.

A bench is any program perf/*_bench* of the build that names its rows `name/key:value/key:value...` and reports a counter
`ns_per_packet`, or a counter `value` with its unit as the label. Rows that differ only in `engine` are compared: where
the engine is one of BASELINES, it is what the others are measured against.

The programs run in turns, several rounds of all of them, and the best round of each figure counts: a noisy moment of the
machine hits ours and the baselines alike.
"""
import argparse
import collections
import json
import os
import pathlib
import subprocess
import sys

BASELINES = ("ipsec_mb_bare", "libsrtp_openssl", "libsrtp_debian", "relay_no_crypto", "rtpengine")
# Google Benchmark's own additions to a name.
FOREIGN_KEYS = {"iterations", "repeats", "threads", "min_time", "manual_time", "real_time", "process_time"}
# Beside the default of 256 streams in bursts of 32: how the cost grows with small bursts and with cold caches.
MORE_SHAPES = {
    "crypto_bench": (
        ["--burst=8", "--benchmark_filter=engine:ipsec_mb"],
        ["--streams=20000", "--benchmark_filter=engine:ipsec_mb"],
    ),
}

Figure = collections.namedtuple("Figure", "value unit")


def parse_name(text):
    """`name/key:value/...` -> (name, ((key, value), ...)), numbers as numbers."""
    name, *parts = text.split("/")
    params = []
    for part in parts:
        key, _, value = part.partition(":")
        if key not in FOREIGN_KEYS:
            params.append((key, int(value) if value.isdigit() else value))
    return name, tuple(params)


def figure_of(entry):
    if "ns_per_packet" in entry:
        return Figure(entry["ns_per_packet"], "ns_per_packet")
    if "value" in entry:
        return Figure(entry["value"], entry.get("label", ""))
    return None


def run_program(command):
    """One run of one bench: {(name, params): Figure}. Raises RuntimeError with what went wrong."""
    done = subprocess.run(command + ["--benchmark_format=json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True, check=False, timeout=900)
    if done.returncode != 0:
        raise RuntimeError(f"{command[0]}: exit status {done.returncode}: {done.stderr.strip()[-500:]}")
    figures = {}
    for entry in json.loads(done.stdout)["benchmarks"]:
        if entry.get("error_occurred"):
            raise RuntimeError(f"{command[0]}: {entry['name']}: {entry.get('error_message')}")
        figure = figure_of(entry)
        if figure is not None and entry.get("run_type") != "aggregate":
            figures[parse_name(entry["name"])] = figure
    return figures


def commands(build, min_time):
    programs = sorted(p for p in (build / "perf").glob("*_bench*") if p.is_file() and os.access(p, os.X_OK))
    if not programs:
        sys.exit(f"{build}/perf: no benches there; build with -Dbenches=true")
    for program in programs:
        base = [str(program), f"--benchmark_min_time={min_time}"]
        yield base
        for more in MORE_SHAPES.get(program.name, ()):
            yield base + more


def measure(build, rounds, min_time):
    """The best of all rounds per row, in the order in which rows first appeared."""
    best = {}
    for turn in range(rounds):
        for command in commands(build, min_time):
            print(f"round {turn + 1} of {rounds}: {pathlib.Path(command[0]).name} {' '.join(command[2:])}".rstrip(),
                  file=sys.stderr)
            for key, figure in run_program(command).items():
                if key not in best or figure.value < best[key].value:
                    best[key] = figure
    return best


def without_engine(key):
    name, params = key
    return name, tuple(sorted((k, v) for k, v in params if k != "engine"))


def make_rows(best):
    """A row per figure; `against` holds ours over the baseline, so under 1 is faster."""
    baselines = collections.defaultdict(dict)
    for key, figure in best.items():
        engine = dict(key[1]).get("engine")
        if engine in BASELINES:
            baselines[without_engine(key)][engine] = figure.value
    rows = []
    for key, figure in best.items():
        name, params = key
        row = {"name": name, "params": dict(params)}
        if figure.unit == "ns_per_packet":
            row["ns_per_packet"] = round(figure.value, 2)
        else:
            row.update(value=figure.value, unit=figure.unit)
        own = dict(params).get("engine")
        row["against"] = {} if own in BASELINES else {
            baseline: round(figure.value / value, 3)
            for baseline, value in baselines[without_engine(key)].items() if value > 0
        }
        rows.append(row)
    return rows


def figure_text(row):
    return f"{row['ns_per_packet']:.1f} ns" if "ns_per_packet" in row else f"{row['value']:.4g} {row['unit']}"


def print_table(rows):
    """One table per name: parameters, figure, and a column per baseline with its ratio."""
    by_name = collections.defaultdict(list)
    for row in rows:
        if row["params"].get("engine") not in BASELINES:
            by_name[row["name"]].append(row)
    for name, group in by_name.items():
        keys = list(dict.fromkeys(key for row in group for key in row["params"]))
        used = [b for b in BASELINES if any(b in row["against"] for row in group)]
        lines = [keys + ["ours"] + [f"/ {b}" for b in used]]
        for row in group:
            ratios = [f"{row['against'][b]:.2f}" if b in row["against"] else "-" for b in used]
            lines.append([str(row["params"].get(key, "-")) for key in keys] + [figure_text(row)] + ratios)
        widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
        print(f"\n{name} (ratio: ours over the baseline, under 1 is faster)")
        for line in lines:
            texts = [cell.ljust(width) if i < len(keys) else cell.rjust(width)
                     for i, (cell, width) in enumerate(zip(line, widths))]
            print("  " + "  ".join(texts).rstrip())


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=pathlib.Path, default=pathlib.Path("build"), help="build directory")
    parser.add_argument("--json", type=pathlib.Path, help="write the rows to this file, too")
    parser.add_argument("--rounds", type=int, default=3, help="runs of each program; the best counts")
    parser.add_argument("--min-time", type=float, default=0.1, help="seconds per figure and round")
    options = parser.parse_args()
    try:
        rows = make_rows(measure(options.build, options.rounds, options.min_time))
    except (RuntimeError, subprocess.TimeoutExpired) as error:
        sys.exit(str(error))
    print_table(rows)
    if options.json:
        options.json.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
