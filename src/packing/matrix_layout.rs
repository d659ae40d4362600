//! The description of all packings: the places of the entries of a matrix.

use std::{fmt, ops::Range};

use ndarray::{Array2, ArrayView2};

use super::SlotAxis;
use crate::{Argument, ArgumentError, Error, PackingError, Result, Rotation, SetupError};

/// The largest number of slots times ciphertexts of a layout: beyond it, a description alone exceeds the memory.
const MOST_PLACES: usize = 1 << 28;
/// The largest index, far from overflows of sums.
const MOST_SPAN: i128 = 1 << 53;

/// The row and column of an entry in a slot, if there is one.
pub type Entry = Option<(usize, usize)>;

/// How an index of a matrix follows from a place: `sum of factor x coordinate`, modulo a period if there is one, where
/// the coordinates are positions on slot axes and coordinates of the ciphertext.
///
/// Places where the index exceeds its length are padding, which is zero. Two coordinates in one index form a skew:
/// the diagonals of a matrix have the column `(f + k) mod n`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Index {
    length: usize,
    period: Option<usize>,
    along: Vec<(SlotAxis, i64)>,
    over: Vec<(usize, i64)>,
}

impl Index {
    /// An index below `length`; it is always 0 until it is placed along an axis.
    pub fn new(length: usize) -> Index {
        Index { length, period: None, along: Vec::new(), over: Vec::new() }
    }

    /// Adds the position on a slot axis.
    pub fn along(self, axis: SlotAxis) -> Index {
        self.along_scaled(axis, 1)
    }

    /// Adds `factor` times the position on a slot axis.
    pub fn along_scaled(mut self, axis: SlotAxis, factor: i64) -> Index {
        self.along.push((axis, factor));
        self
    }

    /// Adds `factor` times a coordinate of the ciphertexts.
    pub fn over(mut self, coordinate: usize, factor: i64) -> Index {
        self.over.push((coordinate, factor));
        self
    }

    /// Repeats the index with a period, a power of two of at least its length.
    pub fn modulo(mut self, period: usize) -> Index {
        self.period = Some(period);
        self
    }

    /// The number of values.
    pub fn length(&self) -> usize {
        self.length
    }

    /// Whether the index depends on a bit of the slot number.
    pub(super) fn follows_bit(&self, bit: u32) -> bool {
        let weights = self.along.iter().filter(|(axis, _)| axis.bits().contains(&bit));
        let weight: i64 = weights.map(|(axis, factor)| factor << (bit - axis.bits().start)).sum();
        self.reduce(weight) != 0
    }

    pub(super) fn follows_coordinate(&self, coordinate: usize) -> bool {
        self.over.iter().any(|&(c, factor)| c == coordinate && self.reduce(factor) != 0)
    }

    pub(super) fn period(&self) -> Option<usize> {
        self.period
    }

    /// The contribution of the slot.
    pub(super) fn of_slot(&self, slot: usize) -> i64 {
        self.along.iter().map(|(axis, factor)| factor * axis.position(slot) as i64).sum()
    }

    /// The contribution of the ciphertext.
    pub(super) fn of_ciphertext(&self, coordinates: &[usize]) -> i64 {
        self.over.iter().map(|&(c, factor)| factor * coordinates[c] as i64).sum()
    }

    pub(super) fn reduce(&self, value: i64) -> i64 {
        match self.period.map(i64::try_from) {
            Some(Ok(period @ 1..)) => value.rem_euclid(period),
            _ => value,
        }
    }

    /// The same index in a layout with renumbered coordinates.
    pub(super) fn renumbered(&self, number: impl Fn(usize) -> Option<usize>) -> Index {
        let over = self.over.iter().filter_map(|&(c, factor)| Some((number(c)?, factor))).collect();
        Index { over, ..self.clone() }
    }

    /// Checks that the coordinates exist and that the index takes all of its values.
    fn check(&self, layout: &MatrixLayout) -> Result<()> {
        let coordinates = layout.grid.len();
        if let Some(&(coordinate, _)) = self.over.iter().find(|(coordinate, _)| *coordinate >= coordinates) {
            return Err(PackingError::NoCoordinate { coordinate, coordinates }.into());
        }
        let positions = |axis: &SlotAxis| axis.extent.min(layout.slots / axis.stride).max(1);
        let along = self.along.iter().map(|(axis, factor)| (positions(axis), *factor));
        let over = self.over.iter().map(|&(coordinate, factor)| (layout.grid[coordinate], factor));
        let distance = |(count, factor): (usize, i64)| (count as i128 - 1) * i128::from(factor);
        let (mut forward, mut both) = (1i128, 1i128);
        for distance in along.chain(over).map(distance) {
            forward = forward.saturating_add(distance.max(0));
            both = both.saturating_add(distance.abs());
        }
        if both > MOST_SPAN {
            return Err(layout.too_large().into());
        }
        let reached = match self.period {
            None => forward as usize,
            Some(period) => {
                Argument::IndexPeriod.check_power_of_two(period)?;
                period.min(both as usize)
            }
        };
        match self.length <= reached {
            true => Ok(()),
            false => Err(PackingError::IndexTooLong { length: self.length, reached }.into()),
        }
    }

