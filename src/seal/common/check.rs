//! Checks shared by the operations of all schemes.

use super::{Ciphertext, Context, SchemeType};
use crate::Level;
use crate::error::SealError;

/// Both objects have the same parameters.
pub(in crate::seal) fn same_context<S: SchemeType>(
    op: &'static str,
    ours: &Context<S>,
    theirs: &Context<S>,
) -> Result<(), SealError> {
    match ours.agrees_with(theirs) {
        true => Ok(()),
        false => Err(SealError::ForeignContext { op }),
    }
}

/// The level exists in the chain.
pub(in crate::seal) fn level_exists<S: SchemeType>(
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

pub(in crate::seal) fn same_level(op: &'static str, left: Level, right: Level) -> Result<(), SealError> {
    match left == right {
        true => Ok(()),
        false => Err(SealError::LevelMismatch { op, left, right }),
    }
}

/// Our products and rotations require two components. SEAL also multiplies larger ciphertexts, with more noise and cost
/// than relinearising first.
pub(in crate::seal) fn two_components<S: SchemeType>(
    op: &'static str,
    ciphertext: &Ciphertext<S>,
) -> Result<(), SealError> {
    match ciphertext.size() {
        2 => Ok(()),
        actual => Err(SealError::Components { op, expected: 2, actual }),
    }
}

/// There is a special prime.
pub(in crate::seal) fn has_key_switching<S: SchemeType>(
    op: &'static str,
    context: &Context<S>,
) -> Result<(), SealError> {
    match context.parameters().special_primes.is_empty() {
        true => Err(SealError::NoKeySwitching { op }),
        false => Ok(()),
    }
}

/// There are slots to encode into or to rotate.
pub(in crate::seal) fn has_batching<S: SchemeType>(op: &'static str, context: &Context<S>) -> Result<(), SealError> {
    let parameters = context.parameters();
    match context.has_batching() {
        true => Ok(()),
        false => Err(SealError::NoBatching {
            op,
            plain_modulus: parameters.plain_modulus,
            modulus: 2 * parameters.poly_modulus_degree() as u64,
        }),
    }
}
