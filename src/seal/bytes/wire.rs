//! Ciphertexts and keys in the fewest bytes, for messages between two sides of this crate.

use std::ops::Range;

use super::bits::{Unpacked, Word, pack, packed_bytes, unpack};
use super::bounds::{ARRAY_FIELDS, Bounds, CIPHERTEXT_FIELDS, Form, SEED_BYTES, SEED_FIELDS};
use super::header::{Compression, Header};
use super::limits::Limits;
use super::objects::check_generator;
use super::polynomials::Place;
use super::reader::{Reader, Walk};
use super::{Bounded, Bytes, Format, SealVersion, checked};
use crate::error::{BytesRefusal, SealError};
use crate::ffi::ciphertext as ffi;
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
    /// The number of bytes of the packed form.
    ///
    /// # Errors
    /// [`Components`](SealError::Components) for a product that has not been relinearised.
    fn wire_bytes(&self) -> Result<usize, SealError> {
        Ok(START_BYTES + self.packed_size(&self.context().bounds()?)?)
    }

    /// Writes the packed form into exactly its [`wire_bytes`](Wire::wire_bytes).
    ///
    /// # Errors
    /// As there; [`Bytes`](SealError::Bytes) for memory of another length.
    fn write_wire(&self, to: &mut [u8]) -> Result<(), SealError> {
        let bounds = self.context().bounds()?;
        let (expected, actual) = (START_BYTES + self.packed_size(&bounds)?, to.len());
        if actual != expected {
            let reason = match actual < expected {
                true => BytesRefusal::TooShort { part: PART, expected, actual },
                false => BytesRefusal::Trailing { count: actual - expected },
            };
            return Err(SealError::Bytes { kind: Self::SHAPE.kind, reason });
        }
        let mut to = Writer(to);
        to.put(&MAGIC);
        to.put(&[Self::KIND]);
        self.pack(&bounds, &mut to);
        Ok(())
    }

    /// The bytes of the packed form.
    ///
    /// # Errors
    /// As [`wire_bytes`](Wire::wire_bytes).
    fn to_wire(&self) -> Result<Vec<u8>, SealError> {
        let mut bytes = vec![0; self.wire_bytes()?];
        self.write_wire(&mut bytes)?;
        Ok(bytes)
    }

    /// Reads such bytes after all the checks of [`from_bytes`](Bytes::from_bytes): the length is checked before memory is
    /// allocated, and every residue must be below its prime.
    ///
    /// # Errors
    /// [`Bytes`](SealError::Bytes) with the reason if they are invalid.
    fn from_wire(context: &Context, bytes: &[u8]) -> Result<Self, SealError> {
        let bounds = context.bounds()?;
        let refused = |reason| SealError::Bytes { kind: Self::SHAPE.kind, reason };
        let mut reader = Reader::new(bytes);
        check_start(&mut reader, Self::KIND).map_err(refused)?;
        Self::unpack(context, &bounds, reader)
    }
}

impl<T: Packable> Wire for T {}

const MAGIC: [u8; 5] = *b"SNNP\x01";
/// Before the fields of an object: what it is.
const START_BYTES: usize = MAGIC.len() + 1;
const SEEDED: u8 = 0x80;
const PART: &str = "packed object";

fn check_start(reader: &mut Reader<'_>, expected: u8) -> Walk<()> {
    let start: [u8; MAGIC.len()] = reader.array(PART)?;
    if start != MAGIC {
        let text = |bytes: &[u8]| bytes.escape_ascii().to_string();
        return Err(BytesRefusal::NotThis { expected: text(&MAGIC), actual: text(&start) });
    }
    let actual = reader.u8(PART)?;
    if actual != expected {
        let (part, expected) = ("the kind of packed object", expected.to_string());
        return Err(BytesRefusal::Field { part, expected, actual: actual.into() });
    }
    Ok(())
}

/// Whether bytes begin as packed objects do.
pub fn is_packed(bytes: &[u8]) -> bool {
    bytes.starts_with(&MAGIC)
}

