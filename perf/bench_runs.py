"""Which benches are run with which options, and how their rows are read.

A bench is a program of the build, or a script beside this one, that names its rows `name/key:value/key:value...` and
reports a counter `ns_per_packet`, or a counter `value` with its unit as the label.
"""
import collections
import json
import os
import pathlib
import subprocess
import sys

Figure = collections.namedtuple("Figure", "value unit")
# `program` with `arguments`; `once`: counts rather than measures, one round is enough.
Run = collections.namedtuple("Run", "program arguments once")

# Google Benchmark's own additions to a name.
FOREIGN_KEYS = {"iterations", "repeats", "threads", "min_time", "manual_time", "real_time", "process_time"}

AIM_SUITES = ("AEAD_AES_128_GCM", "AES_CM_128_HMAC_SHA1_80")
SHOWN_SUITES = ("AEAD_AES_256_GCM", "AES_256_CM_HMAC_SHA1_80", "F8_128_HMAC_SHA1_80") + AIM_SUITES
RELAY_SUITES = ("AEAD_AES_256_GCM", "F8_128_HMAC_SHA1_80") + AIM_SUITES  # of pipeline_bench
LONGEST_RUN = 3600  # seconds


def rows(suites=None, engines=None):
    """A filter of Google Benchmark: rows of these suites and engines."""
    suite = f"({'|'.join(suites)})" if suites else "[^/]*"
    engine = f"({'|'.join(engines)})(/|$)" if engines else ""
    return f"--benchmark_filter=/suite:{suite}/.*engine:{engine}"


def run(program, *arguments, once=False):
    return Run(program, arguments, once)


def quick_runs():
    """The rows that the aims are about, in a few minutes."""
    ours = ("lanes", "ipsec_mb")
    with_bare = ours + ("ipsec_mb_bare",)
    return [
        run("crypto_bench", "--streams=256", "--burst=32,64", rows(SHOWN_SUITES, with_bare)),
        run("crypto_bench", "--streams=20000", "--burst=32,64", rows(AIM_SUITES, with_bare)),
        run("crypto_bench", "--streams=1,1000", "--burst=32", "--seconds=0.03", rows(RELAY_SUITES, with_bare)),
        run("crypto_bench", "--streams=20000", "--burst=32", "--seconds=0.03",
            rows([suite for suite in RELAY_SUITES if suite not in AIM_SUITES], with_bare)),
        run("libsrtp_bench_openssl", "--streams=256,20000", rows(AIM_SUITES)),
        run("libsrtp_bench_openssl", "--streams=1,1000", "--seconds=0.03", rows(RELAY_SUITES)),
        run("crypto_bench", "--streams=256", "--burst=1", "--seconds=0.03",
            rows(engines=ours + ("ipsec_mb_bare", "ipsec_mb_jobs"))),
        run("libsrtp_bench_openssl", "--streams=256", "--seconds=0.03", rows()),
        run("libsrtp_bench_debian", "--streams=256", "--seconds=0.03", rows(AIM_SUITES)),
        run("f8_bench", "--burst=1,32,64"),
        run("pipeline_bench", "--streams=1,1000,20000", "--seconds=0.05"),
        # For sizing.py: G.711 at 10 and 40 ms.
        run("pipeline_bench", "--streams=20000", "--size=92,332", "--seconds=0.05", "--benchmark_filter=pipeline/"),
        run("cache_lines_bench", rows(SHOWN_SUITES), once=True),
        run("memory_bench", "--streams=100000", rows(AIM_SUITES, ours), once=True),
        run("memory_bench", "--streams=1000000", f"--benchmark_filter=memory_leg/suite:{AIM_SUITES[0]}", once=True),
        run("churn_bench", once=True),
        run("negotiation_bench"),
        run("sip_bench"),
        run("peers_bench.py", once=True),
        run("latency_bench.py", once=True),
        run("calls_bench.py", once=True),
    ]


