//! Ciphertexts and keys in the fewest bytes, for messages between two sides of this crate.

use std::ops::Range;

use super::bits::{pack, packed_bytes, unpack};
use super::bounds::{ARRAY_FIELDS, Bounds, CIPHERTEXT_FIELDS, Form, SEED_BYTES, SEED_FIELDS};
use super::header::{Compression, Header};
use super::reader::{Reader, Walk};
use super::{Bounded, Bytes, Format, SealVersion};
use crate::error::{BytesRefusal, SealError};
use crate::seal::limits::bit_count;
use crate::seal::{Ciphertext, Context, HybridKeys, Seeded};

/// Objects of CKKS in our own form, which leaves out what follows from the parameters: residues take the bits of their
/// prime instead of 64, and SEAL's headers and sizes are not sent. SEAL's format, for files and other programs, is
/// that of [`Bytes`].
///
/// | bytes | content |
/// |---|---|
/// | 0 to 4 | `SNNP`, version 1 |
/// | 5 | kind: 6 for a ciphertext of two components, 0x86 for a seeded one, 0x85 for seeded switching keys |
/// | 6 to 13 | the first bytes of SEAL's identifier of the parameters: of the level of ciphertexts, of keys |
/// | 14 to 21 | of ciphertexts: the scale |
/// | then | residues of each component modulo each prime of the level: N times the bits of the prime |
/// | then | of seeded ciphertexts: kind of the generator (1 byte), seed (64) |
///
/// Switching keys have, after the identifier, the fields of their [`Bytes`] one key after the other, also with packed residues.
/// All numbers are little-endian. Nothing is optional, so an object has one form only.
///
/// ```
/// use seal_nn::seal::*;
/// # fn main() -> Result<(), seal_nn::SealError> {
/// let context = Context::new(&Parameters::new(4096, &[36, 36, 37])?)?;
/// let secret = KeyGenerator::new(&context)?.secret_key()?;
/// let plain = Encoder::new(&context)?.encode(&[1.5], context.top_level(), 2f64.powi(30))?;
/// let x = SymmetricEncryptor::new(&context, &secret)?.encrypt_seeded(&plain)?;
///
/// let bytes = x.to_wire()?;
/// assert_eq!(bytes.len(), 87 + 4096 * (36 + 36) / 8);
/// assert_eq!(Seeded::<Ciphertext>::from_wire(&context, &bytes)?.as_bytes(), x.as_bytes());
/// # Ok(())
/// # }
/// ```
pub trait Wire: Packable {
    /// The bytes of the packed form.
    ///
    /// # Errors
    /// [`Components`](SealError::Components) for a product that has not been relinearised;
    /// [`Library`](SealError::Library) if memory runs out.
    fn to_wire(&self) -> Result<Vec<u8>, SealError> {
        let bounds = self.context().bounds()?;
        let mut bytes = [&MAGIC[..], &[Self::KIND]].concat();
        self.pack(&bounds, &mut bytes)?;
        Ok(bytes)
    }

    /// Reads such bytes after all the checks of [`from_bytes`](Bytes::from_bytes): the length is checked before memory is
    /// allocated, and every residue must be below its prime.
    ///
    /// # Errors
    /// [`Bytes`](SealError::Bytes) with the reason if they are invalid.
    fn from_wire(context: &Context, bytes: &[u8]) -> Result<Self, SealError> {
        let bounds = context.bounds()?;
        let unpacked = unpacked::<Self>(&bounds, bytes);
        let unpacked = unpacked.map_err(|reason| SealError::Bytes { kind: Self::SHAPE.kind, reason })?;
        Self::from_bytes(context, &unpacked)
    }
}

impl<T: Packable> Wire for T {}

const MAGIC: [u8; 5] = *b"SNNP\x01";
const SEEDED: u8 = 0x80;
const PART: &str = "packed object";

fn unpacked<T: Packable>(bounds: &Bounds, bytes: &[u8]) -> Walk<Vec<u8>> {
    let mut reader = Reader::new(bytes);
    let start: [u8; MAGIC.len()] = reader.array(PART)?;
    if start != MAGIC {
        let text = |bytes: &[u8]| bytes.escape_ascii().to_string();
        return Err(BytesRefusal::NotThis { expected: text(&MAGIC), actual: text(&start) });
    }
    let kind = reader.u8(PART)?;
    if kind != T::KIND {
        let (part, expected) = ("the kind of packed object", T::KIND.to_string());
        return Err(BytesRefusal::Field { part, expected, actual: kind.into() });
    }
    let unpacked = T::unpack(bounds, &mut reader)?;
    reader.end()?;
    Ok(unpacked)
}

