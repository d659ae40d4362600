//! Breast Cancer Wisconsin (Diagnostic): 569 tumours, 30 measures of their cell nuclei, malignant or benign.

use super::{CsvFile, DataSet};
use crate::error::DataError;

/// 569 x 30.
///
/// # Errors
/// `DataError::Csv` if the embedded file is damaged.
pub(super) fn load() -> Result<DataSet, DataError> {
    let file = CsvFile::parse("breast-cancer.csv", include_bytes!("../../data/breast-cancer.csv"))?;
    let mut set = DataSet::from_csv("breast-cancer", &file, None)?;
    // Malignant comes first, as in scikit-learn, and not in the order of the alphabet.
    set.classes.reverse();
    set.labels.iter_mut().for_each(|label| *label = set.classes.len() - 1 - *label);
    Ok(set)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Axis, s};

    /// Golden values: `sklearn.datasets.load_breast_cancer` of scikit-learn 1.9 (`X.sum(0)`, `X[0, :10]`). All other
    /// values were compared when the data set was added.
    #[test]
    fn it_is_the_data_set_of_scikit_learn() -> Result<(), DataError> {
        let cancer = load()?;
        assert_eq!(cancer.class_counts()?, [212, 357]);
        assert_eq!((cancer.features.dim(), cancer.feature_names[29].as_str()), ((569, 30), "worst fractal dimension"));
        let first = [17.99, 10.38, 122.8, 1001.0, 0.1184, 0.2776, 0.3001, 0.1471, 0.2419, 0.07871];
        assert_eq!(cancer.features.slice(s![0, ..10]).to_vec(), first);
        let sums = [
            8038.429, 10975.81, 52330.38, 372631.9, 54.829, 59.37002, 50.5268107, 27.834994, 103.0811, 35.73184,
            230.5429, 692.3896, 1630.7877, 22951.798, 4.006317, 14.497061, 18.1475246, 6.712002, 11.688568, 2.1593003,
            9257.169, 14610.34, 61031.63, 501051.8, 75.31773, 144.67681, 154.875247, 65.210941, 165.053, 47.76517,
        ];
        for (sum, expected) in cancer.features.sum_axis(Axis(0)).iter().zip(sums) {
            assert!((sum - expected).abs() < 1e-12 * expected, "{sum} is not {expected}");
        }
        Ok(())
    }
}
