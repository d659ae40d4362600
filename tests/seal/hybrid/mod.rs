//! Our own key switching: its transforms against SEAL's, every operation at every level, noise, and what it refuses.

mod combination;
mod periodic;
mod real;
mod refusals;
mod seeds;
mod sums;

use crate::kit::insecure;
use crate::kit::seal::{Noise, assert_within, map, rotated, zip};
use rand::{RngExt, SeedableRng, rngs::ChaCha8Rng};
use rayon::prelude::*;
use seal_nn::seal::*;
use seal_nn::{Level, Rotation, SealError};

/// Everything for one set of parameters, with keys at every level unless others are asked for.
struct Own {
    context: Context,
    generator: KeyGenerator,
    encoder: Encoder,
    encryptor: SymmetricEncryptor,
    decryptor: Decryptor,
    evaluator: Evaluator,
    hybrid: HybridEvaluator,
    keys: HybridKeys,
}

const STEPS: [Rotation; 4] = [Rotation(1), Rotation(-3), Rotation(16), Rotation(100)];

impl Own {
    fn new(parameters: &Parameters) -> Own {
        Own::with_levels(parameters, &HybridKeyLevels::all(parameters, &STEPS))
    }

    fn with_levels(parameters: &Parameters, levels: &HybridKeyLevels) -> Own {
        let context = Context::new(parameters).unwrap();
        let mut generator = KeyGenerator::new(&context).unwrap();
        let secret = generator.secret_key().unwrap();
        let seeded = generator.create_seeded_hybrid_keys(levels).unwrap();
        assert_eq!(seeded.serialized_bytes(), levels.bytes(parameters));
        Own {
            encoder: Encoder::new(&context).unwrap(),
            encryptor: SymmetricEncryptor::new(&context, &secret).unwrap(),
            decryptor: Decryptor::new(&context, &secret).unwrap(),
            evaluator: Evaluator::new(&context).unwrap(),
            hybrid: HybridEvaluator::new(&context).unwrap(),
            keys: seeded.expand(&context).unwrap(),
            generator,
            context,
        }
    }

    fn scale(&self) -> f64 {
        self.context.parameters().default_scale()
    }

    fn encrypt(&self, values: &[f64], level: Level) -> Ciphertext {
        self.encryptor.encrypt(&self.encoder.encode(values, level, self.scale()).unwrap()).unwrap()
    }

    fn decrypt(&self, x: &Ciphertext) -> Vec<f64> {
        self.decryptor.decrypt_decode(x).unwrap().open_as_key_owner()
    }

    /// Complex slots times the scale: the error itself where zero is encrypted.
    fn read(&self, x: &Ciphertext) -> Vec<[f64; 2]> {
        let plain = self.decryptor.decrypt(x).unwrap().open_as_key_owner();
        let slots = self.encoder.decode_complex(&plain).unwrap();
        slots.into_iter().map(|z| z.map(|part| part * x.scale())).collect()
    }

    fn random(&self, seed: u64) -> Vec<f64> {
        Own::random_for(&self.context, seed)
    }

    fn random_for(context: &Context, seed: u64) -> Vec<f64> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        (0..context.slots()).map(|_| rng.random_range(-1.0..1.0)).collect()
    }

    fn noise(&self) -> Noise {
        Noise::at(self.context.parameters().poly_modulus_degree())
    }

    /// Of a rotation or relinearisation, before a division that follows: that of the keys, sigma sqrt(N) times digits D_j
    /// over P, which are uniform in (-D_j/2, D_j/2).
    fn keys_noise(&self, level: Level) -> f64 {
        let parameters = self.context.parameters();
        let (degree, special) = (parameters.poly_modulus_degree() as f64, parameters.special_primes());
        let bits = |primes: &[u64]| primes.iter().map(|&p| (p as f64).log2()).sum::<f64>();
        let ratio = |digit: &[u64]| (2.0 * (bits(digit) - bits(special))).exp2() / 12.0;
        let digits = parameters.data_primes()[..=level.0].chunks(special.len());
        digits.map(ratio).sum::<f64>() * degree * self.noise().secret_key_encryption()
    }

    fn rotation_noise(&self, level: Level) -> f64 {
        self.noise().rounding() + self.keys_noise(level)
    }

    fn levels(&self) -> impl Iterator<Item = Level> + use<> {
        (0..=self.context.top_level().0).map(Level)
    }
}

