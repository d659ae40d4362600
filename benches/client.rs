//! What the client computes, by our kernels and by SEAL: `cargo bench --bench client`. Calls alternate on one thread, and
//! criterion then times each by itself. As a test (`cargo test --benches`) everything runs once.

use std::{env, hint::black_box};

use cpu_time::ProcessTime;
use criterion::{Criterion, criterion_group};
use seal_nn::{Level, Rotation, seal::*};

use turns::{heading, in_turns, in_turns_by, row};

mod turns;

type Anything = Box<dyn std::error::Error + Send + Sync>;

/// Degree, bits of the primes, special primes: all 128-bit secure. The second is the size of small training steps.
const CHAINS: [(usize, &[u32], usize); 2] =
    [(16384, &[50, 41, 41, 41, 41, 41, 41, 41, 50, 50], 2), (8192, &[50, 40, 40, 40, 48], 1)];

/// An operation by our kernels and by SEAL.
type Pair<'a> = (&'static str, Box<dyn Fn() + 'a>, Box<dyn Fn() + 'a>);

struct Client {
    name: String,
    parameters: Parameters,
    context: Context,
    key: SecretKey,
    encoder: Encoder,
    real: RealEncoder,
    encryptor: SymmetricEncryptor,
    real_public: RealEncryptor,
    public: Encryptor,
    /// Of a context that takes SEAL's functions.
    seals: Context,
    seals_key: SecretKey,
    real_encryptor: RealSymmetricEncryptor,
    decryptor: Decryptor,
    values: Vec<f64>,
    fresh: Seeded<Ciphertext>,
    x: Ciphertext,
    plaintext: Plaintext,
}

impl Client {
    fn new((degree, bits, special): (usize, &[u32], usize)) -> Result<Client, Anything> {
        let parameters = Parameters::builder().degree(degree).bits(bits).special_primes(special).build()?;
        let context = Context::new(&parameters)?;
        let mut keys = KeyGenerator::new(&context)?;
        let (key, public) = (keys.secret_key()?, keys.create_public_key()?);
        let seals = Context::with_code_path(&parameters, "seal")?;
        let values: Vec<f64> = (0..parameters.slots()).map(|i| (i as f64).sin()).collect();
        let real_encryptor = RealSymmetricEncryptor::new(&context, &key)?;
        let fresh = real_encryptor.encrypt(&values, parameters.top_level(), parameters.default_scale())?;
        let x = fresh.expand(&context)?;
        let decryptor = Decryptor::new(&context, &key)?;
        Ok(Client {
            name: format!("N = {degree}, {} data primes", parameters.data_primes().len()),
            plaintext: decryptor.decrypt(&x)?.open_as_key_owner(),
            encoder: Encoder::new(&context)?,
            real: RealEncoder::new(&context)?,
            encryptor: SymmetricEncryptor::new(&context, &key)?,
            real_public: RealEncryptor::with_public_key(&context, &public)?,
            public: Encryptor::with_public_key(&context, &public)?,
            seals_key: KeyGenerator::from_secret_key(&seals, &key)?.secret_key()?,
            seals,
            real_encryptor,
            decryptor,
            parameters,
            context,
            key,
            values,
            fresh,
            x,
        })
    }

    fn keys(&self) -> KeyGenerator {
        KeyGenerator::from_secret_key(&self.context, &self.key).expect("a key generator")
    }

    fn seals_keys(&self) -> KeyGenerator {
        KeyGenerator::from_secret_key(&self.seals, &self.seals_key).expect("a key generator")
    }

    fn seals_plaintext(&self, level: Level, scale: f64) -> Plaintext {
        self.encoder.encode(&self.values, level, scale).expect("an encoding")
    }

