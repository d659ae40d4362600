//! Hinges and principal components.

use std::num::NonZeroUsize;

use ndarray::Array2;
use seal_nn::{
    DataError,
    data::{
        Column, Components, DataSet, Encoding, Hinges, LabelledTable, Note, Preparation, PreparationChoice,
        PreparedColumn, PrincipalComponents, Scaler, Selection, Table, Values,
    },
};

use super::table::{file, numbers, table};

fn hinges(most: usize) -> PreparationChoice {
    PreparationChoice { hinges: Hinges::UpTo(most), ..PreparationChoice::plain() }
}

fn components(count: usize) -> PreparationChoice {
    PreparationChoice { components: Components::Count(NonZeroUsize::new(count).unwrap()), ..hinges(usize::MAX) }
}

fn of_columns(columns: Vec<Column>) -> LabelledTable {
    let columns = Table::new(columns).unwrap();
    let mut all = table();
    (all.labels, all.table) = (vec![0; columns.samples()], columns);
    all
}

fn hinge_of(values: &[f64]) -> Option<f64> {
    let fitted = Preparation::fit_as(&of_columns(vec![numbers("x", values)]), &hinges(9)).unwrap();
    match fitted.columns()[0].encoding {
        Encoding::Number { hinge, .. } => hinge,
        Encoding::Words { .. } => panic!("words"),
    }
}

#[test]
fn hinges_rise_from_the_median() {
    let preparation = Preparation::fit_as(&table(), &hinges(5)).unwrap();
    // Lengths are 0.5 to 6.5 without every eighth, counts 0 to 4.
    let names =
        ["length", "max(length - 3.5, 0)", "colour=blue", "colour=green", "colour=red", "count", "max(count - 2, 0)"];
    assert_eq!(preparation.feature_names(), names);
    assert_eq!((preparation.features(), preparation.notes()), (7, vec![Note::Hinges { columns: 2 }]));
    let (features, _) = preparation.encode(&table().table).unwrap();
    for row in features.rows() {
        assert_eq!([row[1], row[6]], [(row[0] - 3.5).max(0.0), (row[5] - 2.0).max(0.0)]);
    }
    assert_eq!(preparation.scaler(), &Scaler::fit(&features).unwrap());
    // A gap is filled with the median, where the hinge is 0.
    let gap = preparation.read(&file("length,colour,count\nNA,red,4\n1.5,red,4\n"), &Selection::default()).unwrap();
    assert_eq!(gap.0.row(0).to_vec(), [3.5, 0.0, 0.0, 0.0, 1.0, 4.0, 2.0]);
}

#[test]
fn tables_of_more_features_have_no_hinges() {
    let plain = Preparation::fit(&table()).unwrap();
    assert_eq!((plain.features(), plain.notes()), (5, vec![]));
    for choice in [hinges(4), PreparationChoice::plain()] {
        assert_eq!(Preparation::fit_as(&table(), &choice).unwrap(), plain);
    }
}

#[test]
fn hinges_that_say_nothing_are_left_out() {
    let nan = f64::NAN;
    assert_eq!(hinge_of(&[1.0, 2.0, 3.0]), Some(2.0));
    assert_eq!(hinge_of(&[1.0, 2.0, nan, 4.0, 9.0]), Some(3.0));
    assert_eq!(hinge_of(&[0.0, 1.0, 1.0]), None, "two values");
    assert_eq!(hinge_of(&[0.0, 1.0]), None, "linear between two values");
    assert_eq!(hinge_of(&[5.0, 5.0]), None, "constant");
    assert_eq!(hinge_of(&[0.0, 0.0, 0.0, 1.0, 2.0]), None, "linear above the least");
    assert_eq!(hinge_of(&[0.0, 1.0, 2.0, 2.0, 2.0]), None, "0 up to the largest");
    assert_eq!(hinge_of(&[7.0]), None);
    // Differences that overflow are the largest number.
    let most = f64::MAX;
    let huge = of_columns(vec![numbers("x", &[-most, -most, -0.9 * most, most, most / 2.0])]);
    let preparation = Preparation::fit_as(&huge, &hinges(9)).unwrap();
    let (features, _) = preparation.encode(&huge.table).unwrap();
    assert_eq!(features.column(1).to_vec(), [0.0, 0.0, 0.0, most, most]);
    assert!(preparation.scaler().apply(&features).unwrap().iter().all(|x| x.abs() <= 1.0));
}

#[test]
fn components_take_the_place_of_features() {
    let wine = LabelledTable::try_from(DataSet::load("wine").unwrap()).unwrap();
    let (train, test) = wine.split(0.2, 0).unwrap();
    let preparation = Preparation::fit_as(&train, &components(3)).unwrap();
    assert_eq!(preparation.feature_names(), ["component 1", "component 2", "component 3"]);
    assert_eq!(preparation.notes(), [Note::Reduced { features: 13, components: 3 }]);
    let (features, _) = preparation.encode(&train.table).unwrap();
    assert_eq!(preparation.scaler(), &Scaler::fit(&features).unwrap());
    assert_eq!(preparation.encode(&test.table).unwrap().0.dim(), (36, 3));
    assert_eq!(Preparation::fit_as(&train, &components(3)).unwrap(), preparation);
    // There are no more components than features, and words are features too.
    assert_eq!(Preparation::fit_as(&train, &components(99)).unwrap().features(), 13);
    // One word of three follows from the others.
    assert_eq!(Preparation::fit_as(&table(), &components(99)).unwrap().features(), 4);
}

