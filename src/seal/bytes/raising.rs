//! The keys of raising (src/seal/sparse), in the fewest bytes.

use super::Bounded;
use super::bounds::{Bounds, SEED_BYTES};
use super::reader::{Reader, Walk};
use super::wire::{Writer, pack_rows, rows_bytes, unpack_rows};
use crate::Rotation;
use crate::error::{BytesRefusal, ObjectKind, SealError};
use crate::seal::{Context, sparse::MOST_ROTATIONS};

/// The layout of the bytes, which follows from both contexts.
///
/// | bytes | content |
/// |---|---|
/// | 0 to 4 | `SNNR`, version 1 |
/// | 5 to 12 | the first bytes of SEAL's identifier of the tall chain's keys |
/// | 13 to 28 | `q'` and `p` |
/// | 29 | the number of rotations, then each in 4 bytes |
/// | then | each key: a seed (64 bytes), N residues modulo each prime in the bits of the prime |
pub struct RaisingLayout {
    bounds: Bounds,
    sparse: [u64; 2],
}

const MAGIC: [u8; 5] = *b"SNNR\x01";
const ID_BYTES: usize = 8;
const PART: &str = "raising keys";

impl RaisingLayout {
    pub fn new(tall: &Context, sparse: [u64; 2]) -> Result<RaisingLayout, SealError> {
        Ok(RaisingLayout { bounds: tall.bounds()?, sparse })
    }

    /// The primes of each key: first the one to the sparse secret.
    fn keys(&self, rotations: usize) -> impl Iterator<Item = &[u64]> {
        let from_sparse = std::iter::repeat_n(&self.bounds.primes[..], 1 << rotations);
        std::iter::once(&self.sparse[..]).chain(from_sparse)
    }

    /// The bytes of all keys.
    fn packed_keys(&self, rotations: usize) -> usize {
        self.keys(rotations).map(|primes| SEED_BYTES + rows_bytes(self.bounds.degree, primes)).sum()
    }

    /// The bytes of it all.
    pub fn packed_size(&self, rotations: usize) -> usize {
        MAGIC.len() + ID_BYTES + size_of_val(&self.sparse) + 1 + 4 * rotations + self.packed_keys(rotations)
    }

    pub fn pack(&self, rotations: &[Rotation], mut bytes: &[u8]) -> Vec<u8> {
        let degree = self.bounds.degree;
        let mut packed = [&MAGIC[..], &self.bounds.key_id[..ID_BYTES]].concat();
        packed.extend(self.sparse.map(u64::to_le_bytes).as_flattened());
        packed.push(rotations.len() as u8);
        rotations.iter().for_each(|step| packed.extend(step.0.to_le_bytes()));
        let start = packed.len();
        packed.resize(start + self.packed_keys(rotations.len()), 0);
        let mut to = Writer::new(&mut packed[start..]);
        for primes in self.keys(rotations.len()) {
            let (seed, rest) = bytes.split_at(SEED_BYTES);
            let (residues, rest) = rest.split_at(8 * degree * primes.len());
            to.put(seed);
            pack_rows(degree, primes, residues.as_chunks::<8>().0, &mut to);
            bytes = rest;
        }
        packed
    }

    /// The rotations and the bytes that the kernels expand.
    pub fn unpack(&self, packed: &[u8]) -> Result<(Vec<Rotation>, Vec<u8>), SealError> {
        let unpacked = self.walk(packed);
        unpacked.map_err(|reason| SealError::Bytes { kind: ObjectKind::RaisingKeys, reason })
    }

    fn walk(&self, packed: &[u8]) -> Walk<(Vec<Rotation>, Vec<u8>)> {
        let mut reader = Reader::new(packed);
        let start: [u8; MAGIC.len()] = reader.array(PART)?;
        if start != MAGIC {
            let text = |bytes: &[u8]| bytes.escape_ascii().to_string();
            return Err(BytesRefusal::NotThis { expected: text(&MAGIC), actual: text(&start) });
        }
        if !self.bounds.key_id.starts_with(&reader.array::<ID_BYTES>(PART)?) {
            return Err(BytesRefusal::ForeignParameters { part: PART });
        }
        for prime in self.sparse {
            let actual = reader.u64("prime of the sparse secret")?;
            if actual != prime {
                let (part, expected) = ("a prime of the sparse secret", prime.to_string());
                return Err(BytesRefusal::Field { part, expected, actual });
            }
        }
        let rotations = self.rotations(&mut reader)?;
        let (degree, expected) = (self.bounds.degree, self.packed_keys(rotations.len()));
        match reader.remaining() {
            actual if actual < expected => return Err(BytesRefusal::TooShort { part: PART, expected, actual }),
            actual if actual > expected => return Err(BytesRefusal::Trailing { count: actual - expected }),
            _ => {}
        }
        let size = self.keys(rotations.len()).map(|primes| SEED_BYTES + 8 * degree * primes.len()).sum();
        let mut bytes = Vec::with_capacity(size);
        for primes in self.keys(rotations.len()) {
            bytes.extend(reader.take("seed", SEED_BYTES)?);
            let at = bytes.len();
            bytes.resize(at + 8 * degree * primes.len(), 0);
            unpack_rows(PART, degree, primes, &mut reader, bytes[at..].as_chunks_mut::<8>().0)?;
        }
        Ok((rotations, bytes))
    }

    fn rotations(&self, reader: &mut Reader<'_>) -> Walk<Vec<Rotation>> {
        let count = usize::from(reader.u8("number of rotations")?);
        if count > MOST_ROTATIONS {
            let expected = format!("at most {MOST_ROTATIONS}");
            return Err(BytesRefusal::Field { part: "the number of rotations", expected, actual: count as u64 });
        }
        let slots = self.bounds.degree / 2;
        let one = |_| {
            let step = Rotation(reader.u32("rotation")? as i32);
            match step.canonical(slots) == step {
                true => Ok(step),
                false => {
                    let expected = format!("a rotation of {slots} slots");
                    Err(BytesRefusal::Field { part: "rotation", expected, actual: u64::from(step.0 as u32) })
                }
            }
        };
        (0..count).map(one).collect()
    }
}
