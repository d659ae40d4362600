//! Encryption parameters for a program: the search for the smallest.

use crate::{
    Result, SetupError,
    backend::KeySwitching,
    program::Precision,
    seal::{Parameters, ParametersBuilder},
};

/// What the user wants of the parameters; what is left open is chosen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ParameterRequest {
    /// N.
    pub poly_modulus_degree: Option<usize>,
    /// Bits of every prime, the special one last. Needs `poly_modulus_degree` too, or takes 16384.
    pub coeff_modulus_bits: Option<Vec<u32>>,
    /// Which keys relinearise and rotate: hybrid ones take several special primes.
    pub key_switching: KeySwitching,
}

/// Degrees worth trying, cheapest first.
pub(super) const DEGREES: [usize; 3] = [8192, 16384, 32768];
/// N where primes are given and N is not.
pub(super) const DEFAULT_DEGREE: usize = 16384;
/// Numbers of special primes, best first. Two halve the transforms of a key switch; a third gains a tenth and costs bits
/// that scales need.
const SPECIAL_PRIMES: [usize; 2] = [2, 1];
/// Levels beyond the depth that a small first prime may make necessary.
pub(super) const SPARE_LEVELS: usize = 2;

impl ParameterRequest {
    /// The degrees to try.
    ///
    /// # Errors
    /// `BadSetting` for one that SEAL does not take.
    pub(super) fn degrees(&self) -> Result<Vec<usize>> {
        let degrees = match (self.poly_modulus_degree, &self.coeff_modulus_bits) {
            (Some(degree), _) => vec![degree],
            (None, Some(_)) => vec![DEFAULT_DEGREE],
            (None, None) => DEGREES.to_vec(),
        };
        let wrong = degrees.iter().find(|degree| !(degree.is_power_of_two() && (1024..=32768).contains(*degree)));
        match wrong {
            None => Ok(degrees),
            Some(degree) => Err(SetupError::BadSetting {
                setting: "--poly-modulus-degree",
                actual: degree.to_string(),
                expected: "a power of two from 1024 to 32768",
            }
            .into()),
        }
    }

    /// Chains of so many levels in a ring, best first.
    ///
    /// One special prime under a first prime of as many bits makes rotations four times as noisy as a rescale: better than
    /// a larger ring. Outputs of a circuit that runs once need the room that a first prime of 50 bits leaves them.
    pub(super) fn chains(&self, degree: usize, levels: usize, precision: Precision) -> Vec<ParametersBuilder> {
        let scale_bits: &[u32] = match precision {
            Precision::Once => &[42, 40, 38, 36],
            Precision::Repeated => &[42, 41, 40],
        };
        let hybrid = |bits, special| Parameters::builder().depth(levels, bits).hybrid(special);
        let chains: Vec<ParametersBuilder> = match (self.key_switching, precision) {
            (KeySwitching::Seal, _) => {
                scale_bits.iter().map(|&bits| Parameters::builder().depth(levels, bits)).collect()
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
}
