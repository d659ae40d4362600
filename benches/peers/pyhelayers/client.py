"""Times the client's operations of IBM's HElayers, on SEAL and on OpenFHE.

Usage: target/peers/pyhelayers/bin/python benches/peers/pyhelayers/client.py
"""

import sys
from functools import partial
from importlib.metadata import version
from pathlib import Path

import numpy
import pyhelayers

sys.path.append(str(Path(__file__).parents[1]))
import common  # noqa: E402

CONTEXTS = {"pyhelayers on SEAL": pyhelayers.SealCkksContext, "pyhelayers on OpenFHE": pyhelayers.OpenFheCkksContext}


def requirement(degree, bits, rotation_steps=()):
    """Data primes of these bits; HElayers adds a special prime as large as the first (OpenFHE: one of 60 bits)."""
    scale_bits = bits[-1]
    needed = pyhelayers.HeConfigRequirement(degree // 2, len(bits) - 1, scale_bits, bits[0] - scale_bits)
    functions, kinds = needed.public_functions, pyhelayers.RotationSetType
    functions.rotate = kinds.CUSTOM_ROTATIONS if rotation_steps else kinds.NO_ROTATIONS
    if rotation_steps:
        functions.set_rotation_steps(list(rotation_steps))
    return needed


def measure(peer, kind, degree, bits):
    record = partial(common.measure_client, peer, version("pyhelayers"), degree=degree)

    def context(*rotation_steps):
        made = kind()
        made.init(requirement(degree, bits, rotation_steps))
        return made

    # Kept, because an encoder only refers to it.
    first = context()
    encoder = pyhelayers.Encoder(first)
    values = numpy.array(common.client_values(degree // 2))
    decrypt = encoder.decrypt_decode_double
    ciphertext = encoder.encode_encrypt(values)
    record("encode and encrypt with the public key", call=lambda: encoder.encode_encrypt(values), decrypt=decrypt)
    record("decrypt and decode", call=lambda: decrypt(ciphertext), decrypt=lambda slots: slots)
    record(
        "context, secret, public and relinearisation key",
        call=context,
        note="with the context: HElayers makes all keys when a context is initialised",
    )
    record(
        "the same and a rotation key",
        call=lambda: context(1),
        note="with the context: HElayers makes all keys when a context is initialised",
    )


for name, kind in CONTEXTS.items():
    for degree, bits in common.CLIENT_CHAINS.items():
        try:
            measure(name, kind, degree, bits)
        except RuntimeError as error:
            print(f"{name}, N = {degree}: {error}", file=sys.stderr)
