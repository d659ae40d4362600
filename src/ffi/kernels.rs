//! Key switching of our own: `cpp/kernels.h`.

#[cxx::bridge(namespace = "seal_nn")]
pub(crate) mod bridge {
    /// One term of a sum of rotated products; step 0 is no rotation.
    struct TransformTerm<'a> {
        giant: i32,
        baby: i32,
        plaintext: &'a Plaintext,
        extended: &'a ExtendedPlaintext,
    }

    /// Giant steps are so many by `step`, and then one by `last`.
    struct GiantSteps {
        step: i32,
        last: i32,
    }

    /// The same with a plaintext of periodic slots, and a number of giant steps.
    struct PeriodicTransformTerm<'a> {
        giant: u32,
        baby: i32,
        plaintext: &'a PeriodicPlaintext,
    }

    /// One term of a sum of rotations; step 0 is no rotation.
    struct RotatedTerm<'a> {
        x: &'a Ciphertext,
        step: i32,
    }

    /// `x y`.
    struct SwitchedProduct<'a> {
        x: &'a Ciphertext,
        y: &'a Ciphertext,
    }

    /// `x y` with a plaintext.
    struct PlainProduct<'a> {
        x: &'a Ciphertext,
        y: &'a Plaintext,
    }

    /// A ciphertext in sums of products with integers.
    struct WeightedTerm<'a> {
        x: &'a Ciphertext,
    }

    extern "Rust" {
        fn recruit(helpers: usize, lead: &KernelWork, help: &KernelWork);
    }

    unsafe extern "C++" {
        include!("kernels.h");

        #[namespace = "seal"]
        type SEALContext = crate::ffi::context::SEALContext;
        #[namespace = "seal"]
        type Plaintext = crate::ffi::plaintext::Plaintext;
        #[namespace = "seal"]
        type Ciphertext = crate::ffi::ciphertext::Ciphertext;
        #[namespace = "seal"]
        type SecretKey = crate::ffi::keys::SecretKey;
        #[namespace = "seal"]
        type PublicKey = crate::ffi::keys::PublicKey;
        #[namespace = "seal"]
        type RelinKeys = crate::ffi::keys::RelinKeys;
        #[namespace = "seal"]
        type GaloisKeys = crate::ffi::keys::GaloisKeys;
        #[namespace = "seal"]
        type UniformRandomGenerator;
        type HybridEvaluator;
        type HybridKeys;
        type RaisingKeys;
        type HoistedCiphertext;
        type ExtendedPlaintext;
        type PeriodicPlaintext;
        type WeightedSums;
        type KernelWork;

        // Without Result: it catches what is thrown (kernels/team.cc).
        fn run_work(work: &KernelWork);
        fn kernel_paths() -> Result<Vec<String>>;
        fn kernel_nanoseconds() -> Result<Vec<u64>>;
        fn transform_on_path(path: &str, degree: usize, prime: u64, forward: bool, residues: &mut [u64]) -> Result<()>;

        fn new_hybrid_evaluator(
            context: &SEALContext,
            special_count: usize,
            path: &str,
        ) -> Result<UniquePtr<HybridEvaluator>>;
        fn path_of(hybrid: &HybridEvaluator) -> Result<String>;

        fn switching_key_size(hybrid: &HybridEvaluator, level: usize) -> Result<usize>;
        fn generate_switching_key(
            hybrid: &HybridEvaluator,
            secret: &SecretKey,
            element: u32,
            level: usize,
            random: &SharedPtr<UniformRandomGenerator>,
            to: &mut [u8],
        ) -> Result<()>;
        fn new_generator(hybrid: &HybridEvaluator) -> Result<SharedPtr<UniformRandomGenerator>>;
        fn make_public_key(hybrid: &HybridEvaluator, secret: &SecretKey) -> Result<UniquePtr<PublicKey>>;
        fn make_seeded_public_key(hybrid: &HybridEvaluator, secret: &SecretKey) -> Result<UniquePtr<CxxVector<u8>>>;
        fn make_relin_keys(hybrid: &HybridEvaluator, secret: &SecretKey) -> Result<UniquePtr<RelinKeys>>;
        fn make_seeded_relin_keys(hybrid: &HybridEvaluator, secret: &SecretKey) -> Result<UniquePtr<CxxVector<u8>>>;
        fn make_galois_keys(
            hybrid: &HybridEvaluator,
            secret: &SecretKey,
            steps: &[i32],
        ) -> Result<UniquePtr<GaloisKeys>>;
        fn make_seeded_galois_keys(
            hybrid: &HybridEvaluator,
            secret: &SecretKey,
            steps: &[i32],
        ) -> Result<UniquePtr<CxxVector<u8>>>;
        fn expand_hybrid_keys(hybrid: &HybridEvaluator, bytes: &[u8]) -> Result<UniquePtr<HybridKeys>>;
        fn add_hybrid_keys(keys: Pin<&mut HybridKeys>, hybrid: &HybridEvaluator, bytes: &[u8]) -> Result<()>;
        fn hybrid_keys_of_seal(
            hybrid: &HybridEvaluator,
            relin: &RelinKeys,
            galois: &GaloisKeys,
        ) -> Result<UniquePtr<HybridKeys>>;
        fn hybrid_key_levels(keys: &HybridKeys, element: u32) -> Result<usize>;
        fn hybrid_key_steps(hybrid: &HybridEvaluator, keys: &HybridKeys) -> Result<Vec<i32>>;

        fn raising_keys_size(tall: &HybridEvaluator, small: &HybridEvaluator, elements: usize) -> Result<usize>;
        fn generate_raising_keys(
            tall: &HybridEvaluator,
            small: &HybridEvaluator,
            secret: &SecretKey,
            weight: usize,
            factors: &[u32],
            to: &mut [u8],
        ) -> Result<()>;
        fn expand_raising_keys(
            tall: &HybridEvaluator,
            small: &HybridEvaluator,
            factors: &[u32],
            bytes: &[u8],
        ) -> Result<UniquePtr<RaisingKeys>>;
        fn raise(
            tall: &HybridEvaluator,
            small: &HybridEvaluator,
            x: &Ciphertext,
            keys: &RaisingKeys,
        ) -> Result<UniquePtr<Ciphertext>>;

        fn expand_ciphertext(hybrid: &HybridEvaluator, bytes: &[u8]) -> Result<UniquePtr<Ciphertext>>;
        fn switch_automorphism(
            hybrid: &HybridEvaluator,
            x: &Ciphertext,
            element: u32,
            keys: &HybridKeys,
        ) -> Result<UniquePtr<Ciphertext>>;
        /// # Safety
        /// `x` must outlive what is returned, and stay as it is.
        unsafe fn hoist(hybrid: &HybridEvaluator, x: &Ciphertext) -> Result<UniquePtr<HoistedCiphertext>>;
        fn rotate_hoisted(
            hybrid: &HybridEvaluator,
            x: &HoistedCiphertext,
            step: i32,
            keys: &HybridKeys,
        ) -> Result<UniquePtr<Ciphertext>>;
        fn switch_relinearize(
            hybrid: &HybridEvaluator,
            x: &Ciphertext,
            keys: &HybridKeys,
            rescale: bool,
        ) -> Result<UniquePtr<Ciphertext>>;
        fn switch_add_rotations(
            hybrid: &HybridEvaluator,
            x: &Ciphertext,
            steps: &[i32],
            keys: &HybridKeys,
        ) -> Result<UniquePtr<Ciphertext>>;
        fn switch_sum_rotations(
            hybrid: &HybridEvaluator,
            terms: &[RotatedTerm],
            keys: &HybridKeys,
        ) -> Result<UniquePtr<Ciphertext>>;
        fn switch_multiply(
            hybrid: &HybridEvaluator,
            terms: &[SwitchedProduct],
            keys: &HybridKeys,
        ) -> Result<UniquePtr<Ciphertext>>;
        fn multiply_plain_rescale(hybrid: &HybridEvaluator, terms: &[PlainProduct]) -> Result<UniquePtr<Ciphertext>>;
        fn combine(
            hybrid: &HybridEvaluator,
            products: &[SwitchedProduct],
            multiples: &[WeightedTerm],
            scalars: &[f64],
            level: usize,
            scale: f64,
            keys: &HybridKeys,
        ) -> Result<UniquePtr<Ciphertext>>;
        fn weigh(
            hybrid: &HybridEvaluator,
            terms: &[WeightedTerm],
            scalars: &[f64],
            sums: usize,
            scale: f64,
        ) -> Result<UniquePtr<WeightedSums>>;
        fn next_sum(sums: Pin<&mut WeightedSums>) -> Result<UniquePtr<Ciphertext>>;
        fn divide_by_top(hybrid: &HybridEvaluator, x: &Ciphertext) -> Result<UniquePtr<Ciphertext>>;
        fn encode_slots(
            hybrid: &HybridEvaluator,
            values: &[f64],
            level: usize,
            scale: f64,
            most: f64,
        ) -> Result<UniquePtr<Plaintext>>;
        fn encrypt_slots(
            hybrid: &HybridEvaluator,
            secret: &SecretKey,
            values: &[f64],
            level: usize,
            scale: f64,
            most: f64,
            to: &mut [u8],
        ) -> Result<bool>;
        fn encrypt_public(
            hybrid: &HybridEvaluator,
            key: &PublicKey,
            values: &[f64],
            level: usize,
            scale: f64,
            most: f64,
        ) -> Result<UniquePtr<Ciphertext>>;
        fn seeded_size(hybrid: &HybridEvaluator, level: usize) -> Result<usize>;
        fn decode_slots(hybrid: &HybridEvaluator, plaintext: &Plaintext, values: &mut [f64]) -> Result<()>;
        fn is_extended(extended: &ExtendedPlaintext, plaintext: &Plaintext) -> Result<bool>;
        fn extend_plaintext(hybrid: &HybridEvaluator, plaintext: &Plaintext) -> Result<UniquePtr<ExtendedPlaintext>>;
        fn switch_transform(
            hybrid: &HybridEvaluator,
            x: &Ciphertext,
            terms: &[TransformTerm],
            keys: &HybridKeys,
            rescale: bool,
        ) -> Result<UniquePtr<Ciphertext>>;
        fn encode_periodic(
            hybrid: &HybridEvaluator,
            parts: &[f64],
            level: usize,
            scale: f64,
        ) -> Result<UniquePtr<PeriodicPlaintext>>;
        fn is_zero(self: &PeriodicPlaintext) -> bool;
        fn switch_transform_periodic(
            hybrid: &HybridEvaluator,
            x: &Ciphertext,
            terms: &[PeriodicTransformTerm],
            steps: GiantSteps,
            keys: &HybridKeys,
            rescale: bool,
            also: u32,
        ) -> Result<UniquePtr<Ciphertext>>;
    }
}

