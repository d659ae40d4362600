//! Which rotations under which masks bring entries to where they are wanted.

use std::collections::HashMap;

use super::MatrixLayout;
use crate::{Step, backend::Slots};

/// A rotated ciphertext, what is kept of it, and where it goes.
#[derive(Clone, Debug)]
pub struct Move {
    pub source: usize,
    pub step: Step,
    pub kept: Kept,
}

/// What is kept of a rotated ciphertext.
#[derive(Clone, Debug)]
pub enum Kept {
    Everything,
    Masked(Slots),
}

/// What a slot holds, for comparisons: an entry, zero, or anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Content {
    Entry(usize, usize),
    Zero,
    Anything,
}

impl Kept {
    /// As a plaintext factor.
    pub fn mask(&self) -> &Slots {
        match self {
            Kept::Everything => &EVERYTHING,
            Kept::Masked(mask) => mask,
        }
    }
}

const EVERYTHING: Slots = Slots::Constant(1.0);

/// Moves with masks that rotate the same ciphertext alike, as one with the sum of their masks.
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

/// What every slot of every ciphertext holds.
pub fn contents(layout: &MatrixLayout) -> Vec<Vec<Content>> {
    let anything: Vec<bool> = (0..layout.slots()).map(|slot| layout.holds_anything(slot)).collect();
    let content = |(entry, &anything): (Option<(usize, usize)>, &bool)| match entry {
        Some((row, column)) => Content::Entry(row, column),
        None if anything => Content::Anything,
        None => Content::Zero,
    };
    layout.entries().into_iter().map(|entries| entries.into_iter().zip(&anything).map(content).collect()).collect()
}

/// Both cut to the slots after which everything repeats: rotations and masks repeat with it.
pub fn periods(from: Vec<Vec<Content>>, to: Vec<Vec<Content>>) -> (Vec<Vec<Content>>, Vec<Vec<Content>>) {
    let mut period = from.first().map_or(0, Vec::len);
    let repeats = |half: usize| from.iter().chain(&to).all(|slots| slots[..half] == slots[half..2 * half]);
    while period > 1 && period.is_multiple_of(2) && repeats(period / 2) {
        period /= 2;
    }
    let cut = |slots: Vec<Content>| slots[..period.min(slots.len())].to_vec();
    (from.into_iter().map(cut).collect(), to.into_iter().map(cut).collect())
}

/// Where the entries lie in some ciphertexts.
pub struct Places(HashMap<Content, Vec<(usize, usize)>>);

impl Places {
    pub fn new(held: &[Vec<Content>], ciphertexts: &[usize]) -> Places {
        let mut places: HashMap<Content, Vec<(usize, usize)>> = HashMap::new();
        for &ciphertext in ciphertexts {
            for (slot, &content) in held[ciphertext].iter().enumerate() {
                if matches!(content, Content::Entry(..)) {
                    places.entry(content).or_default().push((ciphertext, slot));
                }
            }
        }
        Places(places)
    }

    /// Moves that give what is wanted, with masks for so many slots; the entry that is nowhere, if there is one.
    pub fn cover(&self, held: &[Vec<Content>], wanted: &[Content], slots: usize) -> Result<Vec<Move>, (usize, usize)> {
        let period = wanted.len();
        // Rotations that put the right entry at a slot, the shortest first.
        let candidates = |slot: usize| {
            let places = self.0.get(&wanted[slot]).into_iter().flatten();
            let mut found: Vec<(usize, Step)> =
                places.map(|&(ciphertext, at)| (ciphertext, Step(at as i32 - slot as i32).canonical(period))).collect();
            found.sort_by_key(|&(ciphertext, step)| (step.0.unsigned_abs(), step.0 < 0, ciphertext));
            found
        };
        let gives = |(ciphertext, step): (usize, Step), slot: usize| {
            held[ciphertext][(slot as i64 + i64::from(step.0)).rem_euclid(period as i64) as usize]
        };
        let is_entry = |slot: &usize| matches!(wanted[*slot], Content::Entry(..));
        let Some(first) = (0..period).find(is_entry) else { return Ok(Vec::new()) };

        let whole = |&candidate: &(usize, Step)| {
            (0..period).all(|slot| wanted[slot] == Content::Anything || gives(candidate, slot) == wanted[slot])
        };
        if let Some((source, step)) = candidates(first).into_iter().find(whole) {
            return Ok(vec![Move { source, step, kept: Kept::Everything }]);
        }

        let mut uncovered: Vec<usize> = (0..period).filter(is_entry).collect();
        let mut moves = Vec::new();
        while let Some(&slot) = uncovered.first() {
            let served = |candidate| uncovered.iter().filter(|&&slot| gives(candidate, slot) == wanted[slot]).count();
            // The first of the best: candidates come shortest first.
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
            let mask = mask.repeat(slots / period);
            moves.push(Move { source: candidate.0, step: candidate.1, kept: Kept::Masked(mask.into()) });
        }
        Ok(moves)
    }
}