/// Chains with one, two and three special primes, of five data primes, and with as many as the kernels take, of eight: the last
/// digit is a part of one.
fn chains() -> [Parameters; 4] {
    let with = |bits: &[u32], special| {
        Parameters::builder().degree(2048).bits(bits).special_primes(special).insecure().build().unwrap()
    };
    [
        with(&[50, 40, 40, 40, 40, 50], 1),
        with(&[50, 40, 40, 40, 40, 50, 50], 2),
        with(&[50, 40, 40, 40, 40, 50, 50, 50], 3),
        with(&[50, 40, 40, 40, 40, 40, 40, 40, 50, 50, 50, 50, 50, 50, 50], 7),
    ]
}

// Transforms.

#[test]
fn transforms_agree_with_seal_on_every_path() {
    let paths = code_paths().unwrap();
    println!("paths: {paths:?}");
    for log_degree in 10..=15 {
        let degree = 1usize << log_degree;
        // Sizes around the two bounds of the kernels: 43 bits, below which nothing is reduced, and 50.
        for bits in [30, 41, 43, 44, 49, 50] {
            let prime = insecure(degree, &[bits, bits]).unwrap().data_primes()[0];
            let mut rng = ChaCha8Rng::seed_from_u64(u64::from(bits) + degree as u64);
            let inputs: [Vec<u64>; 4] = [
                vec![prime - 1; degree],
                (0..degree as u64).map(|i| prime / 2 + (i & 1)).collect(),
                (0..degree as u64).map(|i| (prime - 1) * (i & 1)).collect(),
                (0..degree).map(|_| rng.random_range(0..prime)).collect(),
            ];
            for (input, forward) in inputs.iter().flat_map(|input| [(input, true), (input, false)]) {
                let mut expected = input.clone();
                transform_on(None, prime, forward, &mut expected).unwrap();
                for path in &paths {
                    let mut actual = input.clone();
                    transform_on(Some(path), prime, forward, &mut actual).unwrap();
                    assert!(actual == expected, "N = {degree}, {bits} bits, {path}, forward: {forward}");
                }
            }
        }
    }
}

/// The ring above those of SEAL's table: its own functions take it, and so do ours.
#[test]
fn the_largest_ring() {
    const DEGREE: usize = 65536;
    for (bits, forward) in [(41, true), (41, false), (43, false), (50, true), (50, false)] {
        let prime = insecure(DEGREE, &[bits, bits]).unwrap().data_primes()[0];
        let input: Vec<u64> = (0..DEGREE as u64).map(|i| prime - 1 - i % 3 * (prime / 2)).collect();
        let mut expected = input.clone();
        transform_on(None, prime, forward, &mut expected).unwrap();
        for path in code_paths().unwrap().iter().filter(|path| *path != "portable") {
            let mut actual = input.clone();
            transform_on(Some(path), prime, forward, &mut actual).unwrap();
            assert!(actual == expected, "{bits} bits, {path}, forward: {forward}");
        }
    }
    let builder = || Parameters::builder().degree(DEGREE);
    let parameters = builder().bits(&[50, 40, 50, 50]).special_primes(2).build().unwrap();
    assert!(parameters.fit_kernels() && parameters.security_bits() == 128);
    let levels = HybridKeyLevels::all(&parameters, &STEPS[..1]);
    let own = Own::with_levels(&parameters, &levels);
    let real = RealEncoder::new(&own.context).unwrap();
    let values = own.random(1);
    let x = own.encryptor.encrypt(&real.encode(&values, Level(1), own.scale()).unwrap()).unwrap();
    let y = own.hybrid.rotate(&x, STEPS[0], &own.keys).unwrap();
    let variance = own.noise().fresh() + own.rotation_noise(Level(1));
    assert_within(&own.decrypt(&y), &rotated(&values, 1), variance, own.scale());
    let z = own.hybrid.multiply_sum_rescale(&[(&x, &x)], &own.keys).unwrap();
    let variance = 4.0 * own.noise().fresh() + own.noise().rounding();
    assert_within(&own.decrypt(&z), &map(&values, |a| a * a), variance, z.scale());
    // 36 primes are too many, by the guidelines' limit.
    let refused = builder().bits(&[50; 36]).build();
    assert!(matches!(refused, Err(SealError::TooManyBits { requested: 1800, allowed: 1747, .. })), "{refused:?}");
    assert!(builder().bits(&[49; 35]).build().is_ok());
    let beyond = Parameters::builder().degree(131072).bits(&[40, 40]).build();
    assert!(matches!(beyond, Err(SealError::TooManyBits { allowed: 0, .. })), "{beyond:?}");
}

