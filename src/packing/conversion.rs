//! Conversions between layouts: transposition, skewing, replication, all as masked sums of rotations.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use rayon::prelude::*;

use super::MatrixLayout;
use crate::{
    Level, PackingError, Result, Step,
    backend::{Circuit, Evaluate, Landing, Slots},
};

/// Brings a packed matrix from one layout to another: which rotations of which ciphertexts, under which masks.
///
/// It is found from the two descriptions alone: for every slot of the target, the places in the source that hold its
/// entry; then greedily the rotation that serves most slots. Where one rotation serves a whole ciphertext no mask is
/// needed. Rotations of one ciphertext are asked for together. One level when a mask is needed anywhere, else none.
#[derive(Clone, Debug)]
pub struct Conversion {
    from: MatrixLayout,
    to: MatrixLayout,
    outputs: Vec<Vec<Move>>,
    masked: bool,
}

/// A rotated ciphertext, what is kept of it, and where it goes.
#[derive(Clone, Debug)]
struct Move {
    source: usize,
    step: Step,
    kept: Kept,
}

/// What is kept of a rotated ciphertext.
#[derive(Clone, Debug)]
enum Kept {
    Everything,
    Masked(Slots),
}

/// What a slot holds, for comparisons: an entry, zero, or anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Content {
    Entry(usize, usize),
    Zero,
    Anything,
}

impl Conversion {
    /// Plans the conversion.
    ///
    /// # Errors
    /// `NoSource` when the target holds an entry that the source does not.
    pub fn new(from: &MatrixLayout, to: &MatrixLayout) -> Result<Conversion> {
        Conversion::summing_entries(from, to, 1, |_, entry| entry)
    }

    /// Plans the sum of the source's ciphertexts, each of which holds a part of every entry, in the target's layout.
    ///
    /// # Errors
    /// As [`Conversion::new`].
    pub fn summing(from: &MatrixLayout, to: &MatrixLayout) -> Result<Conversion> {
        let (source, target) = (contents(from), contents(to));
        let moves = |wanted: &Vec<Content>| {
            let each = (0..source.len()).map(|ciphertext| cover(&source, &[ciphertext], wanted));
            each.collect::<Result<Vec<_>, _>>().map(|moves| moves.into_iter().flatten().collect())
        };
        Conversion::of(from, to, target.iter().map(moves))
    }

    /// Plans `to(e) = sum over t < count of from(source(t, e))` for every entry `e`.
    ///
    /// # Errors
    /// As [`Conversion::new`].
    pub fn summing_entries(
        from: &MatrixLayout,
        to: &MatrixLayout,
        count: usize,
        source: impl Fn(usize, (usize, usize)) -> (usize, usize),
    ) -> Result<Conversion> {
        let (held, target) = (contents(from), contents(to));
        let all: Vec<usize> = (0..held.len()).collect();
        let moves = |wanted: &Vec<Content>| {
            let read = |t| {
                let source = &source;
                move |content: &Content| match *content {
                    Content::Entry(row, column) => {
                        let (row, column) = source(t, (row, column));
                        Content::Entry(row, column)
                    }
                    other => other,
                }
            };
            let each = (0..count).map(|t| cover(&held, &all, &wanted.iter().map(read(t)).collect::<Vec<_>>()));
            each.collect::<Result<Vec<_>, _>>().map(|moves| moves.into_iter().flatten().collect())
        };
        Conversion::of(from, to, target.iter().map(moves))
    }

    fn of(
        from: &MatrixLayout,
        to: &MatrixLayout,
        outputs: impl Iterator<Item = Result<Vec<Move>, (usize, usize)>>,
    ) -> Result<Conversion> {
        let nowhere = |entry| PackingError::NoSource { entry, from: from.to_string(), to: to.to_string() };
        let outputs = outputs.map(|moves| moves.map(merged).map_err(nowhere)).collect::<Result<Vec<_>, _>>()?;
        let masked = outputs.iter().flatten().any(|m| matches!(m.kept, Kept::Masked(_)));
        Ok(Conversion { from: from.clone(), to: to.clone(), outputs, masked })
    }