    fn value(&self, of_slot: i64, of_ciphertext: i64) -> Option<usize> {
        usize::try_from(self.reduce(of_slot + of_ciphertext)).ok().filter(|&value| value < self.length)
    }
}

/// Slots outside a range of positions on an axis, which do not belong to the matrix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Outside {
    pub axis: SlotAxis,
    pub range: Range<usize>,
    /// Whether these slots are known to be zero. Otherwise they may hold anything.
    pub zero: bool,
}

/// The places of the entries of a matrix: their slots, ciphertexts and copies (tile tensors of HElayers, arXiv
/// 2011.01805, with skewed indices).
///
/// A batch is also a matrix, `samples x features`. Places that differ only in coordinates without an index are
/// copies, and places beyond the length of an index or outside a live range are zero. With 8 slots, an axis f of 4
/// positions and two samples b innermost:
///
/// ```
/// use seal_nn::packing::{Index, MatrixLayout, SlotAxis};
/// let (f, b) = (SlotAxis::new(4, 2)?, SlotAxis::new(2, 1)?);
/// let batch = MatrixLayout::new(8, Index::new(2).along(b), Index::new(4).along(f));
/// assert_eq!(batch.draw("x")?, "x00 x10 x01 x11 x02 x12 x03 x13\n");
///
/// // The diagonals of a 4 x 4 matrix, one ciphertext each, the same for both samples: the column is (f + k) mod 4.
/// let diagonals = MatrixLayout::new(8, Index::new(4).along(f), Index::new(4).along(f).over(0, 1).modulo(4)).grid(&[4]);
/// assert_eq!(diagonals.draw("W")?.lines().nth(1), Some("W01 W01 W12 W12 W23 W23 W30 W30"));
/// # Ok::<(), seal_nn::Error>(())
/// ```
///
/// This is a description: whatever reads it returns an error if it makes no sense (see [`MatrixLayout::entries`]).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MatrixLayout {
    slots: usize,
    grid: Vec<usize>,
    rows: Index,
    columns: Index,
    outside: Vec<Outside>,
}

impl MatrixLayout {
    /// A matrix in one ciphertext of `slots` slots.
    pub fn new(slots: usize, rows: Index, columns: Index) -> MatrixLayout {
        MatrixLayout { slots, grid: Vec::new(), rows, columns, outside: Vec::new() }
    }

    /// Distributes the matrix over ciphertexts with these coordinates, the last one running fastest.
    pub fn grid(mut self, extents: &[usize]) -> MatrixLayout {
        self.grid = extents.to_vec();
        self
    }

    /// Sets positions of an axis outside a range to zero: a guard.
    pub fn only(mut self, axis: SlotAxis, range: Range<usize>) -> MatrixLayout {
        if range != (0..axis.extent) {
            self.outside.push(Outside { axis, range, zero: true });
        }
        self
    }

    /// The same places after a function of each slot that does not map zero to zero, so guards may then hold anything.
    pub fn without_zeros(mut self) -> MatrixLayout {
        self.outside.iter_mut().for_each(|outside| outside.zero = false);
        self
    }

    /// The same places, read as the transposed matrix.
    pub fn transposed(&self) -> MatrixLayout {
        MatrixLayout { rows: self.columns.clone(), columns: self.rows.clone(), ..self.clone() }
    }

    /// The same places with another row index, such as a row of numbers for every row of this matrix.
    pub fn with_rows(&self, rows: Index) -> MatrixLayout {
        MatrixLayout { rows, ..self.clone() }
    }

    /// The same places with only the first columns; the others are zero.
    pub fn with_columns(&self, count: usize) -> MatrixLayout {
        let length = count.min(self.columns.length);
        MatrixLayout { columns: Index { length, ..self.columns.clone() }, ..self.clone() }
    }

    /// The rotation that moves the columns from `first` on to the places of the columns from 0 on, in every row.
    ///
    /// # Errors
    /// `NotAligned` if no rotation of a single ciphertext does this; the errors of [`MatrixLayout::entries`].
    pub fn step_to_first(&self, first: usize) -> Result<Rotation> {
        let entries = self.entries()?;
        let [entries] = &entries[..] else { return Err(self.no_step(first)) };
        let place = |entry| entries.iter().position(|e| *e == Some(entry));
        let (Some(from), Some(to)) = (place((0, first)), place((0, 0))) else { return Err(self.no_step(first)) };
        let step = (from + self.slots - to) % self.slots;
        let moved = |slot: usize| entries[(slot + step) % self.slots];
        let kept = |(slot, entry): (usize, &Entry)| match *entry {
            Some((row, column)) if column < self.columns.length.saturating_sub(first) => {
                moved(slot) == Some((row, column + first))
            }
            _ => true,
        };
        if entries.iter().enumerate().all(kept) { Ok(Rotation(step as i32)) } else { Err(self.no_step(first)) }
    }