#[test]
fn paths_give_the_same_ciphertexts() {
    for parameters in chains() {
        let own = Own::new(&parameters);
        let mut generator = KeyGenerator::from_secret_key(&own.context, &own.generator.secret_key().unwrap()).unwrap();
        let levels = HybridKeyLevels::all(&parameters, &STEPS);
        let seeded = generator.create_seeded_hybrid_keys(&levels).unwrap();
        let (x, y) = (own.encrypt(&own.random(1), Level(3)), own.encrypt(&own.random(3), Level(3)));
        let plain = own.encoder.encode(&own.random(2), Level(3), own.scale()).unwrap();
        let product = own.evaluator.square(&x).unwrap();
        let mut seen: Option<Vec<Vec<f64>>> = None;
        for path in code_paths().unwrap() {
            let context = Context::with_code_path(&parameters, &path).unwrap();
            let hybrid = HybridEvaluator::new(&context).unwrap();
            assert_eq!(hybrid.code_path().unwrap(), path);
            let keys = seeded.expand(&context).unwrap();
            let (mut relinearised, mut rescaled) = (product.clone(), product.clone());
            hybrid.relinearize_inplace(&mut relinearised, &keys).unwrap();
            hybrid.relinearize_rescale_inplace(&mut rescaled, &keys).unwrap();
            let extended = hybrid.extend(&plain).unwrap();
            let term = |giant, baby| TransformTerm {
                giant: Rotation(giant),
                baby: Rotation(baby),
                plaintext: &plain,
                extended: &extended,
            };
            let factors = hybrid.encode_periodic(&[[0.5, -1.0], [1.0, 0.25]], Level(3), own.scale()).unwrap();
            let periodic = |giant, baby| PeriodicTerm { giant, baby: Rotation(baby), plaintext: &factors };
            let steps = GiantSteps { step: Rotation(16), last: Rotation(1) };
            let prime = parameters.data_primes()[3] as f64;
            let terms = Combination { products: &[(&x, &y), (&y, &y)], multiples: &[(&x, 0.5)], constant: -1.0 };
            let made = [
                hybrid.transform_periodic(&x, &[periodic(0, 0), periodic(2, 1)], steps, &keys).unwrap(),
                hybrid.combine_rescale(&terms, Level(3), own.scale() * own.scale() / prime, &keys).unwrap(),
                hybrid.rotate(&x, Rotation(1), &keys).unwrap(),
                relinearised,
                rescaled,
                hybrid.transform(&x, &[term(0, 0), term(0, 1), term(16, 0), term(16, -3)], &keys).unwrap(),
                hybrid.transform_rescale(&x, &[term(0, 1), term(16, -3)], &keys).unwrap(),
                hybrid.add_rotations(&x, &[Rotation(1), Rotation(16)], &keys).unwrap(),
                hybrid.multiply_sum_rescale(&[(&x, &y), (&y, &y)], &keys).unwrap(),
                hybrid.multiply_plain_sum_rescale(&[(&x, &plain), (&y, &plain)]).unwrap(),
            ];
            // Decryption is deterministic and tells every residue: equal values, equal ciphertexts but for what
            // c_0 + c_1 s cancels, which no path could know.
            let values: Vec<Vec<f64>> = made.iter().map(|c| own.decrypt(c)).collect();
            match &seen {
                None => seen = Some(values),
                Some(seen) => assert!(*seen == values, "{path}"),
            }
        }
    }
}

