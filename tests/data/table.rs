//! Tables of numbers and words, with gaps, and their preparation.

use seal_nn::{
    CsvProblem, DataError,
    data::{
        Column, ColumnChoice, CsvFile, CsvFormat, DataSet, Encoding, Gaps, LabelledTable, Note, Preparation,
        PreparedColumn, Scaler, Selection, Table, Values, Words,
    },
};

/// 40 samples: a number with gaps, words with gaps, a whole number for each word, a class.
fn text() -> String {
    let line = |i: usize| {
        let length = if i % 8 == 5 { "NA".into() } else { format!("{}.5", i % 7) };
        let colour = ["red", "blue", "red", "?", "green"][i % 5];
        format!("{length},{colour},{},{}\n", i % 5, ["rose", "aster"][i % 2])
    };
    "length,colour,count,kind\n".to_owned() + &(0..40).map(line).collect::<String>()
}

pub fn file(text: &str) -> CsvFile {
    CsvFile::parse("t.csv", text.as_bytes()).unwrap()
}

pub fn table() -> LabelledTable {
    LabelledTable::from_csv("t", &file(&text()), &ColumnChoice::default(), Gaps::Fill).unwrap().0
}

pub fn numbers(name: &str, values: &[f64]) -> Column {
    Column { name: name.into(), values: Values::Numbers(values.to_vec()) }
}

fn words(name: &str, values: &[&str]) -> Column {
    let words = Words::new(values.iter().map(|&word| Some(word).filter(|word| !word.is_empty())));
    Column { name: name.into(), values: Values::Words(words) }
}

#[test]
fn columns_have_kinds_and_gaps() {
    let table = table();
    assert_eq!((table.table.samples(), table.class_counts()), (40, vec![20, 20]));
    let kinds: Vec<(&str, bool, usize)> = table
        .table
        .columns()
        .iter()
        .map(|column| (column.name.as_str(), matches!(column.values, Values::Words(_)), column.values.gaps()))
        .collect();
    assert_eq!(kinds, [("length", false, 5), ("colour", true, 8), ("count", false, 0)]);
}

#[test]
fn a_preparation_knows_the_training_part_alone() {
    let (train, test) = table().split(0.25, 7).unwrap();
    let Values::Words(colours) = &train.table.columns()[1].values else { panic!("words") };
    assert!(colours.counts().values().all(|&count| count >= 3), "{:?}", colours.counts());
    // Samples keep their values together.
    let Values::Numbers(counts) = &train.table.columns()[2].values else { panic!("numbers") };
    let expected = |&count: &f64| [Some("red"), Some("blue"), Some("red"), None, Some("green")][count as usize];
    assert!(colours.iter().eq(counts.iter().map(expected)));
    let preparation = Preparation::fit(&train).unwrap();
    assert_eq!(preparation.feature_names(), ["length", "colour=blue", "colour=green", "colour=red", "count"]);
    let (features, notes) = preparation.encode(&train.table).unwrap();
    // What fills the gaps is the median of the training part.
    let Values::Numbers(lengths) = &train.table.columns()[0].values else { panic!("numbers") };
    let mut present: Vec<f64> = lengths.iter().copied().filter(|length| !length.is_nan()).collect();
    present.sort_by(f64::total_cmp);
    let median = (present[(present.len() - 1) / 2] + present[present.len() / 2]) / 2.0;
    assert_eq!(preparation.columns()[0].encoding, Encoding::Number { fill: Some(median), hinge: None });
    for (row, length) in lengths.iter().enumerate() {
        assert_eq!(features[[row, 0]], if length.is_nan() { median } else { *length });
        assert_eq!(features.row(row).iter().skip(1).take(3).sum::<f64>(), 1.0, "one word each");
    }
    assert!(notes.iter().any(|note| matches!(note, Note::Filled { column, .. } if column == "length")));
    // The scaler is that of the training part, with its gaps filled.
    assert_eq!(preparation.scaler(), &Scaler::fit(&features).unwrap());
    assert_eq!(preparation.encode(&test.table).unwrap().0.dim(), (10, 5));
}

