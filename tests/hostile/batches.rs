//! Mutations of good objects.

use std::{
    env,
    time::{Duration, Instant},
};

use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use seal_nn::seal::{Header, Parameters};

use crate::corpus;
use crate::forge::{ZLIB, ZSTD, compressed, sized, with, with_right_checksums, with_u64};
use crate::objects::{KINDS, Kind, World};
use crate::tries::Tries;

type Batch = (&'static str, fn(&mut Tries));

pub const BATCHES: [Batch; 5] =
    [("corpus", corpus::run), ("flipped", flipped), ("truncated", truncated), ("extremes", extremes), ("fuzz", fuzz)];

/// Kinds with their good objects.
fn samples(world: &World) -> impl Iterator<Item = (Kind, &[u8])> {
    KINDS.into_iter().map(|kind| (kind, world.sample(kind))).filter(|(_, sample)| !sample.is_empty())
}

/// The smallest ring that our own key switching takes.
fn kernel_world() -> World {
    World::new(&Parameters::insecure(1024, &[30, 30]).unwrap())
}

/// A good object as it is and compressed.
fn forms(sample: &[u8]) -> [(&'static str, Vec<u8>); 3] {
    [("", sample.to_vec()), ("zlib, ", compressed(sample, ZLIB)), ("zstd, ", compressed(sample, ZSTD))]
}

/// Every byte of every object, with its lowest bit, its highest and all of them flipped.
fn flipped(tries: &mut Tries) {
    let world = World::tiny();
    tries.limit_memory(world.largest());
    for (kind, sample) in samples(&world) {
        for (form, mut bytes) in forms(sample) {
            for at in 0..bytes.len() {
                for mask in [0x01, 0x80, 0xFF] {
                    bytes[at] ^= mask;
                    let _ =
                        tries.attempt(&format!("{kind:?}, {form}byte {at} ^ {mask:#x}"), || world.load(kind, &bytes));
                    bytes[at] ^= mask;
                }
            }
        }
    }
}

/// Every object cut off at every length, with the header left as it was and with one that states the new length; and
/// so while it is compressed.
fn truncated(tries: &mut Tries) {
    let world = World::tiny();
    tries.limit_memory(world.largest());
    for (kind, sample) in samples(&world) {
        for (form, whole) in forms(sample) {
            for length in 0..whole.len() {
                let cut = &whole[..length];
                for (header, bytes) in [("old", cut.to_vec()), ("new", sized(cut))] {
                    let what = format!("{kind:?}, {form}cut to {length}, {header} header");
                    let loaded = tries.attempt(&what, || world.load(kind, &bytes));
                    assert!(loaded.is_err(), "{what}: accepted");
                }
            }
        }
    }
}

const EXTREMES: [u64; 14] = [
    0,
    1,
    3,
    1 << 16,
    (1 << 31) - 1,
    1 << 32,
    1 << 40,
    1 << 58,
    1 << 60,
    (1 << 61) + 1,
    i64::MAX as u64,
    1 << 63,
    u64::MAX - 15,
    u64::MAX,
];

/// Extremes over eight bytes at every place of the first objects within, where all lengths are.
fn extremes(tries: &mut Tries) {
    let (world, kernels) = (World::tiny(), kernel_world());
    kernels.load(Kind::SwitchingKeys, kernels.sample(Kind::SwitchingKeys)).unwrap();
    tries.limit_memory(kernels.largest());
    let tried = |world: &World, tries: &mut Tries, kind: Kind, sample: &[u8]| {
        for at in 0..sample.len().min(400) - 8 {
            for extreme in EXTREMES {
                let bytes = with_u64(sample, at, extreme);
                let _ = tries.attempt(&format!("{kind:?}, {extreme:#x} at {at}"), || world.load(kind, &bytes));
            }
        }
    };
    for (kind, sample) in samples(&world) {
        tried(&world, tries, kind, sample);
    }
    tried(&kernels, tries, Kind::SwitchingKeys, kernels.sample(Kind::SwitchingKeys));
}

/// Random mutations, the same in every run: so many, or for so many seconds as `make fuzz` asks.
fn fuzz(tries: &mut Tries) {
    const ROUNDS: u64 = 20_000;
    let seconds: Option<u64> = env::var("SEAL_NN_FUZZ_SECONDS").ok().map(|seconds| seconds.parse().unwrap());
    let end = seconds.map(|seconds| Instant::now() + Duration::from_secs(seconds));
    let worlds = [World::tiny(), kernel_world()];
    // Whatever the rounds need is made once by each kind.
    for world in &worlds {
        samples(world).for_each(|(kind, sample)| world.load(kind, sample).unwrap_or_default());
    }
    tries.limit_memory(worlds.iter().map(World::largest).max().unwrap());
    for round in 0.. {
        match end {
            Some(end) if Instant::now() >= end => break,
            None if round >= ROUNDS => break,
            _ => {}
        }
        let mut rng = ChaCha8Rng::seed_from_u64(round);
        // The larger ring takes longer, and its switching keys are the only ones.
        let world = &worlds[usize::from(rng.random_ratio(1, 16))];
        let (kind, bytes) = mutated(world, &mut rng);
        let what = format!("round {round}: {kind:?}, {} bytes", bytes.len());
        let _ = tries.attempt(&what, || world.load(kind, &bytes));
    }
    assert!(tries.tried() > 0);
}

fn mutated(world: &World, rng: &mut ChaCha8Rng) -> (Kind, Vec<u8>) {
    let all: Vec<(Kind, &[u8])> = samples(world).collect();
    let (kind, sample) = all[rng.random_range(0..all.len())];
    let mut bytes = sample.to_vec();
    for _ in 0..rng.random_range(0..4) {
        bytes = mutated_once(bytes, all[rng.random_range(0..all.len())].1, rng);
    }
    if matches!(kind, Kind::Container | Kind::SecretContainer) {
        return (kind, with_right_checksums(&bytes));
    }
    if rng.random_ratio(3, 4) {
        bytes = sized(&bytes);
    }
    if rng.random_ratio(1, 4) && bytes.len() > Header::BYTES {
        bytes = compressed(&bytes, if rng.random() { ZSTD } else { ZLIB });
        if rng.random() {
            bytes = mutated_once(bytes, sample, rng);
        }
        bytes = sized(&bytes);
    }
    // At times as another kind than it was.
    let kind = if rng.random_ratio(1, 8) { all[rng.random_range(0..all.len())].0 } else { kind };
    (kind, bytes)
}

fn mutated_once(mut bytes: Vec<u8>, other: &[u8], rng: &mut ChaCha8Rng) -> Vec<u8> {
    if bytes.len() < 9 {
        return other.to_vec();
    }
    // Most of what can go wrong is in the first fields.
    let most = if rng.random_ratio(2, 3) { bytes.len().min(200) } else { bytes.len() };
    let at = rng.random_range(0..most - 8);
    match rng.random_range(0..7) {
        0 => bytes[at] ^= 1 << rng.random_range(0..8),
        1 => bytes[at] = rng.random(),
        2 => bytes = with_u64(&bytes, at, EXTREMES[rng.random_range(0..EXTREMES.len())]),
        3 => {
            // A little more or less than what is there.
            let word = u64::from_le_bytes(*bytes[at..].first_chunk().unwrap());
            bytes = with_u64(&bytes, at, word.wrapping_add(rng.random_range(0..5)).wrapping_sub(2));
        }
        4 => drop(bytes.drain(at..(at + rng.random_range(1..64)).min(bytes.len()))),
        5 => {
            let inserted: Vec<u8> = (0..rng.random_range(1..64)).map(|_| rng.next_u32() as u8).collect();
            bytes.splice(at..at, inserted);
        }
        _ => {
            let count = rng.random_range(1..256).min(other.len()).min(bytes.len() - at);
            let from = rng.random_range(0..=other.len() - count);
            bytes = with(&bytes, at, &other[from..from + count]);
        }
    }
    bytes
}
