//! Wine: 178 wines of one Italian region, 13 chemical analyses, 3 cultivators.

use super::{CsvFile, DataSet};
use crate::error::DataError;

/// 178 x 13.
///
/// # Errors
/// `DataError::Csv` if the embedded file is damaged.
pub(super) fn load() -> Result<DataSet, DataError> {
    DataSet::from_csv("wine", &CsvFile::parse("wine.csv", include_bytes!("../../data/wine.csv"))?, None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Axis, array};

    /// Golden values: `sklearn.datasets.load_wine` of scikit-learn 1.9 (`X.sum(0)`, `X[177]`).
    #[test]
    fn it_is_the_data_set_of_scikit_learn() -> Result<(), DataError> {
        let wine = load()?;
        assert_eq!(wine.classes, ["class_0", "class_1", "class_2"]);
        assert_eq!(wine.class_counts()?, [59, 71, 48]);
        assert_eq!((wine.features.dim(), wine.feature_names[12].as_str()), ((178, 13), "proline"));
        let last = array![14.13, 4.1, 2.74, 24.5, 96.0, 2.05, 0.76, 0.56, 1.35, 9.2, 0.61, 1.6, 560.0];
        assert_eq!(wine.features.row(177), last);
        let millionths = wine.features.mapv(|x| (x * 1e6).round()).sum_axis(Axis(0)) / 1e6;
        let sums = [
            2314.11, 415.87, 421.24, 3470.1, 17754.0, 408.53, 361.21, 64.41, 283.18, 900.339999, 170.426, 464.88,
            132947.0,
        ];
        assert_eq!(millionths.to_vec(), sums);
        Ok(())
    }
}
