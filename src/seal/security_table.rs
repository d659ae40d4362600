//! Which modulus is secure at which ring degree.

use super::Parameters;
use crate::error::SealError;
use crate::ffi::modulus as ffi;

/// A table of the largest moduli, special primes included, that 128-bit security allows for a ternary secret against
/// classical computers (docs/security.md).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SecurityTable {
    /// The security guidelines of 2024 (ePrint 2024/463, Table 5.2), stricter by 1 to 13 bits than SEAL's table.
    #[default]
    Guidelines2024,
    /// SEAL's table (`CoeffModulus::MaxBitCount` in modulus.h), that of the standard of 2018. It ends at N = 32768; above, the
    /// guidelines hold.
    Seal,
}

/// Ring degrees and bits of the guidelines.
const GUIDELINES_2024: [(usize, u32); 7] =
    [(1024, 26), (2048, 53), (4096, 106), (8192, 214), (16384, 430), (32768, 868), (65536, 1747)];

impl SecurityTable {
    /// The bits of the largest modulus in a ring; 0 in rings that the table does not have.
    ///
    /// ```
    /// use seal_nn::seal::SecurityTable;
    /// assert_eq!(SecurityTable::Guidelines2024.modulus_bits(16384), 430);
    /// assert_eq!(SecurityTable::Seal.modulus_bits(16384), 438);
    /// ```
    pub fn modulus_bits(self, poly_modulus_degree: usize) -> u32 {
        let guidelines = SecurityTable::guidelines_bits(poly_modulus_degree);
        match (self, ffi::secure_modulus_bits(poly_modulus_degree)) {
            (SecurityTable::Guidelines2024, _) | (SecurityTable::Seal, 0) => guidelines,
            (SecurityTable::Seal, seal) => seal,
        }
    }

    /// The bits of the guidelines, for whatever has a modulus in such a ring, SEAL's or not; 0 in rings that they do not have.
    ///
    /// ```
    /// use seal_nn::seal::SecurityTable;
    /// assert_eq!(SecurityTable::guidelines_bits(32768), SecurityTable::Guidelines2024.modulus_bits(32768));
    /// assert_eq!(SecurityTable::guidelines_bits(512), 0);
    /// ```
    pub fn guidelines_bits(poly_modulus_degree: usize) -> u32 {
        let known = GUIDELINES_2024.iter().find(|(degree, _)| *degree == poly_modulus_degree);
        known.map_or(0, |(_, bits)| *bits)
    }

    /// Checks that parameters stay within the table.
    ///
    /// ```
    /// use seal_nn::{SealError, seal::{Parameters, SecurityTable}};
    /// let parameters = Parameters::new(8192, &[44, 43, 43, 43, 44])?; // 217 bits
    /// assert!(SecurityTable::Seal.check(&parameters).is_ok());
    /// let refused = SecurityTable::Guidelines2024.check(&parameters);
    /// assert!(matches!(refused, Err(SealError::TooManyBits { requested: 217, allowed: 214, .. })));
    /// # Ok::<(), SealError>(())
    /// ```
    ///
    /// # Errors
    /// [`TooManyBits`](SealError::TooManyBits) for a larger modulus.
    pub fn check(self, parameters: &Parameters) -> Result<(), SealError> {
        let poly_modulus_degree = parameters.poly_modulus_degree();
        let (requested, allowed) = (parameters.total_bits(), self.modulus_bits(poly_modulus_degree));
        match requested <= allowed {
            true => Ok(()),
            false => Err(SealError::TooManyBits { requested, allowed, poly_modulus_degree }),
        }
    }
}
