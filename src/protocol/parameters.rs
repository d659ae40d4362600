//! Encryption parameters for a program: the search for the smallest.

use crate::{
    Argument, ArgumentError, Result,
    backend::KeySwitching,
    program::Precision,
    seal::{Parameters, ParametersBuilder, SecurityTable},
};

/// The user's requirements on the parameters; unspecified ones are chosen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ParameterRequest {
    /// The ring degree N.
    pub poly_modulus_degree: Option<usize>,
    /// Bits of every prime, with the special prime last. Without `poly_modulus_degree`, N is 16384.
    pub coeff_modulus_bits: Option<Vec<u32>>,
    /// The key switching: hybrid keys have several special primes.
    pub key_switching: KeySwitching,
    /// How large a modulus 128-bit security allows.
    pub security: SecurityTable,
}

/// Degrees to try, cheapest first.
pub(super) const DEGREES: [usize; 3] = [8192, 16384, 32768];
/// N if primes are given and N is not.
pub(super) const DEFAULT_DEGREE: usize = 16384;
/// Numbers of special primes, best first. Two halve the transforms of a key switch; a third gains a tenth and costs
/// bits that scales need.
const SPECIAL_PRIMES: [usize; 2] = [2, 1];
/// SEAL has no larger ones.
const LARGEST_PRIME_BITS: u32 = 60;
/// First primes to try beyond those of our own key switching.
const LARGER_FIRST_BITS: [u32; 5] = [52, 54, 56, 58, LARGEST_PRIME_BITS];
/// The smallest scale of answers that are flooded.
pub(super) const FLOODED_SCALE_BITS: u32 = 44;
/// The degrees for which SEAL has moduli of 128-bit security.
const SEAL_DEGREES: &[usize] = &[1024, 2048, 4096, 8192, 16384, 32768];
/// Additional levels that a small first prime may require.
pub(super) const SPARE_LEVELS: usize = 2;

impl ParameterRequest {
    /// The degrees to try.
    ///
    /// # Errors
    /// `NotOneOf` for a degree that SEAL does not support.
    pub(super) fn degrees(&self) -> Result<Vec<usize>> {
        let degrees = match (self.poly_modulus_degree, &self.coeff_modulus_bits) {
            (Some(degree), _) => vec![degree],
            (None, Some(_)) => vec![DEFAULT_DEGREE],
            (None, None) => DEGREES.to_vec(),
        };
        match degrees.iter().find(|degree| !SEAL_DEGREES.contains(degree)) {
            None => Ok(degrees),
            Some(&actual) => {
                let argument = Argument::PolyModulusDegree;
                Err(ArgumentError::NotOneOf { argument, actual, allowed: SEAL_DEGREES }.into())
            }
        }
    }

    /// Returns an error if primes were given that are none of any program, whatever it computes.
    ///
    /// # Errors
    /// `NotOneOf` for a degree that SEAL does not support; an error of SEAL.
    pub(super) fn check(&self) -> Result<()> {
        self.given().map(drop)
    }

    /// The parameters, if their primes were given.
    ///
    /// # Errors
    /// `NotOneOf` for a degree that SEAL does not support; `TooManyBits` for a modulus beyond the table; an error of SEAL.
    pub(super) fn given(&self) -> Result<Option<Parameters>> {
        let degrees = self.degrees()?;
        let Some(bits) = &self.coeff_modulus_bits else { return Ok(None) };
        let parameters = Parameters::new(degrees[0], bits)?;
        self.security.check(&parameters)?;
        Ok(Some(parameters))
    }

