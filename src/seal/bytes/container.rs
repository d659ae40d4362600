//! Things that travel together: parameters, public and evaluation keys, ciphertexts, a model; and, apart from all
//! others, a secret key.

use std::ops::Range;
use std::path::Path;

use zeroize::Zeroizing;

use super::file::{self, Readers};
use super::frame::{self, Part};
use super::limits::Limits;
use super::packed_parameters;
use super::{Bytes, Format};
use crate::error::{BytesRefusal, ObjectKind, SealError};
use crate::seal::{
    Ciphertext, Context, GaloisKeys, Parameters, PublicKey, RelinKeys, SecretKey, Seeded, SwitchingKeys,
};

const KIND: ObjectKind = ObjectKind::Container;
const PUBLIC: [u8; 8] = *b"SEAL-NN\n";
const SECRET: [u8; 8] = *b"SEAL-NN!";

/// Kinds of entries. A number is never used again for something else.
pub const PARAMETERS: u32 = 1;
const PUBLIC_KEY: u32 = 2;
const RELIN_KEYS: u32 = 3;
const GALOIS_KEYS: u32 = 4;
const SWITCHING_KEYS: u32 = 5;
const CIPHERTEXT: u32 = 6;
const MODEL: u32 = 7;
const SECRET_KEY: u32 = 8;
/// Added to the kind of an object that is seeded.
const SEEDED: u32 = 0x100;

/// What a [`Container`] takes besides parameters and a model: objects that may be given away.
pub trait Packed: Bytes<Context = Context, Buffer = Vec<u8>> {
    #[doc(hidden)]
    const ENTRY: u32;
    #[doc(hidden)]
    const NAME: &'static str;
}

macro_rules! packed {
    ($($type:ty: $entry:expr, $name:literal;)*) => {$(
        impl Packed for $type {
            const ENTRY: u32 = $entry;
            const NAME: &'static str = $name;
        }
    )*};
}

packed! {
    PublicKey: PUBLIC_KEY, "public-key";
    RelinKeys: RELIN_KEYS, "relin-keys";
    GaloisKeys: GALOIS_KEYS, "galois-keys";
    Ciphertext: CIPHERTEXT, "ciphertext";
    Seeded<PublicKey>: SEEDED + PUBLIC_KEY, "public-key, seeded";
    Seeded<RelinKeys>: SEEDED + RELIN_KEYS, "relin-keys, seeded";
    Seeded<GaloisKeys>: SEEDED + GALOIS_KEYS, "galois-keys, seeded";
    Seeded<SwitchingKeys>: SEEDED + SWITCHING_KEYS, "switching-keys, seeded";
    Seeded<Ciphertext>: SEEDED + CIPHERTEXT, "ciphertext, seeded";
}

/// The name of a kind that this program knows.
fn name_of(kind: u32) -> Option<&'static str> {
    macro_rules! names {
        ($($type:ty),*) => {
            [(PARAMETERS, "parameters"), (MODEL, "model"), $((<$type>::ENTRY, <$type>::NAME)),*]
        };
    }
    let names = names!(
        PublicKey,
        RelinKeys,
        GaloisKeys,
        Ciphertext,
        Seeded<PublicKey>,
        Seeded<RelinKeys>,
        Seeded<GaloisKeys>,
        Seeded<SwitchingKeys>,
        Seeded<Ciphertext>
    );
    names.into_iter().find(|(known, _)| *known == kind).map(|(_, name)| name)
}

