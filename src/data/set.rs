//! Labelled data sets, and the built-in ones by name.

use ndarray::{Array2, Axis};

use super::{Scaler, Scaling, breast_cancer, digits, iris, wine};
use crate::error::DataError;

/// Labelled samples.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct DataSet {
    /// The name of the data set.
    pub name: String,
    /// samples x features.
    pub features: Array2<f64>,
    /// The class of each sample, as an index into `classes`.
    pub labels: Vec<usize>,
    /// Names of the classes.
    pub classes: Vec<String>,
    /// Names of the columns of `features`.
    pub feature_names: Vec<String>,
    /// How its features are scaled.
    pub scaling: Scaling,
}

type Load = fn() -> Result<DataSet, DataError>;

/// To add a data set, add a file next to `iris.rs` and a line here.
const REGISTRY: &[(&str, Load)] =
    &[("iris", iris::load), ("wine", wine::load), ("breast-cancer", breast_cancer::load), ("digits", digits::load)];

impl DataSet {
    /// The names that [`DataSet::load`] accepts.
    pub fn names() -> Vec<&'static str> {
        REGISTRY.iter().map(|&(name, _)| name).collect()
    }

    /// The data set with the given name, which is not case-sensitive.
    ///
    /// ```
    /// use seal_nn::data::DataSet;
    /// let iris = DataSet::load("iris")?;
    /// assert_eq!(iris.features.dim(), (150, 4));
    /// assert_eq!(iris.class_counts()?, [50, 50, 50]);
    /// # Ok::<(), seal_nn::DataError>(())
    /// ```
    ///
    /// # Errors
    /// `DataError::UnknownDataSet`, with the existing names.
    pub fn load(name: &str) -> Result<DataSet, DataError> {
        let known = REGISTRY.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        let (_, load) = known.ok_or_else(|| DataError::UnknownDataSet { name: name.into(), known: Self::names() })?;
        load()
    }

    /// Your own data set: `features` is samples x features, and `labels` has one class index per sample.
    ///
    /// # Errors
    /// `DataError::Inconsistent` if the number of labels is not that of the samples or the number of names is not that
    /// of the features; `DataError::UnknownLabel` if a label is not an index into `classes`.
    pub fn new(
        name: impl Into<String>,
        features: Array2<f64>,
        labels: Vec<usize>,
        classes: Vec<String>,
        feature_names: Vec<String>,
    ) -> Result<DataSet, DataError> {
        let set = DataSet { name: name.into(), features, labels, classes, feature_names, scaling: Scaling::PerFeature };
        set.check()?;
        Ok(set)
    }

    /// The number of samples per class.
    ///
    /// # Errors
    /// `DataError::Inconsistent` or `DataError::UnknownLabel` if the public fields were changed so that they do not
    /// match.
    pub fn class_counts(&self) -> Result<Vec<usize>, DataError> {
        self.check()?;
        let mut counts = vec![0; self.classes.len()];
        for &label in &self.labels {
            counts[label] += 1;
        }
        Ok(counts)
    }

    /// A scaler fitted on these samples, with the kind of scaling that suits them.
    ///
    /// # Errors
    /// `DataError::NoSamples` without samples; `DataError::NotFinite` if a feature contains NaN or an infinity.
    pub fn scaler(&self) -> Result<Scaler, DataError> {
        Scaler::fit_as(&self.features, self.scaling)
    }

    /// The samples at `rows`, in that order. The caller has checked the indices.
    pub(super) fn select(&self, rows: &[usize]) -> DataSet {
        DataSet {
            name: self.name.clone(),
            features: self.features.select(Axis(0), rows),
            labels: rows.iter().map(|&row| self.labels[row]).collect(),
            classes: self.classes.clone(),
            feature_names: self.feature_names.clone(),
            scaling: self.scaling,
        }
    }

    /// Checks that the fields match.
    pub(super) fn check(&self) -> Result<(), DataError> {
        let (samples, features) = self.features.dim();
        let counts = [("labels", samples, self.labels.len()), ("feature names", features, self.feature_names.len())];
        if let Some(&(what, expected, actual)) = counts.iter().find(|(_, expected, actual)| expected != actual) {
            return Err(DataError::Inconsistent { name: self.name.clone(), what, expected, actual });
        }
        check_labels(&self.labels, self.classes.len())
    }
}

/// Returns an error for labels that are not below `classes`.
pub(super) fn check_labels(labels: &[usize], classes: usize) -> Result<(), DataError> {
    match labels.iter().enumerate().find(|&(_, &label)| label >= classes) {
        Some((sample, &label)) => Err(DataError::UnknownLabel { sample, label, classes }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(count: usize) -> Vec<String> {
        (0..count).map(|i| i.to_string()).collect()
    }

    #[test]
    fn an_unknown_name_is_answered_with_the_known_ones() {
        let error = DataSet::load("irish").unwrap_err();
        assert!(matches!(&error, DataError::UnknownDataSet { known, .. } if known == &DataSet::names()));
        assert_eq!(error.to_string(), "there is no data set \"irish\": use one of iris, wine, breast-cancer, digits");
    }

    #[test]
    fn every_registered_name_loads_what_it_says() -> Result<(), DataError> {
        for name in DataSet::names() {
            let set = DataSet::load(&name.to_uppercase())?;
            assert_eq!(set.name, name);
            set.check()?;
        }
        Ok(())
    }

    #[test]
    fn parts_that_do_not_fit_are_refused() {
        let new = |labels, classes, features| {
            DataSet::new("own", Array2::zeros((2, 3)), labels, names(classes), names(features))
        };
        assert!(new(vec![0, 1], 2, 3).is_ok());
        assert!(matches!(
            new(vec![0], 2, 3),
            Err(DataError::Inconsistent { what: "labels", expected: 2, actual: 1, .. })
        ));
        assert!(matches!(new(vec![0, 1], 2, 4), Err(DataError::Inconsistent { expected: 3, actual: 4, .. })));
        assert!(matches!(new(vec![0, 2], 2, 3), Err(DataError::UnknownLabel { sample: 1, label: 2, classes: 2 })));
    }
}
