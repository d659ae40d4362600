"""Times TenSEAL's CKKS. Usage: target/peers/tenseal/bin/python benches/peers/tenseal/measure.py

Products and the matrix go through `CKKSVector`; single rotations and rescales, which that does not have, through the
calls of SEAL that TenSEAL hands out (`tenseal.sealapi`).
"""

import sys
from functools import partial
from pathlib import Path

import tenseal
from tenseal import sealapi

sys.path.append(str(Path(__file__).parents[1]))
import common  # noqa: E402

# The last prime is the special one, for keys.
BITS = [common.FIRST_BITS] + [common.SCALE_BITS] * (common.DATA_PRIMES[0] - 1) + [60]
SCALE = 2.0**common.SCALE_BITS
record = partial(common.measure, "TenSEAL", tenseal.__version__)


def vectors(a, b, rows):
    """Measures `CKKSVector`, which relinearises and rescales by itself."""
    context = tenseal.context(tenseal.SCHEME_TYPE.CKKS, common.DEGREE, coeff_mod_bit_sizes=BITS, n_threads=1)
    context.global_scale = SCALE
    context.generate_galois_keys()
    # `mm` multiplies a row vector by a matrix.
    columns = tenseal.plain_tensor([list(column) for column in zip(*rows)])
    x, y = tenseal.ckks_vector(context, a), tenseal.ckks_vector(context, b)
    product = [p * q for p, q in zip(a, b)]
    data_primes = common.DATA_PRIMES[0]
    for wanted in common.DATA_PRIMES:
        for _ in range(data_primes - wanted):
            # There is no call that only drops a prime.
            x, y = x * 1.0, y * 1.0
        data_primes = wanted
        of_vectors = partial(record, data_primes=data_primes, decrypt=lambda z: z.decrypt())
        of_vectors("product, relinearise and rescale", call=lambda _: x * y, expected=product)
        of_vectors(
            "128 x 128 matrix by vector",
            call=lambda _: x.mm(columns),
            expected=common.matrix_by_vector(rows, a),
            repetitions=3,
            warm_ups=0,  # seconds each, and the check has come before
        )


def calls(a, b):
    """Measures SEAL's own calls."""
    parameters = sealapi.EncryptionParameters(sealapi.SCHEME_TYPE.CKKS)
    parameters.set_poly_modulus_degree(common.DEGREE)
    parameters.set_coeff_modulus(sealapi.CoeffModulus.Create(common.DEGREE, BITS))
    context = sealapi.SEALContext(parameters, True, sealapi.SEC_LEVEL_TYPE.TC128)
    generator = sealapi.KeyGenerator(context)
    public, relin, galois = sealapi.PublicKey(), sealapi.RelinKeys(), sealapi.GaloisKeys()
    generator.create_public_key(public)
    generator.create_relin_keys(relin)
    generator.create_galois_keys(galois)
    encoder = sealapi.CKKSEncoder(context)
    encryptor = sealapi.Encryptor(context, public)
    decryptor = sealapi.Decryptor(context, generator.secret_key())
    evaluator = sealapi.Evaluator(context)

    def encrypt(values):
        plain, ciphertext = sealapi.Plaintext(), sealapi.Ciphertext()
        encoder.encode(common.in_all_slots(values), SCALE, plain)
        encryptor.encrypt(plain, ciphertext)
        return ciphertext

    def decrypt(ciphertext):
        plain = sealapi.Plaintext()
        decryptor.decrypt(ciphertext, plain)
        return encoder.decode_double(plain)[: common.SIZE]

    def into_new(call, *operands):
        result = sealapi.Ciphertext()
        call(*operands, result)
        return result

    once, product = common.rotated(a, common.step(0)), [p * q for p, q in zip(a, b)]
    x, y = encrypt(a), encrypt(b)
    for data_primes in common.DATA_PRIMES:
        while x.coeff_modulus_size() > data_primes:
            evaluator.mod_switch_to_next_inplace(x)
            evaluator.mod_switch_to_next_inplace(y)
        three_parts = into_new(evaluator.multiply, x, y)
        large = into_new(evaluator.relinearize, three_parts, relin)
        of_calls = partial(record, data_primes=data_primes, decrypt=decrypt)

        def rotate(i):
            return into_new(evaluator.rotate_vector, x, common.step(i), galois)

        def relinearize_rescale(_):
            return into_new(evaluator.rescale_to_next, into_new(evaluator.relinearize, three_parts, relin))

        of_calls("rotation", call=rotate, expected=once)
        of_calls(
            "further rotation",
            call=rotate,
            expected=once,
            note="as the first: TenSEAL shares nothing between rotations",
        )
        of_calls("relinearise and rescale", call=relinearize_rescale, expected=product)
        of_calls("rescale", call=lambda _: into_new(evaluator.rescale_to_next, large), expected=product)


def main():
    a, b = common.vector(0), common.vector(1)
    calls(a, b)
    vectors(a, b, common.matrix())


if __name__ == "__main__":
    main()
