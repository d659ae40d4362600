//! The checks that operations share.

use super::{Ciphertext, Context, IntegerScheme};
use crate::Level;
use crate::error::SealError;

/// Both belong to the same parameters.
pub(super) fn same_context<S: IntegerScheme>(
    op: &'static str,
    ours: &Context<S>,
    theirs: &Context<S>,
) -> Result<(), SealError> {
    match ours.agrees_with(theirs) {
        true => Ok(()),
        false => Err(SealError::ForeignContext { op }),
    }
}

/// The chain has the level.
pub(super) fn level_exists<S: IntegerScheme>(
    op: &'static str,
    context: &Context<S>,
    level: Level,
) -> Result<(), SealError> {
    let (lowest, top) = (context.lowest_level(), context.top_level());
    if level > top {
        return Err(SealError::LevelTooHigh { op, level, top });
    }
    match level >= lowest {
        true => Ok(()),
        false => Err(SealError::LevelTooLow { op, level, lowest }),
    }
}

pub(super) fn same_level(op: &'static str, left: Level, right: Level) -> Result<(), SealError> {
    match left == right {
        true => Ok(()),
        false => Err(SealError::LevelMismatch { op, left, right }),
    }
}

/// Levels can only be lowered, down to the lowest one.
pub(super) fn leads_down<S: IntegerScheme>(
    op: &'static str,
    context: &Context<S>,
    from: Level,
    to: Level,
) -> Result<(), SealError> {
    match to > from {
        true => Err(SealError::LevelRaise { op, from, to }),
        false => level_exists(op, context, to),
    }
}

/// Every product and rotation of ours takes two components: SEAL would multiply larger ciphertexts too, at more noise and
/// cost than relinearising first.
pub(super) fn two_components<S: IntegerScheme>(op: &'static str, ciphertext: &Ciphertext<S>) -> Result<(), SealError> {
    match ciphertext.size() {
        2 => Ok(()),
        actual => Err(SealError::Components { op, expected: 2, actual }),
    }
}

/// There is a special prime.
pub(super) fn has_key_switching<S: IntegerScheme>(op: &'static str, context: &Context<S>) -> Result<(), SealError> {
    match context.parameters().special_prime() {
        Some(_) => Ok(()),
        None => Err(SealError::NoKeySwitching { op }),
    }
}

/// There are slots to encode into or to rotate.
pub(super) fn has_batching<S: IntegerScheme>(op: &'static str, context: &Context<S>) -> Result<(), SealError> {
    let parameters = context.parameters();
    match context.has_batching() {
        true => Ok(()),
        false => Err(SealError::NoBatching {
            op,
            plain_modulus: parameters.plain_modulus(),
            modulus: 2 * parameters.poly_modulus_degree() as u64,
        }),
    }
}

/// All residues are below the plain modulus.
pub(super) fn residues<S: IntegerScheme>(
    op: &'static str,
    context: &Context<S>,
    values: &[u64],
) -> Result<(), SealError> {
    let max = context.parameters().plain_modulus() - 1;
    match values.iter().position(|&value| value > max) {
        Some(index) => Err(SealError::ValueOutOfRange { op, index, value: values[index].into(), min: 0, max }),
        None => Ok(()),
    }
}

/// The automorphisms of the ring are `X -> X^e` with odd e below 2N.
pub(super) fn galois_element<S: IntegerScheme>(
    op: &'static str,
    context: &Context<S>,
    element: u32,
) -> Result<(), SealError> {
    let modulus = 2 * context.parameters().poly_modulus_degree() as u64;
    match element % 2 == 1 && u64::from(element) < modulus {
        true => Ok(()),
        false => Err(SealError::NotAGaloisElement { op, element, modulus }),
    }
}
