//! Containers for a secret key and its parameters, separate from everything that may be shared.

use std::ops::Range;
use std::path::Path;

use zeroize::Zeroizing;

use super::container::{KIND, refused};
use super::entries::{EntryKind, PARAMETERS, SECRET_KEY, only};
use super::file::{self, Readers};
use super::frame::{self, Part};
use super::limits::Limits;
use super::packed_parameters::{self, PackedParameters};
use super::{Bounded, Bytes, Format};
use crate::error::SealError;
use crate::ffi::constants::SecurityLevel;
use crate::seal::Scheme;

const MAGIC: [u8; 8] = *b"SEAL-NN!";

/// A secret key with its parameters. Its bytes are cleared when it is dropped, and only the owner can read its file.
///
/// ```
/// use seal_nn::seal::*;
/// # fn main() -> Result<(), seal_nn::SealError> {
/// let context = Context::new(&Parameters::new(4096, &[36, 36, 37])?)?;
/// let secret = KeyGenerator::new(&context)?.secret_key()?;
/// let bytes = SecretContainer::new(&secret)?.to_bytes();
///
/// let container = SecretContainer::from_bytes(&bytes)?;
/// let context = Context::new(&container.parameters()?)?;
/// let secret = container.secret_key(&context)?;
/// # Ok(())
/// # }
/// ```
pub struct SecretContainer {
    bytes: Zeroizing<Vec<u8>>,
    parameters: Range<usize>,
    key: Range<usize>,
}

impl SecretContainer {
    /// A container for a secret key of any scheme, the only kind of object whose bytes are cleared.
    ///
    /// # Errors
    /// [`Library`](SealError::Library) if memory runs out.
    pub fn new(key: &impl Bytes<Buffer = Zeroizing<Vec<u8>>>) -> Result<SecretContainer, SealError> {
        let (parameters, content) = (Format::context(key).parameters().packed(), key.to_bytes()?);
        let part = |kind: EntryKind, content| Part { kind: kind.number, content };
        let parts = [part(PARAMETERS, &parameters), part(SECRET_KEY, &content)];
        let mut bytes = Zeroizing::new(vec![0; frame::size(parts.iter().map(|part| part.content.len()))]);
        frame::write(MAGIC, &parts, &mut bytes);
        SecretContainer::of(bytes)
    }

    fn of(bytes: Zeroizing<Vec<u8>>) -> Result<SecretContainer, SealError> {
        let entries = frame::read(MAGIC, &bytes).map_err(refused)?;
        let one = |wanted: EntryKind| {
            let found = entries.iter().filter(|(kind, _)| *kind == wanted.number).map(|(_, at)| at.clone());
            only(wanted, found).map_err(refused)
        };
        let (parameters, key) = (one(PARAMETERS)?, one(SECRET_KEY)?);
        Ok(SecretContainer { bytes, parameters, key })
    }

    /// The scheme of the parameters.
    ///
    /// # Errors
    /// [`Bytes`](SealError::Bytes) if the parameters are missing or damaged.
    pub fn scheme(&self) -> Result<Scheme, SealError> {
        packed_parameters::scheme_of(self.content(&self.parameters))
    }

    /// The parameters, checked like new ones.
    ///
    /// # Errors
    /// [`Bytes`](SealError::Bytes) if they are missing, damaged or of another scheme, and those of the constructors of
    /// parameters.
    pub fn parameters<P: PackedParameters>(&self) -> Result<P, SealError> {
        P::unpacked(self.content(&self.parameters), SecurityLevel::TC128)
    }

    /// The parameters without the security check, for tests and experiments only.
    ///
    /// # Errors
    /// The same as for [`parameters`](SecretContainer::parameters), except for the security check.
    pub fn insecure_parameters<P: PackedParameters>(&self) -> Result<P, SealError> {
        P::unpacked(self.content(&self.parameters), SecurityLevel::NONE)
    }

    /// The key.
    ///
    /// # Errors
    /// [`Bytes`](SealError::Bytes) if the key is invalid.
    pub fn secret_key<C: Bounded>(&self, context: &C) -> Result<C::SecretKey, SealError> {
        Bytes::from_bytes(context, self.content(&self.key))
    }

    fn content(&self, entry: &Range<usize>) -> &[u8] {
        &self.bytes[entry.clone()]
    }

    /// A copy of the bytes, which is cleared when it is dropped.
    pub fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        self.bytes.clone()
    }

    /// Reads a container and checks its checksums and lengths. Parameters and key are checked when they are taken out.
    ///
    /// # Errors
    /// [`Bytes`](SealError::Bytes) if checksums or lengths are invalid.
    pub fn from_bytes(bytes: &[u8]) -> Result<SecretContainer, SealError> {
        SecretContainer::of(Zeroizing::new(bytes.to_vec()))
    }

    /// Writes the complete file, or none. On Unix, only the owner can read it (mode 0600).
    ///
    /// # Errors
    /// [`File`](SealError::File) with the system's reason.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), SealError> {
        file::write(path.as_ref(), &self.bytes, Readers::Owner)
    }

    /// Reads a file.
    ///
    /// # Errors
    /// [`File`](SealError::File) if it cannot be read; [`Bytes`](SealError::Bytes) if it is invalid.
    pub fn load(path: impl AsRef<Path>) -> Result<SecretContainer, SealError> {
        SecretContainer::of(file::read(path.as_ref(), KIND, Limits::default().bytes(), |_| Ok(()))?)
    }
}
