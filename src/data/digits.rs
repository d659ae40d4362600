//! Digits: 1,797 handwritten digits of 8 x 8 pixels.

use super::{CsvFile, DataSet, Scaling};
use crate::error::DataError;

/// 1797 x 61: three pixels are 0 in every image and are left out. All pixels are scaled by the same factor; otherwise
/// the rarely used ones at the border would have as much weight as the others.
///
/// # Errors
/// `DataError::Csv` if the embedded file is damaged.
pub(super) fn load() -> Result<DataSet, DataError> {
    let file = CsvFile::parse("digits.csv", include_bytes!("../../data/digits.csv"))?;
    Ok(DataSet { scaling: Scaling::Global, ..DataSet::from_csv("digits", &file, None)? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Axis;

    /// Golden values: `sklearn.datasets.load_digits` of scikit-learn 1.9 (`X.sum(0)`, `X.std(0) == 0`). All values were
    /// compared when the data set was added.
    #[test]
    fn it_is_the_data_set_of_scikit_learn() -> Result<(), DataError> {
        let digits = load()?;
        assert_eq!(digits.class_counts()?, [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]);
        assert_eq!(digits.features.dim(), (1797, 61));
        for unused in ["pixel_0_0", "pixel_4_0", "pixel_4_7"] {
            assert!(!digits.feature_names.iter().any(|name| name == unused), "{unused}");
        }
        let sums = digits.features.sum_axis(Axis(0));
        for (name, sum) in [("pixel_0_1", 546.0), ("pixel_0_3", 21269.0), ("pixel_4_3", 16302.0), ("pixel_7_7", 655.0)]
        {
            let at = digits.feature_names.iter().position(|found| found == name).unwrap();
            assert_eq!(sums[at], sum, "{name}");
        }
        Ok(())
    }
}
