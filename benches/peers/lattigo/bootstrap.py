"""Times a bootstrap of 64 slots in Lattigo, by the calls of orion-fhe.

Usage: target/peers/lattigo/bin/python benches/peers/lattigo/bootstrap.py [LEVELS]
"""

import ctypes
import os
import sys
from importlib.metadata import files, version
from pathlib import Path

# Read when Go's runtime starts.
os.environ["GOMAXPROCS"] = "1"

sys.path.append(str(Path(__file__).parents[1]))
import common  # noqa: E402

LOG_DEGREE = 16
# Those of Orion's networks: first prime, scale, special primes of the step and of bootstraps, weight of the secret key.
FIRST_BITS = 55
SCALE_BITS = 40
SPECIAL_BITS = [61] * 3
BOOTSTRAP_SPECIAL_BITS = [61] * 7
HAMMING_WEIGHT = 192


class Floats(ctypes.Structure):
    _fields_ = [("data", ctypes.POINTER(ctypes.c_float)), ("length", ctypes.c_ulong)]


def library():
    path = next(file.locate() for file in files("orion-fhe") if file.name == "lattigo-linux.so")
    loaded = ctypes.CDLL(str(path))
    loaded.Decode.restype = Floats
    return loaded


def ints(values):
    """What Go takes for a list: its place and its length."""
    return (ctypes.c_int * len(values))(*values), len(values)


def main():
    levels = int(sys.argv[1]) if len(sys.argv) > 1 else 6
    lattigo, slots = library(), 1 << (LOG_DEGREE - 1)
    primes = [FIRST_BITS] + [SCALE_BITS] * levels
    lattigo.NewScheme(
        LOG_DEGREE, *ints(primes), *ints(SPECIAL_BITS), SCALE_BITS, HAMMING_WEIGHT, b"standard", b"", b"none"
    )
    for call in (
        "NewKeyGenerator",
        "GenerateSecretKey",
        "GeneratePublicKey",
        "GenerateRelinearizationKey",
        "GenerateEvaluationKeys",
        "NewEncoder",
        "NewEncryptor",
        "NewDecryptor",
        "NewEvaluator",
    ):
        getattr(lattigo, call)()
    lattigo.NewBootstrapper(*ints(BOOTSTRAP_SPECIAL_BITS), common.BOOTSTRAPPED)

    values = common.bootstrapped_values() * (slots // common.BOOTSTRAPPED)
    plain = lattigo.Encode((ctypes.c_float * slots)(*values), slots, 0, ctypes.c_ulong(1 << SCALE_BITS))
    x = lattigo.Encrypt(plain)

    def decrypt(ciphertext):
        decoded = lattigo.Decode(lattigo.Decrypt(ciphertext))
        # Orion multiplies by the number of copies, because its values stand in one of them and the others are 0.
        found = [value * common.BOOTSTRAPPED / slots for value in decoded.data[: common.BOOTSTRAPPED]]
        lattigo.FreeCArray(ctypes.cast(decoded.data, ctypes.c_void_p))
        return found

    common.measure_bootstrap(
        "Lattigo",
        f"in orion-fhe {version('orion-fhe')}",
        "as in Orion's networks",
        1 << LOG_DEGREE,
        lambda ciphertext: lattigo.GetCiphertextLevel(ciphertext),
        SCALE_BITS,
        lambda: lattigo.Bootstrap(x, common.BOOTSTRAPPED),
        decrypt,
    )


if __name__ == "__main__":
    main()
