//! The packed form of switching keys.

use std::ops::Range;

use super::bounds::{Bounds, SEED_BYTES};
use super::limits::Limits;
use super::reader::{Reader, Walk};
use super::wire::{ID_BYTES, PART, Packable, SEEDED, Writer, check_start, pack_rows, rows_bytes, unpack_rows};
use super::{Bounded, Format, checked};
use crate::error::{BytesRefusal, SealError};
use crate::seal::{Context, HybridKeys, Seeded};

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
    check_id(bounds, &mut reader)?;
    let mut bytes = Vec::new();
    while reader.remaining() > 0 {
        unpack_key(bounds, &mut reader, &mut bytes)?;
    }
    Ok(bytes)
}

fn check_id(bounds: &Bounds, reader: &mut Reader<'_>) -> Walk<()> {
    match bounds.key_id.starts_with(&reader.array::<ID_BYTES>(PART)?) {
        true => Ok(()),
        false => Err(BytesRefusal::ForeignParameters { part: "switching keys" }),
    }
}

/// The next key, behind what is there.
fn unpack_key(bounds: &Bounds, reader: &mut Reader<'_>, bytes: &mut Vec<u8>) -> Walk<()> {
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
    unpack_rows("switching key", bounds.degree, &primes, reader, residues)?;
    Ok(())
}

impl HybridKeys {
    /// Reads the packed keys that lie in a part of bytes, as [`Wire::from_wire`](super::Wire::from_wire) does, and expands each
    /// at once, the last one first. What was read is cut off from the bytes, with all that follows it, and its memory given
    /// back: gigabytes of keys are there in one form or the other.
    ///
    /// # Errors
    /// [`Bytes`](SealError::Bytes) with the reason if they are invalid.
    pub fn take_from_wire(context: &Context, bytes: &mut Vec<u8>, part: Range<usize>) -> Result<HybridKeys, SealError> {
        let bounds = context.bounds()?;
        let refused = |reason| SealError::Bytes { kind: Seeded::<HybridKeys>::SHAPE.kind, reason };
        let starts = starts_of_keys(&bounds, bytes.get(part.clone()).unwrap_or_default()).map_err(refused)?;
        bytes.truncate(part.end);
        let (mut keys, mut key) = (HybridKeys::of_checked(context, &[])?, Vec::new());
        for start in starts.into_iter().rev().map(|start| part.start + start) {
            key.clear();
            let mut reader = Reader::new(bytes.get(start..).unwrap_or_default());
            unpack_key(&bounds, &mut reader, &mut key).map_err(refused)?;
            let found = bounds.hybrid_keys(&mut Reader::new(&key), &Limits::default()).map_err(refused)?;
            if let Some(&element) = found.keys().find(|&&element| keys.has(element)) {
                let expected = "an automorphism without a key so far".into();
                return Err(refused(BytesRefusal::Field { part: "automorphism", expected, actual: element.into() }));
            }
            keys.add_checked(&key)?;
            bytes.truncate(start);
            bytes.shrink_to_fit();
        }
        Ok(keys)
    }
}

impl Seeded<HybridKeys> {
    /// The expanded keys, as [`expand`](Seeded::expand) makes them, but one by one, the last one first: its seeded form is cut
    /// off and its memory given back, so that no more than one key is there in both forms.
    ///
    /// # Errors
    /// [`ForeignContext`](SealError::ForeignContext) for a context with other parameters.
    pub fn expand_all(self, context: &Context) -> Result<HybridKeys, SealError> {
        if !context.agrees_with(self.context()) {
            return Err(SealError::ForeignContext { op: "expand" });
        }
        let bounds = context.bounds()?;
        let lengths = keys_of(&bounds, self.as_bytes()).map(|key| 8 + key.seeds.len() + 8 * key.halves.len());
        let lengths: Vec<usize> = lengths.collect();
        let (mut bytes, mut keys) = (self.into_bytes(), HybridKeys::of_checked(context, &[])?);
        for length in lengths.into_iter().rev() {
            let start = bytes.len() - length;
            keys.add_checked(&bytes[start..])?;
            bytes.truncate(start);
            bytes.shrink_to_fit();
        }
        Ok(keys)
    }
}

/// Where each key begins.
fn starts_of_keys(bounds: &Bounds, bytes: &[u8]) -> Walk<Vec<usize>> {
    let mut reader = Reader::new(bytes);
    check_start(&mut reader, Seeded::<HybridKeys>::KIND)?;
    check_id(bounds, &mut reader)?;
    let mut starts = Vec::new();
    while reader.remaining() > 0 {
        starts.push(bytes.len() - reader.remaining());
        let level = key_level(reader.array("switching key")?);
        bounds.check_key_level(level)?;
        let digits = bounds.digits_up_to(level);
        reader.take("seeds", digits * SEED_BYTES)?;
        reader.take("switching key", digits * rows_bytes(bounds.degree, &bounds.key_primes(level)))?;
    }
    Ok(starts)
}

/// From the automorphism and the level of a key.
fn key_level([_, _, _, _, level @ ..]: [u8; 8]) -> usize {
    u32::from_le_bytes(level) as usize
}