    fn no_step(&self, first: usize) -> Error {
        let (left, right) = (self.to_string(), format!("its columns from {first} on"));
        PackingError::NotAligned { left, right }.into()
    }

    /// Rows and columns.
    pub fn shape(&self) -> (usize, usize) {
        (self.rows.length, self.columns.length)
    }

    /// Slots per ciphertext.
    pub fn slots(&self) -> usize {
        self.slots
    }

    /// The number of ciphertexts.
    pub fn ciphertexts(&self) -> usize {
        product(&self.grid)
    }

    /// The number of ciphertexts in a row and in a column of the grid, for a matrix that is cut along both indices.
    pub fn tiles(&self) -> (usize, usize) {
        let followed = |index: &Index| {
            let extents = self.grid.iter().enumerate().filter(|&(c, _)| index.follows_coordinate(c));
            product(extents.map(|(_, extent)| extent))
        };
        (followed(&self.rows), followed(&self.columns))
    }

    pub(super) fn rows(&self) -> &Index {
        &self.rows
    }

    pub(super) fn columns(&self) -> &Index {
        &self.columns
    }

    pub(super) fn extents(&self) -> &[usize] {
        &self.grid
    }

    pub(super) fn outside(&self) -> &[Outside] {
        &self.outside
    }

    pub(super) fn with_outside(mut self, outside: Vec<Outside>) -> MatrixLayout {
        self.outside = outside;
        self
    }

    /// The coordinates of a ciphertext.
    pub(super) fn coordinates(&self, mut ciphertext: usize) -> Vec<usize> {
        let mut coordinates = vec![0; self.grid.len()];
        for (coordinate, extent) in coordinates.iter_mut().zip(&self.grid).rev() {
            (*coordinate, ciphertext) = (ciphertext % extent, ciphertext / extent);
        }
        coordinates
    }

    pub(super) fn is_live(&self, slot: usize) -> bool {
        self.outside.iter().all(|o| o.range.contains(&o.axis.position(slot)))
    }

    /// Whether a slot may hold anything, such as a guard after a sum.
    pub fn holds_anything(&self, slot: usize) -> bool {
        self.outside.iter().any(|o| !o.zero && !o.range.contains(&o.axis.position(slot)))
    }

    /// Returns an error for a description that makes no sense.
    pub(super) fn check(&self) -> Result<()> {
        Argument::Slots.check_power_of_two(self.slots)?;
        if self.grid.contains(&0) {
            return Err(ArgumentError::Empty { what: "ciphertexts along a coordinate of the layout" }.into());
        }
        if self.ciphertexts().saturating_mul(self.slots) > MOST_PLACES {
            return Err(self.too_large().into());
        }
        self.rows.check(self)?;
        self.columns.check(self)
    }

    fn too_large(&self) -> PackingError {
        PackingError::TooLarge { layout: self.to_string(), most: MOST_PLACES }
    }

    /// The row and column in each slot of each ciphertext; `None` for zeros, and for slots outside the live range that
    /// may hold anything.
    ///
    /// # Errors
    /// `IndexTooLong` if an index has more values than its places; `NoCoordinate` if it depends on a coordinate that the
    /// ciphertexts do not have; `NotPowerOfTwo` for another number of slots or another period; `Empty` for a coordinate
    /// without ciphertexts; `TooLarge` for more than 2^28 slots in all.
    pub fn entries(&self) -> Result<Vec<Vec<Entry>>> {
        self.check()?;
        let of_slots: Vec<_> = (0..self.slots)
            .map(|slot| self.is_live(slot).then(|| (self.rows.of_slot(slot), self.columns.of_slot(slot))))
            .collect();
        let of_ciphertext = |ciphertext| {
            let coordinates = self.coordinates(ciphertext);
            let (row, column) = (self.rows.of_ciphertext(&coordinates), self.columns.of_ciphertext(&coordinates));
            let entry = |part: &Option<(i64, i64)>| {
                let (r, c) = (*part)?;
                Some((self.rows.value(r, row)?, self.columns.value(c, column)?))
            };
            of_slots.iter().map(entry).collect()
        };
        Ok((0..self.ciphertexts()).map(of_ciphertext).collect())
    }