/// 130 columns that follow from two.
#[test]
fn wide_tables_are_reduced() {
    let column = |number: usize| {
        let value = |i: usize| (1 + number % 7) as f64 * (i as f64).sin() + (number % 5) as f64 * (i as f64).cos();
        Column { name: format!("x{number}"), values: Values::Numbers((0..40).map(value).collect()) }
    };
    let features = |columns: usize| {
        let table = of_columns((0..columns).map(column).collect());
        Preparation::fit_as(&table, &PreparationChoice::default()).unwrap().features()
    };
    assert_eq!(features(Components::WIDE), Components::WIDE);
    // Values that are clipped do not follow from two columns; here there are none.
    assert_eq!(features(Components::WIDE + 1), 2);
}

#[test]
fn parts_that_do_not_match_are_refused() {
    let preparation = Preparation::fit_as(&table(), &components(2)).unwrap();
    let (columns, scaler) = (preparation.columns().to_vec(), preparation.scaler().clone());
    let fitted = preparation.components().unwrap();
    assert_eq!(Preparation::new(columns.clone(), Some(fitted.clone()), scaler.clone()).unwrap(), preparation);
    assert!(matches!(
        Preparation::new(columns[..2].to_vec(), Some(fitted.clone()), scaler.clone()),
        Err(DataError::WrongFeatures { expected: 4, actual: 5 })
    ));
    let wide = Scaler::new(vec![0.0; 5], vec![1.0; 5]).unwrap();
    assert!(matches!(
        Preparation::new(columns.clone(), Some(fitted.clone()), wide),
        Err(DataError::WrongFeatures { expected: 2, actual: 5 })
    ));
    assert!(matches!(
        Preparation::new(columns, None, scaler.clone()),
        Err(DataError::WrongFeatures { expected: 5, actual: 2 })
    ));
    let infinite = Encoding::Number { fill: Some(1.0), hinge: Some(f64::INFINITY) };
    let infinite = vec![PreparedColumn { name: "x".into(), encoding: infinite }];
    assert!(matches!(Preparation::new(infinite, None, scaler), Err(DataError::BadColumn { .. })));
    let narrow = Array2::zeros((1, 3));
    assert!(matches!(fitted.apply(&narrow), Err(DataError::WrongFeatures { expected: 5, actual: 3 })));
    let (features, _) = Preparation::fit(&table()).unwrap().encode(&table().table).unwrap();
    let again = PrincipalComponents::fit(&features, table().table.scaling(), NonZeroUsize::new(2).unwrap());
    assert_eq!(&again.unwrap(), fitted);
}

/// One value of 1e12 among forty makes all others 0 after scaling: a note says so, with the value.
#[test]
fn values_far_out_are_noted() {
    let measures = |furthest: f64| -> Vec<f64> {
        (0..40).map(|i| if i == 3 { furthest } else { f64::from(i * 7 % 13) }).collect()
    };
    let noted = |values: Vec<f64>| {
        let table = of_columns(vec![numbers("x", &values), numbers("y", &measures(20.0))]);
        let preparation = Preparation::fit_as(&table, &hinges(5)).unwrap();
        let (features, _) = preparation.encode(table.as_ref()).unwrap();
        preparation.far_out(&features)
    };
    for furthest in [1e12, -1e300, 1e5] {
        assert_eq!(noted(measures(furthest)), [Note::FarOut { column: "x".into(), furthest: format!("{furthest:e}") }]);
    }
    assert_eq!(noted(measures(100.0)), []);
    // A rare event is the same number in all other samples.
    let rare = (0..40).map(|i| f64::from(u8::from(i == 3)) * 1e9).collect();
    assert_eq!(noted(rare), []);
    // Huge, but none far from the others.
    assert_eq!(noted(measures(20.0).into_iter().map(|x| 1e300 * x).collect()), []);
}

/// Samples in other units, or of another kind: most are clipped, and a note says so.
#[test]
fn samples_unlike_those_of_the_training_part_are_noted() {
    let values: Vec<f64> = (0..40).map(|i| f64::from(i * 7 % 13)).collect();
    let table = of_columns(vec![numbers("length", &values), numbers("width", &values)]);
    let preparation = Preparation::fit_as(&table, &hinges(5)).unwrap();
    let read =
        |lines: &str| preparation.read(&file(&format!("length,width\n{lines}")), &Selection::default()).unwrap().1;
    assert_eq!(read("1,2\n12,0\n6,6\n"), []);
    let clipped =
        |column: &str, clipped: usize, samples: usize| Note::Clipped { column: column.into(), clipped, samples };
    assert_eq!(read("1000,2\n12000,0\n6000,6\n"), [clipped("length", 3, 3)]);
    assert_eq!(read("1,2\n12,-100\n"), [clipped("width", 1, 2)]);
    // One sample of ten may be far out.
    assert_eq!(read(&("5,5\n".repeat(9) + "100,5\n")), []);
}
