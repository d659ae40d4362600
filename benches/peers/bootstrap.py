#!/usr/bin/env python3
"""Times one bootstrap of 64 values in ours and in the peers that are installed, one after the other on one processor: a line
of JSON for each, then a table with ratios. Ours runs before the peers and after them, and counts with the mean.

Usage: benches/peers/bootstrap.py [SETTING ...]
"""

import json
import subprocess
import sys
from statistics import mean

import run

OPENFHE = [run.TARGET / "openfhe/bin/python", run.HERE / "openfhe/bootstrap.py"]
LATTIGO = [run.TARGET / "lattigo/bin/python", run.HERE / "lattigo/bootstrap.py"]
# Within 128 bits of security as OpenFHE counts it, with the levels of ours, but where its name says otherwise.
SETTINGS = {
    "openfhe-32768": [*OPENFHE, "--digits", "20", "--what", "as it comes"],
    "openfhe-32768-tuned": [*OPENFHE, "--digits", "20", "--first-bits", "46", "--correction", "6", "--what", "tuned"],
    "openfhe-65536": [*OPENFHE, "--degree", "65536", "--scale-bits", "50", "--first-bits", "60"],
    "lattigo-65536": LATTIGO,
}
ROOT = run.HERE.parents[1]


def our_program():
    """The bench, built before anything is pinned to a processor."""
    build = [ROOT / "tools/with-cmake.sh", "cargo", "bench", "--bench", "whole_bootstrap", "--no-run"]
    built = subprocess.run(
        [*build, "--message-format=json"], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True
    ).stdout
    messages = (json.loads(line) for line in built.splitlines() if line.startswith("{"))
    programs = [m["executable"] for m in messages if m.get("target", {}).get("name") == "whole_bootstrap"]
    return [programs[-1], "--bench"]


def table(ours, peers):
    """Markdown: a row for each bootstrap; how many times as long as ours in one pass and in two."""
    times = {what: mean(line["processor_seconds"] for line in ours if line["what"] == what) for what in names(ours)}
    heading = ["bootstrap of 64 values", "N", "processor time, s", *(f"times {what}" for what in times)]
    heading += ["worst error", "levels left", "peak memory"]
    rows = [heading, ["---"] * len(heading)]
    own = [dict(line, processor_seconds=times[line["what"]]) for line in ours[: len(times)]]
    for line in own + peers:
        ratios = [f"{line['processor_seconds'] / time:.1f}" for time in times.values()]
        name = f"{line['peer']} {line['version']}" + (f", {line['what']}" if line["what"] else "")
        row = [name, str(line["degree"]), f"{line['processor_seconds']:.2f}", *ratios]
        row += [f"{line['worst_error']:.1e}", f"{line['levels']} of {line['level_bits']} bits"]
        rows.append(row + [f"{line['peak_bytes'] / 2**30:.1f} GiB"])
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def names(ours):
    return list(dict.fromkeys(line["what"] for line in ours))


def main():
    wanted = sys.argv[1:] or list(SETTINGS)
    unknown = [setting for setting in wanted if setting not in SETTINGS]
    if unknown:
        sys.exit(f"no setting is called {unknown[0]}: there are {', '.join(SETTINGS)}")
    program = our_program()
    print("Bootstraps, one thread, medians of processor time", flush=True)
    print(f"Machine: {run.machine()}; load average {run.load()}\n", flush=True)
    run.on_one_processor()
    ours, well = run.run("seal-nn", program)
    lines, failed = [], [] if well else ["seal-nn"]
    for setting in wanted:
        if not SETTINGS[setting][0].exists():
            peer = SETTINGS[setting][0].parents[1].name
            print(f"{peer} is not installed: benches/peers/{peer}/install.sh")
            continue
        of_peer, well = run.run(setting, SETTINGS[setting])
        lines += of_peer
        failed += [] if well else [setting]
    again, well = run.run("seal-nn", program)
    failed += [] if well else ["seal-nn"]
    print("\n" + table(ours + again, lines))
    print(f"\nLoad average at the end: {run.load()}")
    for setting in failed:
        print(f"{setting} failed: what it said is above", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