/// Residue by residue what SEAL computes with encoded constants, on every path: with primes of both sizes, with more sums than
/// share a load, and with more terms than fit before a reduction.
#[test]
fn weighted_sums_agree_with_seal_on_every_path() {
    let parameters = &chains()[0];
    let own = Own::new(parameters);
    let scale = 2f64.powi(38);
    for (terms, sums) in [(1, 1), (5, 3), (130, 9)] {
        let level = Level(3);
        let few: Vec<_> = (0..terms.min(5)).map(|i| own.encrypt(&own.random(i as u64), level)).collect();
        let weights: Vec<Vec<f64>> = (0..terms)
            .map(|i| (0..sums).map(|j| ((i * sums + j) as f64 * 1.7).cos() * 2f64.powi(i as i32 % 9 - 4)).collect())
            .collect();
        let x: Vec<_> = (0..terms).map(|i| &few[i % few.len()]).collect();
        let expected: Vec<Vec<f64>> = (0..sums)
            .map(|j| {
                let product = |i: usize| {
                    let constant = own.encoder.encode_constant(weights[i][j], level, scale).unwrap();
                    own.evaluator.multiply_plain(x[i], &constant).unwrap()
                };
                let sum = (1..terms).fold(product(0), |sum, i| own.evaluator.add(&sum, &product(i)).unwrap());
                own.decrypt(&sum)
            })
            .collect();
        let pairs: Vec<_> = x.iter().zip(&weights).map(|(x, weights)| (*x, &weights[..])).collect();
        for path in code_paths().unwrap() {
            let context = Context::with_code_path(parameters, &path).unwrap();
            let actual = HybridEvaluator::new(&context).unwrap().weighted_sums(&pairs, scale).unwrap();
            for (actual, expected) in actual.iter().zip(&expected) {
                assert_eq!((actual.level(), actual.scale()), (level, own.scale() * scale));
                assert!(own.decrypt(actual) == *expected, "{path}: {terms} terms, {sums} sums");
            }
        }
    }
}

// Operations at every level.

#[test]
fn rotations_at_every_level() {
    for own in chains().map(|parameters| Own::new(&parameters)) {
        for level in own.levels() {
            let values = own.random(level.0 as u64);
            let x = own.encrypt(&values, level);
            let hoisted = own.hybrid.hoist(&x).unwrap();
            for step in STEPS {
                let y = own.hybrid.rotate(&x, step, &own.keys).unwrap();
                assert_eq!((y.level(), y.scale(), y.size()), (level, x.scale(), 2));
                let variance = own.noise().fresh() + own.rotation_noise(level);
                let actual = own.decrypt(&y);
                assert_within(&actual, &rotated(&values, step.0), variance, own.scale());
                // The same residues: the extension commutes with the automorphism.
                let again = own.hybrid.rotate_hoisted(&hoisted, step, &own.keys).unwrap();
                assert!(own.decrypt(&again) == actual);
            }
            assert_eq!(own.decrypt(&own.hybrid.rotate(&x, Rotation(0), &own.keys).unwrap()), own.decrypt(&x));
        }
    }
}

