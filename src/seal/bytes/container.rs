//! Containers of parameters, public and evaluation keys, ciphertexts and a model.

use std::borrow::Cow;
use std::ops::Range;
use std::path::Path;

use super::entries::{
    BOOTSTRAP_KEYS, EntryKind, KINDS, MODEL, PARAMETERS, Packed, SEEDED_RAISING_KEYS, SEEDED_SWITCHING_KEYS, only,
};
use super::file::{self, Readers};
use super::frame::{self, Part};
use super::limits::Limits;
use super::packed_parameters::{self, PackedParameters};
use crate::error::{BytesRefusal, ObjectKind, SealError};
use crate::ffi::constants::SecurityLevel;
use crate::seal::{Context, Scheme, SeededRaisingKeys, SparseParameters};

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
///
/// One that was read borrows the bytes, which may be gigabytes of keys.
#[derive(Clone, PartialEq)]
pub struct Container<'a> {
    entries: Vec<Entry<'a>>,
}

#[derive(Clone, PartialEq)]
struct Entry<'a> {
    kind: u32,
    content: Cow<'a, [u8]>,
}

impl Container<'static> {
    /// A container with parameters only.
    pub fn new(parameters: &impl PackedParameters) -> Container<'static> {
        Container { entries: vec![Entry { kind: PARAMETERS.number, content: parameters.packed().into() }] }
    }

    /// Reads a file of up to 16 GiB.
    ///
    /// # Errors
    /// [`File`](SealError::File) if it cannot be read; [`Bytes`](SealError::Bytes) if it is invalid.
    pub fn load(path: impl AsRef<Path>) -> Result<Container<'static>, SealError> {
        Container::load_within(path, &Limits::default())
    }

    /// Reads a file of limited size.
    ///
    /// # Errors
    /// The same as for [`load`](Container::load).
    pub fn load_within(path: impl AsRef<Path>, limits: &Limits) -> Result<Container<'static>, SealError> {
        let bytes = file::read(path.as_ref(), KIND, limits.bytes(), |_| Ok(()))?;
        Ok(Container::from_bytes(&bytes)?.into_owned())
    }
}

impl<'a> Container<'a> {
    /// Adds an object. Several objects of one kind keep their order.
    ///
    /// # Errors
    /// The same as for [`to_bytes`](super::Bytes::to_bytes).
    pub fn add<T: Packed>(&mut self, object: &T) -> Result<&mut Self, SealError> {
        self.entries.push(Entry { kind: T::KIND.number, content: object.to_entry()?.into() });
        Ok(self)
    }

    /// Adds a model: any bytes, such as those of a `model.json` that may be shared.
    pub fn add_model(&mut self, model: &[u8]) -> &mut Self {
        self.entries.push(Entry { kind: MODEL.number, content: model.to_vec().into() });
        self
    }

    /// Adds keys of raising.
    ///
    /// # Errors
    /// The same as for [`SeededRaisingKeys::to_bytes`].
    pub fn add_raising_keys(&mut self, keys: &SeededRaisingKeys) -> Result<&mut Self, SealError> {
        self.entries.push(Entry { kind: SEEDED_RAISING_KEYS.number, content: keys.to_bytes()?.into() });
        Ok(self)
    }

    /// The only keys of raising.
    ///
    /// # Errors
    /// [`Bytes`](SealError::Bytes) if there are none or several, and the errors of [`SeededRaisingKeys::from_bytes`].
    pub fn raising_keys(&self, tall: &Context, sparse: &SparseParameters) -> Result<SeededRaisingKeys, SealError> {
        SeededRaisingKeys::from_bytes(tall, sparse, self.one(SEEDED_RAISING_KEYS)?)
    }

    /// Adds the container of the keys of bootstraps, which are of taller parameters under the same secret key.
    pub fn add_bootstrap_keys(&mut self, keys: &Container<'_>) -> &mut Self {
        self.entries.push(Entry { kind: BOOTSTRAP_KEYS.number, content: keys.to_bytes().into() });
        self
    }

    /// The only such container.
    ///
    /// # Errors
    /// [`Bytes`](SealError::Bytes) if there is none, if there are several, or as for [`from_bytes`](Container::from_bytes).
    pub fn bootstrap_keys(&self) -> Result<Container<'_>, SealError> {
        Container::from_bytes(self.one(BOOTSTRAP_KEYS)?)
    }

    /// Where, in the bytes of a container, the switching keys lie that are in its container of keys of bootstraps: for
    /// [`HybridKeys::take_from_wire`](crate::seal::HybridKeys::take_from_wire).
    ///
    /// # Errors
    /// As [`bootstrap_keys`](Container::bootstrap_keys); [`Bytes`](SealError::Bytes) if there are none or several.
    pub fn place_of_bootstrap_switching_keys(bytes: &[u8]) -> Result<Range<usize>, SealError> {
        let outer = place_of(BOOTSTRAP_KEYS, bytes)?;
        let inner = place_of(SEEDED_SWITCHING_KEYS, &bytes[outer.clone()])?;
        Ok(outer.start + inner.start..outer.start + inner.end)
    }

    /// The same, which borrows nothing.
    pub fn into_owned(self) -> Container<'static> {
        let owned = |Entry { kind, content }: Entry<'a>| Entry { kind, content: content.into_owned().into() };
        Container { entries: self.entries.into_iter().map(owned).collect() }
    }

    /// The bytes that a container adds around an entry.
    pub const fn bytes_around_entry() -> usize {
        frame::ENTRY
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
        self.entries.iter().filter(move |entry| entry.kind == kind.number).map(|entry| &*entry.content)
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
    pub fn from_bytes(bytes: &'a [u8]) -> Result<Container<'a>, SealError> {
        let found = frame::read(MAGIC, bytes).map_err(refused)?;
        let entry = |(kind, at): (u32, Range<usize>)| Entry { kind, content: bytes[at].into() };
        Ok(Container { entries: found.into_iter().map(entry).collect() })
    }

    /// Writes the complete file, or none.
    ///
    /// # Errors
    /// [`File`](SealError::File) with the system's reason.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), SealError> {
        file::write(path.as_ref(), &self.to_bytes(), Readers::All)
    }
}

impl std::fmt::Debug for Container<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_map().entries(self.contents()).finish()
    }
}

/// Where the only entry of a kind has its content.
fn place_of(kind: EntryKind, bytes: &[u8]) -> Result<Range<usize>, SealError> {
    let found = frame::read(MAGIC, bytes).map_err(refused)?.into_iter();
    only(kind, found.filter(|(number, _)| *number == kind.number).map(|(_, place)| place)).map_err(refused)
}

pub fn refused(reason: BytesRefusal) -> SealError {
    SealError::Bytes { kind: KIND, reason }
}
