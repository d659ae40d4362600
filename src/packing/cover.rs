//! Finds rotations and masks that move entries to their target slots.

use std::collections::HashMap;

use super::MatrixLayout;
use crate::{Result, Rotation, backend::Slots};

/// A rotated ciphertext, the mask applied to it, and the target ciphertext.
#[derive(Clone, Debug)]
pub struct Move {
    pub source: usize,
    pub step: Rotation,
    pub kept: Kept,
}

/// The mask of a rotated ciphertext.
#[derive(Clone, Debug)]
pub enum Kept {
    Everything,
    Masked(Slots),
}

/// The content of a slot, for comparison: an entry, zero, or anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Content {
    Entry(usize, usize),
    Zero,
    Anything,
}

impl Kept {
    /// The mask as a plaintext factor.
    pub fn mask(&self) -> &Slots {
        match self {
            Kept::Everything => &EVERYTHING,
            Kept::Masked(mask) => mask,
        }
    }
}

const EVERYTHING: Slots = Slots::Constant(1.0);

/// Merges moves that rotate the same ciphertext by the same step into one with the sum of their masks.
pub fn merged(moves: Vec<Move>) -> Vec<Move> {
    let mut merged: Vec<Move> = Vec::with_capacity(moves.len());
    for m in moves {
        let alike = |other: &&mut Move| (other.source, other.step) == (m.source, m.step);
        match (merged.iter_mut().find(alike), &m.kept) {
            (Some(Move { kept: Kept::Masked(sum), .. }), Kept::Masked(mask)) => {
                let values = sum.as_slice().iter().zip(mask.as_slice()).map(|(a, b)| a + b);
                *sum = values.collect::<Vec<_>>().into();
            }
            _ => merged.push(m),
        }
    }
    merged
}

/// The content of every slot of every ciphertext.
fn contents(layout: &MatrixLayout) -> Result<Vec<Vec<Content>>> {
    let entries = layout.entries()?;
    let anything: Vec<bool> = (0..layout.slots()).map(|slot| layout.holds_anything(slot)).collect();
    let content = |(entry, &anything): (Option<(usize, usize)>, &bool)| match entry {
        Some((row, column)) => Content::Entry(row, column),
        None if anything => Content::Anything,
        None => Content::Zero,
    };
    Ok(entries.into_iter().map(|entries| entries.into_iter().zip(&anything).map(content).collect()).collect())
}

/// The contents of the slots of two layouts, with one entry for each block of slots with equal content, up to the slot
/// after which everything repeats. Rotations and masks follow from these.
pub struct Pattern {
    pub from: Vec<Vec<Content>>,
    pub to: Vec<Vec<Content>>,
    /// Slots per block.
    unit: usize,
    slots: usize,
}

impl Pattern {
    /// The pattern of two layouts with the same number of slots.
    ///
    /// # Errors
    /// The errors of [`MatrixLayout::entries`].
    pub fn new(from: &MatrixLayout, to: &MatrixLayout) -> Result<Pattern> {
        let mut pattern = Pattern { from: contents(from)?, to: contents(to)?, unit: 1, slots: from.slots() };
        let halves = |slots: &[Content]| slots.chunks(2).all(|pair| pair.len() == 2 && pair[0] == pair[1]);
        while pattern.all(halves) {
            pattern = pattern.map(|slots| slots.iter().copied().step_by(2).collect());
            pattern.unit *= 2;
        }
        let repeats = |slots: &[Content]| {
            let (near, far) = slots.split_at(slots.len() / 2);
            !near.is_empty() && near == far
        };
        while pattern.all(repeats) {
            pattern = pattern.map(|slots| slots[..slots.len() / 2].to_vec());
        }
        Ok(pattern)
    }

    fn all(&self, holds: impl Fn(&[Content]) -> bool) -> bool {
        self.from.iter().chain(&self.to).all(|slots| slots.len() > 1 && holds(slots))
    }

