"""Times OpenFHE's CKKS. Usage: target/peers/openfhe/bin/python benches/peers/openfhe/measure.py [--scale-bits 38]"""

import argparse
import os
import sys
from functools import partial
from importlib.metadata import version
from pathlib import Path

# Read when the library is loaded.
os.environ["OMP_NUM_THREADS"] = "1"

import openfhe  # noqa: E402

sys.path.append(str(Path(__file__).parents[1]))
import common  # noqa: E402

BABIES = 16
GIANTS = common.SIZE // BABIES


def context(scale_bits):
    """A context with the fewest digits that the security level has room for, and their number: fewer are faster."""
    refusals = []
    for digits in range(2, common.DATA_PRIMES[0] + 1):
        parameters = openfhe.CCParamsCKKSRNS()
        parameters.SetSecurityLevel(openfhe.HEStd_128_classic)
        parameters.SetRingDim(common.DEGREE)
        parameters.SetBatchSize(common.SLOTS)
        parameters.SetMultiplicativeDepth(common.DATA_PRIMES[0] - 1)
        parameters.SetFirstModSize(common.FIRST_BITS)
        parameters.SetScalingModSize(scale_bits)
        parameters.SetScalingTechnique(openfhe.FIXEDMANUAL)
        parameters.SetKeySwitchTechnique(openfhe.HYBRID)
        parameters.SetNumLargeDigits(digits)
        try:
            made = openfhe.GenCryptoContext(parameters)
        except RuntimeError as refusal:
            refusals.append(f"{digits} digits: {refusal}")
            continue
        for feature in (openfhe.PKE, openfhe.KEYSWITCH, openfhe.LEVELEDSHE):
            made.Enable(feature)
        return made, digits
    raise SystemExit("OpenFHE: no number of digits is allowed\n" + "\n".join(refusals))


def diagonals(crypto, rows, level):
    """The matrix by giant and baby steps; each diagonal turned back by the giant step that comes after the product."""
    encoded = []
    for giant in range(0, common.SIZE, BABIES):
        group = []
        for baby in range(BABIES):
            diagonal = [rows[i][(i + giant + baby) % common.SIZE] for i in range(common.SIZE)]
            values = common.in_all_slots(common.rotated(diagonal, -giant))
            group.append(crypto.MakeCKKSPackedPlaintext(values, 1, level))
        encoded.append(group)
    return encoded


def matrix_product(crypto, encoded, x):
    """Baby steps from one decomposition; a giant step after each group. The product is not rescaled."""
    decomposed = crypto.EvalFastRotationPrecompute(x)
    turned = [x] + [crypto.EvalFastRotation(x, b, 2 * common.DEGREE, decomposed) for b in range(1, BABIES)]
    total = None
    for giant, group in enumerate(encoded):
        part = crypto.EvalMult(turned[0], group[0])
        for ciphertext, diagonal in zip(turned[1:], group[1:]):
            crypto.EvalAddInPlace(part, crypto.EvalMult(ciphertext, diagonal))
        if giant == 0:
            total = part
        else:
            crypto.EvalAddInPlace(total, crypto.EvalRotate(part, giant * BABIES))
    return total


def main():
    arguments = argparse.ArgumentParser(description="Times OpenFHE's CKKS.")
    arguments.add_argument("--scale-bits", type=int, default=common.SCALE_BITS)
    scale_bits = arguments.parse_args().scale_bits

    crypto, digits = context(scale_bits)
    print(f"OpenFHE: scale of {scale_bits} bits, {digits} digits", file=sys.stderr)
    keys = crypto.KeyGen()
    crypto.EvalMultKeyGen(keys.secretKey)
    crypto.EvalRotateKeyGen(keys.secretKey, [*range(1, BABIES), *range(BABIES, common.SIZE, BABIES)])

    def decrypt(ciphertext):
        plain = crypto.Decrypt(ciphertext, keys.secretKey)
        plain.SetLength(common.SIZE)
        return plain.GetRealPackedValue()

    name = "OpenFHE" if scale_bits == common.SCALE_BITS else f"OpenFHE, scale of {scale_bits} bits"
    a, b, rows = common.vector(0), common.vector(1), common.matrix()
    once, product = common.rotated(a, common.step(0)), [x * y for x, y in zip(a, b)]
    for data_primes in common.DATA_PRIMES:
        level = common.DATA_PRIMES[0] - data_primes
        x, y = (
            crypto.Encrypt(keys.publicKey, crypto.MakeCKKSPackedPlaintext(common.in_all_slots(v), 1, level))
            for v in (a, b)
        )
        record = partial(common.measure, name, version("openfhe"), data_primes=data_primes, decrypt=decrypt)

        decomposed = crypto.EvalFastRotationPrecompute(x)
        three_parts = crypto.EvalMultNoRelin(x, y)
        large = crypto.Relinearize(three_parts)
        encoded = diagonals(crypto, rows, level)
        record("rotation", call=lambda i: crypto.EvalRotate(x, common.step(i)), expected=once)
        record(
            "further rotation",
            call=lambda i: crypto.EvalFastRotation(x, common.step(i), 2 * common.DEGREE, decomposed),
            expected=once,
        )
        record(
            "relinearise and rescale",
            call=lambda _: crypto.Rescale(crypto.Relinearize(three_parts)),
            expected=product,
        )
        record(
            "product, relinearise and rescale",
            call=lambda _: crypto.Rescale(crypto.EvalMult(x, y)),
            expected=product,
        )
        record("rescale", call=lambda _: crypto.Rescale(large), expected=product)
        record(
            "128 x 128 matrix by vector",
            call=lambda _: matrix_product(crypto, encoded, x),
            expected=common.matrix_by_vector(rows, a),
            repetitions=7,
        )


if __name__ == "__main__":
    main()
