//! `seal-nn inspect` as a user meets it.

mod seal_kit;

use std::{fs, path::Path};

use assert_cmd::{assert::Assert, cargo::cargo_bin_cmd};
use seal_kit::Kit;
use seal_nn::Step;
use seal_nn::seal::*;
use tempfile::tempdir;

const GIVEN: [&str; 4] = ["--poly-modulus-degree", "4096", "--coeff-modulus-bits", "36,36,37"];

fn inspect(file: &Path, kind: &str, more: &[&str]) -> Assert {
    let mut command = cargo_bin_cmd!("seal-nn");
    command.arg("inspect").arg(file).args(["--kind", kind]).args(more).assert()
}

#[track_caller]
fn assert_says(run: Assert, words: &[&str]) {
    let text = String::from_utf8(run.success().get_output().stdout.clone()).unwrap();
    let words = words.iter().filter(|word| !text.contains(**word)).collect::<Vec<_>>();
    assert!(words.is_empty(), "{words:?} not in:\n{text}");
}

/// Exit code 2, the reason, and nothing else.
#[track_caller]
fn assert_refused(run: Assert, words: &[&str]) {
    let run = run.code(2);
    let output = run.get_output();
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(output.stdout.is_empty() && text.starts_with("error: "), "{text}");
    let words = words.iter().filter(|word| !text.contains(**word)).collect::<Vec<_>>();
    assert!(words.is_empty(), "{words:?} not in:\n{text}");
}

#[test]
fn every_kind_is_described() {
    let folder = tempdir().unwrap();
    let file = |name: &str| folder.path().join(name);
    let kit = Kit::new(&Parameters::new(4096, &[36, 36, 37]).unwrap(), &[Step(1), Step(-2)]);
    let plain = kit.encoder.encode(&[1.5], kit.top(), 30_f64.exp2()).unwrap();
    let (ct, seeded) = (kit.encryptor.encrypt(&plain).unwrap(), kit.encryptor.encrypt_seeded(&plain).unwrap());
    ct.save_as(file("ct"), SealVersion::V4_3).unwrap();
    seeded.save(file("seeded")).unwrap();
    plain.save(file("pt")).unwrap();
    kit.secret.save(file("sk")).unwrap();
    kit.keys().create_public_key().unwrap().save(file("pk")).unwrap();
    kit.relin.save(file("rk")).unwrap();
    kit.galois.save(file("gk")).unwrap();
    kit.context.parameters().save(file("parms")).unwrap();
    let mut container = Container::new(kit.context.parameters());
    container.add(&ct).unwrap().save(file("all")).unwrap();

    let of_level =
        ["level         1", "scale         2^30.000", "N = 4096, primes of 36,36,37 bits", "128-bit security"];
    let of_ct = ["ciphertext", "SEAL 4.3", "compression   none", "131185 bytes", "components    2"];
    assert_says(inspect(&file("ct"), "ciphertext", &GIVEN), &[&of_level[..], &of_ct].concat());
    assert_says(inspect(&file("seeded"), "ciphertext", &[&GIVEN[..], &["--seeded"]].concat()), &of_level);
    assert_says(inspect(&file("pt"), "plaintext", &GIVEN), &[&of_level[..], &["SEAL 4.0", "65624 bytes"]].concat());
    assert_says(inspect(&file("sk"), "secret-key", &GIVEN), &["secret-key", "98392 bytes"]);
    assert_says(inspect(&file("pk"), "public-key", &GIVEN), &["public-key", "196721 bytes"]);
    assert_says(inspect(&file("rk"), "relin-keys", &GIVEN), &["relin-keys", "393506 bytes"]);
    assert_says(inspect(&file("gk"), "galois-keys", &GIVEN), &["rotation steps", "-2 1", "conjugation"]);
    assert_says(inspect(&file("parms"), "parameters", &[]), &["68719230977", "N = 4096", "slots", "2048"]);
    assert_says(inspect(&file("parms"), "parameters", &GIVEN), &["N = 4096"]);
    assert_says(inspect(&file("all"), "container", &[]), &["ciphertext", "131185 bytes", "N = 4096"]);

    // What is refused, and what was forgotten.
    let bytes = fs::read(file("ct")).unwrap();
    fs::write(file("short"), &bytes[..5000]).unwrap();
    assert_refused(inspect(&file("short"), "ciphertext", &GIVEN), &["refused as ciphertext", "131185", "5000"]);
    assert_refused(inspect(&file("ct"), "public-key", &GIVEN), &["refused as public key", "data"]);
    assert_refused(inspect(&file("ct"), "parameters", &[]), &["refused as parameters"]);
    assert_refused(inspect(&file("seeded"), "ciphertext", &GIVEN), &["seeded"]);
    assert_refused(inspect(&file("ct"), "ciphertext", &[]), &["--poly-modulus-degree"]);
    assert_refused(inspect(&file("missing"), "ciphertext", &GIVEN), &["missing"]);
    assert_refused(inspect(&file("sk"), "secret-key", &[&GIVEN[..], &["--seeded"]].concat()), &["--seeded"]);
    let other = ["--poly-modulus-degree", "8192", "--coeff-modulus-bits", "36,36,37"];
    assert_refused(inspect(&file("ct"), "ciphertext", &other), &["other parameters"]);
    assert_refused(inspect(&file("parms"), "parameters", &other), &["other parameters"]);
    let insecure = ["--poly-modulus-degree", "1024", "--coeff-modulus-bits", "36,36"];
    assert_refused(inspect(&file("ct"), "ciphertext", &insecure), &["1024", "128-bit"]);
}

#[test]
fn help_teaches() {
    let help = cargo_bin_cmd!("seal-nn").args(["inspect", "--help"]).assert();
    assert_says(help, &["Examples:", "exit code is 2", "CoeffModulus::Create", "galois-keys", "special prime last"]);
}
