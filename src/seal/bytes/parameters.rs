//! Parameters in SEAL's format, read and written here, so that SEAL's loader never sees them.

use std::path::Path;

use zeroize::Zeroizing;

use super::file;
use super::header::{Compression, Header};
use super::normal;
use super::reader::{Reader, Walk};
use super::version::SealVersion;
use crate::error::{BytesRefusal, ObjectKind, SealError};
use crate::ffi::constants::SecurityLevel;
use crate::ffi::modulus as ffi;
use crate::seal::Scheme;
use crate::seal::common::{Parameters, SchemeType};

const KIND: ObjectKind = ObjectKind::Parameters;
const MODULUS_BYTES: usize = Header::BYTES + 8;

/// As SEAL saves them: scheme, degree, primes, plain modulus. Of CKKS it knows neither how many of the primes are
/// special ones of our own key switching nor the default scale: parameters come back with one special prime and the
/// default scale that new ones have. A [`Container`](super::super::Container) keeps all of it.
///
/// Source: `EncryptionParameters::save_members` in encryptionparams.cpp.
impl<S: SchemeType> Parameters<S> {
    /// The bytes, for SEAL 4.0 and all versions that read its files.
    ///
    /// ```
    /// use seal_nn::seal::Parameters;
    /// # fn main() -> Result<(), seal_nn::SealError> {
    /// let parameters = Parameters::new(4096, &[36, 36, 37])?;
    /// assert_eq!(Parameters::from_bytes(&parameters.to_bytes())?, parameters);
    /// # Ok(())
    /// # }
    /// ```
    pub fn to_bytes(&self) -> Vec<u8> {
        self.to_bytes_as(SealVersion::V4_0)
    }

    /// The bytes for another version of SEAL.
    pub fn to_bytes_as(&self, version: SealVersion) -> Vec<u8> {
        write(S::SCHEME, self.poly_modulus_degree, &self.primes().collect::<Vec<_>>(), self.plain_modulus, version)
    }

    /// Reads what SEAL 4.0 to 4.4 saved for this scheme, and checks it as new parameters, for 128-bit security too.
    ///
    /// # Errors
    /// [`Bytes`](SealError::Bytes), and those of new parameters.
    pub fn from_bytes(bytes: &[u8]) -> Result<Parameters<S>, SealError> {
        (S::CHECK)(read(bytes, S::SCHEME)?, None, SecurityLevel::TC128)
    }

    /// Reads parameters without the security check, for tests and experiments only.
    ///
    /// # Errors
    /// The same as for [`from_bytes`](Parameters::from_bytes), except for the security check.
    pub fn insecure_from_bytes(bytes: &[u8]) -> Result<Parameters<S>, SealError> {
        (S::CHECK)(read(bytes, S::SCHEME)?, None, SecurityLevel::NONE)
    }

    /// Writes the complete file, or none.
    ///
    /// # Errors
    /// [`File`](SealError::File) with the system's reason.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), SealError> {
        self.save_as(path, SealVersion::V4_0)
    }

    /// Writes a file for another version of SEAL.
    ///
    /// # Errors
    /// [`File`](SealError::File) with the system's reason.
    pub fn save_as(&self, path: impl AsRef<Path>, version: SealVersion) -> Result<(), SealError> {
        write_file(path.as_ref(), &self.to_bytes_as(version))
    }

    /// Reads a file like [`from_bytes`](Parameters::from_bytes).
    ///
    /// # Errors
    /// [`File`](SealError::File) if it cannot be read, and those of [`from_bytes`](Parameters::from_bytes).
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

fn parameters_bytes(primes: usize) -> usize {
    Header::BYTES + 1 + 2 * 8 + (primes + 1) * MODULUS_BYTES
}

/// The size of parameters with the largest number of primes that SEAL supports.
fn most_bytes() -> usize {
    parameters_bytes(ffi::limits().prime_count_max)
}

fn write(scheme: Scheme, degree: usize, primes: &[u64], plain_modulus: u64, version: SealVersion) -> Vec<u8> {
    let size = parameters_bytes(primes.len());
    let mut bytes = Vec::with_capacity(size);
    bytes.extend(Header::of(version.minor(), Compression::None, size));
    bytes.push(scheme.id());
    bytes.extend((degree as u64).to_le_bytes());
    bytes.extend((primes.len() as u64).to_le_bytes());
    // The last one is the plaintext modulus, which CKKS does not have.
    for &modulus in primes.iter().chain([&plain_modulus]) {
        bytes.extend(Header::of(version.minor(), Compression::None, MODULUS_BYTES));
        bytes.extend(modulus.to_le_bytes());
    }
    bytes
}

/// Reads a file up to the largest size of parameters.
pub fn read_file(path: &Path) -> Result<Zeroizing<Vec<u8>>, SealError> {
    file::read(path, KIND, most_bytes(), Header::check)
}

fn write_file(path: &Path, bytes: &[u8]) -> Result<(), SealError> {
    file::write(path, bytes, file::readers_of(KIND))
}

/// What SEAL's form holds beside the scheme; what it is worth is for `Parameters` to say.
pub struct Written {
    pub degree: usize,
    pub primes: Vec<u64>,
    pub plain_modulus: u64,
}

/// The fields of parameters of one scheme.
pub fn read(bytes: &[u8], wanted: Scheme) -> Result<Written, SealError> {
    let (_, written) = walk(bytes, |id| {
        let expected = || format!("{}, {wanted},", wanted.id());
        if id == wanted.id() { Ok(wanted) } else { Err(expected()) }
    })?;
    Ok(written)
}

/// The scheme, if all other fields could be those of parameters.
pub fn scheme_of(bytes: &[u8]) -> Result<Scheme, SealError> {
    let (scheme, _) = walk(bytes, |id| Scheme::with_id(id).ok_or_else(|| "1 to 3".into()))?;
    Ok(scheme)
}

/// Walks over all fields. `scheme` accepts SEAL's number of a scheme, or returns what was expected.
fn walk(bytes: &[u8], scheme: impl Fn(u8) -> Result<Scheme, String>) -> Result<(Scheme, Written), SealError> {
    let mut read = (Scheme::Ckks, Written { degree: 0, primes: Vec::new(), plain_modulus: 0 });
    normal::check("parameters", bytes, most_bytes(), |reader| {
        read = body(reader, &scheme)?;
        Ok(())
    })
    .map_err(|reason| SealError::Bytes { kind: KIND, reason })?;
    Ok(read)
}

fn body(reader: &mut Reader<'_>, scheme: impl Fn(u8) -> Result<Scheme, String>) -> Walk<(Scheme, Written)> {
    let id = reader.u8("scheme")?;
    let scheme = scheme(id).map_err(|expected| BytesRefusal::Field { part: "scheme", expected, actual: id.into() })?;
    let degree = reader.one_of("ring degree", 2, ffi::limits().degree_max)?;
    let count = reader.one_of("number of primes", 1, ffi::limits().prime_count_max)?;
    let primes = (0..count).map(|_| modulus(reader, "prime")).collect::<Walk<_>>()?;
    Ok((scheme, Written { degree, primes, plain_modulus: modulus(reader, "plaintext modulus")? }))
}

fn modulus(reader: &mut Reader<'_>, part: &'static str) -> Walk<u64> {
    reader.nested(part, |reader| reader.u64(part))
}
