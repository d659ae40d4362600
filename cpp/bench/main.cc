// The operations of benches/ffi.rs in plain C++ on SEAL, for comparison. Arguments: ring degree, binary logarithm of the
// scale, primes. Then, for each line with the name of an operation on standard input, runs it once and writes the time in
// nanoseconds to standard output.
#include <seal/seal.h>

#include <chrono>
#include <cmath>
#include <functional>
#include <iostream>
#include <map>
#include <string>
#include <vector>

namespace {

seal::SEALContext make_context(std::size_t degree, const std::vector<seal::Modulus> &primes) {
    seal::EncryptionParameters parameters(seal::scheme_type::ckks);
    parameters.set_poly_modulus_degree(degree);
    parameters.set_coeff_modulus(primes);
    return seal::SEALContext(parameters, true, seal::sec_level_type::tc128);
}

long long nanoseconds(const std::function<void()> &operation) {
    const auto start = std::chrono::steady_clock::now();
    operation();
    const auto end = std::chrono::steady_clock::now();
    return std::chrono::duration_cast<std::chrono::nanoseconds>(end - start).count();
}

} // namespace

int main(int count, char **arguments) {
    if (count < 5) {
        std::cerr << "usage: DEGREE SCALE_BITS PRIME PRIME...\n";
        return 1;
    }
    const std::size_t degree = std::stoull(arguments[1]);
    const double scale = std::exp2(std::stod(arguments[2]));
    std::vector<seal::Modulus> primes;
    for (int i = 3; i < count; i++) {
        primes.emplace_back(std::stoull(arguments[i]));
    }
    const auto context = make_context(degree, primes);
    seal::KeyGenerator keys(context);
    seal::RelinKeys relin;
    keys.create_relin_keys(relin);
    seal::GaloisKeys galois;
    keys.create_galois_keys(std::vector<int>{1}, galois);
    seal::CKKSEncoder encoder(context);
    const seal::Encryptor encryptor(context, keys.secret_key());
    const seal::Evaluator evaluator(context);

    std::vector<double> values(degree / 2);
    for (std::size_t i = 0; i < values.size(); i++) {
        values[i] = std::sin(static_cast<double>(i));
    }
    seal::Plaintext plain;
    encoder.encode(values, scale, plain);
    seal::Ciphertext x, y;
    encryptor.encrypt_symmetric(plain, x);
    encryptor.encrypt_symmetric(plain, y);

    const std::map<std::string, std::function<void()>> operations = {
        {"encode",
         [&] {
             seal::Plaintext result;
             encoder.encode(values, scale, result);
         }},
        {"encrypt",
         [&] {
             seal::Ciphertext result;
             encryptor.encrypt_symmetric(plain, result);
         }},
        {"add",
         [&] {
             seal::Ciphertext result;
             evaluator.add(x, y, result);
         }},
        {"multiply, relinearise, rescale",
         [&] {
             seal::Ciphertext result;
             evaluator.multiply(x, y, result);
             evaluator.relinearize_inplace(result, relin);
             evaluator.rescale_to_next_inplace(result);
         }},
        {"rotate",
         [&] {
             seal::Ciphertext result;
             evaluator.rotate_vector(x, 1, galois, result);
         }},
    };
    for (std::string name; std::getline(std::cin, name);) {
        const auto operation = operations.find(name);
        if (operation == operations.end()) {
            std::cerr << "no operation \"" << name << "\"\n";
            return 1;
        }
        std::cout << nanoseconds(operation->second) << std::endl;
    }
}
