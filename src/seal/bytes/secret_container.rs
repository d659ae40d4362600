//! A secret key and its parameters, apart from all that may be given away.

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

/// A secret key with its parameters. Its bytes are cleared when they go, and only the owner can read its file.
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
    /// Of a secret key of any scheme, which is the only object whose bytes are cleared.
    ///
    /// # Errors
    /// As [`to_bytes`](Bytes::to_bytes).
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

    /// As [`Container::scheme`](super::Container::scheme).
    ///
    /// # Errors
    /// As there.
    pub fn scheme(&self) -> Result<Scheme, SealError> {
        packed_parameters::scheme_of(self.content(&self.parameters))
    }

    /// As [`Container::parameters`](super::Container::parameters).
    ///
    /// # Errors
    /// As there.
    pub fn parameters<P: PackedParameters>(&self) -> Result<P, SealError> {
        P::unpacked(self.content(&self.parameters), SecurityLevel::TC128)
    }

    /// As [`Container::insecure_parameters`](super::Container::insecure_parameters): for tests and experiments only.
    ///
    /// # Errors
    /// As there.
    pub fn insecure_parameters<P: PackedParameters>(&self) -> Result<P, SealError> {
        P::unpacked(self.content(&self.parameters), SecurityLevel::NONE)
    }

    /// The key.
    ///
    /// # Errors
    /// [`Bytes`](SealError::Bytes) where the loader refuses it.
    pub fn secret_key<C: Bounded>(&self, context: &C) -> Result<C::SecretKey, SealError> {
        Bytes::from_bytes(context, self.content(&self.key))
    }

    fn content(&self, entry: &Range<usize>) -> &[u8] {
        &self.bytes[entry.clone()]
    }

    /// A copy of the bytes, cleared when it goes.
    pub fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        self.bytes.clone()
    }

    /// Reads the frame; parameters and key are checked when they are taken out.
    ///
    /// # Errors
    /// [`Bytes`](SealError::Bytes).
    pub fn from_bytes(bytes: &[u8]) -> Result<SecretContainer, SealError> {
        SecretContainer::of(Zeroizing::new(bytes.to_vec()))
    }

    /// Writes a whole file or none, which on Unix nobody but its owner can read (mode 0600).
    ///
    /// # Errors
    /// [`File`](SealError::File) with the system's reason.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), SealError> {
        file::write(path.as_ref(), &self.bytes, Readers::Owner)
    }

    /// Reads a file.
    ///
    /// # Errors
    /// [`File`](SealError::File), [`Bytes`](SealError::Bytes).
    pub fn load(path: impl AsRef<Path>) -> Result<SecretContainer, SealError> {
        SecretContainer::of(file::read(path.as_ref(), KIND, Limits::default().bytes())?)
    }
}