#[test]
fn products_at_every_level() {
    for own in chains().map(|parameters| Own::new(&parameters)) {
        for level in own.levels() {
            // At level 0 the square of a scale of 2^40 does not fit: a smaller one does.
            let scale = if level == Level(0) { 2f64.powi(20) } else { own.scale() };
            let values = own.random(level.0 as u64);
            let x = own.encryptor.encrypt(&own.encoder.encode(&values, level, scale).unwrap()).unwrap();
            let product = own.evaluator.square(&x).unwrap();
            let expected = map(&values, |a| a * a);
            // 2 x e of values up to 1, beside that of the switch.
            let variance = 4.0 * scale * scale * own.noise().fresh();
            let mut relinearised = product.clone();
            own.hybrid.relinearize_inplace(&mut relinearised, &own.keys).unwrap();
            assert_eq!((relinearised.size(), relinearised.level()), (2, level));
            assert_within(&own.decrypt(&relinearised), &expected, variance + own.rotation_noise(level), scale * scale);
            let mut rescaled = product.clone();
            let outcome = own.hybrid.relinearize_rescale_inplace(&mut rescaled, &own.keys);
            if level == Level(0) {
                assert!(matches!(outcome, Err(SealError::OutOfLevels { .. })));
                assert_eq!(rescaled.size(), 3);
                continue;
            }
            outcome.unwrap();
            // Exactly SEAL's scale.
            own.evaluator.rescale_inplace(&mut relinearised).unwrap();
            assert_eq!((rescaled.level(), rescaled.scale()), (relinearised.level(), relinearised.scale()));
            let below = scale / relinearised.scale() * scale;
            let variance = variance / (below * below) + own.noise().rounding();
            assert_within(&own.decrypt(&rescaled), &expected, variance, rescaled.scale());
        }
    }
}

#[test]
fn products_in_one_go_are_those_of_single_operations() {
    for own in chains().map(|parameters| Own::new(&parameters)) {
        let Own { evaluator, hybrid, keys, .. } = &own;
        for level in own.levels().skip(1) {
            let (x, y) = (own.encrypt(&own.random(1), level), own.encrypt(&own.random(2), level));
            // More terms than are summed before they are reduced, and more such sums than a double holds; with all primes.
            let repeats = if level == own.context.top_level() { 700 } else { 7 };
            let terms: Vec<(&Ciphertext, &Ciphertext)> = [(&x, &y), (&y, &y), (&x, &x)].repeat(repeats);
            let mut apart = evaluator.multiply_sum(&terms).unwrap();
            hybrid.relinearize_rescale_inplace(&mut apart, keys).unwrap();
            let made = hybrid.multiply_sum_rescale(&terms, keys).unwrap();
            assert_eq!((made.level(), made.scale()), (apart.level(), apart.scale()));
            assert!(own.decrypt(&made) == own.decrypt(&apart));

            let plain: Vec<Plaintext> =
                (0..21).map(|seed| own.encoder.encode(&own.random(seed), level, own.scale()).unwrap()).collect();
            let terms: Vec<(&Ciphertext, &Plaintext)> = [&x, &y].into_iter().cycle().zip(&plain).collect();
            let products: Vec<Ciphertext> =
                terms.iter().map(|(x, p)| evaluator.multiply_plain(x, p).unwrap()).collect();
            let mut apart = evaluator.add_many(&products.iter().collect::<Vec<_>>()).unwrap();
            let mut ours = apart.clone();
            evaluator.rescale_inplace(&mut apart).unwrap();
            let made = hybrid.multiply_plain_sum_rescale(&terms).unwrap();
            assert_eq!((made.level(), made.scale()), (apart.level(), apart.scale()));
            assert!(own.decrypt(&made) == own.decrypt(&apart));
            hybrid.rescale_inplace(&mut ours).unwrap();
            assert_eq!((ours.level(), ours.scale()), (apart.level(), apart.scale()));
            assert!(own.decrypt(&ours) == own.decrypt(&apart));
        }
    }
}

