//! Residues, scales and identifiers, the components of all objects.

use super::bounds::{Bounds, ParametersId};
use super::reader::{Reader, Walk};
use crate::error::BytesRefusal;
use crate::seal::limits::product_bits;

/// The place of an object in the modulus chain.
#[derive(Clone, Copy)]
pub enum Place {
    Level,
    Keys,
}

impl Bounds {
    /// Reads an identifier and returns the corresponding primes.
    pub fn primes_of(&self, reader: &mut Reader<'_>, part: &'static str, place: Place) -> Walk<&[u64]> {
        let id: ParametersId = reader.array(part)?;
        let level = self.level_ids.iter().position(|known| *known == id);
        match (place, level) {
            (Place::Level, Some(index)) => Ok(self.level_primes(self.lowest_level + index)),
            // With a single prime, the level of keys is the top level.
            (Place::Keys, _) if id == self.key_id => Ok(&self.primes),
            (Place::Level, None) if id == self.key_id => {
                Err(BytesRefusal::KeyLevel { part, expected: "data", actual: "keys" })
            }
            (Place::Keys, Some(_)) => Err(BytesRefusal::KeyLevel { part, expected: "keys", actual: "data" }),
            _ => Err(BytesRefusal::ForeignParameters { part }),
        }
    }

    /// Checks that a scale is below the modulus of these primes, or 1 for schemes without scales and for keys.
    pub fn check_scale(&self, part: &'static str, scale: f64, primes: &[u64], place: Place) -> Walk<()> {
        if matches!(place, Place::Keys) || self.plain_modulus.is_some() {
            return match scale == 1.0 {
                true => Ok(()),
                false => Err(BytesRefusal::Scale { part, expected: "1".into(), actual: scale }),
            };
        }
        let bits = product_bits(primes);
        // The same check as in SEAL; it also detects NaN.
        match scale.is_normal() && scale > 0.0 && scale.log2().trunc() < f64::from(bits) {
            true => Ok(()),
            false => {
                let expected = format!("a positive, normal number below the modulus of {bits} bits");
                Err(BytesRefusal::Scale { part, expected, actual: scale })
            }
        }
    }
}

/// An array of residues: its own header, their number, which must be one of the given numbers, and the residues.
pub fn residue_array<'a>(reader: &mut Reader<'a>, part: &'static str, counts: &[usize]) -> Walk<&'a [u8]> {
    reader.nested(part, |reader| {
        let actual = reader.u64(part)?;
        let Some(&count) = counts.iter().find(|&&count| count as u64 == actual) else {
            let counts: Vec<String> = counts.iter().map(usize::to_string).collect();
            return Err(BytesRefusal::Field { part, expected: counts.join(" or "), actual });
        };
        reader.take(part, 8 * count)
    })
}

/// Residues modulo one prime after another, N of each, repeated. Returns whether any is not zero.
pub fn check_residues(part: &'static str, residues: &[u8], degree: usize, primes: &[u64]) -> Walk<bool> {
    let (words, _) = residues.as_chunks::<8>();
    let mut seen = 0;
    for (row, (words, &modulus)) in words.chunks(degree).zip(primes.iter().cycle()).enumerate() {
        // No branch in the loop, because residues are most of the bytes of an object.
        let mut largest = 0;
        for &word in words {
            let residue = u64::from_le_bytes(word);
            largest = residue.max(largest);
            seen |= residue;
        }
        if largest >= modulus {
            let at = words.iter().position(|&word| u64::from_le_bytes(word) >= modulus).unwrap_or(0);
            return Err(BytesRefusal::Residue {
                part,
                index: row * degree + at,
                modulus,
                actual: u64::from_le_bytes(words[at]),
            });
        }
    }
    Ok(seen != 0)
}
