#!/usr/bin/env python3
"""Runs every test of the built trees and ends with one line: N passed, N failed, N skipped.

Tests are found by asking meson. GoogleTest programs count by case, TAP scripts by line, anything else by exit status
(77: skipped). A skip is shown with its reason, a failure with the end of its output.
"""
import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SKIPPED = 77
TAIL = 60


class Tally:
    def __init__(self):
        self.passed, self.failed, self.skipped = 0, 0, 0

    def add(self, passed, failed, skipped):
        self.passed += passed
        self.failed += failed
        self.skipped += skipped


def tests_of(build, suites):
    """The tests of a build directory, in the order of its meson files; of some suites only, if named."""
    # A program that was not built makes its test fail in run_one(): nothing is left out silently.
    listed = subprocess.run(["meson", "introspect", "--tests", str(build)], check=True, capture_output=True, text=True)
    for test in json.loads(listed.stdout):
        names = [name.split(":")[-1] for name in test["suite"]]
        if suites is None or suites & set(names):
            yield test


def count_gtest(report, status, output):
    """Cases of a GoogleTest JSON report; a crash (no report) is one failure."""
    try:
        data = json.loads(Path(report).read_text())
    except (OSError, json.JSONDecodeError):
        return 0, 1, 0
    passed = failed = skipped = 0
    for suite in data["testsuites"]:
        for case in suite["testsuite"]:
            if case.get("failures"):
                failed += 1
            elif case.get("result") == "SKIPPED" or case.get("status") == "NOTRUN":
                skipped += 1
                print(f"    SKIPPED {suite['name']}.{case['name']}")
            else:
                passed += 1
    for reason in re.findall(r"Skipped\n(.*)\n", output):
        print(f"      {reason}")
    if status != 0 and failed == 0:
        failed = 1  # it failed after its cases: a leak, a sanitizer's finding
    return passed, failed, skipped


def count_tap(output, status):
    """Lines "ok", "not ok" and "ok # SKIP"; a plan that was not kept is one failure more."""
    passed = failed = skipped = 0
    plan = re.search(r"^1\.\.(\d+)", output, re.M)
    for line in output.splitlines():
        if re.match(r"ok\b.*# SKIP", line, re.I):
            skipped += 1
            print(f"    SKIPPED {line}")
        elif line.startswith("ok "):
            passed += 1
        elif line.startswith("not ok "):
            failed += 1
    if status == SKIPPED and passed + failed == 0:
        skipped = max(skipped, 1)
    elif status not in (0, SKIPPED) and failed == 0:
        failed = 1
    if status != SKIPPED and (plan is None or int(plan.group(1)) != passed + failed + skipped):
        print("    the plan was not kept")
        failed += 1
    return passed, failed, skipped


def run_one(test, build, label, tally):
    """One test, in its build directory unless it says otherwise: its paths are relative to that."""
    command = list(test["cmd"])
    environment = dict(os.environ, **test.get("env", {}))
    report = None
    if test["protocol"] == "gtest":
        handle, report = tempfile.mkstemp(suffix=".json")
        os.close(handle)
        command.append(f"--gtest_output=json:{report}")
    start = time.monotonic()
    try:
        if not (build / command[0]).exists():
            raise FileNotFoundError(f"{command[0]} was not built")
        done = subprocess.run(command, cwd=test["workdir"] or build, env=environment, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
                              timeout=test["timeout"] or None)
        status, output = done.returncode, done.stdout
    except subprocess.TimeoutExpired as expired:
        status = -1
        output = (expired.stdout or b"").decode(errors="replace") + f"\nno end after {test['timeout']} s"
    except FileNotFoundError as missing:
        status, output = 1, str(missing)
    if test["protocol"] == "gtest":
        counts = count_gtest(report, status, output)
        os.unlink(report)
    elif test["protocol"] == "tap":
        counts = count_tap(output, status)
    else:
        counts = (int(status == 0), int(status not in (0, SKIPPED)), int(status == SKIPPED))
    tally.add(*counts)
    verdict = "FAILED" if counts[1] else "ok"
    print(f"  {verdict:6} {label:10} {test['name']:28} {counts[0]:5} passed {counts[1]:3} failed {counts[2]:3} skipped"
          f"  {time.monotonic() - start:6.1f} s", flush=True)
    if counts[1] or status == SKIPPED:
        print("\n".join("    | " + line for line in output.splitlines()[-TAIL:]), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--long", action="store_true", help="longer fuzzing and soak")
    parser.add_argument("--only", help="only tests whose name contains this")
    arguments = parser.parse_args()
    if arguments.long:
        os.environ["SALLYPORT_LONG"] = "1"
    os.environ.setdefault("ASAN_OPTIONS", "detect_stack_use_after_return=0:abort_on_error=0")
    os.environ.setdefault("UBSAN_OPTIONS", "print_stacktrace=1:halt_on_error=1")
    tally = Tally()
    # End-to-end tests run the release programs; the sanitized tree repeats what runs in one process.
    trees = (("release", "build", None), ("sanitized", "build-asan", {"unit", "cross", "scenario"}),
             ("thread", "build-tsan", {"rings"}), ("fuzz", "build-fuzz", {"fuzz"}))
    for label, build, suites in trees:
        directory = ROOT / build
        tests = list(tests_of(directory, suites)) if directory.exists() else []
        if not tests:
            print(f"  FAILED {label:10} {build} has no tests")
            tally.failed += 1
        for test in tests:
            if arguments.only is None or arguments.only in test["name"]:
                run_one(test, directory, label, tally)
    print(f"{tally.passed} passed, {tally.failed} failed, {tally.skipped} skipped")
    return 1 if tally.failed or tally.passed == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
