//! What tells one data set from another.

use std::hash::Hasher;

use siphasher::sip128::{Hasher128, SipHasher24};

use super::DataSet;

impl DataSet {
    /// A hash of names, features and labels, the same on every machine. The name of the data set is not part of it. It
    /// tells mistakes, not forgeries.
    ///
    /// ```
    /// use seal_nn::data::DataSet;
    /// let (iris, wine) = (DataSet::load("iris")?, DataSet::load("wine")?);
    /// assert_eq!(iris.fingerprint(), DataSet::load("Iris")?.fingerprint());
    /// assert_ne!(iris.fingerprint(), wine.fingerprint());
    /// # Ok::<(), seal_nn::DataError>(())
    /// ```
    pub fn fingerprint(&self) -> u128 {
        let mut hasher = SipHasher24::new();
        let (samples, features) = self.features.dim();
        for count in [samples, features, self.classes.len()] {
            hasher.write(&(count as u64).to_le_bytes());
        }
        for name in self.feature_names.iter().chain(&self.classes) {
            hasher.write(&(name.len() as u64).to_le_bytes());
            hasher.write(name.as_bytes());
        }
        self.features.iter().for_each(|value| hasher.write(&value.to_bits().to_le_bytes()));
        self.labels.iter().for_each(|&label| hasher.write(&(label as u64).to_le_bytes()));
        hasher.finish128().as_u128()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::DataError;

    #[test]
    fn everything_but_the_name_counts() -> Result<(), DataError> {
        let iris = DataSet::load("iris")?;
        let renamed = DataSet { name: "flowers".into(), ..iris.clone() };
        assert_eq!(renamed.fingerprint(), iris.fingerprint());
        let (mut value, mut label, mut class, mut column) = (iris.clone(), iris.clone(), iris.clone(), iris.clone());
        value.features[(149, 3)] += 1e-9;
        label.labels[149] = 0;
        class.classes[0].push('s');
        column.feature_names.swap(0, 1);
        for other in [value, label, class, column] {
            assert_ne!(other.fingerprint(), iris.fingerprint());
        }
        Ok(())
    }
}
