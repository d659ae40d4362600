#!/usr/bin/env python3
"""Times the peers that are installed, on one processor: a line of JSON for each operation, then a table.

Usage: benches/peers/run.py [--ours FILE] [PEER ...]
"""

import argparse
import json
import os
import platform
import re
import resource
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
TARGET = HERE.parents[1] / "target" / "peers"
COMMANDS = {
    "tenseal": [TARGET / "tenseal/bin/python", HERE / "tenseal/measure.py"],
    "openfhe": [TARGET / "openfhe/bin/python", HERE / "openfhe/measure.py"],
    "sealy": [TARGET / "sealy/release/seal-nn-peer-sealy"],
}
OPERATIONS = [
    "rotation",
    "further rotation",
    "relinearise and rescale",
    "product, relinearise and rescale",
    "rescale",
    "128 x 128 matrix by vector",
]
# A row of benches/key_switching.rs: ours is the first column of times.
OURS = re.compile(r"\| (.+), (\d+) data primes \| ([0-9.]+) \|")
FLAGS = ("avx2", "avx512f", "avx512dq", "avx512ifma")


def parse():
    arguments = argparse.ArgumentParser(description="Times the peers that are installed.")
    arguments.add_argument(
        "--ours", type=Path, metavar="FILE", help="what `cargo bench --bench key_switching` printed"
    )
    arguments.add_argument("peers", nargs="*", metavar="PEER", help=f"of {', '.join(COMMANDS)}; all if none is given")
    given = arguments.parse_args()
    for peer in given.peers:
        if peer not in COMMANDS:
            arguments.error(f"no peer is called {peer}: there are {', '.join(COMMANDS)}")
    if given.ours and not given.ours.is_file():
        arguments.error(f"there is no file {given.ours}")
    return given


def machine():
    """The processor, and which of its vector instructions matter here."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    facts = dict(reversed([[part.strip() for part in line.split(":", 1)] for line in lines if ":" in line]))
    flags = [flag for flag in FLAGS if flag in facts.get("flags", "").split()]
    model = ", ".join(f"{key} {facts[key]}" for key in ("cpu family", "model") if key in facts)
    return f"{facts.get('model name', platform.machine())} ({model}), {' '.join(flags) or 'no AVX2'}"


def load():
    return " ".join(f"{average:.1f}" for average in os.getloadavg())


def processor_seconds():
    """Of all peers so far."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def on_one_processor():
    """One thread whatever a library would like; those that it starts share one processor."""
    os.environ["OMP_NUM_THREADS"] = "1"
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def run(peer, command):
    """The peer's lines, printed as they come, and whether it ended well."""
    lines, started, before = [], time.perf_counter(), processor_seconds()
    with subprocess.Popen([str(part) for part in command], stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout:
            print(line, end="", flush=True)
            lines.append(json.loads(line))
    share = (processor_seconds() - before) / (time.perf_counter() - started)
    print(f"{peer} had the processor for {share:.0%} of the time", flush=True)
    return lines, process.returncode == 0


def ours(path):
    """Milliseconds by operation and data primes, from the first table: the code path that programs take."""
    times = {}
    for operation, data_primes, milliseconds in OURS.findall(path.read_text()):
        times.setdefault((operation, int(data_primes)), float(milliseconds))
    return times


def table(lines, our_times):
    """Markdown: a row for each operation, a column for each peer."""
    peers = list(dict.fromkeys((line["peer"], line["version"]) for line in lines))
    cells = {(line["peer"], line["operation"], line["data_primes"]): line for line in lines}
    notes = list(dict.fromkeys(line["note"] for line in lines if "note" in line))
    heading = ["operation", "ours, ms", *(f"{peer} {version}, ms (times ours)" for peer, version in peers)]
    rows = [heading, ["---"] * len(heading)]
    for data_primes in sorted({line["data_primes"] for line in lines}, reverse=True):
        for operation in OPERATIONS:
            mine = our_times.get((operation, data_primes))
            row = [f"{operation}, {data_primes} data primes", "" if mine is None else f"{mine:.2f}"]
            for peer, _ in peers:
                line = cells.get((peer, operation, data_primes))
                cell = "" if line is None else f"{line['milliseconds']:.2f}"
                if cell and mine:
                    cell += f" ({line['milliseconds'] / mine:.1f})"
                if cell and "note" in line:
                    cell += f" [{notes.index(line['note']) + 1}]"
                row.append(cell)
            rows.append(row)
    text = ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join(text + [""] + [f"[{number}] {note}." for number, note in enumerate(notes, 1)])


def main():
    given = parse()
    installed = [peer for peer, command in COMMANDS.items() if command[0].exists()]
    wanted = [peer for peer in given.peers or COMMANDS if peer in installed]
    absent = [peer for peer in given.peers or COMMANDS if peer not in installed]
    if not wanted:
        print("Other libraries: none is installed; `make peers` installs them (benches/peers/README.md).")
        return 0

    print("\nOther libraries, N = 16384, one thread, medians", flush=True)
    print(f"Machine: {machine()}; load average {load()}\n", flush=True)
    on_one_processor()
    results = {peer: run(peer, COMMANDS[peer]) for peer in wanted}
    lines = [line for of_peer, _ in results.values() for line in of_peer]
    if lines:
        print("\n" + table(lines, ours(given.ours) if given.ours else {}))
    print(f"\nLoad average at the end: {load()}")
    for peer in absent:
        print(f"{peer} is not installed: benches/peers/{peer}/install.sh, or `make peers` for all")
    failed = [peer for peer, (_, well) in results.items() if not well]
    for peer in failed:
        print(f"{peer} failed: what it said is above", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
