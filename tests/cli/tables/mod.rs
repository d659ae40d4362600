//! Files as people have them: what `train`, `plan` and `infer` take them for, what they say of it, and what they refuse.

use std::{fs, path::Path, process::Output, sync::LazyLock, time::Duration};

use assert_cmd::Command;
use tempfile::{TempDir, tempdir};

use crate::program::{assert_names, command};

/// 60 samples of three classes, with the columns sl, sw, pl, pw and species.
const FLOWERS: &str = include_str!("flowers.csv");

fn seal_nn(folder: &Path, args: &[&str]) -> Output {
    let mut command = Command::from_std(command(folder, args));
    command.env("COLUMNS", "90").timeout(Duration::from_secs(60)).assert().get_output().clone()
}

/// What a command said; it ended well.
#[track_caller]
fn said(run: Output) -> String {
    let (text, errors) = (String::from_utf8(run.stdout).unwrap(), String::from_utf8(run.stderr).unwrap());
    assert!(run.status.success(), "{errors}");
    text
}

/// Why a command refused.
#[track_caller]
fn refusal(run: Output) -> String {
    assert_eq!(run.status.code(), Some(2), "{}", String::from_utf8_lossy(&run.stdout));
    assert!(run.stdout.is_empty(), "results of a run that was refused");
    String::from_utf8(run.stderr).unwrap()
}

/// Trains on a file in the clear.
fn train(text: &str, args: &[&str]) -> (TempDir, Output) {
    let folder = tempdir().unwrap();
    fs::write(folder.path().join("t.csv"), text).unwrap();
    let quick =
        ["train", "--step", "whole", "--backend", "clear", "--layout", "axis", "--data", "t.csv", "--out", "model"];
    let run = seal_nn(folder.path(), &[&quick, args].concat());
    (folder, run)
}

/// One step is enough to see how a file was read.
fn read(text: &str, args: &[&str]) -> Output {
    train(text, &[&["--steps", "1"], args].concat()).1
}

/// Predictions for a file by the model in a folder: its output, and the classes.
fn infer(folder: &Path, text: &str, args: &[&str]) -> (Output, Vec<String>) {
    fs::write(folder.join("new.csv"), text).unwrap();
    let quick = ["infer", "--backend", "clear", "--model", "model", "--input", "new.csv", "--out", "predictions.csv"];
    let run = seal_nn(folder, &[&quick, args].concat());
    let predictions = fs::read_to_string(folder.join("predictions.csv")).unwrap_or_default();
    let _ = fs::remove_file(folder.join("predictions.csv"));
    (run, predictions.lines().skip(1).filter_map(|line| line.split(',').nth(1).map(str::to_owned)).collect())
}

/// The flowers with each line changed, given its number and cells.
fn flowers(change: impl Fn(usize, Vec<&str>) -> String) -> String {
    FLOWERS.lines().enumerate().map(|(i, line)| change(i, line.split(',').collect()) + "\n").collect()
}

fn without_label() -> String {
    flowers(|_, cells| cells[..4].join(","))
}

/// A model of the flowers, trained well.
fn trained() -> &'static Path {
    static FOLDER: LazyLock<TempDir> = LazyLock::new(|| {
        let (folder, run) = train(FLOWERS, &["--steps", "40"]);
        assert_names(&said(run), &["test        100.0% right of 12 held-out samples"]);
        folder
    });
    FOLDER.path()
}

/// A copy of the trained model in a folder of its own.
fn model() -> TempDir {
    let folder = tempdir().unwrap();
    fs::create_dir(folder.path().join("model")).unwrap();
    fs::copy(trained().join("model/model.json"), folder.path().join("model/model.json")).unwrap();
    folder
}

#[test]
fn classes_and_columns_are_shown_before_training() {
    let words = [
        "48 samples to train on, 12 held out",
        "classes     setosa (20), versicolor (20), virginica (20)",
        "columns     sl (-2.896 to 5.233), sw (-1.812 to",
    ];
    assert_names(&said(read(FLOWERS, &[])), &words);
    let wide: String = (0..30).map(|i| format!("{}c{}\n", format!("{i}.5,").repeat(40), i % 2)).collect();
    let run = said(read(&wide, &["--header", "no"]));
    assert_names(&run, &["and 32 more", "c0 (15), c1 (15)"]);
}

