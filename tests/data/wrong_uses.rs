//! Numbers, labels and columns that do not belong together are refused.

use ndarray::{Array2, array};
use seal_nn::{
    CsvProblem, DataError,
    Error::Data,
    data::{CsvFile, DataSet, Scaler, centred_one_hot},
};

use crate::{kit::refusals::check, wrong_use};

#[test]
fn data() {
    let file = CsvFile::parse("flowers.csv", b"length,kind\n5.1,a\n4.9,b\n").unwrap();
    let set = |features: Array2<f64>, labels: Vec<usize>| {
        Ok(DataSet::new("mine", features, labels, vec!["a".into(), "b".into()], vec!["x".into(), "y".into()])?)
    };
    check(vec![
        wrong_use!("targets of no classes", Ok(centred_one_hot(&[], 0)?), Data(DataError::NoClasses)),
        wrong_use!(
            "a label that is no class",
            Ok(centred_one_hot(&[0, 2], 2)?),
            Data(DataError::UnknownLabel { sample: 1, label: 2, classes: 2 })
        ),
        wrong_use!("fewer labels", set(Array2::zeros((2, 2)), vec![0]), Data(DataError::Inconsistent { .. })),
        wrong_use!("other features", set(Array2::zeros((2, 3)), vec![0, 1]), Data(DataError::Inconsistent { .. })),
        wrong_use!("a class too high", set(Array2::zeros((1, 2)), vec![2]), Data(DataError::UnknownLabel { .. })),
        wrong_use!("a split of NaN", Ok(DataSet::load("iris")?.split(f64::NAN, 0)?), Data(DataError::BadShare { .. })),
        wrong_use!(
            "a scaler of no samples",
            Ok(Scaler::fit(&Array2::zeros((0, 2)))?),
            Data(DataError::NoSamples { .. })
        ),
        wrong_use!("a scaler of NaN", Ok(Scaler::fit(&array![[f64::NAN]])?), Data(DataError::NotFinite { feature: 0 })),
        wrong_use!(
            "a scaler of other features",
            Ok(Scaler::new(vec![0.0], vec![1.0])?.apply(&Array2::zeros((1, 2)))?),
            Data(DataError::WrongFeatures { .. })
        ),
        wrong_use!(
            "texts of no column",
            Ok(file.texts(2)?),
            Data(DataError::Csv(error)) if matches!(error.problem, CsvProblem::NoColumn { .. })
        ),
        wrong_use!(
            "numbers of no column",
            Ok(file.numbers(&[0, usize::MAX])?),
            Data(DataError::Csv(error)) if matches!(error.problem, CsvProblem::NoColumn { .. })
        ),
    ]);
}