/// Parameters, and objects that were made under them, in one file with a checksum for each (docs/bytes.md has the
/// layout). What is taken out of it is checked like any bytes from outside. It holds no secret key:
/// [`SecretContainer`] does.
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
    /// With parameters alone.
    pub fn new(parameters: &Parameters) -> Container {
        Container { entries: vec![Entry { kind: PARAMETERS, content: packed_parameters::pack(parameters) }] }
    }

    /// Puts an object in; several of one kind stay in their order.
    ///
    /// # Errors
    /// As [`to_bytes`](Bytes::to_bytes).
    pub fn add<T: Packed>(&mut self, object: &T) -> Result<&mut Container, SealError> {
        self.entries.push(Entry { kind: T::ENTRY, content: object.to_bytes()? });
        Ok(self)
    }

    /// Puts a model in: any bytes, such as those of a `model.json` that may be given away.
    pub fn add_model(&mut self, model: &[u8]) -> &mut Container {
        self.entries.push(Entry { kind: MODEL, content: model.to_vec() });
        self
    }

    /// The parameters, checked as new ones are.
    ///
    /// # Errors
    /// [`Bytes`](SealError::Bytes) where they are missing or damaged, and those of
    /// [`Parameters::with_special_primes`].
    pub fn parameters(&self) -> Result<Parameters, SealError> {
        packed_parameters::unpack(self.one(PARAMETERS, "parameters")?)
    }

    /// The same without any security: for tests and experiments only.
    ///
    /// # Errors
    /// As [`parameters`](Container::parameters), but for the one on security.
    pub fn insecure_parameters(&self) -> Result<Parameters, SealError> {
        packed_parameters::insecure_unpack(self.one(PARAMETERS, "parameters")?)
    }

    /// The one object of its kind.
    ///
    /// # Errors
    /// [`Bytes`](SealError::Bytes): none of this kind, or several, or one that the loader refuses.
    pub fn get<T: Packed>(&self, context: &Context) -> Result<T, SealError> {
        T::from_bytes(context, self.one(T::ENTRY, T::NAME)?)
    }

    /// All objects of a kind, in the order in which they were put in; maybe none.
    ///
    /// # Errors
    /// [`Bytes`](SealError::Bytes) where the loader refuses one.
    pub fn get_all<T: Packed>(&self, context: &Context) -> Result<Vec<T>, SealError> {
        self.of_kind(T::ENTRY).map(|content| T::from_bytes(context, content)).collect()
    }

    /// The model, where there is one.
    pub fn model(&self) -> Option<&[u8]> {
        self.of_kind(MODEL).next()
    }

    /// Names and sizes of all entries of a kind that this program knows.
    pub fn contents(&self) -> impl Iterator<Item = (&'static str, usize)> {
        self.entries.iter().filter_map(|entry| Some((name_of(entry.kind)?, entry.content.len())))
    }

    fn of_kind(&self, kind: u32) -> impl Iterator<Item = &[u8]> {
        self.entries.iter().filter(move |entry| entry.kind == kind).map(|entry| entry.content.as_slice())
    }

    fn one(&self, kind: u32, entry: &'static str) -> Result<&[u8], SealError> {
        let mut found = self.of_kind(kind);
        match (found.next(), found.count()) {
            (Some(content), 0) => Ok(content),
            (first, more) => {
                let actual = usize::from(first.is_some()) + more;
                Err(refused(BytesRefusal::Entries { entry, expected: "one", actual }))
            }
        }
    }

    /// The file. Entries of kinds that this program does not know are written again as they were read.
    pub fn to_bytes(&self) -> Vec<u8> {
        let parts: Vec<Part<'_>> =
            self.entries.iter().map(|entry| Part { kind: entry.kind, content: &entry.content }).collect();
        let mut bytes = vec![0; frame::size(parts.iter().map(|part| part.content.len()))];
        frame::write(PUBLIC, &parts, &mut bytes);
        bytes
    }

    /// Reads the frame, whose checksums and lengths must be right. Entries are checked when they are taken out; those of
    /// kinds that this program does not know are left alone.
    ///
    /// # Errors
    /// [`Bytes`](SealError::Bytes).
    pub fn from_bytes(bytes: &[u8]) -> Result<Container, SealError> {
        let found = frame::read(PUBLIC, bytes).map_err(refused)?;
        let entry = |(kind, at): (u32, Range<usize>)| Entry { kind, content: bytes[at].to_vec() };
        Ok(Container { entries: found.into_iter().map(entry).collect() })
    }

    /// Writes a whole file or none.
    ///
    /// # Errors
    /// [`File`](SealError::File) with the system's reason.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), SealError> {
        file::write(path.as_ref(), &self.to_bytes(), Readers::All)
    }

    /// Reads a file of at most 16 GiB.
    ///
    /// # Errors
    /// [`File`](SealError::File), [`Bytes`](SealError::Bytes).
    pub fn load(path: impl AsRef<Path>) -> Result<Container, SealError> {
        Container::load_within(path, &Limits::default())
    }

    /// Reads a file of at most so many bytes.
    ///
    /// # Errors
    /// As [`load`](Container::load).
    pub fn load_within(path: impl AsRef<Path>, limits: &Limits) -> Result<Container, SealError> {
        Container::from_bytes(&file::read(path.as_ref(), KIND, limits.bytes())?)
    }
}

impl std::fmt::Debug for Container {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_map().entries(self.contents()).finish()
    }
}

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
    /// # Errors
    /// As [`to_bytes`](Bytes::to_bytes).
    pub fn new(key: &SecretKey) -> Result<SecretContainer, SealError> {
        let (parameters, content) = (packed_parameters::pack(Format::context(key).parameters()), key.to_bytes()?);
        let parts = [Part { kind: PARAMETERS, content: &parameters }, Part { kind: SECRET_KEY, content: &content }];
        let mut bytes = Zeroizing::new(vec![0; frame::size(parts.iter().map(|part| part.content.len()))]);
        frame::write(SECRET, &parts, &mut bytes);
        SecretContainer::of(bytes)
    }

    fn of(bytes: Zeroizing<Vec<u8>>) -> Result<SecretContainer, SealError> {
        let entries = frame::read(SECRET, &bytes).map_err(refused)?;
        let one = |wanted: u32, entry| {
            let mut found = entries.iter().filter(|(kind, _)| *kind == wanted).map(|(_, at)| at.clone());
            match (found.next(), found.count()) {
                (Some(at), 0) => Ok(at),
                (first, more) => {
                    let actual = usize::from(first.is_some()) + more;
                    Err(refused(BytesRefusal::Entries { entry, expected: "one", actual }))
                }
            }
        };
        let (parameters, key) = (one(PARAMETERS, "parameters")?, one(SECRET_KEY, "secret-key")?);
        Ok(SecretContainer { bytes, parameters, key })
    }

    /// As [`Container::parameters`].
    ///
    /// # Errors
    /// As there.
    pub fn parameters(&self) -> Result<Parameters, SealError> {
        packed_parameters::unpack(&self.bytes[self.parameters.clone()])
    }

    /// As [`Container::insecure_parameters`]: for tests and experiments only.
    ///
    /// # Errors
    /// As there.
    pub fn insecure_parameters(&self) -> Result<Parameters, SealError> {
        packed_parameters::insecure_unpack(&self.bytes[self.parameters.clone()])
    }

    /// The key.
    ///
    /// # Errors
    /// [`Bytes`](SealError::Bytes) where the loader refuses it.
    pub fn secret_key(&self, context: &Context) -> Result<SecretKey, SealError> {
        SecretKey::from_bytes(context, &self.bytes[self.key.clone()])
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

fn refused(reason: BytesRefusal) -> SealError {
    SealError::Bytes { kind: KIND, reason }
}