#[test]
fn names_that_repeat_are_numbered_and_found_again() {
    let repeated = FLOWERS.replace("sl,sw,pl,pw", "x,x,x,x");
    let (folder, run) = train(&repeated, &["--steps", "40"]);
    assert_names(&said(run), &["several columns have the same name", ": x\n", "x.1 ("]);
    let run = said(infer(folder.path(), &repeated, &["--label", "species"]).0);
    assert!(["59 of 60 right", "60 of 60 right"].iter().any(|words| run.contains(words)), "{run}");
    assert_names(
        &refusal(infer(folder.path(), &FLOWERS.replace("sl,sw,pl,pw", "x,y,z,a"), &[]).0),
        &["no column \"x.1\""],
    );
}

#[test]
fn headers_of_numbers_are_headers() {
    let class = |name: &str| ["setosa", "versicolor", "virginica"].iter().position(|&class| class == name);
    let numbers = |header: &str, labels: bool| {
        flowers(|line, cells| match (line, labels) {
            (0, _) => header.to_owned(),
            (_, true) => format!("{},{}", cells[..4].join(","), class(cells[4]).unwrap()),
            _ => cells.join(","),
        })
    };
    for (header, labels) in
        [("0,1,2,3,4", true), ("0,1,2,3,4", false), ("2019,2020,2021,2022,class", true), ("1,2,3,4,5", false)]
    {
        let run = said(read(&numbers(header, labels), &[]));
        assert_names(&run, &["48 samples to train on, 12 held out", "taken for names", "--header no"]);
    }
    let run = said(read(&numbers("gdp,inf,nan,rate,class", false), &[]));
    assert_names(&run, &["48 samples to train on, 12 held out", "inf (-", "nan (-"]);
    // A first line that may be either is not guessed at, and the user may say.
    let unclear = numbers("400.5,401.0,401.5,402.0,class", false);
    assert_names(&refusal(read(&unclear, &[])), &["line 1", "a header or a sample", "--header yes", "--header no"]);
    assert_names(&said(read(&unclear, &["--header", "yes"])), &["48 samples to train on", "400.5 (-"]);
    assert_names(&refusal(read(&unclear, &["--header", "no"])), &["class \"class\" has 1 sample"]);
}

#[test]
fn columns_are_matched_by_name_or_refused() {
    let folder = model();
    let (run, expected) = infer(folder.path(), &without_label(), &[]);
    said(run);
    assert_eq!(expected.len(), 60);
    let backwards = flowers(|line, cells| {
        let cells: Vec<String> = cells[..4].iter().rev().map(|cell| cell.to_string()).collect();
        if line == 0 { cells.join(",").to_uppercase() } else { cells.join(",") }
    });
    let (run, found) = infer(folder.path(), &backwards, &[]);
    assert_eq!(found, expected);
    assert_names(&said(run), &["without regard to upper and lower case", "SL for sl"]);

    let others = without_label().replace("sl,sw,pl,pw", "a,b,c,d");
    let words = ["none of the names sl, sw, pl, pw", "a, b, c, d", "--by-position"];
    assert_names(&refusal(infer(folder.path(), &others, &[]).0), &words);
    let (run, found) = infer(folder.path(), &others, &["--by-position"]);
    assert_eq!(found, expected);
    assert_names(&said(run), &["by position"]);
    let nameless = without_label().replace("sl,sw,pl,pw\n", "");
    let (run, found) = infer(folder.path(), &nameless, &[]);
    assert_eq!(found, expected);
    assert_names(&said(run), &["by position"]);
    // Columns that only resemble the feature, and none that is it.
    let twice = without_label().replace("sl,sw,pl,pw", "SL,Sl,pl,pw");
    assert_names(&refusal(infer(folder.path(), &twice, &[]).0), &["\"sl\" may be any of SL, Sl"]);
    let more = infer(folder.path(), FLOWERS, &[]).0;
    assert_names(&said(more), &["does not use: species"]);
    let numbered = flowers(|line, cells| format!("{line},{}", cells[..4].join(","))).replace("0,sl", "id,sl");
    let nameless = numbered.replace("id,sl,sw,pl,pw\n", "");
    let refused = refusal(infer(folder.path(), &nameless, &[]).0);
    assert_names(&refused, &["5 columns", "the model takes 4 features", "--ignore"]);
    assert_eq!(infer(folder.path(), &nameless, &["--ignore", "1"]).1, expected);
}

