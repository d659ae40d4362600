//! Conversions between layouts (transposition, skewing, replication) as masked sums of rotations.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::{
    MatrixLayout,
    cover::{Content, Kept, Move, Pattern, Places, merged},
};
use crate::{
    Argument, Level, PackingError, Result, Rotation,
    backend::{Circuit, Evaluate, Slots, TargetScale},
    parallel,
};

/// Converts a packed matrix from one layout to another, by a list of rotations and masks.
///
/// The list is derived from the two descriptions: for every slot of the target, the places in the source that hold
/// its entry, and then greedily the rotation that serves the most slots. If one rotation serves a whole ciphertext, no
/// mask is needed. Rotations of one ciphertext are hoisted. A conversion takes one level if it uses a mask, otherwise
/// none.
#[derive(Clone, Debug)]
pub struct Conversion {
    from: MatrixLayout,
    to: MatrixLayout,
    outputs: Vec<Vec<Move>>,
    masked: bool,
}

impl Conversion {
    /// Plans the conversion.
    ///
    /// # Errors
    /// `NoSource` if the target contains an entry that the source does not; `NotAligned` if the numbers of slots
    /// differ; the errors of [`MatrixLayout::entries`].
    pub fn new(from: &MatrixLayout, to: &MatrixLayout) -> Result<Conversion> {
        Conversion::summing_entries(from, to, 1, |_, entry| entry)
    }

    /// Plans the sum of the source's ciphertexts, each of which holds a part of every entry, in the layout of the
    /// target.
    ///
    /// # Errors
    /// `NoSource` if the target contains an entry that the source does not; `NotAligned` if the numbers of slots
    /// differ; the errors of [`MatrixLayout::entries`].
    pub fn summing(from: &MatrixLayout, to: &MatrixLayout) -> Result<Conversion> {
        let pattern = Conversion::pattern(from, to)?;
        let places: Vec<Places> = (0..from.ciphertexts()).map(|ciphertext| pattern.places(&[ciphertext])).collect();
        let moves = |wanted: &Vec<Content>| {
            let each = places.iter().map(|places| places.cover(&pattern, wanted));
            each.collect::<Result<Vec<_>, _>>().map(|moves| moves.into_iter().flatten().collect())
        };
        Conversion::of(from, to, pattern.to.iter().map(moves))
    }

