//! A build where MPI is missing.

use std::{env, fs, path::PathBuf, process::Command};

/// The newest build script of this crate, beside this test program.
fn build_script() -> PathBuf {
    let program = env::current_exe().unwrap();
    let builds = fs::read_dir(program.ancestors().nth(2).unwrap().join("build")).unwrap();
    let is_ours = |name: &str| name.strip_prefix("seal-nn-").is_some_and(|hash| u64::from_str_radix(hash, 16).is_ok());
    let scripts = builds.map(|build| build.unwrap()).filter(|build| is_ours(build.file_name().to_str().unwrap()));
    let scripts = scripts.map(|build| build.path().join("build-script-build")).filter(|script| script.exists());
    scripts.max_by_key(|script| script.metadata().unwrap().modified().unwrap()).unwrap()
}

/// It ends at once, with what to install.
#[test]
fn a_missing_mpi_is_told_by_what_to_install() {
    let mut build = Command::new(build_script());
    let build = build.env_clear().env("CARGO_FEATURE_MPI", "1").env("MPICC", "/nowhere/mpicc").output().unwrap();
    let printed = String::from_utf8(build.stdout).unwrap();
    let error = printed.lines().find_map(|line| line.strip_prefix("cargo::error=")).expect(&printed);
    for word in ["the feature mpi needs /nowhere/mpicc", "libopenmpi-dev", "libmpich-dev", "MPICC"] {
        assert!(error.contains(word), "{error}");
    }
}