#[test]
fn indices_and_identifiers_are_left_out() {
    let numbered = |name: &str, number: &dyn Fn(usize) -> usize| {
        flowers(|line, cells| match line {
            0 => format!("{name},{}", cells.join(",")),
            _ => format!("{},{}", number(line), cells.join(",")),
        })
    };
    for (text, words) in [
        (numbered("", &|line| line - 1), "index of the samples (--keep COLUMN uses it): column 1 (column 1)"),
        (numbered("", &|line| line * 7 % 61), "index of the samples (--keep COLUMN uses it): column 1 (column 1)"),
        (
            numbered("Unnamed: 0", &|line| line * 7 % 61),
            "index of the samples (--keep COLUMN uses it): column 1 (Unnamed: 0)",
        ),
        (numbered("row", &|line| line), "index of the samples (--keep COLUMN uses it): column 1 (row)"),
        (numbered("id", &|line| 840_000 + 37 * line), "identifiers (--keep COLUMN uses them): column 1 (id)"),
        (
            numbered("PatientID", &|line| 840_000 + 37 * (line / 6 * 5 + line % 6 % 5)),
            "identifiers (--keep COLUMN uses them): column 1 (PatientID)",
        ),
    ] {
        let run = said(read(&text, &[]));
        assert_names(&run, &[words, "network     4-8-3"]);
        assert_names(&said(read(&text, &["--keep", "1"])), &["network     5-8-3"]);
    }
    // As R writes it: no name for the first column.
    let rows = flowers(|line, cells| if line == 0 { cells.join(",") } else { format!("{line},{}", cells.join(",")) });
    assert_names(&said(read(&rows, &[])), &["index of the samples", "column 1 (column 1)", "network     4-8-3"]);
    let asked = said(read(FLOWERS, &["--ignore", "sw", "--ignore", "1"]));
    assert_names(&asked, &["left out as asked: column 1 (sl), column 2 (sw)", "network     2-8-3"]);
    assert_names(&refusal(read(FLOWERS, &["--ignore", "sx"])), &["no column \"sx\""]);
}

#[test]
fn tiny_and_huge_values_are_learned_like_any_others() {
    for size in ["e-170", "e200"] {
        let scaled = flowers(|line, cells| match line {
            0 => cells.join(","),
            _ => cells[..4].iter().map(|cell| format!("{cell}{size},")).collect::<String>() + cells[4],
        });
        let run = said(train(&scaled, &["--steps", "40"]).1);
        assert_names(&run, &["test        100.0% right", "sl (", &size[..2]]);
    }
}

#[test]
fn separators_and_decimal_commas_are_found_and_said() {
    let german = flowers(|_, cells| cells.join(";").replace('.', ","));
    let words = ["48 samples to train on", "separated by semicolons", "decimal comma", "network     4-8-3"];
    assert_names(&said(read(&german, &[])), &words);
    let nameless = german.split_once('\n').unwrap().1;
    assert_names(&said(read(nameless, &[])), &words);
    let tabs = flowers(|_, cells| cells.join("\t"));
    assert_names(&said(read(&tabs, &[])), &["separated by tabs", "network     4-8-3"]);
    let dashes = flowers(|_, cells| cells.join("~"));
    assert_names(&refusal(read(&dashes, &[])), &["t.csv: 1 columns", "--separator"]);
    assert_names(&said(read(&dashes, &["--separator", "~"])), &["network     4-8-3"]);
    let blanks = flowers(|_, cells| cells.join(" "));
    assert_names(&said(read(&blanks, &["--separator", "space"])), &["network     4-8-3"]);
    assert_names(&said(read(&german, &["--separator", ";", "--decimal-comma"])), &["network     4-8-3"]);
    assert_names(&refusal(read(&dashes, &["--separator", "~~"])), &["--separator", "one character"]);
    assert_names(&refusal(seal_nn(Path::new("."), &["plan", "--separator", ";"])), &["--data"]);
}

#[test]
fn separators_at_the_end_are_ignored() {
    let header = flowers(|line, cells| cells.join(",") + if line == 0 { "," } else { "" });
    let below = flowers(|line, cells| cells.join(",") + if line == 0 { "" } else { "," });
    let all = flowers(|_, cells| cells.join(",") + ",");
    for text in [header, below, all] {
        assert_names(&said(read(&text, &[])), &["comma", "end of lines is ignored", "network     4-8-3"]);
    }
}

