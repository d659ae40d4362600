//! `seal-nn inspect` as a user meets it.
#![cfg(feature = "cli")]

use std::{fs, path::Path};

use crate::kit::{self, seal::Kit};
use assert_cmd::{assert::Assert, cargo::cargo_bin_cmd};
use seal_nn::Rotation;
use seal_nn::seal::integer::{self, Bfv, Bgv, CoeffModulus, IntegerScheme, PlainModulus};
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
    let kit = Kit::new(&Parameters::new(4096, &[36, 36, 37]).unwrap(), &[Rotation(1), Rotation(-2)]);
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
    assert_refused(inspect(&file("short"), "ciphertext", &GIVEN), &["invalid ciphertext", "131185", "5000"]);
    assert_refused(inspect(&file("ct"), "public-key", &GIVEN), &["invalid public key", "data"]);
    assert_refused(inspect(&file("ct"), "parameters", &[]), &["invalid parameters"]);
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

fn integers_are_described<S: IntegerScheme>(name: &str, other: &str) {
    let folder = tempdir().unwrap();
    let file = |name: &str| folder.path().join(name);
    let bits = CoeffModulus::Bits(&[36, 36, 37]);
    let parameters = integer::Parameters::<S>::new(4096, bits, PlainModulus::Batching(20)).unwrap();
    let kit = kit::integer::Kit::new(&parameters);
    let (plain, t) = (kit.plain(&[1, 2]), parameters.plain_modulus().to_string());
    let (ct, seeded) = (kit.encryptor.encrypt(&plain).unwrap(), kit.encryptor.encrypt_seeded(&plain).unwrap());
    ct.save(file("ct")).unwrap();
    seeded.save(file("seeded")).unwrap();
    plain.save(file("pt")).unwrap();
    kit.secret.save(file("sk")).unwrap();
    kit.keys().create_public_key().unwrap().save(file("pk")).unwrap();
    kit.relin.save(file("rk")).unwrap();
    kit.galois.save(file("gk")).unwrap();
    kit.columns.save(file("columns")).unwrap();
    parameters.save(file("parms")).unwrap();
    Container::new(&parameters).add(&ct).unwrap().save(file("all")).unwrap();

    let given = [&GIVEN[..], &["--scheme", name, "--plain-modulus", &t]].concat();
    let line = format!("{}, N = 4096, t = {t}, primes of 36,36,37 bits (109 in all), 128-bit", name.to_uppercase());
    assert_says(
        inspect(&file("ct"), "ciphertext", &given),
        &[&line, "131185 bytes", "level         1", "components    2"],
    );
    assert_says(inspect(&file("seeded"), "ciphertext", &[&given[..], &["--seeded"]].concat()), &["131185 bytes"]);
    assert_says(inspect(&file("pt"), "plaintext", &given), &["32856 bytes", &line]);
    assert_says(inspect(&file("sk"), "secret-key", &given), &["98392 bytes", &line]);
    assert_says(inspect(&file("pk"), "public-key", &given), &["196721 bytes", &line]);
    assert_says(inspect(&file("rk"), "relin-keys", &given), &["393506 bytes", &line]);
    assert_says(inspect(&file("gk"), "galois-keys", &given), &["-3 1", "columns          no", "Galois elements"]);
    assert_says(inspect(&file("columns"), "galois-keys", &given), &["columns          yes", "8191"]);
    for more in [&[][..], &["--scheme", name], &given] {
        assert_says(inspect(&file("parms"), "parameters", more), &["68719230977", &line, "levels"]);
    }
    assert_says(inspect(&file("all"), "container", &[]), &["ciphertext", "131185 bytes", "68719230977", &line]);

    // SEAL's own choice of primes for this ring, and of a plain modulus of so many bits.
    let default = integer::Parameters::<S>::new(4096, CoeffModulus::Default, PlainModulus::Batching(20)).unwrap();
    let keys = integer::KeyGenerator::new(&integer::Context::new(&default).unwrap()).unwrap();
    keys.secret_key().unwrap().save(file("default")).unwrap();
    let default = ["--poly-modulus-degree", "4096", "--scheme", name, "--plain-modulus-bits", "20"];
    assert_says(inspect(&file("default"), "secret-key", &default), &["98392 bytes", &line]);
    assert_refused(inspect(&file("default"), "secret-key", &given), &["other parameters"]);

    let bytes = fs::read(file("ct")).unwrap();
    fs::write(file("short"), &bytes[..5000]).unwrap();
    assert_refused(inspect(&file("short"), "ciphertext", &given), &["invalid ciphertext", "131185", "5000"]);
    assert_refused(inspect(&file("sk"), "plaintext", &given), &["invalid plaintext"]);
    // Another scheme, or modulus; what was forgotten.
    let of_other = [&GIVEN[..], &["--scheme", other, "--plain-modulus", &t]].concat();
    assert_refused(inspect(&file("ct"), "ciphertext", &of_other), &["other parameters"]);
    assert_refused(inspect(&file("ct"), "ciphertext", &GIVEN), &["other parameters"]);
    let modulus = [&GIVEN[..], &["--scheme", name, "--plain-modulus", "65537"]].concat();
    assert_refused(inspect(&file("ct"), "ciphertext", &modulus), &["other parameters"]);
    assert_refused(inspect(&file("parms"), "parameters", &modulus), &["other parameters", &t]);
    assert_refused(inspect(&file("ct"), "ciphertext", &["--scheme", name]), &["--plain-modulus"]);
    let without = [&GIVEN[..], &["--scheme", name]].concat();
    assert_refused(inspect(&file("ct"), "ciphertext", &without), &["--plain-modulus"]);
    let of_ckks = [&GIVEN[..], &["--plain-modulus", &t]].concat();
    assert_refused(inspect(&file("ct"), "ciphertext", &of_ckks), &["--scheme bfv"]);
    for kind in ["parameters", "container"] {
        let file = file(if kind == "container" { "all" } else { "parms" });
        assert_refused(inspect(&file, kind, &["--scheme", other]), &["not of", &name.to_uppercase()]);
    }
}