    /// Where the result lies.
    pub fn result(&self) -> &MatrixLayout {
        &self.to
    }

    /// Whether it takes a level.
    pub fn is_masked(&self) -> bool {
        self.masked
    }

    /// The rotations that make each ciphertext of the result out of the only one of the source, when that is all.
    pub(super) fn rotations_of_one(&self) -> Option<Vec<Step>> {
        let step = |moves: &Vec<Move>| match &moves[..] {
            [Move { source: 0, step, kept: Kept::Everything }] => Some(*step),
            _ => None,
        };
        self.outputs.iter().map(step).collect()
    }

    /// How many ciphertexts it reads.
    pub fn sources(&self) -> usize {
        self.from.ciphertexts()
    }

    /// Converts, to the highest level that serves.
    ///
    /// # Errors
    /// As [`apply_at`](Conversion::apply_at).
    pub fn apply<E: Evaluate>(&self, c: &Circuit<E>, x: &[E::Ciphertext]) -> Result<Vec<E::Ciphertext>> {
        let level = x.iter().map(|x| c.level(x)).min().unwrap_or(Level(0));
        self.apply_at(c, x, Level(level.0.saturating_sub(usize::from(self.masked))))
    }

    /// Converts to a result at level `at`: what lies higher is dropped before it is rotated.
    ///
    /// # Errors
    /// `WrongCount`; rotations need their keys, masks a level above `at`.
    pub fn apply_at<E: Evaluate>(&self, c: &Circuit<E>, x: &[E::Ciphertext], at: Level) -> Result<Vec<E::Ciphertext>> {
        self.from.check_count("a packed matrix", x)?;
        if let Some((source, terms)) = self.linear_transform() {
            return Ok(vec![c.linear_transform(&x[source], &terms, Landing::At(at))?]);
        }
        // Each ciphertext is decomposed once for all its rotations.
        let mut steps: BTreeMap<usize, BTreeSet<Step>> = BTreeMap::new();
        for m in self.outputs.iter().flatten() {
            steps.entry(m.source).or_default().insert(m.step);
        }
        let rotate = |(source, steps): (usize, BTreeSet<Step>)| {
            let steps: Vec<Step> = steps.into_iter().collect();
            let dropped = c.drop_to(&x[source], Level(at.0 + usize::from(self.masked)))?;
            let rotated = c.rotate_many(&dropped, &steps)?;
            Ok(steps.into_iter().zip(rotated).map(move |(step, x)| ((source, step), x)).collect::<Vec<_>>())
        };
        let rotated: Vec<Vec<_>> = steps.into_par_iter().map(rotate).collect::<Result<_>>()?;
        let rotated: HashMap<(usize, Step), E::Ciphertext> = rotated.into_iter().flatten().collect();
        let output = |moves: &Vec<Move>| {
            if !self.masked {
                let mut parts = moves.iter().map(|m| &rotated[&(m.source, m.step)]);
                let first = parts.next().ok_or(crate::CircuitError::Empty { op: "conversion" })?.clone();
                return parts.try_fold(first, |mut sum, part| {
                    c.add_inplace(&mut sum, part)?;
                    Ok(sum)
                });
            }
            let terms: Vec<_> = moves.iter().map(|m| (&rotated[&(m.source, m.step)], m.kept.mask())).collect();
            c.plain_product_sum(&terms, Landing::At(at))
        };
        self.outputs.par_iter().map(output).collect()
    }

    /// The source and the terms, when one ciphertext comes out of one under masks.
    fn linear_transform(&self) -> Option<(usize, Vec<(Step, &Slots)>)> {
        let [moves] = &self.outputs[..] else { return None };
        let source = moves.first()?.source;
        let alone = self.masked && moves.iter().all(|m| m.source == source);
        alone.then(|| (source, moves.iter().map(|m| (m.step, m.kept.mask())).collect()))
    }
}

