//! Fisher's Iris: 150 flowers, 4 lengths in cm, 3 species.

use super::{CsvFile, DataSet};
use crate::error::DataError;

/// 150 x 4, with the values of Fisher's article.
///
/// # Errors
/// `DataError::Csv` if the embedded file is damaged.
pub(super) fn load() -> Result<DataSet, DataError> {
    DataSet::from_csv("iris", &CsvFile::parse("iris.csv", include_bytes!("../../data/iris.csv"))?, None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Axis, array};

    /// Golden values: `sklearn.datasets.load_iris` of scikit-learn 1.9 (`X.sum(0)`, `X[[0, 34, 37, 149]]`).
    #[test]
    fn it_is_the_data_set_of_scikit_learn() -> Result<(), DataError> {
        let iris = load()?;
        assert_eq!(iris.classes, ["setosa", "versicolor", "virginica"]);
        assert_eq!(iris.class_counts()?, [50, 50, 50]);
        assert_eq!(iris.labels[..50], [0; 50]);
        assert_eq!(
            iris.features.select(Axis(0), &[0, 34, 37, 149]),
            array![[5.1, 3.5, 1.4, 0.2], [4.9, 3.1, 1.5, 0.2], [4.9, 3.6, 1.4, 0.1], [5.9, 3.0, 5.1, 1.8]]
        );
        let tenths = iris.features.mapv(|x| (x * 10.0).round()).sum_axis(Axis(0));
        assert_eq!(tenths, array![8765.0, 4586.0, 5637.0, 1799.0]);
        Ok(())
    }
}
