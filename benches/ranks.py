#!/usr/bin/env python3
"""Holds `seal-nn plan --ranks` to measurement: processor time of a step on 1, 2 and 4 ranks of this machine, all ranks and
the client together, beside the planner's. Clocks say nothing where ranks share processors.

    benches/ranks.py target/release/seal-nn [OPTIONS OF THE TRAINING ...]

The program must be built with the feature mpi. Before every number of ranks R it measures the cost of operations, by R
processes at the same time as in the training, since they share the caches of this machine, and the network between R ranks.
All run on one processor, so that the time of messages by the clock is processor time of all ranks. It takes five minutes."""

import os
import re
import resource
import subprocess
import sys
import tempfile
from statistics import median

RANKS = [1, 2, 4]
STEPS = (10, 50)
# Of so many rounds the medians count.
ROUNDS = 3
DIGITS = ["--dataset", "digits", "--step", "split", "--batch", "256", "--hidden", "32"]


def environment(folder, copy=0):
    own = dict(os.environ, XDG_CACHE_HOME=os.path.join(folder, f"cache-{copy}"), RAYON_NUM_THREADS="1")
    own.update(OMPI_ALLOW_RUN_AS_ROOT="1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1")
    own.update(OMPI_MCA_rmaps_base_oversubscribe="1", OMPI_MCA_hwloc_base_binding_policy="none")
    return own


def start(folder, command, copy=0):
    return subprocess.Popen(command, cwd=folder, env=environment(folder, copy), stdout=subprocess.PIPE, text=True)


def finish(process):
    printed = process.communicate()[0]
    if process.returncode:
        sys.exit(f"{process.args} ended with {process.returncode}")
    return printed


def processor_seconds(folder, command):
    def used():
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        return usage.ru_utime + usage.ru_stime

    before = used()
    finish(start(folder, command))
    return used() - before


def seconds(text):
    number, unit = re.fullmatch(r"([\d.,]+) ?(s|ms|us|µs|min)", text).groups()
    return float(number.replace(",", "")) * {"s": 1, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "min": 60}[unit]


def planned(folder, program, options, ranks, copy):
    """Processor time of all ranks and the client by the operations that one of the copies has measured."""
    table = finish(start(folder, [program, "plan", *options, "--ranks", str(ranks)], copy))
    rows = [re.split(r"  +", line.strip()) for line in table.splitlines()]
    heads = next(row for row in rows if "a rank" in row)
    row = next(row for row in rows if row[0] == str(ranks))
    columns = ("client", "a rank", "joining", "network")
    client, rank, joining, network = [seconds(row[heads.index(name)]) for name in columns]
    return client + joining + network + ranks * rank


def main():
    program, options = os.path.abspath(sys.argv[1]), sys.argv[2:] or DIGITS
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    print("| ranks | measured: processor time of a step, all ranks, s | planned | apart |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for ranks in RANKS:
            models, measured = [], []
            for _ in range(ROUNDS):
                measure = [program, "plan", *options, "--measure"]
                for copy in [start(folder, measure, copy) for copy in range(ranks)]:
                    finish(copy)
                if ranks > 1:
                    # On one processor, what the network takes by the clock is processor time of all ranks.
                    for copy in range(ranks):
                        finish(start(folder, ["mpirun", "-n", str(ranks), *measure], copy))
                models += [planned(folder, program, options, ranks, copy) for copy in range(ranks)]

                def train(steps):
                    out = os.path.join(folder, f"out-{ranks}-{steps}")
                    command = [program, "train", *options, "--ranks", str(ranks), "--steps", str(steps), "--out", out]
                    return processor_seconds(folder, ["mpirun", "-n", str(ranks), *command])

                few, many = (train(steps) for steps in STEPS)
                measured.append((many - few) / (STEPS[1] - STEPS[0]))
            model, step = median(models), median(measured)
            print(f"| {ranks} | {step:.3f} | {model:.3f} | {100 * (model / step - 1):+.0f}% |", flush=True)


main()
