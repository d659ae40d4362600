//! The checks that operations of CKKS share. SEAL makes some of them and leaves others out (NaN, negative scales,
//! forged sizes); made here, they come with both sides of the disagreement.

pub(super) use super::common::check::*;
use super::limits::bit_count;
use super::{Context, Plaintext};
use crate::Level;
use crate::error::SealError;

/// The scales are equal by SEAL's criterion (`are_close` in util/common.h): up to the last bit but one.
pub(super) fn same_scale(op: &'static str, left: f64, right: f64) -> Result<(), SealError> {
    match (left - right).abs() < f64::EPSILON * left.abs().max(right.abs()).max(1.0) {
        true => Ok(()),
        false => Err(SealError::ScaleMismatch { op, left, right }),
    }
}

/// The scale is positive and normal, and the integer part of its logarithm is below the number of bits of the modulus
/// (`is_scale_within_bounds` in evaluator.cpp).
pub(super) fn scale_fits(op: &'static str, context: &Context, level: Level, scale: f64) -> Result<(), SealError> {
    if !scale.is_normal() || scale < 0.0 {
        return Err(SealError::InvalidScale { op, scale });
    }
    let (scale_bits, modulus_bits) = (scale.log2(), context.modulus_bits(level));
    match scale_bits.trunc() < f64::from(modulus_bits) {
        true => Ok(()),
        false => Err(SealError::ScaleTooLarge { op, scale_bits, modulus_bits, level }),
    }
}

/// There is a lower level, and the scale that a division by the top prime leaves fits there and is worth having: at a
/// scale below `N / sqrt(18)` the rounding alone is larger than 1 in every slot (docs/ckks.md, "Noise in slots").
pub(super) fn rescales(op: &'static str, context: &Context, level: Level, scale: f64) -> Result<(), SealError> {
    let next = level.down(1).ok_or(SealError::OutOfLevels { op })?;
    let parameters = context.parameters();
    let prime = parameters.data_primes()[level.0];
    let least = parameters.poly_modulus_degree() as f64 / 18f64.sqrt();
    if scale / (prime as f64) < least {
        let prime_bits = bit_count(prime);
        return Err(SealError::ScaleTooSmall { op, scale_bits: scale.log2(), prime_bits, least_bits: least.log2() });
    }
    scale_fits(op, context, next, scale / prime as f64)
}

/// An encoding that is zero although a value is not: all of them are lost.
pub(super) fn keeps_values(
    op: &'static str,
    plaintext: &Plaintext,
    values: &[f64],
    scale: f64,
) -> Result<(), SealError> {
    let value = values.iter().fold(0.0, |m: f64, v| m.max(v.abs()));
    match value > 0.0 && plaintext.is_zero() {
        true => Err(SealError::RoundsToZero { op, value, scale }),
        false => Ok(()),
    }
}

/// All values are finite. Returns the sum of their magnitudes, which is infinite if it overflows.
pub(super) fn finite(op: &'static str, values: &[f64]) -> Result<f64, SealError> {
    // If a value is not finite, neither is the sum. It uses eight lanes, because a single chain of additions takes ten
    // times as long.
    let (chunks, rest) = values.as_chunks::<8>();
    let mut lanes = [0.0; 8];
    for chunk in chunks {
        for (lane, value) in lanes.iter_mut().zip(chunk) {
            *lane += value.abs();
        }
    }
    let sum = lanes.iter().sum::<f64>() + rest.iter().map(|value| value.abs()).sum::<f64>();
    if sum.is_finite() {
        return Ok(sum);
    }
    match values.iter().position(|value| !value.is_finite()) {
        Some(index) => Err(SealError::NotFinite { op, index, value: values[index] }),
        None => Ok(f64::INFINITY),
    }
}
