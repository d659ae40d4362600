"""Times a bootstrap of 64 slots in OpenFHE.

Usage: target/peers/openfhe/bin/python benches/peers/openfhe/bootstrap.py [--degree 65536] [--scale-bits 50] ...
"""

import argparse
import os
import sys
from importlib.metadata import version
from pathlib import Path

# Read when the library is loaded.
os.environ["OMP_NUM_THREADS"] = "1"

import openfhe  # noqa: E402

sys.path.append(str(Path(__file__).parents[1]))
import common  # noqa: E402


def parse():
    arguments = argparse.ArgumentParser(description="Times a bootstrap of OpenFHE's CKKS.")
    arguments.add_argument("--what", default="", help="how the line of JSON calls it")
    arguments.add_argument("--degree", type=int, default=32768)
    arguments.add_argument("--levels", type=int, default=6, help="levels that the result has left")
    arguments.add_argument("--scale-bits", type=int, default=40)
    arguments.add_argument("--first-bits", type=int, default=50)
    arguments.add_argument("--digits", type=int, default=0, help="of a key; by OpenFHE's choice if 0")
    arguments.add_argument("--budget", type=int, default=1, help="levels of each of the two maps")
    arguments.add_argument("--correction", type=int, default=0, help="factor in bits; by OpenFHE's choice if 0")
    arguments.add_argument("--iterations", type=int, default=1)
    arguments.add_argument("--precision", type=int, default=0, help="bits of one iteration, for two")
    arguments.add_argument("--repetitions", type=int, default=3)
    return arguments.parse_args()


def context(given):
    distribution = openfhe.SPARSE_ENCAPSULATED
    budget = [given.budget] * 2
    # One more: a ciphertext is brought to its scale before.
    depth = openfhe.CryptoContext.GetBootstrapDepth(budget, distribution) + given.levels + 1
    parameters = openfhe.CCParamsCKKSRNS()
    parameters.SetSecretKeyDist(distribution)
    parameters.SetSecurityLevel(openfhe.HEStd_128_classic)
    parameters.SetRingDim(given.degree)
    parameters.SetBatchSize(common.BOOTSTRAPPED)
    parameters.SetScalingTechnique(openfhe.FLEXIBLEAUTO)
    parameters.SetKeySwitchTechnique(openfhe.HYBRID)
    parameters.SetFirstModSize(given.first_bits)
    parameters.SetScalingModSize(given.scale_bits)
    if given.digits:
        parameters.SetNumLargeDigits(given.digits)
    parameters.SetMultiplicativeDepth(depth)
    made = openfhe.GenCryptoContext(parameters)
    for feature in (openfhe.PKE, openfhe.KEYSWITCH, openfhe.LEVELEDSHE, openfhe.ADVANCEDSHE, openfhe.FHE):
        made.Enable(feature)
    made.EvalBootstrapSetup(budget, [0, 0], common.BOOTSTRAPPED, given.correction)
    return made, depth


def main():
    given = parse()
    crypto, depth = context(given)
    keys = crypto.KeyGen()
    crypto.EvalMultKeyGen(keys.secretKey)
    crypto.EvalBootstrapKeyGen(keys.secretKey, common.BOOTSTRAPPED)
    values = common.bootstrapped_values()
    # Of the fewest levels that it takes: OpenFHE drops the others.
    plain = crypto.MakeCKKSPackedPlaintext(values, 1, depth - given.iterations, None, common.BOOTSTRAPPED)
    x = crypto.Encrypt(keys.publicKey, plain)

    def decrypt(ciphertext):
        decrypted = crypto.Decrypt(ciphertext, keys.secretKey)
        decrypted.SetLength(common.BOOTSTRAPPED)
        return decrypted.GetRealPackedValue()

    common.measure_bootstrap(
        "OpenFHE",
        version("openfhe"),
        given.what,
        given.degree,
        # Of a scale of two primes one is a rescale that is still to come, and one is for the next bootstrap.
        lambda ciphertext: depth - ciphertext.GetLevel() - (ciphertext.GetNoiseScaleDeg() - 1) - 1,
        given.scale_bits,
        lambda: crypto.EvalBootstrap(x, given.iterations, given.precision),
        decrypt,
        given.repetitions,
    )


if __name__ == "__main__":
    main()
