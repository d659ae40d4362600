//! The keys in a seeded set, determined without expanding it.

use std::collections::BTreeMap;

use super::bounds::{Bounded, Form};
use super::limits::Limits;
use super::reader::Reader;
use super::{PART, SeededFormat};
use crate::error::{BytesRefusal, SealError};
use crate::seal::automorphism::{RELINEARIZATION, conjugation};
use crate::seal::{Ciphertext, GaloisKeys, HybridKeyLevels, HybridKeys, Seeded};
use crate::{Level, Rotation};

impl Seeded<GaloisKeys> {
    /// The rotations that have a key: canonical ([`Rotation::canonical`]), in ascending order.
    ///
    /// # Errors
    /// [`Library`](SealError::Library) if memory runs out.
    pub fn rotations(&self) -> Result<Vec<Rotation>, SealError> {
        let bounds = self.context().bounds()?;
        let mut reader = Reader::new(self.as_bytes());
        let keys =
            reader.outermost(PART).and_then(|()| bounds.galois_keys(&mut reader, Form::Seeded, &Limits::default()));
        let elements = keys.map_err(refused::<GaloisKeys>)?;
        let mut rotations: Vec<Rotation> = rotations_of(bounds.degree)
            .filter(|(element, _)| elements.binary_search(element).is_ok())
            .map(|(_, step)| step)
            .collect();
        rotations.sort_unstable();
        Ok(rotations)
    }
}

impl Seeded<Ciphertext> {
    /// The level of the ciphertext.
    pub fn level(&self) -> Level {
        let residues = self.serialized_bytes() - Form::Seeded.bytes(0);
        Level(residues / (8 * self.context().parameters().poly_modulus_degree()) - 1)
    }
}

impl Seeded<HybridKeys> {
    /// The keys in the set, each with the highest level that it supports.
    ///
    /// # Errors
    /// [`Library`](SealError::Library) if memory runs out.
    pub fn levels(&self) -> Result<HybridKeyLevels, SealError> {
        let bounds = self.context().bounds()?;
        let keys = bounds.hybrid_keys(&mut Reader::new(self.as_bytes()), &Limits::default());
        let levels: BTreeMap<u32, Level> =
            keys.map_err(refused::<HybridKeys>)?.into_iter().map(|(element, level)| (element, Level(level))).collect();
        let rotations = rotations_of(bounds.degree).filter_map(|(element, step)| Some((step, *levels.get(&element)?)));
        Ok(HybridKeyLevels {
            relin: levels.get(&RELINEARIZATION).copied(),
            rotations: rotations.collect(),
            conjugation: levels.get(&conjugation(bounds.degree)).copied(),
        })
    }
}

fn refused<T: SeededFormat>(reason: BytesRefusal) -> SealError {
    SealError::Bytes { kind: T::SHAPE.kind, reason }
}

/// The automorphisms that rotate slots, with the canonical rotation of each except the identity: `X -> X^(3^step)`,
/// like `generator_` in galois.h.
fn rotations_of(degree: usize) -> impl Iterator<Item = (u32, Rotation)> {
    let (slots, modulus) = (degree / 2, 2 * degree as u32);
    let powers = std::iter::successors(Some(3 % modulus), move |element| Some(3 * element % modulus));
    powers.zip(1..slots as i32).map(move |(element, step)| (element, Rotation(step).canonical(slots)))
}
