//! Ciphertexts and keys in the fewest bytes, for messages between two sides of this crate.

use super::bits::{Unpacked, Word, pack, packed_bytes, unpack};
use super::bounds::Bounds;
use super::reader::{Reader, Walk};
use super::{Bounded, Bytes, Format};
use crate::error::{BytesRefusal, SealError};
use crate::seal::Context;
use crate::seal::limits::bit_count;

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
        let mut to = Writer::new(to);
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
pub(super) const SEEDED: u8 = 0x80;
pub(super) const PART: &str = "packed object";

pub(super) fn check_start(reader: &mut Reader<'_>, expected: u8) -> Walk<()> {
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

/// What is sent of an identifier, which is a hash: enough to tell parameters apart.
pub(super) const ID_BYTES: usize = 8;

/// Whether bytes begin as packed objects do.
pub fn is_packed(bytes: &[u8]) -> bool {
    bytes.starts_with(&MAGIC)
}

/// Memory of the right length that is filled from front to back.
pub struct Writer<'a>(&'a mut [u8]);

impl<'a> Writer<'a> {
    pub(super) fn new(to: &'a mut [u8]) -> Self {
        Writer(to)
    }

    pub(super) fn room(&mut self, count: usize) -> &'a mut [u8] {
        let (room, rest) = std::mem::take(&mut self.0).split_at_mut(count);
        self.0 = rest;
        room
    }

    pub(super) fn put(&mut self, bytes: &[u8]) {
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

/// The packed bytes of N residues modulo each prime.
pub(super) fn rows_bytes(degree: usize, primes: &[u64]) -> usize {
    primes.iter().map(|&prime| packed_bytes(degree, bit_count(prime))).sum()
}

/// N residues modulo one prime after another, repeated.
pub(super) fn pack_rows<W: Word>(degree: usize, primes: &[u64], residues: &[W], to: &mut Writer<'_>) {
    for (row, &prime) in residues.chunks(degree).zip(primes.iter().cycle()) {
        let bits = bit_count(prime);
        pack(row, bits, to.room(packed_bytes(row.len(), bits)));
    }
}

/// The same back, each residue below its prime. Returns whether any is not zero.
pub(super) fn unpack_rows<W: Word>(
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