pub(crate) use bridge::{
    ExtendedPlaintext, GiantSteps, HybridEvaluator, HybridKeys, PeriodicPlaintext, PeriodicTransformTerm, PlainProduct,
    RaisingKeys, RotatedTerm, SwitchedProduct, TransformTerm, WeightedTerm, add_hybrid_keys, combine, decode_slots,
    divide_by_top, encode_periodic, encode_slots, encrypt_public, encrypt_slots, expand_ciphertext, expand_hybrid_keys,
    expand_raising_keys, extend_plaintext, generate_raising_keys, generate_switching_key, hybrid_key_levels,
    hybrid_key_steps, hybrid_keys_of_seal, is_extended, kernel_nanoseconds, kernel_paths, make_galois_keys,
    make_public_key, make_relin_keys, make_seeded_galois_keys, make_seeded_public_key, make_seeded_relin_keys,
    multiply_plain_rescale, new_generator, new_hybrid_evaluator, next_sum, path_of, raise, raising_keys_size,
    rotate_hoisted, seeded_size, switch_add_rotations, switch_automorphism, switch_multiply, switch_relinearize,
    switch_sum_rotations, switch_transform, switch_transform_periodic, switching_key_size, transform_on_path, weigh,
};

use std::marker::PhantomData;

use crate::ffi::ciphertext::Ciphertext;

