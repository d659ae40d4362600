//! The network between ranks is measured, and planned with.

use tempfile::tempdir;

use crate::job::{alone, program, succeeded};

#[test]
fn a_plan_takes_the_network_that_was_measured() {
    let folder = tempdir().unwrap();
    let plan = |args: &[&str]| {
        let args = [&["plan", "--dataset", "iris", "--ranks", "2"][..], args].concat();
        succeeded(alone(folder.path(), &args).output().unwrap())
    };
    assert!(plan(&[]).contains("network of 10 Gbit/s and 30 µs (assumed; mpirun"));
    let measured = program(2, folder.path(), &["plan", "--dataset", "iris", "--measure"]).output().unwrap();
    let printed = succeeded(measured);
    let network = printed.lines().find_map(|line| line.strip_prefix("The network between 2 ranks: ")).expect(&printed);

    let printed = plan(&[]);
    assert!(printed.contains(&format!("network of {network} (measured between 2 ranks)")), "{network}: {printed}");
    // What operations take was not measured.
    assert!(printed.contains("cost model (modelled"), "{printed}");
    // Who asks for a bandwidth gets that one.
    assert!(plan(&["--network-gbit", "0.02"]).contains("network of 20 Mbit/s and 30 µs (--network-gbit)"));
}
