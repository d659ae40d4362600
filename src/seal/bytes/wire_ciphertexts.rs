//! The packed form of ciphertexts, which are packed and read where they stay.

use std::ops::Range;

use super::bounds::{ARRAY_FIELDS, Bounds, CIPHERTEXT_FIELDS, Form, SEED_BYTES, SEED_FIELDS};
use super::header::{Compression, Header};
use super::objects::check_generator;
use super::polynomials::Place;
use super::reader::{Reader, Walk};
use super::wire::{ID_BYTES, PART, Packable, SEEDED, Writer, pack_rows, rows_bytes, unpack_rows};
use super::{Format, SealVersion};
use crate::error::{BytesRefusal, SealError};
use crate::ffi::ciphertext as ffi;
use crate::seal::{Ciphertext, Context, Seeded};

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
    const OBJECT: &str = "ciphertext";
    let id: [u8; ID_BYTES] = reader.array(PART)?;
    let level = bounds.level_ids.iter().position(|known| known.starts_with(&id));
    let level = bounds.lowest_level + level.ok_or(BytesRefusal::ForeignParameters { part: OBJECT })?;
    let scale = reader.f64("scale")?;
    let primes = bounds.level_primes(level);
    check_length(reader, components * rows_bytes(bounds.degree, primes) + behind)?;
    bounds.check_scale(OBJECT, scale, primes, Place::Level)?;
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

fn check_length(reader: &Reader<'_>, expected: usize) -> Walk<()> {
    match reader.remaining() {
        actual if actual < expected => Err(BytesRefusal::TooShort { part: PART, expected, actual }),
        actual if actual > expected => Err(BytesRefusal::Trailing { count: actual - expected }),
        _ => Ok(()),
    }
}
