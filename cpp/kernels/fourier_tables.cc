#include "fourier_tables.h"

#include <cmath>

#include "integers.h"

namespace seal_nn::kernels {

namespace {

// exp(2 pi i k / n): from angles up to pi/4, for which the functions of the library are right to the last bit or so.
void put_root(std::size_t k, std::size_t n, double &re, double &im) {
    k *= 8, n *= 8; // n is a power of two
    const std::size_t eighth = (k % n) * 8 / n, rest = k % (n / 8);
    const double angle = 6.283185307179586 * static_cast<double>(eighth % 2 == 0 ? rest : n / 8 - rest) / static_cast<double>(n);
    const double c = std::cos(angle), s = std::sin(angle);
    const bool swapped = eighth == 1 || eighth == 2 || eighth == 5 || eighth == 6;
    re = (swapped ? s : c) * (eighth >= 2 && eighth < 6 ? -1 : 1);
    im = (swapped ? c : s) * (eighth >= 4 ? -1 : 1);
}

unsigned log2_of_power(std::size_t n) {
    unsigned log = 0;
    while (n >> (log + 1) != 0) {
        log++;
    }
    return log;
}

} // namespace

FourierTables::FourierTables(std::size_t degree) : memory_(2 * degree + 4 * Turns::MOST), places_(degree / 2) {
    const std::size_t m = degree / 2;
    const unsigned bits = log2_of_power(m), row_bits = (bits + 1) / 2, column_bits = bits - row_bits;
    const std::size_t rows = std::size_t(1) << row_bits, columns = m / rows;
    double *twist = memory_.data(), *between = twist + degree, *rest = between + degree;
    for (std::size_t j = 0; j < m; j++) {
        put_root(j, 2 * degree, twist[j], twist[m + j]);
        const std::size_t t1 = reverse_bits(static_cast<unsigned>(j / columns), row_bits);
        put_root(t1 * (j % columns) % m, m, between[j], between[m + j]);
    }
    fourier_.rows = rows, fourier_.columns = columns;
    fourier_.twist = { twist, twist + m }, fourier_.between = { between, between + m };
    fourier_.down = turns(rows, rest), fourier_.across = turns(columns, rest);

    std::size_t exponent = 1; // 3^slot modulo 2N; of conjugate roots those that are 1 modulo 4
    for (std::uint32_t &place : places_) {
        const std::size_t t = (exponent % 4 == 1 ? exponent : 2 * degree - exponent) / 4;
        const unsigned t1 = static_cast<unsigned>(t % rows), t2 = static_cast<unsigned>(t / rows);
        place = reverse_bits(t2, column_bits) * static_cast<std::uint32_t>(rows) + reverse_bits(t1, row_bits);
        exponent = exponent * 3 % (2 * degree);
    }
}

Turns FourierTables::turns(std::size_t size, double *&memory) const {
    double *re = memory, *im = re + size;
    memory += 2 * size;
    const Turns turns = { size, { re, im } };
    std::size_t block = size;
    if (log2_of_power(size) % 2 == 1) {
        for (std::size_t j = 0; j < block / 2; j++) {
            put_root(j, block, *re++, *im++);
        }
        block /= 2;
    }
    for (; block > 1; block /= 4) {
        for (std::size_t j = 0; j < block / 4; j++) {
            for (std::size_t k = 1; k <= 3; k++) {
                put_root(k * j, block, *re++, *im++);
            }
        }
    }
    return turns;
}

} // namespace seal_nn::kernels