/// Whether bytes begin as packed objects do.
pub fn is_packed(bytes: &[u8]) -> bool {
    bytes.starts_with(&MAGIC)
}

/// The specifics of a type. The trait is public, but cannot be implemented or called outside the crate.
pub trait Packable: Bytes + Format<Context = Context, Buffer = Vec<u8>> {
    #[doc(hidden)]
    const KIND: u8;

    #[doc(hidden)]
    fn pack(&self, bounds: &Bounds, to: &mut Vec<u8>) -> Result<(), SealError>;
    /// The bytes of the form of `Bytes`.
    #[doc(hidden)]
    fn unpack(bounds: &Bounds, reader: &mut Reader<'_>) -> Walk<Vec<u8>>;
}

impl Packable for Ciphertext {
    const KIND: u8 = 6;

    fn pack(&self, bounds: &Bounds, to: &mut Vec<u8>) -> Result<(), SealError> {
        match self.size() {
            2 => pack_ciphertext(bounds, &self.to_bytes()?, 2, to),
            actual => return Err(SealError::Components { op: "to_wire", expected: 2, actual }),
        }
        Ok(())
    }

    fn unpack(bounds: &Bounds, reader: &mut Reader<'_>) -> Walk<Vec<u8>> {
        unpack_ciphertext(bounds, reader, Form::Whole(2))
    }
}

impl Packable for Seeded<Ciphertext> {
    const KIND: u8 = SEEDED | 6;

    fn pack(&self, bounds: &Bounds, to: &mut Vec<u8>) -> Result<(), SealError> {
        let bytes = self.as_bytes();
        pack_ciphertext(bounds, bytes, 1, to);
        to.extend(&bytes[bytes.len() - GENERATOR_BYTES..]);
        Ok(())
    }

    fn unpack(bounds: &Bounds, reader: &mut Reader<'_>) -> Walk<Vec<u8>> {
        unpack_ciphertext(bounds, reader, Form::Seeded)
    }
}

/// Kind and seed of a generator.
const GENERATOR_BYTES: usize = 1 + SEED_BYTES;
/// What is sent of an identifier, which is a hash: enough to tell parameters apart.
const ID_BYTES: usize = 8;
/// Where SEAL has the identifier, the number of primes and the scale of a ciphertext.
const ID_AT: usize = Header::BYTES;
const PRIMES_AT: usize = ID_AT + 32 + 1 + 16;
const SCALE_AT: Range<usize> = PRIMES_AT + 8..PRIMES_AT + 16;

/// From bytes that this process has made or checked.
fn pack_ciphertext(bounds: &Bounds, bytes: &[u8], components: usize, to: &mut Vec<u8>) {
    let primes = bounds.level_primes(usize::from(bytes[PRIMES_AT]) - 1); // of 64 at most
    to.reserve(ID_BYTES + 8 + components * rows_bytes(bounds.degree, primes) + GENERATOR_BYTES);
    to.extend(&bytes[ID_AT..][..ID_BYTES]);
    to.extend(&bytes[SCALE_AT]);
    pack_rows(bounds.degree, primes, &bytes[CIPHERTEXT_FIELDS..][..8 * components * primes.len() * bounds.degree], to);
}

fn unpack_ciphertext(bounds: &Bounds, reader: &mut Reader<'_>, form: Form) -> Walk<Vec<u8>> {
    let id: [u8; ID_BYTES] = reader.array(PART)?;
    let level = bounds.level_ids.iter().position(|known| known.starts_with(&id));
    let level = level.ok_or(BytesRefusal::ForeignParameters { part: "ciphertext" })?;
    let scale = reader.f64("scale")?;
    let primes = bounds.level_primes(level);
    let component = primes.len() * bounds.degree;
    let (components, behind) = match form {
        Form::Seeded => (1, GENERATOR_BYTES),
        Form::Whole(components) => (components, 0),
    };
    check_length(reader, components * rows_bytes(bounds.degree, primes) + behind)?;
    let size = form.bytes(component);
    let header = |size| Header::of(SealVersion::linked_minor(), Compression::None, size);
    let mut bytes = Vec::with_capacity(size);
    bytes.extend(header(size));
    bytes.extend(bounds.level_ids[level]);
    bytes.push(1); // transformed
    bytes.extend([2, bounds.degree as u64, primes.len() as u64].map(u64::to_le_bytes).as_flattened());
    bytes.extend(scale.to_le_bytes());
    bytes.extend(1_u64.to_le_bytes()); // the correction factor
    bytes.extend(header(ARRAY_FIELDS + 8 * components * component));
    bytes.extend(((components * component) as u64).to_le_bytes());
    for _ in 0..components {
        unpack_rows(bounds.degree, primes, reader, &mut bytes)?;
    }
    if form == Form::Seeded {
        bytes.extend(header(SEED_FIELDS));
        bytes.extend(reader.take("seed", GENERATOR_BYTES)?);
    }
    Ok(bytes)
}

impl Packable for Seeded<HybridKeys> {
    const KIND: u8 = SEEDED | 5;

