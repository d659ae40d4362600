//! CSV files as data sets: what is read, what is refused and where, and how the program is told of them.
#![cfg(feature = "cli")]

use std::{fs, path::Path, time::Duration};

use assert_cmd::{assert::Assert, cargo::cargo_bin_cmd};
use seal_nn::{
    CsvError, CsvProblem, DataError,
    data::{CsvFile, DataSet},
};
use tempfile::tempdir;

/// Ten samples of two classes, which a header may precede and a line may follow.
fn flowers(header: &str, last: &str) -> String {
    let sample = |i: usize| format!("{}.5,{},{}\n", i, 10 - i, ["rose", "aster"][i % 2]);
    header.to_owned() + &(0..10).map(sample).collect::<String>() + last
}

fn read(text: &str, label: Option<&str>) -> Result<DataSet, DataError> {
    DataSet::from_csv("flowers", &CsvFile::parse("flowers.csv", text.as_bytes())?, label)
}

fn refusal(text: &str, label: Option<&str>) -> CsvError {
    match read(text, label) {
        Err(DataError::Csv(error)) => *error,
        other => panic!("{text:?} gives {other:?}"),
    }
}

#[test]
fn a_header_is_found_where_there_is_one() {
    let named = read(&flowers("length,width,kind\n", ""), None).unwrap();
    assert_eq!(named.feature_names, ["length", "width"]);
    assert_eq!(named.classes, ["aster", "rose"], "sorted");
    assert_eq!((named.features.dim(), &named.labels[..3]), ((10, 2), &[1, 0, 1][..]));
    assert_eq!(named.features.row(3).to_vec(), [3.5, 7.0]);

    let nameless = read(&flowers("", ""), None).unwrap();
    assert_eq!(nameless.feature_names, ["column 1", "column 2"]);
    assert_eq!((nameless.features, nameless.labels), (named.features, named.labels));
}

#[test]
fn what_other_programs_write_is_read_too() {
    let plain = read(&flowers("length,width,kind\n", ""), None).unwrap();
    let crlf = flowers("length,width,kind\n", "").replace('\n', "\r\n");
    let blanks = flowers("length,width,kind\n\n", "\n\n").replace(',', " , ");
    let quoted = flowers("\"length\",\"width\",\"kind\"\n", "").replace("rose", "\"rose\"");
    let marked = format!("\u{feff}{}", flowers("length,width,kind\n", ""));
    let no_newline = flowers("length,width,kind\n", "").trim_end().to_owned();
    for text in [crlf, blanks, quoted, marked, no_newline] {
        assert_eq!(read(&text, None).unwrap(), plain, "{text:?}");
    }
}

#[test]
fn the_label_is_any_column_by_name_or_number() {
    let text = flowers("length,width,kind\n", "");
    let swapped: String = text
        .lines()
        .map(|line| {
            let cells: Vec<&str> = line.split(',').collect();
            format!("{},{},{}\n", cells[2], cells[0], cells[1])
        })
        .collect();
    let expected = read(&text, None).unwrap();
    for label in ["kind", "1"] {
        assert_eq!(read(&swapped, Some(label)).unwrap(), expected);
    }
    assert_eq!(read(&text, Some("3")).unwrap(), expected);
    for wrong in ["colour", "0", "4", "-1", ""] {
        let error = refusal(&text, Some(wrong));
        assert!(matches!(&error.problem, CsvProblem::NoColumn { name, known } if name == wrong && known.len() == 3));
    }
}

#[test]
fn cells_that_are_no_features_are_refused_with_their_place() {
    let not_a_number = |value: &str| CsvProblem::NotANumber { value: value.into() };
    let not_finite = |value: &str| CsvProblem::NotFinite { value: value.into() };
    // Each cell stands among numbers, and a gap is refused where numbers are needed.
    for (line, column, problem) in [
        (",1,rose", 1, CsvProblem::MissingValue),
        ("1, ,rose", 2, CsvProblem::MissingValue),
        ("1,1,", 3, CsvProblem::MissingValue),
        ("1,NA,rose", 2, CsvProblem::MissingValue),
        ("1,?,rose", 2, CsvProblem::MissingValue),
        ("1,NaN,rose", 2, CsvProblem::MissingValue),
        ("0x10,1,rose", 1, not_a_number("0x10")),
        ("\"1,5\",1,rose", 1, not_a_number("1,5")),
        ("-inf,1,rose", 1, not_finite("-inf")),
        ("1,1e999,rose", 2, not_finite("1e999")),
    ] {
        let error = refusal(&flowers("length,width,kind\n", line), None);
        assert_eq!((error.line, error.column, error.problem), (Some(12), Some(column), problem), "{line:?}");
    }
    // A blank line counts.
    assert_eq!(refusal(&flowers("length,width,kind\n\n", "x,1,rose"), None).line, Some(13));
    // A first line that is a header but for one cell, or a sample but for one.
    assert_eq!(read(&flowers("length,2,kind\n", ""), None).unwrap().feature_names, ["length", "2"]);
    let unclear = CsvProblem::UnclearHeader { name: "length".into(), value: "rose".into() };
    assert_eq!(refusal(&flowers("length,2,rose\n", ""), None).problem, unclear);
}

