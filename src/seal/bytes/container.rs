//! Containers of parameters, public and evaluation keys, ciphertexts and a model.

use std::ops::Range;
use std::path::Path;

use super::entries::{EntryKind, KINDS, MODEL, PARAMETERS, Packed, only};
use super::file::{self, Readers};
use super::frame::{self, Part};
use super::limits::Limits;
use super::packed_parameters::{self, PackedParameters};
use crate::error::{BytesRefusal, ObjectKind, SealError};
use crate::ffi::constants::SecurityLevel;
use crate::seal::Scheme;

pub const KIND: ObjectKind = ObjectKind::Container;
const MAGIC: [u8; 8] = *b"SEAL-NN\n";

/// Parameters, and objects that were made under them, in one file with a checksum for each (docs/bytes.md has the
/// layout). What is taken out of it is checked like any bytes from outside. It holds no secret key:
/// [`SecretContainer`](super::SecretContainer) does. All is of one scheme, that of the parameters; what is not, its
/// loader refuses.
///
/// ```
/// use seal_nn::seal::*;
/// # fn main() -> Result<(), seal_nn::SealError> {
/// let parameters = Parameters::new(4096, &[36, 36, 37])?;
/// let mut keys = KeyGenerator::new(&Context::new(&parameters)?)?;
///
/// let mut container = Container::new(&parameters);
/// container.add(&keys.create_public_key()?)?.add(&keys.create_seeded_relin_keys()?)?;
/// let bytes = container.to_bytes();
///
/// // The other side.
/// let container = Container::from_bytes(&bytes)?;
/// let context = Context::new(&container.parameters()?)?;
/// let public: PublicKey = container.get(&context)?;
/// let relin: RelinKeys = container.get::<Seeded<RelinKeys>>(&context)?.expand(&context)?;
/// # Ok(())
/// # }
/// ```
///
/// ```compile_fail,E0277
/// # fn add(container: &mut seal_nn::seal::Container, key: &seal_nn::seal::SecretKey) {
/// container.add(key);
/// # }
/// ```
#[derive(Clone, PartialEq)]
pub struct Container {
    entries: Vec<Entry>,
}

#[derive(Clone, PartialEq)]
struct Entry {
    kind: u32,
    content: Vec<u8>,
}

impl Container {
    /// A container with parameters only.
    pub fn new(parameters: &impl PackedParameters) -> Container {
        Container { entries: vec![Entry { kind: PARAMETERS.number, content: parameters.packed() }] }
    }

    /// Adds an object. Several objects of one kind keep their order.
    ///
    /// # Errors
    /// The same as for [`to_bytes`](super::Bytes::to_bytes).
    pub fn add<T: Packed>(&mut self, object: &T) -> Result<&mut Container, SealError> {
        self.entries.push(Entry { kind: T::KIND.number, content: object.to_entry()? });
        Ok(self)
    }

    /// Adds a model: any bytes, such as those of a `model.json` that may be shared.
    pub fn add_model(&mut self, model: &[u8]) -> &mut Container {
        self.entries.push(Entry { kind: MODEL.number, content: model.to_vec() });
        self
    }

    /// The scheme of the parameters.
    ///
    /// # Errors
    /// [`Bytes`](SealError::Bytes) if the parameters are missing or damaged.
    pub fn scheme(&self) -> Result<Scheme, SealError> {
        packed_parameters::scheme_of(self.one(PARAMETERS)?)
    }

    /// The parameters, checked like new ones.
    ///
    /// # Errors
    /// [`Bytes`](SealError::Bytes) if they are missing, damaged or of another scheme, and those of
    /// [`ParametersBuilder::build`](crate::seal::ParametersBuilder::build) or
    /// [`integer::Parameters::new`](crate::seal::integer::Parameters::new).
    pub fn parameters<P: PackedParameters>(&self) -> Result<P, SealError> {
        P::unpacked(self.one(PARAMETERS)?, SecurityLevel::TC128)
    }

