//! Tables with a number to predict.

use seal_nn::{
    CsvProblem, DataError,
    data::{ColumnChoice, Gaps, LabelledTable, Note, NumericTable, Preparation, Selection, TargetScale},
};

use super::table::file;

/// 30 samples: rooms, a kind, and a price, which two samples do not have.
fn text() -> String {
    let line = |i: usize| {
        let price = if i % 15 == 4 { "NA".into() } else { format!("{}", 10 * (i % 7) + i) };
        format!("{},{},{price}\n", i % 7, ["flat", "house"][i % 2])
    };
    "rooms,kind,price\n".to_owned() + &(0..30).map(line).collect::<String>()
}

fn read(text: &str, choice: &ColumnChoice) -> Result<(NumericTable, Vec<Note>), DataError> {
    NumericTable::from_csv("houses", &file(text), choice, Gaps::Fill)
}

#[test]
fn samples_without_a_number_are_left_out() {
    let (houses, notes) = read(&text(), &ColumnChoice::default()).unwrap();
    assert_eq!(notes, [Note::NoNumber { samples: 2 }]);
    assert_eq!((houses.target.as_str(), houses.table.samples(), houses.values.len()), ("price", 28, 28));
    assert!(houses.values.iter().all(|price| price.is_finite()));
    // Rows stay together.
    let features = Preparation::fit(&houses).unwrap().encode(&houses.table).unwrap().0;
    let rows = (0..30).filter(|i| i % 15 != 4);
    for ((row, features), price) in rows.zip(features.rows()).zip(&houses.values) {
        assert_eq!((features[0], *price), ((row % 7) as f64, (10 * (row % 7) + row) as f64));
    }
}

#[test]
fn a_split_is_a_partition_that_depends_on_the_seed() {
    let (houses, _) = read(&text(), &ColumnChoice::default()).unwrap();
    let (train, test) = houses.split(0.2, 7).unwrap();
    // ceil(0.2 * 28)
    assert_eq!((train.values.len(), test.values.len(), test.table.samples()), (22, 6, 6));
    let mut all = [&train.values[..], &test.values].concat();
    let mut expected = houses.values.clone();
    all.sort_by(f64::total_cmp);
    expected.sort_by(f64::total_cmp);
    assert_eq!(all, expected);
    assert_eq!(houses.split(0.2, 7).unwrap(), (train.clone(), test));
    assert_ne!(houses.split(0.2, 8).unwrap().0, train);
    for share in [0.0, 1.0, 0.99, -0.2, f64::NAN, f64::INFINITY] {
        assert!(matches!(houses.split(share, 0), Err(DataError::BadShare { .. })), "{share}");
    }
    // The scale is that of the training part.
    let scale = TargetScale::fit(&train.values).unwrap();
    let standard = scale.apply(&train.values);
    let mean = standard.iter().sum::<f64>() / 22.0;
    let variance = standard.iter().map(|y| (y - mean) * (y - mean)).sum::<f64>() / 22.0;
    assert!(mean.abs() < 1e-14 && (variance - 1.0).abs() < 1e-13);
}

#[test]
fn another_column_may_be_the_target() {
    let choice = ColumnChoice { label: Some("rooms".into()), ..ColumnChoice::default() };
    let (houses, _) = read(&text(), &choice).unwrap();
    let names = Preparation::fit(&houses).unwrap().feature_names();
    assert_eq!(
        (houses.target.as_str(), names),
        ("rooms", vec!["kind=flat".into(), "kind=house".into(), "price".into()])
    );
    let (of_price, _) = read(&text(), &ColumnChoice::default()).unwrap();
    assert_ne!(houses.fingerprint(), of_price.fingerprint());
    assert_eq!(of_price.fingerprint(), read(&text(), &ColumnChoice::default()).unwrap().0.fingerprint());
}

#[test]
fn targets_that_cannot_be_predicted_are_refused() {
    let problem = |text: &str, choice: &ColumnChoice| match read(text, choice) {
        Err(DataError::Csv(error)) => error.problem,
        other => panic!("{other:?}"),
    };
    let kind = ColumnChoice { label: Some("kind".into()), ..ColumnChoice::default() };
    assert!(matches!(problem(&text(), &kind), CsvProblem::NotANumber { value } if value == "flat"));
    let default = ColumnChoice::default();
    assert_eq!(problem("x,y\n1.5,3\n2.5,3\n", &default), CsvProblem::TooFewNumbers { actual: 1 });
    let y = ColumnChoice { label: Some("y".into()), ..ColumnChoice::default() };
    assert_eq!(problem("x,y\n1.5,NA\n2.5,NA\n", &y), CsvProblem::TooFewNumbers { actual: 0 });
    assert!(matches!(problem("x,y\n1.5,3\n2.5,inf\n", &default), CsvProblem::NotFinite { .. }));
    // As classes, they are a quantity.
    let many = "x,y\n".to_owned() + &(0..60).map(|i| format!("{},{i}.5\n", i % 7)).collect::<String>();
    let classes = LabelledTable::from_csv("many", &file(&many), &default, Gaps::Fill);
    assert!(matches!(classes, Err(DataError::Csv(error)) if matches!(error.problem, CsvProblem::Quantity { .. })));
    assert_eq!(read(&many, &default).unwrap().0.values.len(), 60);
}

#[test]
fn features_of_a_numeric_table_are_found_by_name() {
    let (houses, _) = read(&text(), &ColumnChoice::default()).unwrap();
    let preparation = Preparation::fit(&houses).unwrap();
    let (features, _) = preparation.read(&file("kind,rooms\nflat,3\nhouse,4\n"), &Selection::default()).unwrap();
    assert_eq!(features, ndarray::array![[3.0, 1.0, 0.0], [4.0, 0.0, 1.0]]);
}
