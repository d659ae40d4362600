//! The checks that operations of CKKS share. SEAL makes some of them and leaves others out (NaN, negative scales,
//! forged sizes); made here, they come with both sides of the disagreement.

use super::Context;
pub(super) use super::common::check::*;
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
