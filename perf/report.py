#!/usr/bin/env python3
"""Runs the benches of a build, and shows each figure beside its baselines as a ratio, and each aim with what was seen.

Rows that differ only in `engine` are compared: where the engine is one of BASELINES, it is what the others are measured
against. The programs run in turns, several rounds of all of them, and the best round of each figure counts.
"""
import argparse
import collections
import json
import os
import pathlib
import subprocess
import sys

import aims
import bench_runs

BASELINES = ("ipsec_mb_bare", "ipsec_mb_jobs", "aes_ni_one_by_one", "libsrtp_openssl", "libsrtp_debian",
             "relay_no_crypto", "rtpengine")
# Stands beside the whole pipeline: only the crypto in it, with the same engine.
ALONE = "engine_alone"
# Some baselines take one packet at a time: they are measured once and stand beside bursts of every length.
ANY_BURST = aims.ONE_BY_ONE


def without(params, *keys):
    return tuple(sorted((key, value) for key, value in params if key not in keys))


def crypto_of(params):
    """What of SRTP a row of the whole pipeline does to a packet: [(direction, suite)]."""
    arriving, leaving = params["direction"].split("_to_")
    suites = params["suite"].split("_to_")
    done = [("unprotect", suites[0])] if arriving == "srtp" else []
    return done + ([("protect", suites[-1])] if leaving == "srtp" else [])


def crypto_alone(figures, params):
    """The time of only that, by whom: a row of the whole pipeline stands beside it."""
    for name, engine in ((ALONE, params["engine"]), ("ipsec_mb_bare", "ipsec_mb_bare"),
                         ("libsrtp_openssl", "libsrtp_openssl")):
        times = [figures.get("srtp", direction=direction, suite=suite, size=params["size"], burst=params["burst"],
                             streams=params["streams"], engine=engine) for direction, suite in crypto_of(params)]
        if all(times):
            yield name, sum(times)


def make_rows(best):
    """A row per figure; `against` holds ours over the baseline, so under 1 is faster."""
    all_figures = aims.Figures(best)
    baselines = {}
    for (name, params), figure in best.items():
        engine = dict(params).get("engine")
        if engine in BASELINES:
            left_out = ("engine", "burst") if engine in ANY_BURST else ("engine",)
            baselines[engine, name, without(params, *left_out)] = figure.value
    rows = []
    for (name, params), figure in best.items():
        row = {"name": name, "params": dict(params)}
        if figure.unit == "ns_per_packet":
            row["ns_per_packet"] = round(figure.value, 2)
        else:
            row.update(value=figure.value, unit=figure.unit)
        row["against"] = {}
        compared = figure.unit == "ns_per_packet" and dict(params).get("engine") not in BASELINES
        for baseline in BASELINES if compared else ():
            left_out = ("engine", "burst") if baseline in ANY_BURST else ("engine",)
            value = baselines.get((baseline, name, without(params, *left_out)))
            if value:
                row["against"][baseline] = round(figure.value / value, 3)
        if name == "pipeline" and row["params"]["engine"] not in BASELINES:
            row["mpps_per_core"] = round(1e3 / figure.value, 2)
            row["against"].update({other: round(figure.value / alone, 3)
                                   for other, alone in crypto_alone(all_figures, row["params"])})
        rows.append(row)
    return rows


def figure_text(row):
    if "mpps_per_core" in row:
        return f"{row['ns_per_packet']:.1f} ns, {row['mpps_per_core']:.2f} Mpps"
    return f"{row['ns_per_packet']:.1f} ns" if "ns_per_packet" in row else f"{row['value']:.4g} {row['unit']}"


def tables(rows):
    """[(name, number of leading text columns, lines)], the first line being the heading: parameters, figure, and a
    column per baseline with its ratio."""
    by_name = collections.defaultdict(list)
    for row in rows:
        if row["params"].get("engine") not in BASELINES:
            by_name[row["name"]].append(row)
    for name, group in by_name.items():
        keys = list(dict.fromkeys(key for row in group for key in row["params"]))
        used = [b for b in (*BASELINES, ALONE) if any(b in row["against"] for row in group)]
        lines = [keys + ["ours"] + [f"/ {b}" for b in used]]
        for row in group:
            ratios = [f"{row['against'][b]:.2f}" if b in row["against"] else "-" for b in used]
            lines.append([str(row["params"].get(key, "-")) for key in keys] + [figure_text(row)] + ratios)
        yield name, len(keys), lines