#[test]
fn a_transform_rescales_with_the_same_division() {
    for own in chains().map(|parameters| Own::new(&parameters)) {
        for level in own.levels().skip(1) {
            let (values, factor) = (own.random(1), own.random(2));
            let x = own.encrypt(&values, level);
            let plaintext = own.encoder.encode(&factor, level, own.scale()).unwrap();
            let extended = own.hybrid.extend(&plaintext).unwrap();
            let term = |giant, baby| TransformTerm {
                giant: Rotation(giant),
                baby: Rotation(baby),
                plaintext: &plaintext,
                extended: &extended,
            };
            let made = own.hybrid.transform_rescale(&x, &[term(0, 1), term(16, 0)], &own.keys).unwrap();
            let mut apart = own.hybrid.transform(&x, &[term(0, 1), term(16, 0)], &own.keys).unwrap();
            own.evaluator.rescale_inplace(&mut apart).unwrap();
            assert_eq!((made.level(), made.scale()), (apart.level(), apart.scale()));
            let expected = zip(
                &zip(&rotated(&values, 1), &factor, |a, b| a * b),
                &rotated(&zip(&values, &factor, |a, b| a * b), 16),
                |a, b| a + b,
            );
            let noise = own.noise();
            let each = noise.fresh() + noise.encoding() + own.keys_noise(level);
            let shrunk = (own.scale() * own.scale() / made.scale()).powi(-2);
            let variance =
                (2.0 * each * own.scale() * own.scale() + own.rotation_noise(level)) * shrunk + noise.rounding();
            assert_within(&own.decrypt(&made), &expected, variance, made.scale());
        }
    }
}

#[test]
fn real_vectors_encode_as_by_seal() {
    for parameters in chains().into_iter().chain([insecure(1024, &[50, 40, 50]).unwrap()]) {
        let own = Own::with_levels(&parameters, &HybridKeyLevels::default());
        let real = RealEncoder::new(&own.context).unwrap();
        for level in own.levels() {
            for values in [own.random(5), vec![], vec![0.0; 3], vec![2.5; 7], vec![-1.0; own.context.slots()]] {
                let [ours, seals] =
                    [real.encode(&values, level, own.scale()), own.encoder.encode(&values, level, own.scale())]
                        .map(|plain| own.encoder.decode_complex(&plain.unwrap()).unwrap());
                // Coefficients may be rounded to neighbours where transforms in doubles, of sums up to sqrt(N) scale, end
                // on either side of a half; a few differ, each by one.
                let largest = ours.iter().zip(&seals).flat_map(|(a, b)| [a[0] - b[0], a[1] - b[1]]).map(f64::abs);
                assert!(largest.fold(0.0, f64::max) * own.scale() <= 64.0);
                for (z, value) in ours.iter().zip(values.iter().chain(std::iter::repeat(&0.0))) {
                    let noise = 8.0 * own.noise().encoding().sqrt() / own.scale();
                    assert!((z[0] - value).abs() < noise && z[1].abs() < noise);
                }
            }
        }
        // Too large for our transforms, and then for the modulus: SEAL's encoder, and its refusal.
        let top = own.context.top_level();
        let large = real.encode(&[1e9, -1e9], top, own.scale()).unwrap();
        let back = own.encoder.decode(&large).unwrap();
        assert!((back[0] / 1e9 - 1.0).abs() < 1e-9);
        assert!(matches!(real.encode(&[1e9], Level(0), own.scale()), Err(SealError::ValuesTooLarge { .. })));
        assert!(matches!(real.encode(&[f64::NAN], top, own.scale()), Err(SealError::NotFinite { .. })));
        let many = vec![1.0; own.context.slots() + 1];
        assert!(matches!(real.encode(&many, top, own.scale()), Err(SealError::TooManyValues { .. })));
    }
}