    fn operations(&self) -> Vec<Pair<'_>> {
        let (level, scale) = (self.parameters.top_level(), self.parameters.default_scale());
        let hybrid = HybridKeyLevels { rotations: [(Rotation(1), level)].into(), ..HybridKeyLevels::default() };
        vec![
            (
                "decode",
                Box::new(|| drop(black_box(self.real.decode(&self.plaintext).expect("values")))),
                Box::new(|| drop(black_box(self.encoder.decode(&self.plaintext).expect("values")))),
            ),
            (
                "decrypt and decode",
                Box::new(|| drop(black_box(self.decryptor.decrypt_decode(&self.x).expect("values")))),
                Box::new(|| {
                    let plaintext = self.decryptor.decrypt(&self.x).expect("a plaintext").open_as_key_owner();
                    drop(black_box(self.encoder.decode(&plaintext).expect("values")));
                }),
            ),
            (
                "encode and encrypt with the secret key, seeded",
                Box::new(move || {
                    drop(black_box(self.real_encryptor.encrypt(&self.values, level, scale).expect("a ciphertext")));
                }),
                Box::new(move || {
                    let plaintext = self.seals_plaintext(level, scale);
                    drop(black_box(self.encryptor.encrypt_seeded(&plaintext).expect("a ciphertext")));
                }),
            ),
            (
                "encode and encrypt with the public key",
                Box::new(move || {
                    drop(black_box(self.real_public.encrypt(&self.values, level, scale).expect("a ciphertext")));
                }),
                Box::new(move || {
                    let plaintext = self.seals_plaintext(level, scale);
                    drop(black_box(self.public.encrypt(&plaintext).expect("a ciphertext")));
                }),
            ),
            (
                "a fresh ciphertext to bytes and back: packed, and SEAL's format",
                Box::new(|| {
                    let bytes = self.fresh.to_wire().expect("bytes");
                    drop(black_box(Seeded::<Ciphertext>::from_wire(&self.context, &bytes).expect("a ciphertext")));
                }),
                Box::new(|| {
                    let bytes = self.fresh.to_bytes().expect("bytes");
                    drop(black_box(Seeded::<Ciphertext>::from_bytes(&self.context, &bytes).expect("a ciphertext")));
                }),
            ),
            (
                "a relinearisation key of SEAL's, seeded",
                Box::new(|| drop(black_box(self.keys().create_seeded_relin_keys().expect("a key")))),
                Box::new(|| drop(black_box(self.seals_keys().create_seeded_relin_keys().expect("a key")))),
            ),
            (
                "a rotation key of SEAL's, seeded",
                Box::new(|| drop(black_box(self.keys().create_seeded_galois_keys(&[Rotation(1)]).expect("a key")))),
                Box::new(|| {
                    drop(black_box(self.seals_keys().create_seeded_galois_keys(&[Rotation(1)]).expect("a key")));
                }),
            ),
            (
                "a rotation key for all levels: our own, seeded, and SEAL's",
                Box::new(move || {
                    drop(black_box(self.keys().create_seeded_hybrid_keys(&hybrid).expect("a key")));
                }),
                Box::new(|| {
                    drop(black_box(self.seals_keys().create_seeded_galois_keys(&[Rotation(1)]).expect("a key")));
                }),
            ),
        ]
    }
}

/// By the clock on the wall, and by processor time, which says more on a busy machine.
fn compare(clients: &[Client], rounds: usize) {
    for client in clients {
        heading(&client.name);
        for (what, ours, theirs) in client.operations() {
            row(what, in_turns(rounds, |_| ours(), |_| theirs()));
        }
        heading(&format!("{}, processor time", client.name));
        for (what, ours, theirs) in client.operations() {
            row(what, in_turns_by(|| ProcessTime::now().as_duration(), rounds, |_| ours(), |_| theirs()));
        }
    }
}

fn clients() -> Result<Vec<Client>, Anything> {
    CHAINS.into_iter().map(Client::new).collect()
}

fn operations(criterion: &mut Criterion) {
    for client in clients().expect("clients") {
        let mut group = criterion.benchmark_group(&client.name);
        for (what, ours, theirs) in client.operations() {
            group.bench_function(format!("{what}, ours"), |bencher| bencher.iter(&ours));
            group.bench_function(format!("{what}, SEAL's"), |bencher| bencher.iter(&theirs));
        }
        group.finish();
    }
}

criterion_group!(benches, operations);

fn main() {
    let rounds = if env::args().any(|given| given == "--bench") { 51 } else { 1 };
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("a thread");
    pool.install(|| match clients() {
        Ok(clients) => compare(&clients, rounds),
        Err(error) => {
            eprintln!("error: {error}");
            std::process::exit(1);
        }
    });
    pool.install(benches);
    Criterion::default().configure_from_args().final_summary();
}