#[test]
fn numbers_to_predict_are_no_classes() {
    let prices = flowers(|line, cells| match line {
        0 => "sl,sw,price".to_owned(),
        _ => format!("{},{},{}", cells[0], cells[1], 100.0 + 3.7 * line as f64),
    });
    let refused = refusal(read(&prices, &[]));
    assert_names(&refused, &["column 3 (\"price\")", "60 different numbers", "regression", "--label"]);
    // The classes come first.
    let first = flowers(|_, cells| format!("{},{}", cells[4], cells[..4].join(",")));
    let refused = refusal(read(&first, &[]));
    assert_names(&refused, &["(\"pw\")", "such as species", "--label \"species\""]);
    assert_names(&said(read(&first, &["--label", "species"])), &["network     4-8-3"]);
}

#[test]
fn spellings_of_a_class_are_one_or_noted() {
    let class = |cell: &str, line: usize| {
        let number = ["setosa", "versicolor", "virginica"].iter().position(|&class| class == cell).unwrap_or(0);
        if line.is_multiple_of(2) { number.to_string() } else { format!("{number}.0") }
    };
    let numbers = flowers(|line, cells| match line {
        0 => cells.join(","),
        _ => format!("{},{}", cells[..4].join(","), class(cells[4], line)),
    });
    let (folder, run) = train(&numbers, &["--steps", "40"]);
    let words = ["network     4-8-3", "class \"0\" is also written \"0.0\"", "0 (20), 1 (20), 2 (20)"];
    assert_names(&said(run), &words);
    let run = said(infer(folder.path(), &numbers, &["--label", "species"]).0);
    assert_names(&run, &["of 60 right"]);

    let upper =
        flowers(
            |line, cells| {
                if line.is_multiple_of(2) { cells.join(",").replace("setosa", "SETOSA") } else { cells.join(",") }
            },
        );
    assert_names(&said(read(&upper, &[])), &["classes \"SETOSA\", \"setosa\" differ only", "network     4-8-4"]);
    let once = FLOWERS.replacen("setosa", "Setosa", 1);
    assert_names(&refusal(read(&once, &[])), &["class \"Setosa\" has 1 sample", "written like \"setosa\""]);
    let blanks = flowers(|line, cells| if line.is_multiple_of(2) { cells.join(" , ") + "  " } else { cells.join(",") });
    assert_names(&said(read(&blanks, &[])), &["setosa (20), versicolor (20), virginica (20)"]);
}

#[test]
fn control_characters_are_shown_and_not_sent() {
    let red = FLOWERS.replace("setosa", "\u{1b}[31mred\u{1b}[0m").replace("sl,", "s\u{7}l,");
    let (folder, run) = train(&red, &["--steps", "1"]);
    let mut texts = vec![said(run)];
    let (run, classes) = infer(folder.path(), &red, &["--label", "species"]);
    texts.push(said(run));
    texts.push(refusal(infer(folder.path(), &without_label().replace("sl,", "s\u{7}m,"), &[]).0));
    texts.push(fs::read_to_string(folder.path().join("model/report.md")).unwrap());
    for text in &texts {
        assert!(!text.contains(['\u{1b}', '\u{7}']), "{text:?}");
    }
    assert_names(&texts[0], &["\\u{1b}[31mred", "s\\u{7}l"]);
    assert_names(&texts[1], &["\\u{1b}[31mred"]);
    // The file has the names as they are.
    assert!(classes.iter().all(|class| !class.contains("\\u")), "{classes:?}");
}

#[test]
fn help_is_as_wide_as_the_terminal() {
    for command in ["train", "infer", "plan", "hnn", "inspect"] {
        let help = said(seal_nn(Path::new("."), &[command, "--help"]));
        let widest = help.lines().map(|line| line.chars().count()).max();
        assert!(widest <= Some(90), "{command}: {widest:?}");
    }
}