#[test]
fn conjugation_at_every_level() {
    for parameters in chains() {
        let top = parameters.top_level();
        let own =
            Own::with_levels(&parameters, &HybridKeyLevels { conjugation: Some(top), ..HybridKeyLevels::default() });
        assert_eq!((own.keys.conjugation_level(), own.keys.relin_level()), (Some(top), None));
        for level in own.levels() {
            let (re, im) = (own.random(1), own.random(2));
            let values: Vec<[f64; 2]> = re.iter().zip(&im).map(|(&re, &im)| [re, im]).collect();
            let x = own.encryptor.encrypt(&own.encoder.encode_complex(&values, level, own.scale()).unwrap()).unwrap();
            let y = own.hybrid.conjugate(&x, &own.keys).unwrap();
            assert_eq!((y.level(), y.scale(), y.size()), (level, x.scale(), 2));
            let variance = own.noise().fresh() + own.rotation_noise(level);
            let read = own.read(&y);
            let part = |at: usize| read.iter().map(|z| z[at] / y.scale()).collect::<Vec<f64>>();
            assert_within(&part(0), &re, variance, own.scale());
            assert_within(&part(1), &map(&im, |x| -x), variance, own.scale());
        }
    }
}

/// A product with complex numbers, and their conjugates.
#[test]
fn transforms_take_complex_plaintexts() {
    let own = Own::new(&chains()[1]);
    let level = Level(3);
    let (values, factor) = (own.random(1), own.random(2));
    let numbers: Vec<[f64; 2]> = factor.iter().map(|&re| [re, 0.5]).collect();
    let plaintext = own.encoder.encode_complex(&numbers, level, own.scale()).unwrap();
    let extended = own.hybrid.extend(&plaintext).unwrap();
    let term = TransformTerm { giant: Rotation(0), baby: Rotation(1), plaintext: &plaintext, extended: &extended };
    let x = own.encrypt(&values, level);
    let y = own.hybrid.transform_rescale(&x, &[term], &own.keys).unwrap();
    let moved = rotated(&values, 1);
    for (z, (value, factor)) in own.read(&y).iter().zip(moved.iter().zip(&factor)) {
        let (re, im) = (z[0] / y.scale(), z[1] / y.scale());
        assert!((re - value * factor).abs() < 1e-6 && (im - value * 0.5).abs() < 1e-6);
    }
}

// One special prime: SEAL's keys.

#[test]
fn keys_of_seal_serve() {
    let parameters = chains()[0].clone();
    let mut own = Own::new(&parameters);
    let relin = own.generator.create_relin_keys().unwrap();
    let galois = own.generator.create_galois_keys(&STEPS).unwrap();
    own.keys = HybridKeys::from_seal(&own.context, &relin, &galois).unwrap();
    assert_eq!(own.keys.rotation_level(Rotation(16)), Some(own.context.top_level()));
    assert_eq!(own.keys.relin_level(), Some(own.context.top_level()));
    let values = own.random(3);
    let x = own.encrypt(&values, Level(4));
    for step in STEPS {
        let y = own.hybrid.rotate(&x, step, &own.keys).unwrap();
        assert_within(
            &own.decrypt(&y),
            &rotated(&values, step.0),
            own.noise().fresh() + own.rotation_noise(Level(4)),
            own.scale(),
        );
    }
    let two = Own::new(&chains()[1]);
    let relin = two.context.clone();
    let mut generator = KeyGenerator::from_secret_key(&relin, &two.generator.secret_key().unwrap()).unwrap();
    let (relin, galois) = (generator.create_relin_keys().unwrap(), generator.create_galois_keys(&[]).unwrap());
    assert!(matches!(HybridKeys::from_seal(&two.context, &relin, &galois), Err(SealError::Library { .. })));
}

// Noise, at the parameters of training.