def print_plain(name, texts, lines):
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    print(f"\n{name} (ratio: ours over the baseline, under 1 is faster)")
    for line in lines:
        cells = [cell.ljust(width) if i < texts else cell.rjust(width)
                 for i, (cell, width) in enumerate(zip(line, widths))]
        print("  " + "  ".join(cells).rstrip())


def print_markdown(name, texts, lines):
    print(f"\n### {name}\n")
    heading, *body = lines
    print("| " + " | ".join(heading) + " |")
    print("| " + " | ".join("---" if i < texts else "---:" for i in range(len(heading))) + " |")
    for line in body:
        print("| " + " | ".join(line) + " |")


def aim_lines(outcomes):
    """[(met or not, aim, worst figure, all figures)]"""
    for found in outcomes:
        verdict = {True: "met", False: "NOT MET", None: "not measured"}[found.met]
        figures = ", ".join(f"{where} {figure:.2f}" for where, figure in found.seen)
        if len(found.seen) > 6:
            figures = "from {0[1]:.2f} ({0[0]}) to {1[1]:.2f} ({1[0]})".format(
                min(found.seen, key=lambda seen: seen[1]), max(found.seen, key=lambda seen: seen[1]))
        yield verdict, f"{found.aim} {found.limit:g}", figures


def print_aims(outcomes, markdown):
    if markdown:
        print("\n### Aims\n\n| aim | seen | |\n| --- | --- | --- |")
        for verdict, aim, figures in aim_lines(outcomes):
            print(f"| {aim} | {figures or '-'} | {verdict} |")
    else:
        print("\naims (172-byte RTP; each direction and burst length beside its figure)")
        for verdict, aim, figures in aim_lines(outcomes):
            print(f"  {verdict:12}  {aim}: {figures or '-'}")


def machine_line(machine):
    missing = f"; without {' '.join(machine['missing'])}" if machine["missing"] else ""
    return (f"{machine['processor']} (family/model {machine['family']}), {', '.join(machine['caches'])}: "
            f"{' '.join(machine['features'])}{missing}")


def other_rows(machine, absent, outcomes):
    """Machine and aims in the form of figures; of an aim the worst one."""
    yield {"name": "machine", "params": {**machine, "absent": absent}, "value": os.cpu_count(), "unit": "processors",
           "against": {}}
    for found in outcomes:
        if found.met is not None:
            yield {"name": "aim", "params": {"aim": found.aim, "limit": found.limit, "met": found.met},
                   "value": round(found.worst, 3), "unit": "", "against": {}}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=pathlib.Path, default=pathlib.Path("build"), help="build directory")
    parser.add_argument("--full", action="store_true",
                        help="every size, burst, suite and number of streams: about an hour")
    parser.add_argument("--json", type=pathlib.Path, help="write the rows to this file, too")
    parser.add_argument("--markdown", action="store_true", help="print tables as in perf/README.md")
    parser.add_argument("--rounds", type=int, default=3, help="runs of each program; the best counts")
    options = parser.parse_args()
    runs = bench_runs.full_runs() if options.full else bench_runs.quick_runs()
    try:
        best, absent = bench_runs.measure(options.build, runs, options.rounds)
    except (RuntimeError, subprocess.TimeoutExpired) as error:
        sys.exit(str(error))
    if not best:
        sys.exit(f"{options.build}/perf: no benches there; build with -Dbenches=true")
    rows = make_rows(best)
    outcomes = aims.outcomes(best)
    machine = bench_runs.processor()
    print(machine_line(machine))
    for text in absent:
        print(f"absent: {text}")
    for name, texts, lines in tables(rows):
        (print_markdown if options.markdown else print_plain)(name, texts, lines)
    print_aims(outcomes, options.markdown)
    if options.json:
        text = json.dumps(rows + list(other_rows(machine, absent, outcomes)), indent=2)
        options.json.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
