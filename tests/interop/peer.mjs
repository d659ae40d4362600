// node-seal's side of the exchange: node peer.mjs write|read FOLDER, where node-seal is installed beside this file.
// Parameters and values are those of exchange.rs.

import fs from "node:fs";
import path from "node:path";
import SEAL from "node-seal";

const [DEGREE, BITS, VALUES, SCALE] = [8192, [50, 40, 40, 50], [0.5, -1.5, 2.25], 2 ** 40];

const seal = await SEAL();
const [action, folder] = process.argv.slice(2);
const file = (name) => path.join(folder, `${name}.bin`);
const { ckks } = seal.SchemeType;
const { tc128 } = seal.SecLevelType;
// SEAL's default: zstd.
const { zstd } = seal.ComprModeType;

function write() {
    const parameters = new seal.EncryptionParameters(ckks);
    parameters.setPolyModulusDegree(DEGREE);
    parameters.setCoeffModulus(seal.CoeffModulus.Create(DEGREE, Int32Array.from(BITS)));
    const context = new seal.SEALContext(parameters, true, tc128);
    const keys = new seal.KeyGenerator(context);
    const [publicKey, secretKey] = [keys.createPublicKey(), keys.secretKey()];
    const encryptor = new seal.Encryptor(context, publicKey, secretKey);
    const plaintext = new seal.Plaintext();
    new seal.CKKSEncoder(context).encode(Float64Array.from(VALUES), SCALE, plaintext);
    const ciphertext = new seal.Ciphertext();
    encryptor.encrypt(plaintext, ciphertext);
    const steps = Int32Array.from([1]);
    const objects = {
        parameters,
        plaintext,
        ciphertext,
        "secret-key": secretKey,
        "public-key": publicKey,
        "relin-keys": keys.createRelinKeys(),
        "galois-keys": keys.createGaloisKeysWithSteps(steps),
        "seeded-ciphertext": encryptor.encryptSymmetricSerializable(plaintext),
        "seeded-public-key": keys.createPublicKeySerializable(),
        "seeded-relin-keys": keys.createRelinKeysSerializable(),
        "seeded-galois-keys": keys.createGaloisKeysSerializableWithSteps(steps),
    };
    for (const [name, object] of Object.entries(objects)) {
        fs.writeFileSync(file(name), object.saveToArray(zstd));
    }
}

function read() {
    const bytes = (name) => new Uint8Array(fs.readFileSync(file(name)));
    const parameters = new seal.EncryptionParameters(ckks);
    parameters.loadFromArray(bytes("parameters"));
    const context = new seal.SEALContext(parameters, true, tc128);
    const loaded = (kind, name) => {
        const object = new seal[kind]();
        object.loadFromArray(context, bytes(name));
        return object;
    };
    const [encoder, evaluator] = [new seal.CKKSEncoder(context), new seal.Evaluator(context)];
    const decryptor = new seal.Decryptor(context, loaded("SecretKey", "secret-key"));
    const expect = (plaintext, wanted, what) => {
        const values = encoder.decodeFloat64(plaintext);
        if (!wanted.every((value, i) => Math.abs(value - values[i]) < 1e-4)) {
            throw new Error(`${what}: ${values.slice(0, 3)}, not ${wanted}`);
        }
    };
    const expectEncrypted = (ciphertext, wanted, what) => {
        const plaintext = new seal.Plaintext();
        decryptor.decrypt(ciphertext, plaintext);
        expect(plaintext, wanted, what);
    };
    const plaintext = loaded("Plaintext", "plaintext");
    expect(plaintext, VALUES, "plaintext");
    for (const form of ["", "seeded-"]) {
        const x = loaded("Ciphertext", `${form}ciphertext`);
        expectEncrypted(x, VALUES, `${form}ciphertext`);
        const encrypted = new seal.Ciphertext();
        new seal.Encryptor(context, loaded("PublicKey", `${form}public-key`)).encrypt(plaintext, encrypted);
        expectEncrypted(encrypted, VALUES, `${form}public key`);
        const square = new seal.Ciphertext();
        evaluator.square(x, square);
        evaluator.relinearizeInplace(square, loaded("RelinKeys", `${form}relin-keys`));
        expectEncrypted(square, VALUES.map((value) => value * value), `${form}square`);
        const turned = new seal.Ciphertext();
        evaluator.rotateVector(x, 1, loaded("GaloisKeys", `${form}galois-keys`), turned);
        expectEncrypted(turned, [...VALUES.slice(1), 0], `${form}rotated`);
    }
}

({ write, read })[action]();