#[test]
fn a_reason_is_said_once() {
    let refused = refusal(seal_nn(Path::new("."), &["plan", "--step", "whole", "--coeff-modulus-bits", "61,40"]));
    assert_eq!(refused.matches("61 bits").count(), 1, "{refused}");
    let deep = |degree, steps| {
        let plan = ["plan", "--step", "whole", "--poly-modulus-degree", degree, "--refresh-every", steps];
        refusal(seal_nn(Path::new("."), &plan))
    };
    assert_names(&deep("8192", "3"), &["axis: a modulus", "diagonal, diagonal-bsgs: a modulus", "use a larger ring"]);
    let deepest = deep("32768", "7");
    assert_names(&deepest, &["per-feature, axis: a modulus", "use fewer levels"]);
    assert!(!deepest.contains("larger"), "there is no larger ring: {deepest}");
}

#[test]
fn classes_have_names_in_errors() {
    let refused = refusal(seal_nn(Path::new("."), &["plan", "--validation", "0.001"]));
    assert!(["setosa", "versicolor", "virginica"].iter().any(|class| refused.contains(class)), "{refused}");
}

#[test]
fn steps_that_are_not_made_need_no_levels() {
    let parameters = |refresh_every| {
        let run = said(seal_nn(
            Path::new("."),
            &["plan", "--step", "whole", "--steps", "2", "--refresh-every", refresh_every],
        ));
        run.lines().find(|line| line.starts_with("parameters")).map(str::to_owned)
    };
    assert_eq!(parameters("3"), parameters("2"));
}

/// Words in half of the columns, and gaps in some cells.
fn mixed() -> String {
    flowers(|line, cells| match line {
        0 => "sl,colour,pl,size,species".to_owned(),
        _ => {
            let colour = ["red", "green", "blue", "?"][line % 4];
            let size = if cells[3].starts_with('-') { "small" } else { ["middle", "large"][line % 2] };
            let pl = if line.is_multiple_of(10) { "NA" } else { cells[2] };
            format!("{},{colour},{pl},{size},{}", cells[0], cells[4])
        }
    })
}

#[test]
fn words_and_gaps_are_prepared_and_remembered() {
    let (folder, run) = train(&mixed(), &["--steps", "40"]);
    let words = ["network     8-8-3", "colour (blue, green, red)", "gaps are filled: colour (15 with "];
    assert_names(&said(run), &words);
    let (run, expected) = infer(folder.path(), &mixed(), &["--label", "species"]);
    assert_names(&said(run), &["pl (6 with ", "of 60 right"]);
    // One sample alone, in another order of columns.
    let line = mixed().lines().nth(7).unwrap().to_owned();
    let cells: Vec<&str> = line.split(',').collect();
    let one = format!("size,pl,colour,sl\n{},{},{},{}\n", cells[3], cells[2], cells[1], cells[0]);
    assert_eq!(infer(folder.path(), &one, &[]).1, expected[6..7]);
    let unknown = mixed().replace("red", "violet");
    assert_names(
        &said(infer(folder.path(), &unknown, &[]).0),
        &["words that the training samples do not have", "15 in colour (violet)"],
    );
    for command in
        [read(&mixed(), &["--missing", "refuse"]), infer(folder.path(), &mixed(), &["--missing", "refuse"]).0]
    {
        assert_names(&refusal(command), &["(\"", "the value is missing", "--missing fill"]);
    }
}

#[test]
fn samples_without_a_class_are_left_out_and_counted() {
    let some =
        flowers(|line, cells| if line % 10 == 3 { format!("{},NA", cells[..4].join(",")) } else { cells.join(",") });
    assert_names(
        &said(read(&some, &[])),
        &["samples without a class, which are left out: 6", "43 samples to train on, 11 held"],
    );
}

#[test]
fn mistakes_among_numbers_are_refused_with_their_place() {
    let typo = FLOWERS.replacen("1.288", "1.2l8", 1);
    let words = ["line 2, column 1 (\"sl\")", "\"1.2l8\" is not a number", "--ignore 1"];
    assert_names(&refusal(read(&typo, &[])), &words);
    let infinite = FLOWERS.replacen("1.288", "inf", 1);
    assert_names(&refusal(read(&infinite, &[])), &["line 2, column 1 (\"sl\")", "\"inf\" is not finite"]);
    // Numbers and words that repeat are words.
    let doors = flowers(|line, cells| {
        let doors = if line == 0 { "doors" } else { ["2", "3", "4", "5more"][line % 4] };
        format!("{doors},{}", cells.join(","))
    });
    assert_names(&said(read(&doors, &[])), &["doors (2, 3, 4, 5more)", "network     8-8-3"]);
}
