//! The search for the smallest ring.

use super::parameters::{DEGREES, SPECIAL_PRIMES};
use crate::{
    Error, Result, SealError, SetupError,
    seal::{DepthRequest, Parameters},
};

/// Bits of the scale, best first. A circuit that runs once leaves its results five digits at 36 bits.
const SCALE_BITS: [u32; 4] = [42, 40, 38, 36];

/// The smallest ring at 128-bit security in which a circuit fits, with what `plan` made of it: given the number of slots
/// it returns the levels that are needed. Where `asks_for_more` says so of its error, a larger ring is tried.
///
/// # Errors
/// `NoParameters` when no ring holds the circuit, with what the largest lacks; other errors of `plan`.
pub(super) fn smallest_ring<T>(
    only: Option<usize>,
    plan: impl Fn(usize) -> Result<(usize, T)>,
    asks_for_more: impl Fn(&SetupError) -> bool,
) -> Result<(Parameters, T)> {
    let mut refused = format!("N must be one of {DEGREES:?}");
    for degree in DEGREES.into_iter().filter(|degree| only.is_none_or(|only| only == *degree)) {
        let (depth, planned) = match plan(degree / 2) {
            Ok(planned) => planned,
            Err(Error::Setup(error)) if asks_for_more(&error) => {
                refused = error.to_string();
                continue;
            }
            Err(error) => return Err(error),
        };
        let chains = SCALE_BITS
            .iter()
            .flat_map(|&bits| SPECIAL_PRIMES.map(|special| DepthRequest::hybrid(depth, bits, special)));
        for chain in chains {
            // Outputs need the room that a first prime of 50 bits leaves them.
            let request = DepthRequest { poly_modulus_degree: Some(degree), first_bits: 50, ..chain };
            match Parameters::for_depth(&request) {
                Ok(parameters) => return Ok((parameters, planned)),
                Err(error @ SealError::TooManyBits { .. }) => refused = error.to_string(),
                Err(error) => return Err(error.into()),
            }
        }
    }
    Err(SetupError::NoParameters { reason: refused }.into())
}
