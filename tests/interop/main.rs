//! Files exchanged with plain SEAL: a C++ program against the very library that is linked, and whatever else the scripts
//! in this folder install.
#![cfg(feature = "cli")]
#![cfg(unix)] // compiled and linked by hand

mod exchange;

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::OnceLock,
};

use exchange::{read_all, write_all};
use seal_nn::seal::*;

const VERSIONS: [SealVersion; 5] =
    [SealVersion::V4_0, SealVersion::V4_1, SealVersion::V4_2, SealVersion::V4_3, SealVersion::V4_4];

/// The version of the SEAL that is linked, where `save_as` knows it.
fn linked() -> SealVersion {
    let linked = VERSIONS.into_iter().find(|version| env!("SEAL_NN_SEAL_VERSION").starts_with(&version.to_string()));
    linked.expect("a version that save_as knows")
}

/// Compiles the program once.
fn plain(arguments: [&str; 2]) -> Output {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    let program = PROGRAM.get_or_init(|| {
        let program = Path::new(env!("CARGO_TARGET_TMPDIR")).join("seal-interop");
        let compiled = Command::new(env::var_os("CXX").unwrap_or_else(|| "c++".into()))
            .args(["-std=c++17", "-O1", "-o"])
            .arg(&program)
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/interop/plain.cc"))
            .args(["-isystem", env!("SEAL_NN_SEAL_INCLUDE"), "-L", env!("SEAL_NN_SEAL_LIB_DIR")])
            .args([concat!("-l", env!("SEAL_NN_SEAL_LIB")), "-lpthread"])
            .status()
            .unwrap();
        assert!(compiled.success(), "plain.cc does not compile");
        program
    });
    Command::new(program).args(arguments).output().unwrap()
}

#[track_caller]
fn assert_fine(output: &Output) {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

#[test]
fn plain_seal_reads_what_we_write() {
    let folder = tempfile::tempdir().unwrap();
    write_all(folder.path(), linked(), false).unwrap();
    assert_fine(&plain(["read", folder.path().to_str().unwrap()]));
}

#[test]
fn we_read_what_plain_seal_writes() {
    let folder = tempfile::tempdir().unwrap();
    assert_fine(&plain(["write", folder.path().to_str().unwrap()]));
    read_all(folder.path()).unwrap();
}

/// The same bytes but for the stamp, which is all that other versions refuse.
#[test]
fn we_read_and_write_what_plain_seal_refuses() {
    let folder = tempfile::tempdir().unwrap();
    write_all(folder.path(), SealVersion::V4_3, false).unwrap();
    read_all(folder.path()).unwrap();
    let file = folder.path().join("ciphertext.bin");
    let bytes = fs::read(&file).unwrap();
    if linked() == SealVersion::V4_0 {
        let refused = plain(["load", file.to_str().unwrap()]);
        assert!(!refused.status.success());
        assert!(String::from_utf8_lossy(&refused.stdout).contains("incompatible version"));
    }
    let x = Ciphertext::from_bytes(&Context::new(&exchange::parameters()).unwrap(), &bytes).unwrap();
    x.save_as(&file, linked()).unwrap();
    assert_fine(&plain(["load", file.to_str().unwrap()]));
    let stamped = fs::read(&file).unwrap();
    let differing: Vec<usize> = (0..bytes.len()).filter(|&i| bytes[i] != stamped[i]).collect();
    // The minor version of the object and of the array within.
    assert_eq!(differing, [4, 93]);
}

/// For the scripts: the folder and the version come from the environment.
#[test]
#[ignore = "the scripts in tests/interop run it"]
fn write_for_others() {
    let version = env::var("SEAL_NN_INTEROP_VERSION").unwrap();
    let version = VERSIONS.into_iter().find(|known| known.to_string() == version).unwrap();
    let compressed = env::var_os("SEAL_NN_INTEROP_COMPRESSED").is_some();
    write_all(Path::new(&env::var_os("SEAL_NN_INTEROP").unwrap()), version, compressed).unwrap();
}

/// For the scripts.
#[test]
#[ignore = "the scripts in tests/interop run it"]
fn read_from_others() {
    read_all(Path::new(&env::var_os("SEAL_NN_INTEROP").unwrap())).unwrap();
}
