//! The checks that operations share. SEAL makes some of them and leaves others out (NaN, negative scales, forged
//! sizes); made here, they come with both sides of the disagreement.

use super::{Ciphertext, Context};
use crate::Level;
use crate::error::SealError;

/// Both belong to the same parameters.
pub(super) fn same_context(op: &'static str, ours: &Context, theirs: &Context) -> Result<(), SealError> {
    match ours.agrees_with(theirs) {
        true => Ok(()),
        false => Err(SealError::ForeignContext { op }),
    }
}

/// The chain has the level.
pub(super) fn level_exists(op: &'static str, context: &Context, level: Level) -> Result<(), SealError> {
    let top = context.top_level();
    match level <= top {
        true => Ok(()),
        false => Err(SealError::LevelTooHigh { op, level, top }),
    }
}

pub(super) fn same_level(op: &'static str, left: Level, right: Level) -> Result<(), SealError> {
    match left == right {
        true => Ok(()),
        false => Err(SealError::LevelMismatch { op, left, right }),
    }
}

/// As SEAL compares scales (`are_close` in util/common.h): to the last bit but one.
pub(super) fn same_scale(op: &'static str, left: f64, right: f64) -> Result<(), SealError> {
    match (left - right).abs() < f64::EPSILON * left.abs().max(right.abs()).max(1.0) {
        true => Ok(()),
        false => Err(SealError::ScaleMismatch { op, left, right }),
    }
}

/// A scale is positive and normal, and the integer part of its logarithm is below the bits of the modulus
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

/// The largest magnitude among finite values. One pass over integers: the bits of a magnitude are ordered as it is, and
/// those of infinities and NaN come last.
pub(super) fn largest(op: &'static str, values: &[f64]) -> Result<f64, SealError> {
    let bits = values.iter().map(|value| value.abs().to_bits()).max().unwrap_or(0);
    let largest = f64::from_bits(bits);
    if largest.is_finite() {
        return Ok(largest);
    }
    let index = values.iter().position(|value| !value.is_finite()).unwrap_or(0);
    Err(SealError::NotFinite { op, index, value: values[index] })
}

pub(super) fn two_components(op: &'static str, ciphertext: &Ciphertext) -> Result<(), SealError> {
    match ciphertext.size() {
        2 => Ok(()),
        actual => Err(SealError::Components { op, expected: 2, actual }),
    }
}
