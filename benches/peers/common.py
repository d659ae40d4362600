"""What the Python peers share: the problem, the clock, and the line that is printed for each operation."""

import json
import math
import resource
import statistics
import struct
import time

DEGREE = 16384
SLOTS = DEGREE // 2
FIRST_BITS = 50
SCALE_BITS = 41
DATA_PRIMES = (8, 3)
SIZE = 128
# Rotations take these in turn: their keys then come from memory, as in a program that uses many.
STEPS = (1, 2, 4, 8, 16, 32, 64)
# What approximate arithmetic may lose; a wrong slot is off by about one.
TOLERANCE = 1e-3


def vector(phase):
    """Numbers between -1 and 1, as many as the matrix has columns."""
    return [math.cos(phase + column) for column in range(SIZE)]


def matrix():
    """Rows of numbers between -1 and 1."""
    return [[math.sin(SIZE * row + column) for column in range(SIZE)] for row in range(SIZE)]


def matrix_by_vector(rows, x):
    """In the clear."""
    return [sum(a * b for a, b in zip(row, x)) for row in rows]


def in_all_slots(x):
    """The vector again and again: then a rotation of all slots rotates the vector."""
    return x * (SLOTS // len(x))


def rotated(x, steps):
    """To the left."""
    return x[steps:] + x[:steps]


def step(repetition):
    """By how much to rotate."""
    return STEPS[repetition % len(STEPS)]


def measure(peer, version, operation, data_primes, call, decrypt, expected, repetitions=21, warm_ups=3, note=""):
    """Prints the median time of `call(round)` as a line of JSON, if what `call(0)` computes is what is expected.

    The note says how the operation differs from what its name promises.
    """
    error = max(abs(a - b) for a, b in zip(decrypt(call(0)), expected))
    if not error <= TOLERANCE:
        raise SystemExit(f"{peer}: {operation} at {data_primes} data primes is wrong by {error:.3g}")
    times = []
    for repetition in range(warm_ups + repetitions):
        started = time.perf_counter()
        call(repetition)
        times.append(time.perf_counter() - started)
    line = {
        "peer": peer,
        "version": version,
        "operation": operation,
        "data_primes": data_primes,
        "milliseconds": round(statistics.median(times[warm_ups:]) * 1e3, 3),
        "repetitions": repetitions,
    }
    if note:
        line["note"] = note
    print(json.dumps(line), flush=True)


# The rings in which clients are compared, with the bits of their data primes: as in benches/client.rs.
CLIENT_CHAINS = {16384: [50] + [41] * 7, 8192: [48] + [40] * 3}


def client_values(slots):
    """What is encrypted."""
    return [math.sin(index) for index in range(slots)]


def measure_client(peer, version, operation, degree, call, decrypt=None, note="", repetitions=21, warm_ups=3):
    """Prints the medians of time and of processor time of `call()` as a line of JSON, if `decrypt`, where it is given,
    finds in its result what was encrypted.
    """
    if decrypt:
        values = client_values(degree // 2)
        error = max(abs(a - b) for a, b in zip(decrypt(call()), values, strict=True))
        if not error <= TOLERANCE:
            raise SystemExit(f"{peer}: {operation} at N = {degree} is wrong by {error:.3g}")
    times, processor_times = [], []
    for _ in range(warm_ups + repetitions):
        started, processor_started = time.perf_counter(), time.process_time()
        call()
        times.append(time.perf_counter() - started)
        processor_times.append(time.process_time() - processor_started)
    line = {
        "peer": peer,
        "version": version,
        "operation": operation,
        "degree": degree,
        "milliseconds": round(statistics.median(times[warm_ups:]) * 1e3, 3),
        "processor_milliseconds": round(statistics.median(processor_times[warm_ups:]) * 1e3, 3),
    }
    if note:
        line["note"] = note
    print(json.dumps(line), flush=True)


# As many values are bootstrapped, which repeat in all slots.
BOOTSTRAPPED = 64


def bootstrapped_values():
    """Between -1 and 1, numbers of single precision, because Lattigo's bindings take no others: as in
    benches/whole_bootstrap.rs.
    """
    values = ((13 * j % 31) / 15 - 1 for j in range(BOOTSTRAPPED))
    return [struct.unpack("f", struct.pack("f", value))[0] for value in values]


def measure_bootstrap(peer, version, what, degree, levels, bits, call, decrypt, repetitions=3, warm_ups=1):
    """Prints the median processor time of `call()` as a line of JSON, with the worst error in a slot, where `decrypt` of its
    result should find `bootstrapped_values()`, and the peak of memory.

    `levels` of `bits` bits each are what the result has left.
    """
    times = []
    for _ in range(warm_ups + repetitions):
        started = time.process_time()
        result = call()
        times.append(time.process_time() - started)
    worst = max(abs(a - b) for a, b in zip(decrypt(result), bootstrapped_values(), strict=True))
    line = {
        "peer": peer,
        "version": version,
        "what": what,
        "degree": degree,
        "processor_seconds": round(statistics.median(times[warm_ups:]), 3),
        "worst_error": float(f"{worst:.2e}"),
        "levels": levels(result),
        "level_bits": bits,
        "peak_bytes": 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss,
    }
    print(json.dumps(line), flush=True)
