#!/usr/bin/env python3
"""The rules that the compiler cannot check, as a TAP test: layers point one way, secrets are compared in constant time,
the packet path neither allocates nor locks, the README says what the programs say."""
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
LAYERS = ["crypto", "drivers", "dataplane", "controlplane"]
# Files that every packet passes.
PACKET_PATH = [
    "crypto/protect.cpp", "crypto/unprotect.cpp", "crypto/pending_packet.cpp", "crypto/protect_steps.hpp",
    "crypto/unprotect_steps.hpp", "crypto/usual_packet.hpp", "crypto/job_fill.hpp", "crypto/ssrc_table.hpp",
    "crypto/replay_window.hpp", "dataplane/ring.hpp", "dataplane/key_watch.cpp", "dataplane/watch.hpp",
    "dataplane/watch.cpp", "dataplane/trace.cpp",
    "dataplane/burst.hpp", "dataplane/worker_state.hpp", "dataplane/tx_clock.cpp", "dataplane/rx_quality.cpp",
    "dataplane/net_headers.cpp", "dataplane/media/rtcp.cpp", *[str(p.relative_to(ROOT)) for p in (ROOT / "dataplane/stages").glob("*.cpp")],
]
LONGEST_FILE = 450


def sources(*folders):
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in (".hpp", ".cpp"):
                yield path, path.read_text()


def code_lines(text):
    """Numbered lines without comments and string contents."""
    for number, line in enumerate(text.splitlines(), 1):
        line = re.sub(r'"(\\.|[^"\\])*"', '""', line) if "#include" not in line else line
        yield number, line.split("//")[0]


def find(pattern, files, allowed=lambda path, line: False):
    hits = []
    for path, text in files:
        for number, line in code_lines(text):
            if re.search(pattern, line) and not allowed(path, line):
                hits.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()}")
    return hits


def layers_point_one_way():
    hits = []
    for rank, layer in enumerate(LAYERS):
        right = "|".join(LAYERS[rank + 1:])
        if right:
            hits += find(rf'#include "({right})/', sources(layer))
    return hits


def crypto_knows_no_sockets_and_no_dpdk():
    return find(r"#include <(rte_|sys/socket|netinet|boost/asio)", sources("crypto"),
                lambda path, line: "cryptodev" in path.name)


def only_the_client_touches_rings():
    return find(r'#include "dataplane/(ring|hand_over|worker|worker_state)\.hpp"', sources("controlplane"),
                lambda path, line: path.name.startswith("dataplane_client"))


def crypto_compares_in_constant_time():
    return find(r"\b(std::)?(memcmp|strcmp|bcmp)\b", sources("crypto"))


def packet_path_is_free_of_waits():
    files = [(ROOT / name, (ROOT / name).read_text()) for name in PACKET_PATH]
    return find(r"\b(new|malloc|make_unique|make_shared|mutex|lock_guard|throw|spdlog|printf|std::vector<.*>\s*\w+\s*[;{(])\b",
                files, lambda path, line: "explicit" in line)  # constructors run at set-up


def no_forbidden_words():
    return find(r"\b(goto|volatile|TODO|FIXME|XXX)\b", sources(*LAYERS, "perf"),
                lambda path, line: "asm" in line)


def no_file_is_too_long():
    return [f"{path.relative_to(ROOT)}: {len(text.splitlines())} lines" for path, text in sources(*LAYERS)
            if len(text.splitlines()) > LONGEST_FILE]


def readme_has_the_reference():
    sallyportd = Path(sys.argv[1])
    reference = subprocess.run([sallyportd, "--reference"], check=True, capture_output=True, text=True).stdout
    readme = (ROOT / "README.md").read_text()
    return [line for line in reference.strip().splitlines() if line not in readme]


def main():
    checks = [layers_point_one_way, crypto_knows_no_sockets_and_no_dpdk, only_the_client_touches_rings,
              crypto_compares_in_constant_time, packet_path_is_free_of_waits, no_forbidden_words, no_file_is_too_long,
              readme_has_the_reference]
    print(f"1..{len(checks)}")
    failed = False
    for number, check in enumerate(checks, 1):
        hits = check()
        failed |= bool(hits)
        print(f"{'not ok' if hits else 'ok'} {number} - {check.__name__.replace('_', ' ')}")
        for hit in hits[:20]:
            print(f"# {hit}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
