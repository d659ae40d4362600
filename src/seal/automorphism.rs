//! The automorphisms `X -> X^element` of the ring, by the odd numbers that switching keys carry.

use crate::Rotation;

/// In the place of an automorphism: the key for the square of the secret key.
pub const RELINEARIZATION: u32 = 1;

/// The automorphism that rotates slots by a canonical step: a power of 3, like `generator_` in galois.h.
pub fn rotation(step: Rotation, degree: usize) -> u32 {
    let (slots, modulus) = (degree as i64 / 2, 2 * degree as u64);
    let (mut element, mut square) = (1, 3 % modulus);
    let mut exponent = i64::from(step.0).rem_euclid(slots);
    while exponent > 0 {
        if exponent % 2 == 1 {
            element = element * square % modulus;
        }
        square = square * square % modulus;
        exponent /= 2;
    }
    element as u32
}

/// The automorphism that conjugates every slot.
pub fn conjugation(degree: usize) -> u32 {
    2 * degree as u32 - 1
}
