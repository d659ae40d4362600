#!/usr/bin/env python3
"""Times the client's operations in the peers that are installed, on one processor, as `cargo bench --bench client` does
for ours and SEAL's: a line of JSON for each operation, then a table for each ring.

Usage: benches/peers/client.py [PEER ...]
"""

import sys
from pathlib import Path

import run

# Only once they are installed; OpenFHE's rows come from pyhelayers, which contains it.
COMMANDS = {
    "poulpy": [run.TARGET / "poulpy/release/seal-nn-peer-poulpy"],
    "pyhelayers": [run.TARGET / "pyhelayers/bin/python", run.HERE / "pyhelayers/client.py"],
    "tenseal": [run.TARGET / "tenseal/bin/python", run.HERE / "tenseal/client.py"],
}


def tables(lines):
    """Markdown: a table for each ring, a row for each operation, a column for each peer."""
    peers = list(dict.fromkeys((line["peer"], line["version"]) for line in lines))
    cells = {(line["peer"], line["operation"], line["degree"]): line for line in lines}
    notes = list(dict.fromkeys(line["note"] for line in lines if "note" in line))
    operations = list(dict.fromkeys(line["operation"] for line in lines))

    def cell(peer, operation, degree):
        line = cells.get((peer, operation, degree))
        if line is None:
            return ""
        note = f" [{notes.index(line['note']) + 1}]" if "note" in line else ""
        return f"{line['milliseconds']:.2f}, {line['processor_milliseconds']:.2f}{note}"

    text = []
    for degree in sorted({line["degree"] for line in lines}, reverse=True):
        heading = [f"N = {degree}", *(f"{peer} {version}" for peer, version in peers)]
        rows = [heading, ["---"] * len(heading)]
        rows += [[operation, *(cell(peer, operation, degree) for peer, _ in peers)] for operation in operations]
        text += ["| " + " | ".join(row) + " |" for row in rows] + [""]
    return "\n".join(text + [f"[{number}] {note}." for number, note in enumerate(notes, 1)])


def main():
    peers = sys.argv[1:] or list(COMMANDS)
    unknown = [peer for peer in peers if peer not in COMMANDS]
    if unknown:
        sys.exit(f"no peer is called {unknown[0]}: there are {', '.join(COMMANDS)}")
    print("The client in other libraries, one thread: median and processor time in milliseconds", flush=True)
    print(f"Machine: {run.machine()}; load average {run.load()}\n", flush=True)
    run.on_one_processor()
    installed = [peer for peer in peers if Path(COMMANDS[peer][0]).exists()]
    results = {peer: run.run(peer, COMMANDS[peer]) for peer in installed}
    lines = [line for of_peer, _ in results.values() for line in of_peer]
    if lines:
        print("\n" + tables(lines))
    for peer in peers:
        if peer not in installed:
            print(f"{peer} is not installed: benches/peers/{peer}/install.sh, or `make peers` for all")
    failed = [peer for peer, (_, well) in results.items() if not well]
    for peer in failed:
        print(f"{peer} failed: what it said is above", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
