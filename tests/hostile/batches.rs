//! Mutations of good objects.

use std::{
    env, thread,
    time::{Duration, Instant},
};

use rand::{Rng, RngExt, SeedableRng, rngs::ChaCha8Rng};
use seal_nn::SealError;
use seal_nn::seal::Header;
use seal_nn::seal::integer::{Bfv, Bgv};

use crate::ckks::CkksWorld;
use crate::corpus;
use crate::forge::{ZLIB, ZSTD, compressed, sized, with, with_right_checksums, with_u64};
use crate::integer::IntegerWorld;
#[cfg(feature = "wire")]
use crate::messages;
use crate::tries::Tries;
use crate::world::{Kind, World};

type Batch = (&'static str, fn(&mut Tries));

pub const BATCHES: &[Batch] = &[
    ("corpus", corpus::run),
    ("flipped", flipped),
    ("truncated", truncated),
    ("extremes", extremes),
    ("fuzz", fuzz),
    ("greedy", greedy),
    #[cfg(feature = "wire")]
    ("messages", messages::messages),
    #[cfg(feature = "wire")]
    ("descriptions", messages::descriptions),
];

/// A gigabyte in small pieces, and some time for a limit that is looked after now and then.
fn greedy(tries: &mut Tries) {
    tries.limit_memory(0);
    let _ = tries.attempt("a gigabyte", || {
        let pieces: Vec<Vec<u8>> = (0..1024).map(|_| vec![1; 1 << 20]).collect();
        thread::sleep(Duration::from_secs(1));
        Ok::<_, SealError>(pieces)
    });
}

/// One of each scheme, with objects of a few kilobytes.
fn tiny_worlds() -> [Box<dyn World>; 3] {
    let (bfv, bgv) = (IntegerWorld::<Bfv>::tiny(), IntegerWorld::<Bgv>::tiny());
    [Box::new(CkksWorld::tiny()), Box::new(bfv), Box::new(bgv)]
}

fn limit_memory(tries: &Tries, worlds: &[Box<dyn World>]) {
    tries.limit_memory(worlds.iter().map(|world| world.largest()).max().unwrap());
}

/// A good object as it is and compressed.
fn forms(sample: &[u8]) -> [(&'static str, Vec<u8>); 3] {
    [("", sample.to_vec()), ("zlib, ", compressed(sample, ZLIB)), ("zstd, ", compressed(sample, ZSTD))]
}

/// Whether a world has its turn with the one of several mutations at a place: CKKS always, BFV and BGV, which go through
/// the same walk, at every third, so that the time stays what it was.
fn has_turn(world: usize, at: usize, mutation: usize) -> bool {
    world == 0 || (world + at + mutation).is_multiple_of(3)
}

/// Every byte of every object, with its lowest bit, its highest and all of them flipped; of BFV and BGV with one of
/// these.
fn flipped(tries: &mut Tries) {
    let worlds = tiny_worlds();
    limit_memory(tries, &worlds);
    for (index, world) in worlds.iter().enumerate() {
        for (kind, sample) in world.kinds() {
            for (form, mut bytes) in forms(sample) {
                for at in 0..bytes.len() {
                    let masks = [0x01, 0x80, 0xFF].into_iter().enumerate();
                    for (_, mask) in masks.filter(|(mutation, _)| has_turn(index, at, *mutation)) {
                        bytes[at] ^= mask;
                        let what = format!("{}, {kind:?}, {form}byte {at} ^ {mask:#x}", world.name());
                        let _ = tries.attempt(&what, || world.load(kind, &bytes));
                        bytes[at] ^= mask;
                    }
                }
            }
        }
    }
}

/// Every object cut off at every length, with the header left as it was and with one that states the new length; and
/// so while it is compressed. Of BFV and BGV, a third of that.
fn truncated(tries: &mut Tries) {
    let worlds = tiny_worlds();
    limit_memory(tries, &worlds);
    for (index, world) in worlds.iter().enumerate() {
        for (kind, sample) in world.kinds() {
            for (form, whole) in forms(sample) {
                for length in 0..whole.len() {
                    let cut = &whole[..length];
                    let headers = [("old", cut.to_vec()), ("new", sized(cut))].into_iter().enumerate();
                    for (_, (header, bytes)) in headers.filter(|(mutation, _)| has_turn(index, length, *mutation)) {
                        let what = format!("{}, {kind:?}, {form}cut to {length}, {header} header", world.name());
                        let loaded = tries.attempt(&what, || world.load(kind, &bytes));
                        assert!(loaded.is_err(), "{what}: accepted");
                    }
                }
            }
        }
    }
}

pub const EXTREMES: [u64; 14] = [
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

/// Extremes over eight bytes at every place of the first objects within, where all lengths are; of BFV and BGV a third
/// of them at each place.
fn extremes(tries: &mut Tries) {
    let (worlds, kernels) = (tiny_worlds(), CkksWorld::with_key_switching());
    kernels.load(Kind::HybridKeys, kernels.sample(Kind::HybridKeys)).unwrap();
    tries.limit_memory(kernels.largest());
    kernels.load(Kind::RaisingKeys, kernels.sample(Kind::RaisingKeys)).unwrap();
    let mut all: Vec<(usize, &dyn World, Kind)> =
        vec![(0, &kernels, Kind::HybridKeys), (0, &kernels, Kind::RaisingKeys)];
    for (index, world) in worlds.iter().enumerate() {
        all.extend(world.kinds().into_iter().map(|(kind, _)| (index, &**world, kind)));
    }
    for (index, world, kind) in all {
        let sample = world.sample(kind);
        for at in 0..sample.len().min(400) - 8 {
            let extremes = EXTREMES.into_iter().enumerate();
            for (_, extreme) in extremes.filter(|(mutation, _)| has_turn(index, at, *mutation)) {
                let bytes = with_u64(sample, at, extreme);
                let what = format!("{}, {kind:?}, {extreme:#x} at {at}", world.name());
                let _ = tries.attempt(&what, || world.load(kind, &bytes));
            }
        }
    }
}

/// Random mutations, the same in every run: so many, or for so many seconds as `make fuzz` asks.
fn fuzz(tries: &mut Tries) {
    const ROUNDS: u64 = 20_000;
    let seconds: Option<u64> = env::var("SEAL_NN_FUZZ_SECONDS").ok().map(|seconds| seconds.parse().unwrap());
    let end = seconds.map(|seconds| Instant::now() + Duration::from_secs(seconds));
    let [ckks, bfv, bgv] = tiny_worlds();
    let worlds: [Box<dyn World>; 4] = [Box::new(CkksWorld::with_key_switching()), ckks, bfv, bgv];
    // Whatever the rounds need is made once by each kind.
    for world in &worlds {
        world.kinds().into_iter().for_each(|(kind, sample)| world.load(kind, sample).unwrap_or_default());
    }
    limit_memory(tries, &worlds);
    for round in 0.. {
        match end {
            Some(end) if Instant::now() >= end => break,
            None if round >= ROUNDS => break,
            _ => {}
        }
        let mut rng = ChaCha8Rng::seed_from_u64(round);
        // The larger ring takes longer, and its switching keys are the only ones.
        let world = if rng.random_ratio(1, 16) { &worlds[0] } else { &worlds[rng.random_range(1..4)] };
        let (kind, bytes) = mutated(&**world, &mut rng);
        let what = format!("round {round}: {}, {kind:?}, {} bytes", world.name(), bytes.len());
        let _ = tries.attempt(&what, || world.load(kind, &bytes));
    }
    assert!(tries.tried() > 0);
}

fn mutated(world: &dyn World, rng: &mut ChaCha8Rng) -> (Kind, Vec<u8>) {
    let all = world.kinds();
    let (kind, sample) = all[rng.random_range(0..all.len())];
    let mut bytes = sample.to_vec();
    for _ in 0..rng.random_range(0..4) {
        bytes = mutated_once(bytes, all[rng.random_range(0..all.len())].1, rng);
    }
    if matches!(kind, Kind::EvaluationKeys | Kind::Container | Kind::SecretContainer) {
        return (kind, with_right_checksums(&bytes));
    }
    if matches!(
        kind,
        Kind::PackedCiphertext | Kind::PackedSeededCiphertext | Kind::PackedHybridKeys | Kind::RaisingKeys
    ) {
        return (kind, bytes);
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

pub fn mutated_once(mut bytes: Vec<u8>, other: &[u8], rng: &mut ChaCha8Rng) -> Vec<u8> {
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
