"""A Python SEAL's side of the exchange: peer.py tenseal|seal-python write|read FOLDER.

Writes one file of every kind, or reads what seal-nn wrote and works with it. Parameters and values are those of
exchange.rs. The two packages differ in how results are returned.
"""

import pathlib
import sys

DEGREE, BITS, VALUES, SCALE = 8192, [50, 40, 40, 50], [0.5, -1.5, 2.25], 2.0**40


class Tenseal:
    """tenseal.sealapi: results go into objects that are passed in, and numbers name Galois elements, not steps."""

    rotation_by_one = [3]

    def __init__(self):
        import tenseal.sealapi as api

        self.api = api
        self.ckks, self.tc128 = api.SCHEME_TYPE.CKKS, api.SEC_LEVEL_TYPE.TC128

    def into(self, kind, call, *arguments):
        result = getattr(self.api, kind)()
        call(*arguments, result)
        return result

    def decode(self, encoder, plaintext):
        return encoder.decode_double(plaintext)


class SealPython:
    """seal-python: an encoder that returns, and steps."""

    rotation_by_one = [1]

    def __init__(self):
        import seal as api

        self.api = api
        self.ckks, self.tc128 = api.scheme_type.ckks, api.sec_level_type.tc128

    def into(self, kind, call, *arguments):
        try:
            return call(*arguments)
        except TypeError:
            result = getattr(self.api, kind)()
            call(*arguments, result)
            return result

    def decode(self, encoder, plaintext):
        return encoder.decode(plaintext)


def parameters(peer):
    made = peer.api.EncryptionParameters(peer.ckks)
    made.set_poly_modulus_degree(DEGREE)
    made.set_coeff_modulus(peer.api.CoeffModulus.Create(DEGREE, BITS))
    return made


def write(peer, folder):
    api = peer.api
    parms = parameters(peer)
    context = api.SEALContext(parms, True, peer.tc128)
    keys = api.KeyGenerator(context)
    # Into an object: what is returned can be the seeded form.
    public, relin, galois = api.PublicKey(), api.RelinKeys(), api.GaloisKeys()
    keys.create_public_key(public)
    keys.create_relin_keys(relin)
    keys.create_galois_keys(peer.rotation_by_one, galois)
    encoder = api.CKKSEncoder(context)
    plaintext = peer.into("Plaintext", encoder.encode, VALUES, SCALE)
    ciphertext = peer.into("Ciphertext", api.Encryptor(context, public).encrypt, plaintext)
    objects = {
        "parameters": parms,
        "plaintext": plaintext,
        "ciphertext": ciphertext,
        "secret-key": keys.secret_key(),
        "public-key": public,
        "relin-keys": relin,
        "galois-keys": galois,
    }
    for name, saved in objects.items():
        saved.save(str(folder / f"{name}.bin"))


def read(peer, folder):
    api = peer.api
    parms = api.EncryptionParameters(peer.ckks)
    parms.load(str(folder / "parameters.bin"))
    context = api.SEALContext(parms, True, peer.tc128)

    def loaded(kind, name):
        made = getattr(api, kind)()
        made.load(context, str(folder / f"{name}.bin"))
        return made

    encoder, evaluator = api.CKKSEncoder(context), api.Evaluator(context)
    decryptor = api.Decryptor(context, loaded("SecretKey", "secret-key"))

    def expect(plaintext, wanted, what):
        values = peer.decode(encoder, plaintext)
        assert all(abs(a - b) < 1e-4 for a, b in zip(values, wanted)), f"{what}: {list(values[:3])}, not {wanted}"

    def expect_encrypted(ciphertext, wanted, what):
        expect(peer.into("Plaintext", decryptor.decrypt, ciphertext), wanted, what)

    plaintext = loaded("Plaintext", "plaintext")
    expect(plaintext, VALUES, "plaintext")
    for form in ("", "seeded-"):
        x = loaded("Ciphertext", form + "ciphertext")
        expect_encrypted(x, VALUES, form + "ciphertext")
        encryptor = api.Encryptor(context, loaded("PublicKey", form + "public-key"))
        expect_encrypted(peer.into("Ciphertext", encryptor.encrypt, plaintext), VALUES, form + "public key")
        square = peer.into("Ciphertext", evaluator.square, x)
        evaluator.relinearize_inplace(square, loaded("RelinKeys", form + "relin-keys"))
        expect_encrypted(square, [v * v for v in VALUES], form + "square")
        keys = loaded("GaloisKeys", form + "galois-keys")
        expect_encrypted(peer.into("Ciphertext", evaluator.rotate_vector, x, 1, keys), VALUES[1:] + [0.0], form + "rotated")


def main():
    name, action, folder = sys.argv[1:]
    peer = {"tenseal": Tenseal, "seal-python": SealPython}[name]()
    {"write": write, "read": read}[action](peer, pathlib.Path(folder))


main()
