//! The files by which client and server know each other.

use std::{collections::BTreeMap, fs, path::Path};

use assert_cmd::{Command, assert::Assert};
use tempfile::tempdir;

use crate::program::{self, assert_names, stdout};

fn certificates(folder: &Path, args: &[&str]) -> Assert {
    Command::from_std(program::command(folder, &[&["certificates"], args].concat())).assert()
}

fn refusal(run: Assert, words: &[&str]) {
    assert_names(&run.code(2).get_output().stderr, words);
}

/// Names and contents.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(folder).unwrap().map(Result::unwrap);
    entries.map(|file| (file.file_name().into_string().unwrap(), fs::read(file.path()).unwrap())).collect()
}

#[test]
fn both_sides_get_theirs_and_keys_are_private() {
    let folder = tempdir().unwrap();
    let text = stdout(&certificates(folder.path(), &["certs", "--name", "compute.example"]).success());
    let certs = folder.path().join("certs");
    let made = files(&certs);
    let names: Vec<&str> = made.keys().map(String::as_str).collect();
    assert_eq!(names, ["ca.key", "ca.pem", "client.key", "client.pem", "server.key", "server.pem"]);
    for (name, contents) in &made {
        let kind = if name.ends_with(".key") { "PRIVATE KEY" } else { "CERTIFICATE" };
        assert_names(contents, &[&format!("-----BEGIN {kind}-----")]);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = fs::metadata(certs.join(name)).unwrap().permissions().mode() & 0o777;
            assert_eq!(mode == 0o600, name.ends_with(".key"), "{name}: {mode:o}");
        }
    }
    assert_names(
        &text,
        &["compute.example, localhost, 127.0.0.1, ::1", "seal-nn serve", "--server compute.example:7447"],
    );
    assert_names(
        &text,
        &["certs/ca.pem certs/server.pem certs/server.key", "certs/ca.pem certs/client.pem", "Keep it here"],
    );
}

#[test]
fn more_clients_are_added_and_nothing_is_replaced() {
    let folder = tempdir().unwrap();
    certificates(folder.path(), &["certs", "--client", "first", "--client", "second"]).success();
    let certs = folder.path().join("certs");
    let before = files(&certs);
    assert!(
        before.contains_key("first.pem") && before.contains_key("second.key") && !before.contains_key("client.pem")
    );
    for (args, words) in [
        (&["certs"][..], &["has an authority", "--client"][..]),
        (&["certs", "--client", "third", "--client", "second"], &["second.pem exists already", "--client"]),
        (&["certs", "--name", "compute.example"], &["server.pem exists already"]),
    ] {
        refusal(certificates(folder.path(), args), words);
        assert_eq!(files(&certs), before, "{args:?}");
    }
    let text = stdout(&certificates(folder.path(), &["certs", "--client", "third"]).success());
    assert_names(&text, &["certs/third.pem", "as client.pem and client.key"]);
    assert!(!text.contains("seal-nn serve"), "nothing new for the server: {text}");
    // The server's can be renewed once the last one is away.
    for name in ["server.pem", "server.key"] {
        fs::remove_file(certs.join(name)).unwrap();
    }
    certificates(folder.path(), &["certs", "--name", "192.0.2.7"]).success();
    assert_ne!(files(&certs)["server.pem"], before["server.pem"]);
    assert_eq!(files(&certs)["ca.pem"], before["ca.pem"]);

    // Only with the authority's own key.
    fs::remove_file(certs.join("ca.key")).unwrap();
    refusal(certificates(folder.path(), &["certs", "--client", "fourth"]), &["ca.key is missing", "copy it here"]);
    certificates(folder.path(), &["other"]).success();
    fs::copy(folder.path().join("other/ca.key"), certs.join("ca.key")).unwrap();
    refusal(certificates(folder.path(), &["certs", "--client", "fourth"]), &["ca.key is the key of another authority"]);
    fs::write(certs.join("ca.key"), "no key").unwrap();
    refusal(certificates(folder.path(), &["certs", "--client", "fourth"]), &["ca.key is no private key"]);
    assert!(!files(&certs).contains_key("fourth.pem"));
}

#[test]
fn names_that_cannot_be_used_are_refused_before_anything_is_written() {
    let folder = tempdir().unwrap();
    for (args, words) in [
        (&["--name", "compute.example:7447"][..], &["compute.example:7447", "without a port"][..]),
        (&["--name", "two words"], &["two words", "host name"]),
        (&["--client", "../evil"], &["../evil", "cannot name a client"]),
        (&["--client", "CA"], &["neither ca nor server"]),
        (&["--client", ""], &["cannot name a client"]),
        (&["--days", "0"], &["0 days", "1 to 3650"]),
        (&["--days", "40000"], &["40000 days"]),
    ] {
        refusal(certificates(folder.path(), &[&["certs"], args].concat()), words);
        assert!(!folder.path().join("certs").exists(), "{args:?}");
    }
    fs::write(folder.path().join("file"), "").unwrap();
    refusal(certificates(folder.path(), &["file"]), &["file"]);
}
