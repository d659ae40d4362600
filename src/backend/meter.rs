//! Counts and times the operations of a circuit.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use serde::{Deserialize, Serialize};

use crate::Level;

/// A kind of operation. Hoisted rotations, which can share a decomposition, are counted separately. From the expansion on, they
/// are those of messages, which no circuit counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Operation {
    /// A single rotation.
    Rotate,
    /// A rotation requested together with others of the same value.
    RotateHoisted,
    /// The reduction of three polynomials to two.
    Relinearize,
    /// A product of two ciphertexts, or a square.
    MultiplyCiphertexts,
    /// A product with a plaintext.
    MultiplyPlain,
    /// A division by the last prime.
    Rescale,
    /// An addition or subtraction of ciphertexts.
    Add,
    /// An addition of a plaintext.
    AddPlain,
    /// The removal of primes.
    DropLevel,
    /// An encoding that was not in the cache.
    Encode,
    /// A product with one number, in a sum of them.
    MultiplyConstant,
    /// The expansion of the seed of a fresh ciphertext.
    Expand,
    /// The packing of a fresh ciphertext for a message.
    PackFresh,
    /// Its unpacking.
    UnpackFresh,
    /// The packing of any other ciphertext.
    Pack,
    /// Its unpacking.
    Unpack,
    /// What a member of a team does for a sum over all of them.
    Reduce,
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Operation::Rotate => "rotate",
            Operation::RotateHoisted => "rotate (hoisted)",
            Operation::Relinearize => "relinearise",
            Operation::MultiplyCiphertexts => "ciphertext product",
            Operation::MultiplyPlain => "plaintext product",
            Operation::Rescale => "rescale",
            Operation::Add => "add",
            Operation::AddPlain => "add plaintext",
            Operation::DropLevel => "drop level",
            Operation::Encode => "encode",
            Operation::MultiplyConstant => "constant product",
            Operation::Expand => "expand",
            Operation::PackFresh => "pack fresh",
            Operation::UnpackFresh => "unpack fresh",
            Operation::Pack => "pack",
            Operation::Unpack => "unpack",
            Operation::Reduce => "reduce",
        })
    }
}

/// The number and time of operations.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Tally {
    /// The number of operations.
    pub count: usize,
    /// Their time, added up over threads. Operations that a backend combines are timed as a whole under the one that
    /// takes the largest part: products as relinearisations, plaintext products as rescales, and sums by doubling as
    /// rotations.
    pub time: Duration,
}

impl Tally {
    fn add(&mut self, count: usize, time: Duration) {
        self.count += count;
        self.time += time;
    }
}

/// Tallies by operation and level.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tallies(BTreeMap<(Operation, Level), Tally>);

impl Tallies {
    /// All entries, by operation and then by level.
    pub fn iter(&self) -> impl Iterator<Item = (Operation, Level, Tally)> + '_ {
        self.0.iter().map(|(&(operation, level), &tally)| (operation, level, tally))
    }

    /// The tally of one operation over all levels.
    pub fn total(&self, operation: Operation) -> Tally {
        let mut sum = Tally::default();
        self.iter().filter(|(o, ..)| *o == operation).for_each(|(.., t)| sum.add(t.count, t.time));
        sum
    }

    /// The count of one operation over all levels.
    pub fn count(&self, operation: Operation) -> usize {
        self.total(operation).count
    }

    /// Rotations, hoisted ones included.
    pub fn rotations(&self) -> usize {
        self.count(Operation::Rotate) + self.count(Operation::RotateHoisted)
    }

    /// Counts operations that were not timed, as of a formula.
    pub fn add(&mut self, operation: Operation, level: Level, count: usize) {
        if count > 0 {
            self.0.entry((operation, level)).or_default().add(count, Duration::ZERO);
        }
    }

    /// Adds the entries of `other`.
    pub fn merge(&mut self, other: &Tallies) {
        for (&key, tally) in &other.0 {
            self.0.entry(key).or_default().add(tally.count, tally.time);
        }
    }
}

/// Collects tallies from any thread.
#[derive(Debug, Default)]
pub struct Meter(Mutex<Tallies>);

impl Meter {
    /// Runs `work`, and counts it as `count` operations at `level`.
    pub(super) fn measure<T>(&self, operation: Operation, level: Level, count: usize, work: impl FnOnce() -> T) -> T {
        let start = Instant::now();
        let result = work();
        self.lock().0.entry((operation, level)).or_default().add(count, start.elapsed());
        result
    }

    /// Counts operations whose time is included in that of another operation.
    pub(super) fn count(&self, operation: Operation, level: Level, count: usize) {
        self.lock().add(operation, level, count);
    }

    /// The tallies since the last call.
    pub fn take(&self) -> Tallies {
        std::mem::take(&mut self.lock())
    }

    /// After a panic elsewhere, the counts are still valid.
    fn lock(&self) -> MutexGuard<'_, Tallies> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