    fn map(self, cut: impl Fn(&[Content]) -> Vec<Content>) -> Pattern {
        let all = |vectors: &[Vec<Content>]| vectors.iter().map(|slots| cut(slots)).collect();
        Pattern { from: all(&self.from), to: all(&self.to), ..self }
    }

    /// A mask for all slots.
    fn mask(&self, pattern: &[f64]) -> Slots {
        let blocks: Vec<f64> = pattern.iter().flat_map(|&value| std::iter::repeat_n(value, self.unit)).collect();
        blocks.repeat(self.slots / blocks.len().max(1)).into()
    }

    /// The places of the entries in some of the ciphertexts.
    pub fn places(&self, ciphertexts: &[usize]) -> Places {
        let mut places: HashMap<Content, Vec<(usize, usize)>> = HashMap::new();
        for &ciphertext in ciphertexts {
            for (slot, &content) in self.from[ciphertext].iter().enumerate() {
                if matches!(content, Content::Entry(..)) {
                    places.entry(content).or_default().push((ciphertext, slot));
                }
            }
        }
        Places(places)
    }
}

/// The places of entries in some ciphertexts.
pub struct Places(HashMap<Content, Vec<(usize, usize)>>);

impl Places {
    /// The moves that produce the wanted content, or the first entry that does not occur in the source.
    pub fn cover(&self, pattern: &Pattern, wanted: &[Content]) -> Result<Vec<Move>, (usize, usize)> {
        let move_by = |(source, step): (usize, Rotation), kept| Move {
            source,
            step: Rotation(step.0 * pattern.unit as i32),
            kept,
        };
        let period = wanted.len();
        // Rotations that put the right entry into a slot, the shortest first.
        let candidates = |slot: usize| {
            let places = self.0.get(&wanted[slot]).into_iter().flatten();
            let mut found: Vec<(usize, Rotation)> = places
                .map(|&(ciphertext, at)| (ciphertext, Rotation(at as i32 - slot as i32).canonical(period)))
                .collect();
            found.sort_by_key(|&(ciphertext, step)| (step.0.unsigned_abs(), step.0 < 0, ciphertext));
            found
        };
        let gives = |(ciphertext, step): (usize, Rotation), slot: usize| {
            pattern.from[ciphertext][(slot as i64 + i64::from(step.0)).rem_euclid(period as i64) as usize]
        };
        let is_entry = |slot: &usize| matches!(wanted[*slot], Content::Entry(..));
        let Some(first) = (0..period).find(is_entry) else { return Ok(Vec::new()) };

        let whole = |&candidate: &(usize, Rotation)| {
            (0..period).all(|slot| wanted[slot] == Content::Anything || gives(candidate, slot) == wanted[slot])
        };
        if let Some(candidate) = candidates(first).into_iter().find(whole) {
            return Ok(vec![move_by(candidate, Kept::Everything)]);
        }

        let mut uncovered: Vec<usize> = (0..period).filter(is_entry).collect();
        let mut moves = Vec::new();
        while let Some(&slot) = uncovered.first() {
            let served = |candidate| uncovered.iter().filter(|&&slot| gives(candidate, slot) == wanted[slot]).count();
            // The first of the best ones; candidates are sorted by length.
            let best =
                candidates(slot).into_iter().map(|c| (served(c), c)).reduce(|a, b| if b.0 > a.0 { b } else { a });
            let Some((_, candidate)) = best else {
                return match wanted[slot] {
                    Content::Entry(row, column) => Err((row, column)),
                    _ => Ok(moves),
                };
            };
            let mut mask = vec![0.0; period];
            uncovered.retain(|&slot| {
                let served = gives(candidate, slot) == wanted[slot];
                mask[slot] = if served { 1.0 } else { mask[slot] };
                !served
            });
            moves.push(move_by(candidate, Kept::Masked(pattern.mask(&mask))));
        }
        Ok(moves)
    }
}