    fn pack(&self, bounds: &Bounds, to: &mut Vec<u8>) -> Result<(), SealError> {
        to.extend(&bounds.key_id[..ID_BYTES]);
        let mut rest = self.as_bytes();
        while let Some((head, after)) = rest.split_first_chunk::<8>() {
            let level = key_level(*head);
            let (primes, digits) = (bounds.key_primes(level), bounds.digits_up_to(level));
            let (seeds, after) = after.split_at(digits * SEED_BYTES);
            let (halves, after) = after.split_at(8 * digits * primes.len() * bounds.degree);
            to.reserve(8 + seeds.len() + digits * rows_bytes(bounds.degree, &primes));
            to.extend(head);
            to.extend(seeds);
            pack_rows(bounds.degree, &primes, halves, to);
            rest = after;
        }
        Ok(())
    }

    fn unpack(bounds: &Bounds, reader: &mut Reader<'_>) -> Walk<Vec<u8>> {
        if !bounds.key_id.starts_with(&reader.array::<ID_BYTES>(PART)?) {
            return Err(BytesRefusal::ForeignParameters { part: "switching keys" });
        }
        let mut bytes = Vec::new();
        while reader.remaining() > 0 {
            let head: [u8; 8] = reader.array("switching key")?;
            let level = key_level(head);
            bounds.check_key_level(level)?;
            let (primes, digits) = (bounds.key_primes(level), bounds.digits_up_to(level));
            let seeds = reader.take("seeds", digits * SEED_BYTES)?;
            let needed = digits * rows_bytes(bounds.degree, &primes);
            if reader.remaining() < needed {
                let (part, expected, actual) = ("switching key", needed, reader.remaining());
                return Err(BytesRefusal::TooShort { part, expected, actual });
            }
            bytes.reserve(8 + seeds.len() + 8 * digits * primes.len() * bounds.degree);
            bytes.extend(head);
            bytes.extend(seeds);
            for _ in 0..digits {
                unpack_rows(bounds.degree, &primes, reader, &mut bytes)?;
            }
        }
        Ok(bytes)
    }
}

/// From the automorphism and the level of a key.
fn key_level([_, _, _, _, level @ ..]: [u8; 8]) -> usize {
    u32::from_le_bytes(level) as usize
}

fn check_length(reader: &Reader<'_>, expected: usize) -> Walk<()> {
    match reader.remaining() {
        actual if actual < expected => Err(BytesRefusal::TooShort { part: PART, expected, actual }),
        actual if actual > expected => Err(BytesRefusal::Trailing { count: actual - expected }),
        _ => Ok(()),
    }
}

/// The packed bytes of N residues modulo each prime.
pub fn rows_bytes(degree: usize, primes: &[u64]) -> usize {
    primes.iter().map(|&prime| packed_bytes(degree, bit_count(prime))).sum()
}

/// N residues modulo one prime after another, repeated.
pub fn pack_rows(degree: usize, primes: &[u64], residues: &[u8], to: &mut Vec<u8>) {
    let (words, _) = residues.as_chunks::<8>();
    for (row, &prime) in words.chunks(degree).zip(primes.iter().cycle()) {
        pack(row, bit_count(prime), to);
    }
}

pub fn unpack_rows(degree: usize, primes: &[u64], reader: &mut Reader<'_>, to: &mut Vec<u8>) -> Walk<()> {
    const PART: &str = "bits behind packed residues";
    for &prime in primes {
        let bits = bit_count(prime);
        let packed = reader.take("packed residues", packed_bytes(degree, bits))?;
        if !unpack(packed, bits, degree, to) {
            return Err(BytesRefusal::Field { part: PART, expected: "0".into(), actual: 1 });
        }
    }
    Ok(())
}
