//! `seal-nn reproduce tables` on small tables, without scikit-learn.

use std::{fs, path::Path, process::Output};

use serde_json::Value;
use tempfile::tempdir;

use crate::program::{assert_names, command};

/// Squares of a centre and of its surroundings, of which no line is the border.
fn numbers() -> String {
    let point = |i: usize| {
        let (x, y) = ((i * 7 % 20) as f64 - 9.5, (i * 13 % 23) as f64 - 11.0);
        format!("{x},{y},{}\n", if x * x + y * y < 60.0 { "inside" } else { "outside" })
    };
    "x,y,place\n".to_owned() + &(0..200).map(point).collect::<String>()
}

/// Green things are of the other kind, whatever their number; one colour is not known.
fn words() -> String {
    let line = |i: usize| {
        let colour = if i == 0 { "?" } else { ["red", "green", "blue"][i % 3] };
        format!("{colour},{},{}\n", i * 31 % 17, ["a", "b", "a"][i % 3])
    };
    "colour,number,kind\n".to_owned() + &(0..90).map(line).collect::<String>()
}

/// A number that grows with the square of another.
fn prices() -> String {
    let line = |i: usize| {
        let rooms = (i * 29 % 97) as f64 / 10.0;
        format!("{rooms},{},{:.2}\n", i * 31 % 17, 50.0 + rooms * rooms)
    };
    "rooms,floor,price\n".to_owned() + &(0..150).map(line).collect::<String>()
}

fn reproduce(folder: &Path, args: &[&str]) -> Output {
    let python = ["--python", "no-such-python"];
    command(folder, &[&["reproduce", "tables"], args, &python].concat()).output().unwrap()
}

#[test]
fn every_table_of_a_folder_is_compared_and_the_others_are_named() {
    let folder = tempdir().unwrap();
    let tables = folder.path().join("tables");
    fs::create_dir(&tables).unwrap();
    for (file, text) in [
        ("circle.csv", numbers()),
        ("colours.csv", words()),
        ("prices.csv", prices()),
        ("broken.csv", "a,b\n1,2\n3\n".into()),
        ("notes.txt", "no table".into()),
    ] {
        fs::write(tables.join(file), text).unwrap();
    }
    let args = ["tables", "--seeds", "2", "--steps", "60", "--out", "out"];
    let run = reproduce(folder.path(), &args);
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    assert_names(&run.stderr, &["no-such-python cannot be started"]);
    assert_names(
        &run.stdout,
        &["circle: split step ", "ReLU ", "prices: split step R2 ", "broken: skipped: ", "Skipped tables (1)", "wrote"],
    );

    let out = folder.path().join("out");
    let report: Value = serde_json::from_str(&fs::read_to_string(out.join("tables.json")).unwrap()).unwrap();
    assert!(report["scikit_learn"].is_null() && report["without_scikit_learn"].is_string());
    assert_eq!(report["skipped"][0]["table"], "broken");
    let results = report["tables"].as_array().unwrap();
    assert_eq!(results.len(), 3);
    // Numbers have a hinge each.
    let expected = [("circle", 4, 2, false), ("colours", 5, 2, true), ("prices", 4, 0, true)];
    for (result, (table, features, classes, mixed)) in results.iter().zip(expected) {
        assert_eq!((&result["table"], &result["features"]), (&table.into(), &features.into()));
        assert_eq!((&result["classes"], &result["mixed"]), (&classes.into(), &mixed.into()));
        assert!(result["recipe"]["bytes_up"].as_u64() > Some(0) && result["recipe"]["poly_modulus_degree"] == 8192);
        let models = result["models"].as_array().unwrap();
        assert_eq!(models.iter().map(|model| &model["model"]).collect::<Vec<_>>(), ["split step", "ReLU"]);
        // All can be learned; by the larger class alone, 57% and 67% would be right, and a mean has an R2 of 0.
        for run in models.iter().flat_map(|model| model["runs"].as_array().unwrap()) {
            let score = if classes > 0 { &run["accuracy"] } else { &run["r2"] };
            assert!(score.as_f64() > Some(0.8) && run["seconds"].as_f64() > Some(0.0), "{result}");
        }
    }
    let readable = fs::read_to_string(out.join("tables.md")).unwrap();
    assert_names(
        &readable,
        &["| circle |", "| colours * |", "| prices |", "](tables.svg)", "scikit-learn was not run"],
    );
    assert!(fs::read_to_string(out.join("tables.svg")).unwrap().contains("</svg>"));

    goes_on(folder.path(), &args, results);
}

/// What is finished is not computed again, unless the contents of a table are others.
fn goes_on(folder: &Path, args: &[&str], before: &[Value]) {
    fs::write(folder.join("tables/colours.csv"), words().replace("blue", "yellow")).unwrap();
    assert!(reproduce(folder, args).status.success());
    let report: Value = serde_json::from_str(&fs::read_to_string(folder.join("out/tables.json")).unwrap()).unwrap();
    assert_eq!(report["tables"][0], before[0], "the seconds would differ");
    assert_ne!(report["tables"][1]["fingerprint"], before[1]["fingerprint"]);
    let other = reproduce(folder, &["tables", "--seeds", "2", "--steps", "61", "--out", "out"]);
    assert!(!other.status.success());
    assert_names(&other.stderr, &["other settings", "--fresh"]);
}

#[test]
fn folders_without_tables_are_refused() {
    let folder = tempdir().unwrap();
    fs::create_dir(folder.path().join("empty")).unwrap();
    fs::create_dir(folder.path().join("broken")).unwrap();
    fs::write(folder.path().join("broken/one.csv"), "a,b\n1,2\n").unwrap();
    for (args, words) in [
        (&["missing"][..], &["missing is no folder that can be read"][..]),
        (&["empty"], &["there is no CSV file in empty"]),
        (&["broken"], &["none of the 1 tables could be used"]),
        (&["broken", "--skip", "two"], &["there is no table two", "one"]),
        (&["broken", "--label", "one"], &["TABLE=COLUMN"]),
        (&["broken", "--seeds", "0"], &["--seeds is 0"]),
    ] {
        let refused = reproduce(folder.path(), &[args, &["--out", "out"]].concat());
        assert!(!refused.status.success(), "{args:?}");
        assert_names(&refused.stderr, words);
        assert!(!folder.path().join("out").exists(), "{args:?}");
    }
}