/// Memory of the right length that is filled from front to back.
pub struct Writer<'a>(&'a mut [u8]);

impl<'a> Writer<'a> {
    pub fn new(to: &'a mut [u8]) -> Self {
        Writer(to)
    }

    fn room(&mut self, count: usize) -> &'a mut [u8] {
        let (room, rest) = std::mem::take(&mut self.0).split_at_mut(count);
        self.0 = rest;
        room
    }

    pub fn put(&mut self, bytes: &[u8]) {
        self.room(bytes.len()).copy_from_slice(bytes);
    }
}

/// The specifics of a type. The trait is public, but cannot be implemented or called outside the crate.
pub trait Packable: Bytes + Format<Context = Context, Buffer = Vec<u8>> {
    #[doc(hidden)]
    const KIND: u8;

    /// The bytes behind the kind.
    #[doc(hidden)]
    fn packed_size(&self, bounds: &Bounds) -> Result<usize, SealError>;
    /// Writes them.
    #[doc(hidden)]
    fn pack(&self, bounds: &Bounds, to: &mut Writer<'_>);
    /// Reads and checks them.
    #[doc(hidden)]
    fn unpack(context: &Context, bounds: &Bounds, reader: Reader<'_>) -> Result<Self, SealError>;
}

impl Packable for Ciphertext {
    const KIND: u8 = 6;

    fn packed_size(&self, bounds: &Bounds) -> Result<usize, SealError> {
        match self.size() {
            2 => Ok(CIPHERTEXT_START + 2 * rows_bytes(bounds.degree, bounds.level_primes(self.level().0))),
            actual => Err(SealError::Components { op: "to_wire", expected: 2, actual }),
        }
    }

    fn pack(&self, bounds: &Bounds, to: &mut Writer<'_>) {
        let level = self.level().0;
        to.put(&bounds.level_ids[level - bounds.lowest_level][..ID_BYTES]);
        to.put(&self.scale().to_le_bytes());
        pack_rows(bounds.degree, bounds.level_primes(level), ffi::residues(&self.raw), to);
    }

    fn unpack(context: &Context, bounds: &Bounds, mut reader: Reader<'_>) -> Result<Self, SealError> {
        let refused = |reason| SealError::Bytes { kind: Self::SHAPE.kind, reason };
        let (level, scale) = ciphertext_start(bounds, &mut reader, 2, 0).map_err(refused)?;
        let made = ffi::new_ciphertext(context.raw(), level, scale);
        let mut raw = made.map_err(|exception| SealError::from_exception("from_wire", &exception))?;
        let residues = ffi::residues_mut(raw.pin_mut());
        let primes = bounds.level_primes(level);
        let halves = residues.split_at_mut(bounds.degree * primes.len());
        for (residues, second) in [(halves.0, false), (halves.1, true)] {
            let is_zero = !unpack_rows("ciphertext", bounds.degree, primes, &mut reader, residues).map_err(refused)?;
            if second && is_zero {
                return Err(refused(BytesRefusal::Transparent { part: "ciphertext" }));
            }
        }
        reader.end().map_err(refused)?;
        Ok(Ciphertext { raw, context: context.clone() })
    }
}

impl Packable for Seeded<Ciphertext> {
    const KIND: u8 = SEEDED | 6;

    fn packed_size(&self, bounds: &Bounds) -> Result<usize, SealError> {
        let level = seeded_level(self.as_bytes());
        Ok(CIPHERTEXT_START + rows_bytes(bounds.degree, bounds.level_primes(level)) + GENERATOR_BYTES)
    }

    fn pack(&self, bounds: &Bounds, to: &mut Writer<'_>) {
        let bytes = self.as_bytes();
        let primes = bounds.level_primes(seeded_level(bytes));
        to.put(&bytes[ID_AT..][..ID_BYTES]);
        to.put(&bytes[SCALE_AT]);
        let (words, _) = bytes[CIPHERTEXT_FIELDS..][..8 * primes.len() * bounds.degree].as_chunks::<8>();
        pack_rows(bounds.degree, primes, words, to);
        to.put(&bytes[bytes.len() - GENERATOR_BYTES..]);
    }

    fn unpack(context: &Context, bounds: &Bounds, reader: Reader<'_>) -> Result<Self, SealError> {
        let refused = |reason| SealError::Bytes { kind: Self::SHAPE.kind, reason };
        Ok(Seeded::of_checked(context, unpack_seeded(bounds, reader).map_err(refused)?))
    }
}

/// Kind and seed of a generator.
const GENERATOR_BYTES: usize = 1 + SEED_BYTES;
/// What is sent of an identifier, which is a hash: enough to tell parameters apart.
const ID_BYTES: usize = 8;
/// Identifier and scale.
const CIPHERTEXT_START: usize = ID_BYTES + 8;
/// Where SEAL has the identifier, the number of primes and the scale of a ciphertext.
const ID_AT: usize = Header::BYTES;
const PRIMES_AT: usize = ID_AT + 32 + 1 + 16;
const SCALE_AT: Range<usize> = PRIMES_AT + 8..PRIMES_AT + 16;

/// The level of bytes that this process has made or checked.
fn seeded_level(bytes: &[u8]) -> usize {
    usize::from(bytes[PRIMES_AT]) - 1 // of 64 primes at most
}

/// Level and scale of a ciphertext of whose length nothing more is to be checked.
fn ciphertext_start(bounds: &Bounds, reader: &mut Reader<'_>, components: usize, behind: usize) -> Walk<(usize, f64)> {
    const PART: &str = "ciphertext";
    let id: [u8; ID_BYTES] = reader.array(self::PART)?;
    let level = bounds.level_ids.iter().position(|known| known.starts_with(&id));
    let level = bounds.lowest_level + level.ok_or(BytesRefusal::ForeignParameters { part: PART })?;
    let scale = reader.f64("scale")?;
    let primes = bounds.level_primes(level);
    check_length(reader, components * rows_bytes(bounds.degree, primes) + behind)?;
    bounds.check_scale(PART, scale, primes, Place::Level)?;
    Ok((level, scale))
}

/// A seeded ciphertext in SEAL's format.
fn unpack_seeded(bounds: &Bounds, mut reader: Reader<'_>) -> Walk<Vec<u8>> {
    let (level, scale) = ciphertext_start(bounds, &mut reader, 1, GENERATOR_BYTES)?;
    let primes = bounds.level_primes(level);
    let component = primes.len() * bounds.degree;
    let size = Form::Seeded.bytes(component);
    let header = |size| Header::of(SealVersion::linked_minor(), Compression::None, size);
    let mut bytes = Vec::with_capacity(size);
    bytes.extend(header(size));
    bytes.extend(bounds.level_ids[level - bounds.lowest_level]);
    bytes.push(1); // transformed
    bytes.extend([2, bounds.degree as u64, primes.len() as u64].map(u64::to_le_bytes).as_flattened());
    bytes.extend(scale.to_le_bytes());
    bytes.extend(1_u64.to_le_bytes()); // the correction factor
    bytes.extend(header(ARRAY_FIELDS + 8 * component));
    bytes.extend((component as u64).to_le_bytes());
    let start = bytes.len();
    bytes.resize(start + 8 * component, 0);
    unpack_rows("ciphertext", bounds.degree, primes, &mut reader, bytes[start..].as_chunks_mut::<8>().0)?;
    let generator = reader.take("seed", GENERATOR_BYTES)?;
    check_generator(generator[0])?;
    bytes.extend(header(SEED_FIELDS));
    bytes.extend(generator);
    reader.end()?;
    Ok(bytes)
}

impl Packable for Seeded<HybridKeys> {
    const KIND: u8 = SEEDED | 5;

    fn packed_size(&self, bounds: &Bounds) -> Result<usize, SealError> {
        let keys = keys_of(bounds, self.as_bytes());
        Ok(ID_BYTES
            + keys.map(|key| 8 + key.seeds.len() + key.digits * rows_bytes(bounds.degree, &key.primes)).sum::<usize>())
    }

    fn pack(&self, bounds: &Bounds, to: &mut Writer<'_>) {
        to.put(&bounds.key_id[..ID_BYTES]);
        for key in keys_of(bounds, self.as_bytes()) {
            to.put(&key.head);
            to.put(key.seeds);
            pack_rows(bounds.degree, &key.primes, key.halves, to);
        }
    }

    fn unpack(context: &Context, bounds: &Bounds, reader: Reader<'_>) -> Result<Self, SealError> {
        let refused = |reason| SealError::Bytes { kind: Self::SHAPE.kind, reason };
        let bytes = unpack_keys(bounds, reader).map_err(refused)?;
        checked::<Self>(bounds, &bytes, &Limits::default())?;
        Ok(Seeded::of_checked(context, bytes))
    }
}

/// One of several switching keys, in bytes that this process has made or checked.
struct KeyBytes<'a> {
    head: [u8; 8],
    primes: Vec<u64>,
    digits: usize,
    seeds: &'a [u8],
    halves: &'a [[u8; 8]],
}

fn keys_of<'a>(bounds: &Bounds, mut bytes: &'a [u8]) -> impl Iterator<Item = KeyBytes<'a>> {
    std::iter::from_fn(move || {
        let (head, rest) = bytes.split_first_chunk::<8>()?;
        let level = key_level(*head);
        let (primes, digits) = (bounds.key_primes(level), bounds.digits_up_to(level));
        let (seeds, rest) = rest.split_at(digits * SEED_BYTES);
        let (halves, rest) = rest.split_at(8 * digits * primes.len() * bounds.degree);
        bytes = rest;
        Some(KeyBytes { head: *head, primes, digits, seeds, halves: halves.as_chunks().0 })
    })
}

