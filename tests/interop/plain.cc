// Plain SEAL's side of the exchange: writes one file of every kind, or reads what the other side wrote and works with it.
//
//   plain write FOLDER      plain read FOLDER      plain load FILE (a ciphertext, for the version it refuses)
//
// What goes wrong is printed, with exit code 1.

#include <seal/seal.h>

#include <cmath>
#include <fstream>
#include <functional>
#include <iostream>
#include <stdexcept>
#include <string>

namespace {

// As in exchange.rs.
constexpr std::size_t DEGREE = 8192;
const std::vector<int> BITS = { 50, 40, 40, 50 };
const std::vector<double> VALUES = { 0.5, -1.5, 2.25 };
const double SCALE = std::pow(2.0, 40);

template <class T>
void write(const std::string &folder, const std::string &name, const T &object) {
    std::ofstream file(folder + "/" + name + ".bin", std::ios::binary);
    object.save(file);
}

std::ifstream open(const std::string &path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) {
        throw std::runtime_error("cannot open " + path);
    }
    return file;
}

template <class T>
T read(const seal::SEALContext &context, const std::string &folder, const std::string &name) {
    std::ifstream file = open(folder + "/" + name + ".bin");
    T object;
    try {
        object.load(context, file);
    } catch (const std::exception &e) {
        throw std::runtime_error(name + ": " + e.what());
    }
    return object;
}

seal::EncryptionParameters parameters() {
    seal::EncryptionParameters parameters(seal::scheme_type::ckks);
    parameters.set_poly_modulus_degree(DEGREE);
    parameters.set_coeff_modulus(seal::CoeffModulus::Create(DEGREE, BITS));
    return parameters;
}

void write_all(const std::string &folder) {
    const seal::SEALContext context(parameters());
    seal::KeyGenerator keys(context);
    const std::vector<int> steps = { 1 };
    seal::PublicKey public_key;
    seal::RelinKeys relin_keys;
    seal::GaloisKeys galois_keys;
    keys.create_public_key(public_key);
    keys.create_relin_keys(relin_keys);
    keys.create_galois_keys(steps, galois_keys);

    seal::Plaintext plaintext;
    seal::CKKSEncoder(context).encode(VALUES, SCALE, plaintext);
    const seal::Encryptor encryptor(context, public_key, keys.secret_key());
    seal::Ciphertext ciphertext;
    encryptor.encrypt(plaintext, ciphertext);

    write(folder, "parameters", parameters());
    write(folder, "plaintext", plaintext);
    write(folder, "ciphertext", ciphertext);
    write(folder, "secret-key", keys.secret_key());
    write(folder, "public-key", public_key);
    write(folder, "relin-keys", relin_keys);
    write(folder, "galois-keys", galois_keys);
    write(folder, "seeded-ciphertext", encryptor.encrypt_symmetric(plaintext));
    write(folder, "seeded-public-key", keys.create_public_key());
    write(folder, "seeded-relin-keys", keys.create_relin_keys());
    write(folder, "seeded-galois-keys", keys.create_galois_keys(steps));
}

void expect(const std::vector<double> &values, const std::function<double(std::size_t)> &wanted, const char *what) {
    for (std::size_t i = 0; i < VALUES.size(); i++) {
        if (!(std::abs(values.at(i) - wanted(i)) < 1e-4)) {
            throw std::runtime_error(std::string(what) + " decrypts to something else");
        }
    }
}

void read_all(const std::string &folder) {
    seal::EncryptionParameters loaded;
    std::ifstream file = open(folder + "/parameters.bin");
    loaded.load(file);
    if (loaded != parameters()) {
        throw std::runtime_error("parameters: others than expected");
    }
    const seal::SEALContext context(loaded);
    seal::CKKSEncoder encoder(context);
    const seal::Evaluator evaluator(context);
    seal::Decryptor decryptor(context, read<seal::SecretKey>(context, folder, "secret-key"));
    const auto decrypted = [&](const seal::Ciphertext &x) {
        seal::Plaintext plain;
        decryptor.decrypt(x, plain);
        std::vector<double> values;
        encoder.decode(plain, values);
        return values;
    };
    const auto same = [](std::size_t i) { return VALUES[i]; };
    const auto plaintext = read<seal::Plaintext>(context, folder, "plaintext");
    std::vector<double> values;
    encoder.decode(plaintext, values);
    expect(values, same, "plaintext");
    for (const std::string &form : { "", "seeded-" }) {
        const auto x = read<seal::Ciphertext>(context, folder, form + "ciphertext");
        expect(decrypted(x), same, "ciphertext");

        seal::Ciphertext encrypted;
        seal::Encryptor(context, read<seal::PublicKey>(context, folder, form + "public-key")).encrypt(plaintext, encrypted);
        expect(decrypted(encrypted), same, "under the public key");

        seal::Ciphertext square;
        evaluator.square(x, square);
        evaluator.relinearize_inplace(square, read<seal::RelinKeys>(context, folder, form + "relin-keys"));
        expect(decrypted(square), [](std::size_t i) { return VALUES[i] * VALUES[i]; }, "square");

        seal::Ciphertext turned;
        evaluator.rotate_vector(x, 1, read<seal::GaloisKeys>(context, folder, form + "galois-keys"), turned);
        expect(decrypted(turned), [](std::size_t i) { return i + 1 < VALUES.size() ? VALUES[i + 1] : 0.0; }, "rotated");
    }
}

} // namespace

int main(int count, char **arguments) try {
    const std::string what = count == 3 ? arguments[1] : "", path = count == 3 ? arguments[2] : "";
    if (what == "write") {
        write_all(path);
    } else if (what == "read") {
        read_all(path);
    } else if (what == "load") {
        std::ifstream file = open(path);
        seal::Ciphertext().load(seal::SEALContext(parameters()), file);
    } else {
        throw std::runtime_error("say write, read or load, and a path");
    }
    return 0;
} catch (const std::exception &e) {
    std::cout << e.what() << std::endl;
    return 1;
}