    /// The parameters without the security check, for tests and experiments only.
    ///
    /// # Errors
    /// The same as for [`parameters`](Container::parameters), except for the security check.
    pub fn insecure_parameters<P: PackedParameters>(&self) -> Result<P, SealError> {
        P::unpacked(self.one(PARAMETERS)?, SecurityLevel::NONE)
    }

    /// The only object of its kind.
    ///
    /// # Errors
    /// [`Bytes`](SealError::Bytes) if there are none or several of this kind, or if it is invalid.
    pub fn get<T: Packed>(&self, context: &T::Context) -> Result<T, SealError> {
        T::from_entry(context, self.one(T::KIND)?)
    }

    /// All objects of a kind, in the order in which they were added; possibly none.
    ///
    /// # Errors
    /// [`Bytes`](SealError::Bytes) if one of them is invalid.
    pub fn get_all<T: Packed>(&self, context: &T::Context) -> Result<Vec<T>, SealError> {
        self.of_kind(T::KIND).map(|content| T::from_entry(context, content)).collect()
    }

    /// Whether there is an object of a kind.
    pub fn has<T: Packed>(&self) -> bool {
        self.of_kind(T::KIND).next().is_some()
    }

    /// The model, if there is one.
    pub fn model(&self) -> Option<&[u8]> {
        self.of_kind(MODEL).next()
    }

    /// Names and sizes of all entries of known kinds.
    pub fn contents(&self) -> impl Iterator<Item = (&'static str, usize)> {
        let name = |number| Some(KINDS.into_iter().find(|kind| kind.number == number)?.name);
        self.entries.iter().filter_map(move |entry| Some((name(entry.kind)?, entry.content.len())))
    }

    fn of_kind(&self, kind: EntryKind) -> impl Iterator<Item = &[u8]> {
        self.entries.iter().filter(move |entry| entry.kind == kind.number).map(|entry| entry.content.as_slice())
    }

    fn one(&self, kind: EntryKind) -> Result<&[u8], SealError> {
        only(kind, self.of_kind(kind)).map_err(refused)
    }

    /// The bytes of the file. Entries of unknown kinds are written unchanged.
    pub fn to_bytes(&self) -> Vec<u8> {
        let parts: Vec<Part<'_>> =
            self.entries.iter().map(|entry| Part { kind: entry.kind, content: &entry.content }).collect();
        let mut bytes = vec![0; frame::size(parts.iter().map(|part| part.content.len()))];
        frame::write(MAGIC, &parts, &mut bytes);
        bytes
    }

    /// Reads the frame, whose checksums and lengths must be right. Entries are checked when they are taken out; those
    /// of kinds that this program does not know are left alone.
    ///
    /// # Errors
    /// [`Bytes`](SealError::Bytes) if checksums or lengths are invalid.
    pub fn from_bytes(bytes: &[u8]) -> Result<Container, SealError> {
        let found = frame::read(MAGIC, bytes).map_err(refused)?;
        let entry = |(kind, at): (u32, Range<usize>)| Entry { kind, content: bytes[at].to_vec() };
        Ok(Container { entries: found.into_iter().map(entry).collect() })
    }

    /// Writes the complete file, or none.
    ///
    /// # Errors
    /// [`File`](SealError::File) with the system's reason.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), SealError> {
        file::write(path.as_ref(), &self.to_bytes(), Readers::All)
    }

    /// Reads a file of up to 16 GiB.
    ///
    /// # Errors
    /// [`File`](SealError::File) if it cannot be read; [`Bytes`](SealError::Bytes) if it is invalid.
    pub fn load(path: impl AsRef<Path>) -> Result<Container, SealError> {
        Container::load_within(path, &Limits::default())
    }

    /// Reads a file of limited size.
    ///
    /// # Errors
    /// The same as for [`load`](Container::load).
    pub fn load_within(path: impl AsRef<Path>, limits: &Limits) -> Result<Container, SealError> {
        Container::from_bytes(&file::read(path.as_ref(), KIND, limits.bytes(), |_| Ok(()))?)
    }
}

impl std::fmt::Debug for Container {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_map().entries(self.contents()).finish()
    }
}

pub fn refused(reason: BytesRefusal) -> SealError {
    SealError::Bytes { kind: KIND, reason }
}
