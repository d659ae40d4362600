// A program for AddressSanitizer and UndefinedBehaviorSanitizer: all of our C++, and of SEAL what it calls. Argument:
// the largest ring degree. Prints how long each part took.
#include <chrono>
#include <iostream>

#include "key_bytes.h"
#include "operations.h"
#include "shim.h"

namespace {

using namespace seal_nn::sanitize;

void timed(const std::string &name, const std::function<void()> &part) {
    const auto start = std::chrono::steady_clock::now();
    part();
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    std::cout << "  " << name << ": " << seconds.count() << " s" << std::endl;
}

} // namespace

int main(int count, char **arguments) try {
    const std::size_t largest = count > 1 ? std::stoull(arguments[1]) : 32768;
    timed("the shim", check_shim);
    timed("bytes of keys", [] {
        for (std::size_t specials : { 1, 3 }) {
            Setting setting(1024, specials);
            check_key_bytes(setting);
        }
    });
    for (std::size_t degree : { 1024, 2048, 4096, 32768 }) {
        if (degree > largest) {
            continue;
        }
        timed("operations, N = " + std::to_string(degree), [degree] {
            for (std::size_t specials : { 1, 2, 3, 7 }) {
                if (specials > 3 && degree > 1024) {
                    continue; // where more primes would only take longer
                }
                Setting setting(degree, specials);
                check_operations(setting);
            }
        });
    }
} catch (const std::exception &e) {
    fail(e.what());
}
