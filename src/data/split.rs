//! Splits with a seed.

use std::cmp::Reverse;

use rand::{SeedableRng, rngs::ChaCha8Rng, seq::SliceRandom};

use super::DataSet;
use crate::error::DataError;

/// The ChaCha stream for splits. Code that uses the same seed for weights or batches uses another stream.
const STREAM: u64 = 1;

/// A data set in two disjoint parts with the same proportions of classes.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Split {
    /// The samples for training, in random order.
    pub train: DataSet,
    /// The samples for testing, in random order.
    pub test: DataSet,
}

impl DataSet {
    /// Holds out `test_share` of the samples, stratified by class; the same seed gives the same split.
    ///
    /// As in scikit-learn, the test part has `ceil(share * samples)` samples, which are distributed over the classes by
    /// largest remainder (in a tie, the earlier class gets the sample).
    ///
    /// ```
    /// use seal_nn::data::DataSet;
    /// let split = DataSet::load("iris")?.split(0.2, 7)?;
    /// assert_eq!(split.train.class_counts()?, [40, 40, 40]);
    /// assert_eq!(split.test.class_counts()?, [10, 10, 10]);
    /// # Ok::<(), seal_nn::DataError>(())
    /// ```
    ///
    /// # Errors
    /// `DataError::BadShare` unless the share is between 0 and 1; `DataError::ClassTooSmall` if a class would be
    /// missing from one part; `DataError::Inconsistent` or `DataError::UnknownLabel` if the public fields were changed
    /// so that they do not match.
    pub fn split(&self, test_share: f64, seed: u64) -> Result<Split, DataError> {
        self.check()?;
        let (train, test) = stratified(&self.labels, &self.classes, test_share, seed)?;
        Ok(Split { train: self.select(&train), test: self.select(&test) })
    }
}

/// Indices of the training samples and of the test samples, at random.
pub(super) fn shuffled(samples: usize, share: f64, seed: u64) -> Result<(Vec<usize>, Vec<usize>), DataError> {
    let held_out = (share * samples as f64).ceil();
    if !(share > 0.0 && held_out < samples as f64) {
        return Err(DataError::BadShare { share });
    }
    let mut test = in_random_order(samples, seed);
    let train = test.split_off(held_out as usize);
    Ok((train, test))
}

/// Indices of so many samples.
pub(super) fn in_random_order(samples: usize, seed: u64) -> Vec<usize> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(STREAM);
    let mut order: Vec<usize> = (0..samples).collect();
    order.shuffle(&mut rng);
    order
}

/// Indices of the training samples and of the test samples. `labels` are below `classes`.
pub(super) fn stratified(
    labels: &[usize],
    classes: &[String],
    share: f64,
    seed: u64,
) -> Result<(Vec<usize>, Vec<usize>), DataError> {
    if !(share > 0.0 && share < 1.0) {
        return Err(DataError::BadShare { share });
    }
    let mut members = vec![Vec::new(); classes.len()];
    for (sample, &label) in labels.iter().enumerate() {
        members[label].push(sample);
    }
    let sizes: Vec<usize> = members.iter().map(Vec::len).collect();
    let quotas = deal((share * labels.len() as f64).ceil() as usize, &sizes);

    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(STREAM);
    let (mut train, mut test) = (Vec::new(), Vec::new());
    for ((class, mut samples), quota) in classes.iter().zip(members).zip(quotas) {
        if quota == 0 || quota >= samples.len() {
            return Err(DataError::ClassTooSmall { class: class.clone(), samples: samples.len(), test: quota });
        }
        samples.shuffle(&mut rng);
        test.extend_from_slice(&samples[..quota]);
        train.extend_from_slice(&samples[quota..]);
    }
    // Otherwise a batch of consecutive samples would contain a single class.
    train.shuffle(&mut rng);
    test.shuffle(&mut rng);
    Ok((train, test))
}