#[test]
fn the_noise_of_a_rotation_is_that_of_a_rescale_and_at_most_seals() {
    let mut own = Own::new(&Parameters::builder().depth(6, 42).hybrid(2).degree(16384).build().unwrap());
    let zero = own.encoder.encode(&[], Level(6), own.scale()).unwrap();
    let galois = own.generator.create_galois_keys(&[Rotation(1)]).unwrap();
    let (mut ours, mut seals) = (Vec::new(), Vec::new());
    for _ in 0..8 {
        let x = own.encryptor.encrypt(&zero).unwrap();
        let before = own.read(&x);
        let turned = || before.iter().cycle().skip(1);
        let add = |errors: &mut Vec<[f64; 2]>, y: &Ciphertext| {
            errors.extend(own.read(y).iter().zip(turned()).map(|(a, b)| [a[0] - b[0], a[1] - b[1]]));
        };
        add(&mut ours, &own.hybrid.rotate(&x, Rotation(1), &own.keys).unwrap());
        add(&mut seals, &own.evaluator.rotate(&x, Rotation(1), &galois).unwrap());
    }
    let deviation = |e: &[[f64; 2]]| (e.iter().map(|[re, im]| re * re + im * im).sum::<f64>() / e.len() as f64).sqrt();
    let expected = own.rotation_noise(Level(6)).sqrt();
    let worst = ours.iter().map(|e| e[0].abs()).fold(0.0, f64::max) / (expected / 2f64.sqrt());
    println!(
        "rotation: sd {:.0}, formula {expected:.0}, SEAL's {:.0}; worst {worst:.1} sd",
        deviation(&ours),
        deviation(&seals)
    );
    // The mean of 65,536 squares under one key is uncertain by about 1%.
    assert!((deviation(&ours) / expected - 1.0).abs() < 0.05);
    assert!(worst < 13.0);
    assert!(deviation(&ours) < 1.01 * deviation(&seals));
}

// Threads.

#[test]
fn threads_share_a_hoisted_ciphertext() {
    let own = Own::new(&chains()[1]);
    let x = own.encrypt(&own.random(9), Level(4));
    let hoisted = own.hybrid.hoist(&x).unwrap();
    let Own { hybrid, keys, decryptor, .. } = &own; // what threads may share
    let rotate = |&step: &Rotation| {
        let y = hybrid.rotate_hoisted(&hoisted, step, keys).unwrap();
        decryptor.decrypt_decode(&y).unwrap().open_as_key_owner()
    };
    let steps: Vec<Rotation> = STEPS.into_iter().cycle().take(32).collect();
    let alone: Vec<Vec<f64>> = STEPS.iter().map(rotate).collect();
    let together: Vec<Vec<f64>> = steps.par_iter().map(rotate).collect();
    for (i, values) in together.iter().enumerate() {
        assert!(*values == alone[i % STEPS.len()]);
    }
}

#[test]
fn any_number_of_threads_gives_the_same_ciphertexts() {
    let own = Own::new(&chains()[1]);
    let Own { hybrid, keys, encoder, evaluator, decryptor, .. } = &own; // what threads may share
    let (x, y) = (own.encrypt(&own.random(1), Level(4)), own.encrypt(&own.random(2), Level(4)));
    let plain = encoder.encode(&own.random(3), Level(4), own.scale()).unwrap();
    let product = evaluator.multiply(&x, &y).unwrap();
    let work = || {
        let extended = hybrid.extend(&plain).unwrap();
        let term = |giant, baby| TransformTerm {
            giant: Rotation(giant),
            baby: Rotation(baby),
            plaintext: &plain,
            extended: &extended,
        };
        let mut relinearised = product.clone();
        hybrid.relinearize_inplace(&mut relinearised, keys).unwrap();
        let hoisted = hybrid.hoist(&x).unwrap();
        [
            hybrid.rotate(&x, Rotation(1), keys).unwrap(),
            hybrid.rotate_hoisted(&hoisted, Rotation(-3), keys).unwrap(),
            relinearised,
            hybrid.add_rotations(&x, &STEPS, keys).unwrap(),
            hybrid.multiply_sum_rescale(&[(&x, &y), (&x, &x)], keys).unwrap(),
            hybrid.multiply_plain_sum_rescale(&[(&x, &plain)]).unwrap(),
            hybrid.transform(&x, &[term(0, 1), term(16, -3)], keys).unwrap(),
        ]
        .map(|made| decryptor.decrypt_decode(&made).unwrap().open_as_key_owner())
    };
    let on = |threads| rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(work);
    let alone = on(1);
    assert!([2, 3, 7].into_iter().all(|threads| on(threads) == alone));
}
