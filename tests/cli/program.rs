//! What tests of the program share.

use std::{path::Path, process::Command};

use assert_cmd::{assert::Assert, cargo::cargo_bin};
use serde_json::Value;

/// The program in a folder of its own, with nothing that was measured on this machine.
pub fn command(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(cargo_bin!("seal-nn"));
    command.current_dir(folder).env("XDG_CACHE_HOME", folder.join("cache")).args(args);
    command
}

/// Each of the words is in the text.
#[track_caller]
pub fn assert_names(text: &(impl AsRef<[u8]> + ?Sized), words: &[&str]) {
    let text = String::from_utf8_lossy(text.as_ref());
    for word in words {
        assert!(text.contains(word), "{word:?} is not in: {text}");
    }
}

/// What a run printed.
pub fn stdout(run: &Assert) -> String {
    String::from_utf8(run.get_output().stdout.clone()).unwrap()
}

/// A number of a report.
#[track_caller]
pub fn number(report: &Value, path: &str) -> f64 {
    report.pointer(path).and_then(Value::as_f64).unwrap_or_else(|| panic!("{path} is no number"))
}