def full_runs():
    """Everything. Not with 200,000 streams: OpenSSL and libSRTP, which are not about that. Not with more than 256: the
    libsrtp engine and Debian's libSRTP, whose NSS takes minutes for what takes the others a second."""
    sizes = "--size=72,172,1200"
    bursts = "--burst=1,8,32,64"
    with_bare = ("lanes", "ipsec_mb", "ipsec_mb_bare", "ipsec_mb_jobs")
    return [
        run("crypto_bench", sizes, bursts, "--seconds=0.05", "--streams=1,256"),
        run("crypto_bench", sizes, bursts, "--seconds=0.05", "--streams=20000", rows(engines=with_bare + ("openssl",))),
        run("crypto_bench", sizes, bursts, "--seconds=0.05", "--streams=200000", rows(SHOWN_SUITES, with_bare)),
        run("libsrtp_bench_openssl", sizes, "--streams=1,256,20000"),
        run("libsrtp_bench_debian", sizes, "--seconds=0.05", "--streams=1,256"),
        run("f8_bench", sizes, bursts, "--streams=1,256,20000"),
        run("pipeline_bench", sizes, "--streams=1,1000,20000"),
        run("pipeline_bench", "--size=92,332", "--streams=20000", "--benchmark_filter=pipeline/"),
        run("pipeline_bench", "--streams=256", bursts),
        run("pipeline_bench", "--streams=1,1000,20000", "--engine=ipsec_mb"),
        run("pipeline_bench", "--streams=100000,500000", f"--benchmark_filter=pipeline/.*suite:{AIM_SUITES[0]}/"),
        run("cache_lines_bench", "--burst=1,32", once=True),
        run("memory_bench", "--streams=100000", once=True),
        run("memory_bench", "--streams=1000,20000,1000000", f"--benchmark_filter=memory_leg/suite:{AIM_SUITES[0]}",
            once=True),
        run("churn_bench", "--seconds=10", once=True),
        run("negotiation_bench"),
        run("sip_bench"),
        run("peers_bench.py", "--seconds=5", once=True),
        run("latency_bench.py", "--seconds=10", "--trial=2", once=True),
        run("calls_bench.py", "--seconds=10", once=True),
    ]


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


def absences(stderr):
    """What a bench says that this host cannot do."""
    return [line.removeprefix("absent: ") for line in stderr.splitlines() if line.startswith("absent: ")]


def run_program(build, what):
    """One run of one bench: ({(name, params): Figure}, [absence]). Raises RuntimeError with what went wrong."""
    script = what.program.endswith(".py")
    program = (pathlib.Path(__file__).resolve().parent if script else build / "perf") / what.program
    if not program.is_file():
        return {}, [f"{what.program}: not built"]
    command = [str(program), *what.arguments, "--benchmark_format=json"]
    environment = dict(os.environ, SALLYPORT_BUILD=str(build.resolve()))
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False,
                          env=environment, timeout=LONGEST_RUN)
    if done.returncode != 0:
        raise RuntimeError(f"{what.program}: exit status {done.returncode}: {done.stderr.strip()[-500:]}")
    figures = {}
    # With nothing to run, nothing is printed.
    for entry in json.loads(done.stdout)["benchmarks"] if done.stdout else ():
        if entry.get("error_occurred"):
            raise RuntimeError(f"{what.program}: {entry['name']}: {entry.get('error_message')}")
        figure = figure_of(entry)
        if figure is not None and entry.get("run_type") != "aggregate":
            figures[parse_name(entry["name"])] = figure
    return figures, absences(done.stderr)


def measure(build, runs, rounds):
    """({(name, params): best Figure of all rounds}, [absence]), in the order in which they first appeared. The programs
    run in turns, so that a noisy moment of the machine hits ours and the baselines alike."""
    best = {}
    absent = []
    for turn in range(rounds):
        for what in runs:
            if what.once and turn > 0:
                continue
            print(f"round {turn + 1} of {rounds}: {what.program} {' '.join(what.arguments)}".rstrip(), file=sys.stderr)
            figures, missing = run_program(build, what)
            absent += [text for text in missing if text not in absent]
            for key, figure in figures.items():
                if key not in best or figure.value < best[key].value:
                    best[key] = figure
    return best, absent


def read(path):
    return path.read_text(encoding="utf-8").strip()


def processor():
    """Its name, and what of it matters here."""
    wanted = ("aes", "sha_ni", "avx2", "avx512f", "vaes", "vpclmulqdq")
    fields = {}
    for line in read(pathlib.Path("/proc/cpuinfo")).splitlines():
        key, _, value = line.partition(":")
        fields.setdefault(key.strip(), value.strip())
    flags = fields.get("flags", "").split()
    caches = sorted(pathlib.Path("/sys/devices/system/cpu/cpu0/cache").glob("index*"))
    return {
        "processor": fields.get("model name", "unknown"),
        "family": f"{fields.get('cpu family', '?')}/{fields.get('model', '?')}",
        "features": [flag for flag in wanted if flag in flags],
        "missing": [flag for flag in wanted if flag not in flags],
        "caches": [f"L{read(cache / 'level')} {read(cache / 'size')}" for cache in caches
                   if read(cache / "type") != "Instruction"],
    }
