//! Memory that ends is an error and not the end, and memory of a large ring can be given back. Each test measures a process
//! of its own.
#![cfg(target_os = "linux")]

use std::{
    env,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use seal_nn::{Rotation, SealError, report::resident_bytes, seal::*};

/// Tells a process that it is the one of its own.
const ALONE: &str = "SEAL_NN_MEMORY_ALONE";

/// Runs a test of this file in a process with so much address space, and returns what it printed. A thread that waits for
/// a lock for ever is no use to anyone.
fn alone(test: &str, kib: Option<usize>) -> String {
    let limit = kib.map_or("unlimited".into(), |kib| kib.to_string());
    let program = env::current_exe().unwrap();
    let mut child = Command::new("sh")
        .args(["-c", &format!("ulimit -v {limit}; exec \"$@\""), "sh", program.to_str().unwrap()])
        .args(["--ignored", "--exact", "--nocapture", "--test-threads", "1", test])
        .env(ALONE, "")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let started = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if started.elapsed() > Duration::from_secs(100) {
            child.kill().unwrap();
            panic!("{test} hangs with {limit} KiB");
        }
        thread::sleep(Duration::from_millis(20));
    }
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && text.contains("1 passed"), "{limit} KiB: {text}");
    text.into()
}

struct Ring {
    context: Context,
    encoder: Encoder,
    encryptor: SymmetricEncryptor,
    decryptor: Decryptor,
    evaluator: Evaluator,
    relin: RelinKeys,
    galois: GaloisKeys,
}

impl Ring {
    fn new(degree: usize, levels: usize) -> Result<Ring, SealError> {
        let parameters = Parameters::builder().depth(levels, 40).degree(degree).build()?;
        let context = Context::new(&parameters)?;
        let mut keys = KeyGenerator::new(&context)?;
        let secret = keys.secret_key()?;
        Ok(Ring {
            encoder: Encoder::new(&context)?,
            encryptor: SymmetricEncryptor::new(&context, &secret)?,
            decryptor: Decryptor::new(&context, &secret)?,
            evaluator: Evaluator::new(&context)?,
            relin: keys.create_relin_keys()?,
            galois: keys.create_galois_keys(&[Rotation(1)])?,
            context,
        })
    }

    fn encrypt(&self) -> Result<Ciphertext, SealError> {
        let top = self.context.parameters().top_level();
        self.encryptor.encrypt(&self.encoder.encode(&[0.5, 1.5], top, 2f64.powi(40))?)
    }

    /// A square, rotated: 2.25 in the first slot.
    fn compute(&self, x: &Ciphertext) -> Result<Ciphertext, SealError> {
        let mut square = self.evaluator.square(x)?;
        self.evaluator.relinearize_inplace(&mut square, &self.relin)?;
        self.evaluator.rescale_inplace(&mut square)?;
        self.evaluator.rotate(&square, Rotation(1), &self.galois)
    }

    fn check(&self, x: &Ciphertext) {
        let slots = self.decryptor.decrypt_decode(&self.compute(x).unwrap()).unwrap().open_as_key_owner();
        assert!((slots[0] - 2.25).abs() < 1e-3, "{}", slots[0]);
    }
}

#[test]
fn memory_of_a_large_ring_can_be_given_back() {
    println!("{}", alone("memory::large_ring", None));
}

#[test]
#[ignore = "run by the other in a process of its own"]
fn large_ring() {
    if env::var_os(ALONE).is_none() {
        return;
    }
    let resident = || resident_bytes().unwrap() >> 20;
    let small = Ring::new(8192, 2).unwrap();
    let x = small.encrypt().unwrap();
    small.check(&x);
    let before = resident();
    let large = Ring::new(32768, 14).unwrap();
    let many: Vec<_> = (0..40).map(|_| large.encrypt().unwrap()).collect();
    large.check(&many[39]);
    let during = resident();
    drop((large, many));
    let dropped = resident();
    let released = release_memory().unwrap() >> 20;
    let after = resident();
    println!("MiB: {before} before, {during} with the ring, {dropped} without, {after} after {released} were released");
    // 40 ciphertexts of 7.5 MiB and two keys of 105 MiB each.
    assert!(during - before > 400 && released > 400, "this measures nothing");
    // Tables of HEXL, one set per prime, stay.
    assert!(after.saturating_sub(before) < (during - before) / 8, "{after} MiB are left of {during}");
    small.check(&x);
}

/// At any limit: a failed allocation is an error wherever it happens, other objects can be used, dropped and made again.
#[test]
fn memory_that_ends_is_an_error() {
    // A process with a small ring alone takes some 100 MiB of address space, the keys of the large one 200.
    for kib in (400_000..900_000).step_by(150_000) {
        println!("{kib} KiB: {}", alone("memory::starved", Some(kib)));
    }
}

/// Uses memory until it ends, three times.
#[test]
#[ignore = "run by the other in a process of its own"]
fn starved() {
    if env::var_os(ALONE).is_none() {
        return;
    }
    let small = Ring::new(8192, 2).unwrap();
    let y = small.encrypt().unwrap();
    for _ in 0..3 {
        let use_all = || -> Result<(), SealError> {
            let large = Ring::new(32768, 14)?;
            let mut many = Vec::with_capacity(4000);
            loop {
                let x = large.encrypt()?;
                many.push(large.compute(&x)?);
                many.push(x);
            }
        };
        let error = use_all().unwrap_err();
        println!("{error}");
        assert!(matches!(error, SealError::Library { class: ExceptionClass::OutOfMemory, .. }), "{error:?}");
        small.check(&y);
    }
}
