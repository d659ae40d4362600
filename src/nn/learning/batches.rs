//! Batches.

use rand::{SeedableRng, rngs::ChaCha8Rng, seq::SliceRandom};

use crate::{Argument, Result};

/// Their numbers alone take 2 GB.
const MOST_SAMPLES: usize = 1 << 28;

/// Random batches of samples, made of groups.
///
/// Groups come in turn, in an order that is drawn anew for every pass over them. All are used equally often, the last one
/// too, which may have fewer samples. A batch that spans two passes takes no group twice.
#[derive(Clone, Debug)]
pub struct Batches {
    groups: Vec<Vec<usize>>,
    per_batch: usize,
    redrawn: bool,
    /// Whether batches are always the same groups, which follow each other.
    fixed: bool,
    /// Groups that are left of this pass, or fixed batches, in the reverse of their order.
    left: Vec<usize>,
    seed: u64,
    /// The passes that have begun.
    passes: u64,
}

impl Batches {
    /// Samples `0..samples` in fixed random groups of `size`, of which `per_batch` make a batch, or all if there are fewer:
    /// groups can be encrypted once, and a batch is named by their numbers. Groups and batches depend on the seed.
    ///
    /// # Errors
    /// `OutOfBounds` for no samples or more than 2^28, and for groups or batches of 0.
    pub fn of_groups(samples: usize, size: usize, per_batch: usize, seed: u64) -> Result<Batches> {
        Argument::Samples.check_count(samples, 1, Some(MOST_SAMPLES))?;
        Argument::Samples.check_count(size.min(per_batch), 1, None)?;
        let groups = draw(samples, size, &mut random(seed, 0));
        let per_batch = per_batch.min(groups.len());
        Ok(Batches { per_batch, groups, redrawn: false, fixed: false, left: Vec::new(), seed, passes: 0 })
    }

    /// Random batches of `per_batch` groups each, which are always the same, with up to `size` samples: all have the same
    /// number of groups, of sizes that differ by one at most, so that each place in a batch may be somebody's. Their order
    /// is drawn anew for every pass.
    ///
    /// # Errors
    /// `OutOfBounds` for fewer samples than groups, or more than 2^28; for groups or batches of 0.
    pub fn fixed(samples: usize, size: usize, per_batch: usize, seed: u64) -> Result<Batches> {
        Argument::Samples.check_count(size.min(per_batch), 1, None)?;
        let count = samples.div_ceil(size).saturating_mul(per_batch);
        Argument::Samples.check_count(samples, count.max(1), Some(MOST_SAMPLES))?;
        let order = draw(samples, samples, &mut random(seed, 0)).concat();
        let group = |number: usize| order[number * samples / count..(number + 1) * samples / count].to_vec();
        let groups = (0..count).map(group).collect();
        Ok(Batches { per_batch, groups, redrawn: false, fixed: true, left: Vec::new(), seed, passes: 0 })
    }

    /// Batches of `size` samples that are drawn anew for every pass: each is a group.
    ///
    /// # Errors
    /// As [`Batches::of_groups`].
    pub fn drawn_anew(samples: usize, size: usize, seed: u64) -> Result<Batches> {
        Ok(Batches { redrawn: true, ..Batches::of_groups(samples, size, 1, seed)? })
    }

    /// The samples of every group, until the next pass if they are drawn anew.
    pub fn groups(&self) -> &[Vec<usize>] {
        &self.groups
    }