    /// Plans `to(e) = sum over t < count of from(source(t, e))` for every entry `e`.
    ///
    /// # Errors
    /// `NoSource` if an entry is not in the source; `NotAligned` if the numbers of slots differ; `OutOfBounds`
    /// for a sum of none, or of more than the source has; the errors of [`MatrixLayout::entries`].
    pub fn summing_entries(
        from: &MatrixLayout,
        to: &MatrixLayout,
        count: usize,
        source: impl Fn(usize, (usize, usize)) -> (usize, usize),
    ) -> Result<Conversion> {
        let pattern = Conversion::pattern(from, to)?;
        let (rows, columns) = from.shape();
        Argument::Summands.check_count(count, 1, Some(rows.saturating_mul(columns).max(1)))?;
        let places = pattern.places(&(0..from.ciphertexts()).collect::<Vec<_>>());
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
            let each = (0..count).map(|t| places.cover(&pattern, &wanted.iter().map(read(t)).collect::<Vec<_>>()));
            each.collect::<Result<Vec<_>, _>>().map(|moves| moves.into_iter().flatten().collect())
        };
        Conversion::of(from, to, pattern.to.iter().map(moves))
    }

    /// Plans a conversion given by rotations alone: slot `s` of the `i`-th ciphertext of the result is slot
    /// `s + step(i, s)` of the only ciphertext of the source.
    pub(super) fn by_steps(
        from: &MatrixLayout,
        to: &MatrixLayout,
        step: impl Fn(usize, usize) -> Rotation,
    ) -> Result<Conversion> {
        from.check()?;
        to.check()?;
        let moves = |ciphertext: usize| -> Vec<Move> {
            let steps: Vec<Rotation> = (0..to.slots()).map(|slot| step(ciphertext, slot)).collect();
            let different: BTreeSet<Rotation> = steps.iter().copied().collect();
            let kept = |step: Rotation| match different.len() {
                1 => Kept::Everything,
                _ => {
                    let mask = steps.iter().map(|&s| if s == step { 1.0 } else { 0.0 });
                    Kept::Masked(mask.collect::<Vec<_>>().into())
                }
            };
            different.iter().map(|&step| Move { source: 0, step, kept: kept(step) }).collect()
        };
        let outputs: Vec<_> = (0..to.ciphertexts()).map(moves).collect();
        let masked = outputs.iter().any(|moves| moves.len() > 1);
        Ok(Conversion { from: from.clone(), to: to.clone(), outputs, masked })
    }

    fn pattern(from: &MatrixLayout, to: &MatrixLayout) -> Result<Pattern> {
        if from.slots() != to.slots() {
            return Err(PackingError::NotAligned { left: from.to_string(), right: to.to_string() }.into());
        }
        Pattern::new(from, to)
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

    /// The layout of the result.
    pub fn result(&self) -> &MatrixLayout {
        &self.to
    }

    /// Whether the conversion takes a level.
    pub fn is_masked(&self) -> bool {
        self.masked
    }

    /// The rotation of the only source ciphertext for each ciphertext of the result, if the conversion consists of
    /// these alone.
    pub(super) fn rotations_of_one(&self) -> Option<Vec<Rotation>> {
        let step = |moves: &Vec<Move>| match &moves[..] {
            [Move { source: 0, step, kept: Kept::Everything }] => Some(*step),
            _ => None,
        };
        self.outputs.iter().map(step).collect()
    }

    /// The rotation of each source ciphertext, if their sum is the only ciphertext of the result.
    pub(super) fn rotations_into_one(&self) -> Option<Vec<Rotation>> {
        let [moves] = &self.outputs[..] else { return None };
        let steps: BTreeMap<usize, Rotation> = moves.iter().map(|m| (m.source, m.step)).collect();
        let all = !self.masked && moves.len() == self.from.ciphertexts() && steps.len() == moves.len();
        all.then(|| steps.into_values().collect())
    }

    /// Converts, with the result at the highest possible level.
    ///
    /// # Errors
    /// `WrongCount` if the number of ciphertexts or slots is not that of the source; `MissingRotation` or `NoLevelLeft` if keys
    /// or a level are missing.
    pub fn apply<E: Evaluate>(&self, c: &Circuit<E>, x: &[E::Ciphertext]) -> Result<Vec<E::Ciphertext>> {
        let level = x.iter().map(|x| c.level(x)).min().unwrap_or(Level(0));
        self.apply_at(c, x, Level(level.0.saturating_sub(usize::from(self.masked))))
    }

    /// Converts with the result at level `at`. Ciphertexts at higher levels are dropped before they are rotated.
    ///
    /// # Errors
    /// `WrongCount` if the number of ciphertexts or slots is not that of the source; `MissingRotation` without the keys;
    /// `NoLevelLeft` unless the source is at `at` or above, or above `at` if the conversion uses masks.
    pub fn apply_at<E: Evaluate>(&self, c: &Circuit<E>, x: &[E::Ciphertext], at: Level) -> Result<Vec<E::Ciphertext>> {
        self.from.check_count("a packed matrix", x)?;
        self.from.check_slots(c.slots())?;
        if let Some((source, terms)) = self.linear_transform() {
            return Ok(vec![c.linear_transform(&x[source], &terms, TargetScale::At(at))?]);
        }
        if let Some(steps) = self.rotations_into_one() {
            let dropped = x.iter().map(|x| c.drop_to(x, at)).collect::<Result<Vec<_>>>()?;
            return Ok(vec![c.sum_rotations(&dropped.iter().zip(steps).collect::<Vec<_>>())?]);
        }
        // Each ciphertext is decomposed once for all of its rotations.
        let mut steps: BTreeMap<usize, BTreeSet<Rotation>> = BTreeMap::new();
        for m in self.outputs.iter().flatten() {
            steps.entry(m.source).or_default().insert(m.step);
        }
        let rotate = |(source, steps): (usize, BTreeSet<Rotation>)| {
            let steps: Vec<Rotation> = steps.into_iter().collect();
            let dropped = c.drop_to(&x[source], Level(at.0 + usize::from(self.masked)))?;
            let rotated = c.rotate_many(&dropped, &steps)?;
            Ok(steps.into_iter().zip(rotated).map(move |(step, x)| ((source, step), x)).collect::<Vec<_>>())
        };
        let rotated = parallel::try_map(steps, rotate)?;
        let rotated: HashMap<(usize, Rotation), E::Ciphertext> = rotated.into_iter().flatten().collect();
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
            c.plain_product_sum(&terms, TargetScale::At(at))
        };
        parallel::try_map(&self.outputs, output)
    }

    /// The source and the terms, if one ciphertext becomes one ciphertext with masks.
    fn linear_transform(&self) -> Option<(usize, Vec<(Rotation, &Slots)>)> {
        let [moves] = &self.outputs[..] else { return None };
        let source = moves.first()?.source;
        let alone = self.masked && moves.iter().all(|m| m.source == source);
        alone.then(|| (source, moves.iter().map(|m| (m.step, m.kept.mask())).collect()))
    }
}