#[test]
fn medians_and_commonest_words_are_right() {
    let labelled = |columns| {
        let columns = Table::new(columns).unwrap();
        let mut all = table();
        (all.labels, all.table) = (vec![0; columns.samples()], columns);
        Preparation::fit(&all).unwrap().columns().to_vec()
    };
    let nan = f64::NAN;
    let columns = labelled(vec![
        numbers("odd", &[3.0, nan, 1.0, 2.0, nan]),
        numbers("even", &[3.0, 1.0, 2.0, f64::MAX, nan]),
        numbers("huge", &[f64::MAX, f64::MAX, nan, nan, nan]),
        words("tie", &["b", "a", "b", "a", ""]),
        numbers("none", &[nan; 5]),
    ]);
    let fills: Vec<String> = columns
        .iter()
        .map(|column| match &column.encoding {
            Encoding::Number { fill, .. } => format!("{:e}", fill.unwrap()),
            Encoding::Words { fill, .. } => fill.clone(),
        })
        .collect();
    assert_eq!(fills, ["2e0", "2.5e0", &format!("{:e}", f64::MAX), "a"], "a column without values is left out");
}

#[test]
fn words_that_were_not_seen_are_zeros_and_noted() {
    let preparation = Preparation::fit(&table()).unwrap();
    let new = Table::new(vec![
        words("colour", &["violet", "", "blue"]),
        numbers("count", &[1.0, 2.0, 3.0]),
        numbers("length", &[0.5, f64::NAN, 1.5]),
    ]);
    let (features, notes) = preparation.encode(&new.unwrap()).unwrap();
    let colours: Vec<Vec<f64>> =
        features.rows().into_iter().map(|row| row.iter().skip(1).take(3).copied().collect()).collect();
    assert_eq!(colours, [[0.0, 0.0, 0.0], [0.0, 0.0, 1.0], [1.0, 0.0, 0.0]], "a gap is the commonest word, red");
    let unknown = Note::UnknownWords { column: "colour".into(), words: vec!["violet".into()], samples: 1 };
    let filled = |column: &str, with: &str| Note::Filled { column: column.into(), gaps: 1, with: with.into() };
    assert_eq!(notes, [filled("length", "3.5"), filled("colour", "red"), unknown]);

    let lacking = Table::new(vec![numbers("length", &[1.0]), numbers("count", &[1.0])]).unwrap();
    assert!(matches!(preparation.encode(&lacking), Err(DataError::NoSuchColumn { column }) if column == "colour"));
    let other_kind = Table::new(vec![numbers("colour", &[1.0]), numbers("length", &[1.0]), numbers("count", &[1.0])]);
    assert!(matches!(preparation.encode(&other_kind.unwrap()), Err(DataError::NoSuchColumn { .. })));
}

#[test]
fn columns_of_a_file_are_found() {
    let preparation = Preparation::fit(&table()).unwrap();
    let read = |text: &str, selection: &Selection| preparation.read(&file(text), selection);
    let (expected, notes) = read("length,colour,count\n1.5,red,3\n2.5,blue,4\n", &Selection::default()).unwrap();
    assert_eq!(notes, []);
    let (found, notes) =
        read("Count,COLOUR,kind, Length\n3,red,rose,1.5\n4,blue,aster,2.5\n", &Selection::default()).unwrap();
    assert_eq!(found, expected);
    assert!(matches!(&notes[..], [Note::NamesMatchedLoosely { pairs }, Note::Unused { .. }] if pairs.len() == 3));

    let by_position = Selection { by_position: true, others: vec!["id".into()], ..Selection::default() };
    let (found, notes) = read("id,a,b,c\nx1,1.5,red,3\nx2,2.5,blue,4\n", &by_position).unwrap();
    assert_eq!((found, &notes[..]), (expected, &[Note::ByPosition][..]));

    let problem = |text: &str, selection: &Selection| match read(text, selection) {
        Err(DataError::Csv(error)) => error.problem,
        other => panic!("{text:?} gives {other:?}"),
    };
    let default = Selection::default();
    assert!(matches!(problem("a,b,c\n1.5,red,7\n", &default), CsvProblem::OtherNames { .. }));
    assert!(
        matches!(problem("length,b,c\n1.5,red,7\n", &default), CsvProblem::NoColumn { name, .. } if name == "colour")
    );
    assert!(matches!(problem("LENGTH,Length,colour,count\n1,2,red,7\n", &default), CsvProblem::UnclearColumn { .. }));
    assert!(matches!(problem("1.5,red\n2.5,blue\n", &default), CsvProblem::WrongColumns { actual: 2, .. }));
    assert!(matches!(problem("length,colour,count\nlong,red,7\n1.5,red,7\n", &default), CsvProblem::NotANumber { .. }));
    let refuse = Selection { gaps: Gaps::Refuse, ..Selection::default() };
    assert_eq!(problem("length,colour,count\n1.5,?,7\n", &refuse), CsvProblem::MissingValue);
}