    /// Slot vectors from `value(row, column)`, with zeros elsewhere.
    ///
    /// # Errors
    /// The errors of [`MatrixLayout::entries`].
    pub fn fill(&self, value: impl Fn(usize, usize) -> f64) -> Result<Vec<Vec<f64>>> {
        let slot = |entry: Entry| entry.map_or(0.0, |(row, column)| value(row, column));
        Ok(self.entries()?.into_iter().map(|entries| entries.into_iter().map(slot).collect()).collect())
    }

    /// The slot vectors of a matrix of this [shape](MatrixLayout::shape).
    ///
    /// # Errors
    /// `WrongShape` for another matrix; `NoPlace` if an entry would be lost; the errors of [`MatrixLayout::entries`].
    pub fn pack(&self, matrix: ArrayView2<f64>) -> Result<Vec<Vec<f64>>> {
        let (expected, actual) = (self.shape(), matrix.dim());
        if expected != actual {
            return Err(SetupError::WrongShape { what: "the matrix to be packed", expected, actual }.into());
        }
        let entries = self.entries()?;
        self.copies(&entries)?;
        let slot = |entry: Entry| entry.map_or(0.0, |entry| matrix[entry]);
        Ok(entries.into_iter().map(|entries| entries.into_iter().map(slot).collect()).collect())
    }

    /// The inverse of [`MatrixLayout::pack`]. It returns the mean of all copies of an entry, which reduces noise.
    ///
    /// # Errors
    /// `WrongCount` unless there is a vector of all slots per ciphertext; `NoPlace` for an entry that is in none; the
    /// errors of [`MatrixLayout::entries`].
    pub fn unpack(&self, slots: &[Vec<f64>]) -> Result<Array2<f64>> {
        self.check_count("a packed matrix", slots)?;
        if let Some(actual) = slots.iter().map(Vec::len).find(|&length| length != self.slots) {
            return Err(ArgumentError::WrongCount { what: "slots of a vector", expected: self.slots, actual }.into());
        }
        let entries = self.entries()?;
        let copies = self.copies(&entries)?;
        let mut sums = Array2::<f64>::zeros(self.shape());
        for (entry, value) in entries.iter().flatten().zip(slots.iter().flatten()) {
            if let Some(entry) = *entry {
                sums[entry] += value;
            }
        }
        Ok(sums / copies)
    }

    /// The number of places of each entry, at least 1.
    fn copies(&self, entries: &[Vec<Entry>]) -> Result<Array2<f64>> {
        let mut copies = Array2::<f64>::zeros(self.shape());
        entries.iter().flatten().flatten().for_each(|&entry| copies[entry] += 1.0);
        match copies.indexed_iter().find(|(_, count)| **count == 0.0) {
            None => Ok(copies),
            Some((entry, _)) => Err(PackingError::NoPlace { entry, layout: self.to_string() }.into()),
        }
    }

    /// Returns an error for a circuit with another number of slots.
    pub(super) fn check_slots(&self, slots: usize) -> Result<()> {
        if self.slots == slots {
            return Ok(());
        }
        let (what, expected, actual) = ("slots of a packed matrix", slots, self.slots);
        Err(ArgumentError::WrongCount { what, expected, actual }.into())
    }

    /// Returns an error for another number of ciphertexts.
    pub(super) fn check_count<C>(&self, what: &str, packed: &[C]) -> Result<()> {
        let (expected, actual) = (self.ciphertexts(), packed.len());
        if expected == actual {
            return Ok(());
        }
        Err(PackingError::WrongCount { what: what.into(), expected, actual }.into())
    }

    /// The slots of each ciphertext, one line per ciphertext: an entry as name, row and column, `0` for zero, `?` for
    /// anything.
    ///
    /// # Errors
    /// The errors of [`MatrixLayout::entries`].
    pub fn draw(&self, name: &str) -> Result<String> {
        let cell = |(slot, entry): (usize, &Entry)| match entry {
            Some((row, column)) => format!("{name}{row}{column}"),
            None if self.holds_anything(slot) => "?".to_owned(),
            None => "0".to_owned(),
        };
        let width = name.chars().count() + 2;
        let line = |entries: &Vec<Entry>| {
            let cells: Vec<String> = entries.iter().enumerate().map(|e| format!("{:width$}", cell(e))).collect();
            cells.join(" ").trim_end().to_owned() + "\n"
        };
        Ok(self.entries()?.iter().map(line).collect())
    }
}

fn product<'a>(extents: impl IntoIterator<Item = &'a usize>) -> usize {
    extents.into_iter().fold(1, |product, &extent| product.saturating_mul(extent))
}

/// Shape, ciphertexts and slots, for messages.
impl fmt::Display for MatrixLayout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (rows, columns) = self.shape();
        write!(f, "a {rows} x {columns} matrix in {} ciphertexts of {} slots", self.ciphertexts(), self.slots)
    }
}