/// Distributes `total` seats over groups in proportion to their sizes, by largest remainder, in integers.
fn deal(total: usize, sizes: &[usize]) -> Vec<usize> {
    let whole = sizes.iter().sum::<usize>().max(1);
    let mut seats: Vec<usize> = sizes.iter().map(|&size| total * size / whole).collect();
    let left = total - seats.iter().sum::<usize>();
    let mut order: Vec<usize> = (0..sizes.len()).collect();
    order.sort_by_key(|&group| Reverse(total * sizes[group] % whole)); // stable: ties keep the order of the groups
    for &group in order.iter().take(left) {
        seats[group] += 1;
    }
    seats
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn iris_is_split_as_by_scikit_learn() -> Result<(), DataError> {
        let iris = DataSet::load("iris")?;
        for seed in 0..5 {
            let split = iris.split(0.2, seed)?;
            assert_eq!(split.test.class_counts()?, [10, 10, 10]);
            assert_eq!(split.train.class_counts()?, [40, 40, 40]);
        }
        assert_ne!(iris.split(0.2, 0)?, iris.split(0.2, 1)?);
        Ok(())
    }

    /// Published figures name a seed, so its meaning must not change with dependencies.
    #[test]
    fn a_seed_keeps_its_meaning() -> Result<(), DataError> {
        let labels = [0, 1, 0, 1, 0, 1, 0, 1, 0, 1];
        let (train, test) = stratified(&labels, &names(2), 0.4, 0)?;
        assert_eq!((train, test), (vec![1, 5, 6, 8, 2, 7], vec![0, 9, 3, 4]));
        Ok(())
    }

    fn names(classes: usize) -> Vec<String> {
        (0..classes).map(|class| format!("class {class}")).collect()
    }

    #[test]
    fn seats_are_dealt_by_largest_remainder() {
        assert_eq!(deal(36, &[59, 71, 48]), [12, 14, 10]); // Wine, as scikit-learn deals it
        assert_eq!(deal(3, &[1, 1, 1, 1]), [1, 1, 1, 0]);
        assert_eq!(deal(0, &[]), [0; 0]);
    }

    #[test]
    fn splits_that_cannot_be_made_are_refused() -> Result<(), DataError> {
        let iris = DataSet::load("iris")?;
        for share in [0.0, 1.0, -0.2, f64::NAN, f64::INFINITY] {
            assert!(matches!(iris.split(share, 0), Err(DataError::BadShare { .. })));
        }
        let lonely = stratified(&[0, 0, 0, 0, 1], &names(2), 0.2, 0);
        assert!(matches!(lonely, Err(DataError::ClassTooSmall { class, samples: 1, test: 0 }) if class == "class 1"));
        let all_tested = stratified(&[0, 0], &names(1), 0.9, 0);
        assert!(
            matches!(all_tested, Err(DataError::ClassTooSmall { class, samples: 2, test: 2 }) if class == "class 0")
        );
        let mut broken = iris;
        broken.labels.push(0);
        assert!(matches!(broken.split(0.2, 0), Err(DataError::Inconsistent { .. })));
        Ok(())
    }

    proptest! {
        #[test]
        fn a_split_is_a_stratified_partition(sizes in prop::collection::vec(10usize..60, 1..6),
                                             share in 0.15..0.85, seed: u64) {
            let labels: Vec<usize> = sizes.iter().enumerate().flat_map(|(class, &n)| vec![class; n]).collect();
            let (train, test) = stratified(&labels, &names(sizes.len()), share, seed)?;
            prop_assert_eq!(test.len(), (share * labels.len() as f64).ceil() as usize);
            let mut all: Vec<usize> = train.iter().chain(&test).copied().collect();
            all.sort_unstable();
            prop_assert_eq!(all, (0..labels.len()).collect::<Vec<_>>());
            for (class, &n) in sizes.iter().enumerate() {
                let tested = test.iter().filter(|&&sample| labels[sample] == class).count();
                // One from rounding up the total, less than one from the remainder.
                prop_assert!((tested as f64 - share * n as f64).abs() < 2.0);
            }
            prop_assert_eq!(stratified(&labels, &names(sizes.len()), share, seed)?, (train, test));
        }
    }
}