#[test]
fn preparations_that_cannot_have_been_fitted_are_refused() {
    let column = |encoding| vec![PreparedColumn { name: "x".into(), encoding }];
    let of_words = |words: &[&str], fill: &str| Encoding::Words {
        words: words.iter().map(|&word| word.to_owned()).collect(),
        fill: fill.into(),
    };
    let scaler = |count| Scaler::new(vec![0.0; count], vec![1.0; count]).unwrap();
    assert!(Preparation::new(column(of_words(&["a", "b"], "b")), None, scaler(2)).is_ok());
    for (encoding, count) in [
        (of_words(&["b", "a"], "b"), 2),
        (of_words(&["a", "a"], "a"), 2),
        (of_words(&["a", "b"], "c"), 2),
        (Encoding::Number { fill: Some(f64::NAN), hinge: None }, 1),
    ] {
        assert!(matches!(Preparation::new(column(encoding), None, scaler(count)), Err(DataError::BadColumn { .. })));
    }
    let narrow = Preparation::new(column(of_words(&["a", "b"], "b")), None, scaler(1));
    assert!(matches!(narrow, Err(DataError::WrongFeatures { expected: 2, actual: 1 })));
    // Nothing is known to fill gaps with.
    let plain = Preparation::of_numbers(["x"], scaler(1)).unwrap();
    let gap = Table::new(vec![numbers("x", &[f64::NAN])]).unwrap();
    assert!(matches!(plain.encode(&gap), Err(DataError::Gap { column }) if column == "x"));
}

#[test]
fn a_data_set_of_numbers_is_a_table_without_gaps() {
    let iris = DataSet::load("iris").unwrap();
    let table = LabelledTable::try_from(iris.clone()).unwrap();
    let (train, test) = table.split(0.2, 7).unwrap();
    let split = iris.split(0.2, 7).unwrap();
    assert_eq!((&train.labels, &test.labels), (&split.train.labels, &split.test.labels));
    let preparation = Preparation::fit(&train).unwrap();
    assert_eq!(preparation.encode(&train.table).unwrap(), (split.train.features.clone(), vec![]));
    assert_eq!(preparation.scaler(), &split.train.scaler().unwrap());
}

#[test]
fn tables_of_different_lengths_are_refused() {
    let columns = vec![numbers("x", &[1.0, 2.0]), words("y", &["a"])];
    assert!(
        matches!(Table::new(columns), Err(DataError::Inconsistent { name, expected: 2, actual: 1, .. }) if name == "y")
    );
    assert!(matches!(Table::new(Vec::new()), Err(DataError::NoSamples { .. })));
}

#[test]
fn a_format_that_is_given_is_not_noted() {
    let text = "length;kind\n1,5;a\n2,5;b\n";
    let detected = file(text);
    assert_eq!(detected.notes(), [Note::Separator(';'), Note::DecimalComma]);
    let format = CsvFormat { separator: Some(b';'), decimal_comma: Some(true), header: Some(true) };
    let given = CsvFile::parse_as("t.csv", text.as_bytes(), &format).unwrap();
    assert_eq!(given.notes(), []);
    assert_eq!(given.numbers(&[0]).unwrap(), detected.numbers(&[0]).unwrap());
    let sample = CsvFormat { header: Some(false), ..format };
    assert_eq!(CsvFile::parse_as("t.csv", text.as_bytes(), &sample).unwrap().samples(), 3);
}

#[test]
fn labels_of_known_classes_are_found_in_other_spellings_of_a_number() {
    let classes = ["0".to_owned(), "1".to_owned()];
    let labels = |text: &str| file(text).labels(1, &classes);
    assert_eq!(labels("x,y\n1.5,0.0\n2.5,1\n3.5,1e0\n").unwrap(), [0, 1, 1]);
    assert!(
        matches!(labels("x,y\n1.5,2\n"), Err(DataError::Csv(error)) if matches!(error.problem, CsvProblem::UnknownClass { .. }))
    );
    assert!(
        matches!(labels("x,y\n1.5,NA\n2.5,1\n"), Err(DataError::Csv(error)) if error.problem == CsvProblem::MissingValue)
    );
}