fn unpack_keys(bounds: &Bounds, mut reader: Reader<'_>) -> Walk<Vec<u8>> {
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
        let residues = 8 * digits * primes.len() * bounds.degree;
        bytes.reserve(8 + seeds.len() + residues);
        bytes.extend(head);
        bytes.extend(seeds);
        let start = bytes.len();
        bytes.resize(start + residues, 0);
        let residues = bytes[start..].as_chunks_mut::<8>().0;
        unpack_rows("switching key", bounds.degree, &primes, &mut reader, residues)?;
    }
    Ok(bytes)
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
pub fn pack_rows<W: Word>(degree: usize, primes: &[u64], residues: &[W], to: &mut Writer<'_>) {
    for (row, &prime) in residues.chunks(degree).zip(primes.iter().cycle()) {
        let bits = bit_count(prime);
        pack(row, bits, to.room(packed_bytes(row.len(), bits)));
    }
}

/// The same back, each residue below its prime. Returns whether any is not zero.
pub fn unpack_rows<W: Word>(
    part: &'static str,
    degree: usize,
    primes: &[u64],
    reader: &mut Reader<'_>,
    to: &mut [W],
) -> Walk<bool> {
    let mut seen = false;
    for (i, (row, &modulus)) in to.chunks_mut(degree).zip(primes.iter().cycle()).enumerate() {
        let bits = bit_count(modulus);
        let packed = reader.take("packed residues", packed_bytes(degree, bits))?;
        let Unpacked { largest, ends_with_zeros } = unpack(packed, bits, row);
        if !ends_with_zeros {
            const PART: &str = "bits behind packed residues";
            return Err(BytesRefusal::Field { part: PART, expected: "0".into(), actual: 1 });
        }
        if largest >= modulus {
            let at = row.iter().position(|word| word.residue() >= modulus).unwrap_or_default();
            return Err(BytesRefusal::Residue { part, index: i * degree + at, modulus, actual: row[at].residue() });
        }
        seen |= largest > 0;
    }
    Ok(seen)
}