/// A ciphertext with its digits extended, as long as the ciphertext and the hybrid are borrowed.
pub(crate) struct Hoisted<'a> {
    pub(crate) raw: cxx::UniquePtr<bridge::HoistedCiphertext>,
    borrowed: PhantomData<(&'a HybridEvaluator, &'a Ciphertext)>,
}

/// Extends the digits of a ciphertext.
pub(crate) fn hoist<'a>(hybrid: &'a HybridEvaluator, x: &'a Ciphertext) -> Result<Hoisted<'a>, cxx::Exception> {
    // SAFETY: the lifetime of what is returned keeps both borrowed.
    let raw = unsafe { bridge::hoist(hybrid, x) }?;
    Ok(Hoisted { raw, borrowed: PhantomData })
}

/// Leads an operation here, with the help of threads of the same pool that have nothing else to do: independent
/// ciphertexts come first.
fn recruit(helpers: usize, lead: &bridge::KernelWork, help: &bridge::KernelWork) {
    match helpers.min(rayon::current_num_threads() - 1) {
        0 => bridge::run_work(lead),
        helpers => rayon::in_place_scope(|scope| {
            (0..helpers).for_each(|_| scope.spawn(|_| bridge::run_work(help)));
            bridge::run_work(lead);
        }),
    }
}

// SAFETY: helpers meet the leader through atomics alone, and tasks write rows of their own (kernels/team.h).
unsafe impl Sync for bridge::KernelWork {}
// SAFETY: a HybridEvaluator owns its tables; its scratch memory is handed out under a lock (kernels/scratch.h).
unsafe impl Send for HybridEvaluator {}
// SAFETY: all its operations are const; each takes scratch of its own.
unsafe impl Sync for HybridEvaluator {}
// SAFETY: a generator owns its buffers, and draws under a lock of its own (randomgen.h).
unsafe impl Send for bridge::UniformRandomGenerator {}
// SAFETY: as above.
unsafe impl Sync for bridge::UniformRandomGenerator {}
// SAFETY: the keys own their memory and are only read.
unsafe impl Send for HybridKeys {}
// SAFETY: as above.
unsafe impl Sync for HybridKeys {}
// SAFETY: as HybridKeys.
unsafe impl Send for RaisingKeys {}
// SAFETY: as above.
unsafe impl Sync for RaisingKeys {}
// SAFETY: it owns its residues, which are only read.
unsafe impl Send for ExtendedPlaintext {}
// SAFETY: as above.
unsafe impl Sync for ExtendedPlaintext {}
// SAFETY: as above.
unsafe impl Send for PeriodicPlaintext {}
// SAFETY: as above.
unsafe impl Sync for PeriodicPlaintext {}
// SAFETY: it owns scratch memory, which is only read until it goes back under a lock.
unsafe impl Send for bridge::HoistedCiphertext {}
// SAFETY: as above.
unsafe impl Sync for bridge::HoistedCiphertext {}
