"""Times the client's operations of TenSEAL, by the calls of SEAL that it hands out (`tenseal.sealapi`).

Usage: target/peers/tenseal/bin/python benches/peers/tenseal/client.py
"""

import sys
from functools import partial
from pathlib import Path

import tenseal
from tenseal import sealapi

sys.path.append(str(Path(__file__).parents[1]))
import common  # noqa: E402


def made(kind, fill):
    """A new object that `fill` has written into."""
    result = kind()
    fill(result)
    return result


def measure(degree, bits):
    parameters = sealapi.EncryptionParameters(sealapi.SCHEME_TYPE.CKKS)
    parameters.set_poly_modulus_degree(degree)
    # The special prime comes last, as large as the first.
    parameters.set_coeff_modulus(sealapi.CoeffModulus.Create(degree, [*bits, bits[0]]))
    context = sealapi.SEALContext(parameters, True, sealapi.SEC_LEVEL_TYPE.TC128)
    generator = sealapi.KeyGenerator(context)
    secret = generator.secret_key()
    encoder, decryptor = sealapi.CKKSEncoder(context), sealapi.Decryptor(context, secret)
    with_secret_key = sealapi.Encryptor(context, secret)
    with_public_key = sealapi.Encryptor(context, made(sealapi.PublicKey, generator.create_public_key))
    values, scale = common.client_values(degree // 2), 2.0 ** bits[-1]

    def encrypt(how):
        plain = made(sealapi.Plaintext, lambda plain: encoder.encode(values, scale, plain))
        return made(sealapi.Ciphertext, lambda ciphertext: how(plain, ciphertext))

    def decrypt(ciphertext):
        return encoder.decode_double(made(sealapi.Plaintext, lambda plain: decryptor.decrypt(ciphertext, plain)))

    record = partial(common.measure_client, "TenSEAL", tenseal.__version__, degree=degree)
    symmetric = with_secret_key.encrypt_symmetric
    record("encode and encrypt with the secret key", call=lambda: encrypt(symmetric), decrypt=decrypt)
    record(
        "encode and encrypt with the public key", call=lambda: encrypt(with_public_key.encrypt), decrypt=decrypt
    )
    ciphertext = encrypt(symmetric)
    record("decrypt and decode", call=lambda: decrypt(ciphertext), decrypt=lambda slots: slots)
    record("relinearisation key", call=lambda: made(sealapi.RelinKeys, generator.create_relin_keys))
    record(
        "rotation key",
        call=lambda: made(sealapi.GaloisKeys, lambda keys: generator.create_galois_keys([1], keys)),
    )


for degree, bits in common.CLIENT_CHAINS.items():
    measure(degree, bits)