#[test]
fn every_kind_of_bfv_is_described() {
    integers_are_described::<Bfv>("bfv", "bgv");
}

#[test]
fn every_kind_of_bgv_is_described() {
    integers_are_described::<Bgv>("bgv", "bfv");
}

#[test]
fn help_teaches() {
    let help = cargo_bin_cmd!("seal-nn").args(["inspect", "--help"]).assert();
    assert_says(
        help,
        &["Examples:", "exit code is 2", "CoeffModulus::Create", "galois-keys", "special prime last", "--scheme bfv"],
    );
}

#[cfg(unix)]
#[test]
fn a_pipe_is_read_like_a_file() {
    let folder = tempdir().unwrap();
    let kit = Kit::new(&Parameters::new(4096, &[36, 36, 37]).unwrap(), &[]);
    let plain = kit.encoder.encode(&[1.5], kit.top(), 30_f64.exp2()).unwrap();
    let ciphertext = kit.encryptor.encrypt(&plain).unwrap();
    let piped = |kind: &str, bytes: Vec<u8>, more: &[&str]| {
        let mut command = cargo_bin_cmd!("seal-nn");
        command.args(["inspect", "/dev/stdin", "--kind", kind]).args(more).write_stdin(bytes).assert()
    };
    let bytes = ciphertext.to_bytes().unwrap();
    assert_says(piped("ciphertext", bytes.clone(), &GIVEN), &["level         1", "131185 bytes"]);
    assert_says(piped("parameters", kit.context.parameters().to_bytes(), &[]), &["N = 4096"]);
    assert_says(piped("secret-key", kit.secret.to_bytes().unwrap().to_vec(), &GIVEN), &["98392 bytes"]);
    let mut longer = bytes.clone();
    longer.extend([0; 7]);
    assert_refused(piped("ciphertext", longer, &GIVEN), &["7 bytes"]);

    // Hexadecimal text is twice as long as any ciphertext, but above all it is none.
    let text: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_refused(piped("ciphertext", text.clone().into(), &GIVEN), &["begins with 0x6535", "not an object of SEAL"]);
    fs::write(folder.path().join("hex"), &text).unwrap();
    assert_refused(inspect(&folder.path().join("hex"), "ciphertext", &GIVEN), &["begins with 0x6535"]);
    assert_refused(inspect(&folder.path().join("hex"), "parameters", &[]), &["begins with 0x6535"]);
    assert_refused(piped("ciphertext", Vec::new(), &GIVEN), &["invalid ciphertext"]);
    // The library's own loaders, which read no more than such an object can have, say so too.
    let refused = Ciphertext::load(&kit.context, folder.path().join("hex")).unwrap_err();
    assert!(matches!(refused, seal_nn::SealError::Bytes { reason: BytesRefusal::Magic { .. }, .. }), "{refused}");
}
