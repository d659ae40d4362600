//! Parameters to bytes and back: written and read here, so that SEAL's loader never sees them.

use std::path::Path;

use super::super::bytes::packed_parameters::{Lacking, refused};
use super::super::bytes::parameters::{read_file, read_scheme, write, write_file};
use super::{CoeffModulus, IntegerScheme, Parameters, PlainModulus};
use crate::error::{BytesRefusal, SealError};
use crate::ffi::constants::SecurityLevel;
use crate::seal::{PackedParameters, SealVersion};

/// As SEAL saves them: scheme, degree, primes, plain modulus, which is all that there is.
///
/// Source: `EncryptionParameters::save_members` in encryptionparams.cpp.
impl<S: IntegerScheme> Parameters<S> {
    /// The bytes, for SEAL 4.0 and all that read its files.
    ///
    /// ```
    /// use seal_nn::seal::integer::{Bgv, CoeffModulus, Parameters, PlainModulus};
    /// # fn main() -> Result<(), seal_nn::SealError> {
    /// let parameters = Parameters::<Bgv>::new(4096, CoeffModulus::Default, PlainModulus::Batching(17))?;
    /// assert_eq!(Parameters::<Bgv>::from_bytes(&parameters.to_bytes())?, parameters);
    /// # Ok(())
    /// # }
    /// ```
    pub fn to_bytes(&self) -> Vec<u8> {
        self.to_bytes_as(SealVersion::V4_0)
    }

    /// The bytes for another version of SEAL.
    pub fn to_bytes_as(&self, version: SealVersion) -> Vec<u8> {
        let primes: Vec<u64> = self.primes().collect();
        write(S::SCHEME, self.poly_modulus_degree(), &primes, self.plain_modulus(), version)
    }

    /// Reads what SEAL 4.0 to 4.4 saved for this scheme, and checks it as [`new`](Parameters::new) does.
    ///
    /// # Errors
    /// [`Bytes`](SealError::Bytes), and those of [`new`](Parameters::new).
    pub fn from_bytes(bytes: &[u8]) -> Result<Parameters<S>, SealError> {
        Parameters::read(bytes, SecurityLevel::TC128)
    }

    /// Reads parameters without the security check, for tests and experiments only.
    ///
    /// # Errors
    /// The same as for [`from_bytes`](Parameters::from_bytes), except for the security check.
    pub fn insecure_from_bytes(bytes: &[u8]) -> Result<Parameters<S>, SealError> {
        Parameters::read(bytes, SecurityLevel::NONE)
    }

    fn read(bytes: &[u8], security: SecurityLevel) -> Result<Parameters<S>, SealError> {
        let (degree, primes, plain) = read_scheme(bytes, S::SCHEME)?;
        Parameters::check(degree, CoeffModulus::Primes(&primes), PlainModulus::Value(plain), security)
    }

    /// Writes a whole file or none.
    ///
    /// # Errors
    /// [`File`](SealError::File) with the system's reason.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), SealError> {
        self.save_as(path, SealVersion::V4_0)
    }

    /// The same for another version of SEAL.
    ///
    /// # Errors
    /// As [`save`](Parameters::save).
    pub fn save_as(&self, path: impl AsRef<Path>, version: SealVersion) -> Result<(), SealError> {
        write_file(path.as_ref(), &self.to_bytes_as(version))
    }

    /// Reads a file like [`from_bytes`](Parameters::from_bytes).
    ///
    /// # Errors
    /// [`File`](SealError::File), and as there.
    pub fn load(path: impl AsRef<Path>) -> Result<Parameters<S>, SealError> {
        Parameters::from_bytes(&read_file(path.as_ref())?)
    }

    /// Reads a file like [`insecure_from_bytes`](Parameters::insecure_from_bytes), for tests and experiments only.
    ///
    /// # Errors
    /// The same as for [`load`](Parameters::load), except for the security check.
    pub fn insecure_load(path: impl AsRef<Path>) -> Result<Parameters<S>, SealError> {
        Parameters::insecure_from_bytes(&read_file(path.as_ref())?)
    }
}

/// With SEAL's one special prime, where there is one, and without a scale.
impl<S: IntegerScheme> PackedParameters for Parameters<S> {
    fn packed(&self) -> Vec<u8> {
        Lacking { special_primes: usize::from(self.special_prime().is_some()), scale_bits: 0 }.before(self.to_bytes())
    }

    fn unpacked(bytes: &[u8], security: SecurityLevel) -> Result<Parameters<S>, SealError> {
        let (lacking, of_seal) = Lacking::read(bytes)?;
        let parameters = Parameters::read(of_seal, security)?;
        let special_primes = usize::from(parameters.special_prime().is_some());
        let fields = [
            ("number of special primes", special_primes, lacking.special_primes),
            ("bits of the scale", 0, lacking.scale_bits),
        ];
        match fields.into_iter().find(|(_, expected, actual)| expected != actual) {
            None => Ok(parameters),
            Some((part, expected, actual)) => {
                Err(refused(BytesRefusal::Field { part, expected: expected.to_string(), actual: actual as u64 }))
            }
        }
    }
}