impl Kept {
    fn mask(&self) -> &Slots {
        match self {
            Kept::Everything => &EVERYTHING,
            Kept::Masked(mask) => mask,
        }
    }
}

const EVERYTHING: Slots = Slots::Constant(1.0);

/// Moves with masks that rotate the same ciphertext alike, as one with the sum of their masks.
fn merged(moves: Vec<Move>) -> Vec<Move> {
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
fn contents(layout: &MatrixLayout) -> Vec<Vec<Content>> {
    let anything: Vec<bool> = (0..layout.slots()).map(|slot| layout.holds_anything(slot)).collect();
    let content = |(entry, &anything): (Option<(usize, usize)>, &bool)| match entry {
        Some((row, column)) => Content::Entry(row, column),
        None if anything => Content::Anything,
        None => Content::Zero,
    };
    layout.entries().into_iter().map(|entries| entries.into_iter().zip(&anything).map(content).collect()).collect()
}

/// Moves of the group's ciphertexts that give what is wanted; the entry that is nowhere, if there is one.
fn cover(source: &[Vec<Content>], group: &[usize], wanted: &[Content]) -> Result<Vec<Move>, (usize, usize)> {
    let slots = wanted.len();
    let mut places: HashMap<Content, Vec<(usize, usize)>> = HashMap::new();
    for &ciphertext in group {
        for (slot, &content) in source[ciphertext].iter().enumerate() {
            if matches!(content, Content::Entry(..)) {
                places.entry(content).or_default().push((ciphertext, slot));
            }
        }
    }
    // Rotations that put the right entry at a slot, the shortest first.
    let candidates = |slot: usize| {
        let mut found: Vec<(usize, Step)> = places
            .get(&wanted[slot])
            .into_iter()
            .flatten()
            .map(|&(ciphertext, at)| (ciphertext, Step(at as i32 - slot as i32).canonical(slots)))
            .collect();
        found.sort_by_key(|&(ciphertext, step)| (step.0.unsigned_abs(), step.0 < 0, ciphertext));
        found
    };
    let gives = |(ciphertext, step): (usize, Step), slot: usize| {
        source[ciphertext][(slot as i64 + i64::from(step.0)).rem_euclid(slots as i64) as usize]
    };
    let is_entry = |slot: &usize| matches!(wanted[*slot], Content::Entry(..));
    let Some(first) = (0..slots).find(is_entry) else { return Ok(Vec::new()) };

    let whole = |&candidate: &(usize, Step)| {
        (0..slots).all(|slot| wanted[slot] == Content::Anything || gives(candidate, slot) == wanted[slot])
    };
    if let Some((source, step)) = candidates(first).into_iter().find(whole) {
        return Ok(vec![Move { source, step, kept: Kept::Everything }]);
    }

    let mut uncovered: Vec<usize> = (0..slots).filter(is_entry).collect();
    let mut moves = Vec::new();
    while let Some(&slot) = uncovered.first() {
        let served = |candidate| uncovered.iter().filter(|&&slot| gives(candidate, slot) == wanted[slot]).count();
        // The first of the best: candidates come shortest first.
        let best = candidates(slot).into_iter().map(|c| (served(c), c)).reduce(|a, b| if b.0 > a.0 { b } else { a });
        let Some((_, candidate)) = best else {
            return match wanted[slot] {
                Content::Entry(row, column) => Err((row, column)),
                _ => Ok(moves),
            };
        };
        let mut mask = vec![0.0; slots];
        uncovered.retain(|&slot| {
            let served = gives(candidate, slot) == wanted[slot];
            mask[slot] = if served { 1.0 } else { mask[slot] };
            !served
        });
        moves.push(Move { source: candidate.0, step: candidate.1, kept: Kept::Masked(mask.into()) });
    }
    Ok(moves)
}