    /// Chains with the given number of levels in a ring, best first.
    ///
    /// One special prime under a first prime of as many bits makes rotations four times as noisy as a rescale: better than
    /// a larger ring. Outputs of a circuit that runs once need the room that a first prime of 50 bits leaves them.
    pub(super) fn chains(&self, degree: usize, levels: usize, precision: Precision) -> Vec<ParametersBuilder> {
        let scale_bits = scales(precision);
        let hybrid = |bits, special| Parameters::builder().depth(levels, bits).hybrid(special);
        let chains: Vec<ParametersBuilder> = match (self.key_switching, precision) {
            // Primes beyond our own key switching: without rotations, SEAL's costs one relinearisation a hidden unit.
            (_, Precision::Flooded { room_bits }) => {
                scale_bits.iter().map(|&bits| roomy(room_bits, bits, levels, LARGEST_PRIME_BITS)).collect()
            }
            (KeySwitching::Seal, _) => {
                scale_bits.iter().map(|&bits| Parameters::builder().depth(levels, bits)).collect()
            }
            (KeySwitching::Hybrid, Precision::Returned { room_bits, rotates: true }) => {
                let first = |bits: u32| first_bits(bits, room_bits);
                let chain = |&bits: &u32| hybrid(bits, 1).first_bits(first(bits)).special_bits(first(bits) + 1);
                scale_bits.iter().map(chain).collect()
            }
            (KeySwitching::Hybrid, Precision::Returned { room_bits, rotates: false }) => {
                scale_bits.iter().map(|&bits| roomy(room_bits, bits, levels, bits + 1)).collect()
            }
            (KeySwitching::Hybrid, Precision::Once) => scale_bits
                .iter()
                .flat_map(|&bits| SPECIAL_PRIMES.map(|special| hybrid(bits, special).first_bits(50)))
                .collect(),
            (KeySwitching::Hybrid, Precision::Repeated) => {
                let of = |special| scale_bits.iter().map(move |&bits| hybrid(bits, special));
                let roomy = of(1).map(|request| request.first_bits(50));
                SPECIAL_PRIMES.into_iter().flat_map(of).chain(roomy).collect()
            }
        };
        chains.into_iter().map(|chain| chain.degree(degree)).collect()
    }

    /// Chains with a larger first prime, for declared bounds that no other chain of the ring has room for, best first. Our
    /// own key switching computes with primes below 2^50, so it is SEAL's that switches keys on them: slower, but not than
    /// everything is in a ring of twice the size.
    pub(super) fn roomy_chains(&self, degree: usize, levels: usize, precision: Precision) -> Vec<ParametersBuilder> {
        let allowed = self.security.modulus_bits(degree);
        let chain = |bits: u32, first: u32| {
            // The primes of the levels are near their scale, perhaps above it: together one bit more than their bits say.
            let left = allowed.checked_sub(bits * u32::try_from(levels).ok()? + first + 1)?;
            let special = left.min(LARGEST_PRIME_BITS);
            let chain = Parameters::builder().degree(degree).depth(levels, bits).first_bits(first);
            (special >= first).then(|| chain.special_bits(special))
        };
        let all = scales(precision).iter().flat_map(|&bits| LARGER_FIRST_BITS.map(|first| chain(bits, first)));
        all.flatten().collect()
    }
}

/// Bits of scales to try, best first.
fn scales(precision: Precision) -> &'static [u32] {
    match precision {
        Precision::Once => &[42, 40, 38, 36],
        Precision::Repeated => &[42, 41, 40],
        Precision::Returned { rotates: true, .. } => &[40, 39, 38],
        Precision::Returned { rotates: false, .. } => &[40, 38, 36, 34, 33],
        Precision::Flooded { .. } => &[50, 48, 46, FLOODED_SCALE_BITS],
    }
}

/// A first prime with room for answers: they stay below a quarter of it, as in `Chain::headroom_bits`.
fn first_bits(scale_bits: u32, room_bits: u32) -> u32 {
    scale_bits + 2 + room_bits
}

/// A chain with such a first prime.
fn roomy(room_bits: u32, scale_bits: u32, levels: usize, special_bits: u32) -> ParametersBuilder {
    let data = [first_bits(scale_bits, room_bits)].into_iter().chain(std::iter::repeat_n(scale_bits, levels));
    let all: Vec<u32> = data.chain([special_bits]).collect();
    Parameters::builder().bits(&all).scale_bits(scale_bits)
}