#[test]
fn files_that_are_no_data_set_are_refused() {
    let small = CsvProblem::SmallClass { class: "lily".into(), least: 5, actual: 1, classes: 3, alike: None };
    for (text, line, problem) in [
        ("", None, CsvProblem::NoSamples),
        ("\n\n", None, CsvProblem::NoSamples),
        ("length,width,kind\n", None, CsvProblem::NoSamples),
        (&flowers("", "1,2\n"), Some(11), CsvProblem::Ragged { expected: 3, actual: 2 }),
        (&flowers("", "1,2,rose,4\n"), Some(11), CsvProblem::Ragged { expected: 3, actual: 4 }),
        (&flowers("", "1,2,lily\n"), Some(11), small),
        ("1,a\n2,a\n3,a\n4,a\n5,a\n", None, CsvProblem::TooFewClasses { actual: 1 }),
    ] {
        let error = refusal(text, None);
        assert_eq!((error.line, error.problem), (line, problem), "{text:?}");
    }
    assert!(matches!(refusal("1~2~rose\n1~2~aster\n", None).problem, CsvProblem::WrongColumns { actual: 1, .. }));
    let latin1 = CsvFile::parse("flowers.csv", b"1,2,rose\n1,2,\xe4ster\n");
    let Err(DataError::Csv(error)) = latin1 else { panic!("{latin1:?}") };
    assert!(matches!(*error, CsvError { line: Some(2), problem: CsvProblem::Unreadable { .. }, .. }), "{error}");
    assert!(matches!(CsvFile::read("no/such/file.csv"), Err(DataError::ReadFile { .. })));
}

fn seal_nn(folder: &Path, args: &[&str]) -> Assert {
    cargo_bin_cmd!("seal-nn").current_dir(folder).args(args).timeout(Duration::from_secs(60)).assert()
}

#[track_caller]
fn assert_names(text: &[u8], words: &[&str]) {
    let text = String::from_utf8_lossy(text);
    for word in words {
        assert!(text.contains(word), "{word:?} is not in: {text}");
    }
}

#[test]
fn a_file_is_trained_on() {
    let folder = tempdir().unwrap();
    fs::write(folder.path().join("my wines.csv"), include_str!("../../data/wine.csv")).unwrap();
    let args = ["train", "--backend", "clear", "--data", "my wines.csv", "--label", "cultivar", "--steps", "2"];
    let run = seal_nn(folder.path(), &args).success();
    let words = ["my wines, 142 samples to train on, 36 held out", "26-32-3", "batch 128"];
    assert_names(&run.get_output().stdout, &words);
    assert!(folder.path().join("runs/my wines/report.json").is_file());
}

#[test]
fn every_data_set_has_a_plan() {
    for (dataset, network) in [("wine", "26-32-3"), ("breast-cancer", "30-32-2"), ("digits", "61-32-10")] {
        let run = seal_nn(Path::new("."), &["plan", "--dataset", dataset]).success();
        assert_names(&run.get_output().stdout, &[network, "split", "128-bit security"]);
    }
}

#[test]
fn wrong_files_are_refused_before_the_work() {
    let folder = tempdir().unwrap();
    fs::write(folder.path().join("holes.csv"), flowers("length,width,kind\n", "1,,rose\n")).unwrap();
    fs::write(folder.path().join("fine.csv"), flowers("length,width,kind\n", "")).unwrap();
    for (args, words) in [
        (
            &["--data", "holes.csv", "--missing", "refuse"][..],
            &["error: holes.csv, line 12, column 2 (\"width\"): the value is missing", "fill it in"][..],
        ),
        (&["--data", "none.csv"], &["cannot read none.csv", "check the path"]),
        (&["--data", "."], &["folder .", "train.safetensors", "embeddings"]),
        (&["--data", "fine.csv", "--label", "colour"], &["no column \"colour\"", "length, width, kind"]),
        (&["--data", "fine.csv", "--dataset", "iris"], &["--data", "cannot be used with", "--dataset"]),
        (&["--label", "kind"], &["--data"]),
        (&["--data", "fine.csv", "--network", "3-8-2"], &["fine", "2 features", "--network 2-8-2"]),
    ] {
        for command in ["train", "plan"] {
            let run = seal_nn(folder.path(), &[&[command], args].concat()).code(2);
            assert_names(&run.get_output().stderr, words);
            assert!(run.get_output().stdout.is_empty());
        }
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "left behind");
}