    /// The numbers of the groups of the next batch.
    pub fn next_batch(&mut self) -> Vec<usize> {
        if self.fixed {
            if self.left.is_empty() {
                self.passes += 1;
                self.left = (0..self.groups.len() / self.per_batch).collect();
                self.left.shuffle(&mut random(self.seed, self.passes));
            }
            let first = self.left.pop().unwrap_or_default() * self.per_batch;
            return (first..first + self.per_batch).collect();
        }
        let mut batch = Vec::with_capacity(self.per_batch);
        let mut postponed = Vec::new();
        while batch.len() < self.per_batch {
            match self.left.pop() {
                Some(group) if batch.contains(&group) => postponed.push(group),
                Some(group) => batch.push(group),
                None => {
                    self.passes += 1;
                    let mut rng = random(self.seed, self.passes);
                    if self.redrawn {
                        let (samples, size) = (self.groups.iter().map(Vec::len).sum(), self.groups[0].len());
                        self.groups = draw(samples, size, &mut rng);
                    }
                    self.left = (0..self.groups.len()).collect();
                    self.left.shuffle(&mut rng);
                }
            }
        }
        self.left.extend(postponed);
        batch
    }
}

/// The random numbers of a pass, in other streams than those of the first weights and of the split of the data.
fn random(seed: u64, pass: u64) -> ChaCha8Rng {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(pass << 8 | 5);
    rng
}

fn draw(samples: usize, size: usize, rng: &mut ChaCha8Rng) -> Vec<Vec<usize>> {
    let mut order: Vec<usize> = (0..samples).collect();
    order.shuffle(rng);
    order.chunks(size).map(<[usize]>::to_vec).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples(batches: &mut Batches, seen: &mut [usize]) -> Vec<usize> {
        let batch = batches.next_batch();
        let samples: Vec<usize> = batch.iter().flat_map(|&group| batches.groups()[group].clone()).collect();
        samples.iter().for_each(|&sample| seen[sample] += 1);
        batch
    }

    #[test]
    fn all_samples_are_used_equally_often() {
        // Groups of 4, 4, 4, 4 and 1 samples, in batches of two: five batches are two passes.
        let mut batches = Batches::of_groups(17, 4, 2, 3).unwrap();
        let fixed = batches.groups().to_vec();
        assert_eq!(fixed.iter().map(Vec::len).collect::<Vec<_>>(), [4, 4, 4, 4, 1]);
        for _ in 0..4 {
            let mut seen = vec![0; 17];
            for _ in 0..5 {
                let batch = samples(&mut batches, &mut seen);
                assert!(batch.len() == 2 && batch[0] != batch[1]);
            }
            assert_eq!(seen, [2; 17]);
        }
        assert_eq!(batches.groups(), fixed);
    }

    #[test]
    fn batches_drawn_anew_differ_from_pass_to_pass() {
        let mut batches = Batches::drawn_anew(17, 4, 3).unwrap();
        let mut passes = Vec::new();
        for _ in 0..3 {
            let mut seen = vec![0; 17];
            (0..5).for_each(|_| drop(samples(&mut batches, &mut seen)));
            assert_eq!(seen, [1; 17]);
            passes.push(batches.groups().to_vec());
        }
        assert!(passes[0] != passes[1] && passes[1] != passes[2]);
    }

    /// 17 samples in batches of 6 at most are three of two groups each, which do not change from pass to pass.
    #[test]
    fn fixed_batches_come_in_another_order() {
        let mut batches = Batches::fixed(17, 6, 2, 3).unwrap();
        assert_eq!(batches.groups().iter().map(Vec::len).collect::<Vec<_>>(), [2, 3, 3, 3, 3, 3]);
        let mut passes = Vec::new();
        for _ in 0..6 {
            let mut seen = vec![0; 17];
            passes.push((0..3).map(|_| samples(&mut batches, &mut seen)).collect::<Vec<_>>());
            assert_eq!(seen, [1; 17]);
        }
        assert!(passes.iter().flatten().all(|batch| batch[0] % 2 == 0 && batch[1] == batch[0] + 1));
        assert!(passes.iter().any(|pass| *pass != passes[0]));
        assert!(Batches::fixed(5, 4, 3, 0).is_err());
    }

    #[test]
    fn fewer_groups_than_a_batch_takes_are_all_taken() {
        let mut batches = Batches::of_groups(5, 4, 8, 0).unwrap();
        let mut batch = batches.next_batch();
        batch.sort();
        assert_eq!(batch, [0, 1]);
    }
}
