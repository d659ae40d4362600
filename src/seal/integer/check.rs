//! Checks shared by the operations of BFV and BGV.

pub(super) use super::super::common::check::*;
use super::{Context, IntegerScheme};
use crate::Level;
use crate::error::SealError;

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
