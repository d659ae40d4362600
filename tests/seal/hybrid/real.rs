//! Real vectors encrypted and decoded by the kernels, against SEAL.

use super::*;

fn paths_of(parameters: &Parameters) -> Vec<(String, Context)> {
    let context = |path: String| (path.clone(), Context::with_code_path(parameters, &path).unwrap());
    code_paths().unwrap().into_iter().map(context).collect()
}

/// The seed, the uniform half that nobody sees, the error and the message: all of it, at every level.
#[test]
fn ciphertexts_have_the_bytes_of_seals_with_the_same_randomness() {
    for parameters in chains() {
        let [ours, theirs] = [(); 2].map(|()| Context::insecure_from_seed(&parameters, 11).unwrap());
        let [key, same] = [&ours, &theirs].map(|context| KeyGenerator::new(context).unwrap().secret_key().unwrap());
        assert!(key.is_same_key(&same));
        let real = RealSymmetricEncryptor::new(&ours, &key).unwrap();
        let (encoder, encryptor) =
            (RealEncoder::new(&theirs).unwrap(), SymmetricEncryptor::new(&theirs, &same).unwrap());
        let (values, scale) = (Own::random_for(&ours, 1), parameters.default_scale());
        let mut known: Vec<Vec<u8>> = Vec::new();
        for level in (0..=parameters.top_level().0).map(Level) {
            for values in [&values[..], &values[..3], &[]] {
                let seals = encryptor.encrypt_seeded(&encoder.encode(values, level, scale).unwrap()).unwrap();
                let bytes = real.encrypt(values, level, scale).unwrap().as_bytes().to_vec();
                assert!(bytes == seals.as_bytes(), "{level}");
                // No two encryptions share what their difference would tell.
                assert!(known.iter().all(|other| other[other.len() - 64..] != bytes[bytes.len() - 64..]));
                known.push(bytes);
            }
        }
    }
}

/// The ternary polynomial, both errors, the division by the next prime and the message, at every level.
#[test]
fn public_key_ciphertexts_have_the_bytes_of_seals_with_the_same_randomness() {
    for parameters in chains() {
        let [ours, theirs] = [(); 2].map(|()| Context::insecure_from_seed(&parameters, 12).unwrap());
        let key = |context: &Context| KeyGenerator::new(context).unwrap().create_public_key().unwrap();
        let real = RealEncryptor::with_public_key(&ours, &key(&ours)).unwrap();
        let encryptor = Encryptor::with_public_key(&theirs, &key(&theirs)).unwrap();
        let encoder = RealEncoder::new(&theirs).unwrap();
        let (values, scale) = (Own::random_for(&ours, 1), parameters.default_scale());
        for level in (0..=parameters.top_level().0).map(Level) {
            for values in [&values[..], &[]] {
                let seals = encryptor.encrypt(&encoder.encode(values, level, scale).unwrap()).unwrap();
                let found = real.encrypt(values, level, scale).unwrap();
                assert!(found.to_bytes().unwrap() == seals.to_bytes().unwrap(), "{level}");
            }
        }
    }
}

/// Coefficients beyond 2^50 are SEAL's to encode.
#[test]
fn large_values_are_encrypted_by_seal() {
    let mut own = Own::with_levels(&chains()[1], &HybridKeyLevels::default());
    let real = RealSymmetricEncryptor::new(&own.context, &own.generator.secret_key().unwrap()).unwrap();
    let x = real.encrypt(&[1e9, -1e9], own.context.top_level(), own.scale()).unwrap().expand(&own.context).unwrap();
    let values = own.decrypt(&x);
    assert!((values[0] / 1e9 - 1.0).abs() < 1e-9 && (values[1] / -1e9 - 1.0).abs() < 1e-9);
    let public = RealEncryptor::with_public_key(&own.context, &own.generator.create_public_key().unwrap()).unwrap();
    let values = own.decrypt(&public.encrypt(&[1e9, -1e9], own.context.top_level(), own.scale()).unwrap());
    assert!((values[0] / 1e9 - 1.0).abs() < 1e-9 && (values[1] / -1e9 - 1.0).abs() < 1e-9);
    assert!(matches!(real.encrypt(&[1e9], Level(0), own.scale()), Err(SealError::ValuesTooLarge { .. })));
}

#[test]
fn encryptions_have_seals_noise_on_every_path() {
    for parameters in chains() {
        for (path, context) in paths_of(&parameters) {
            let mut keys = KeyGenerator::new(&context).unwrap();
            let key = keys.secret_key().unwrap();
            let real = RealSymmetricEncryptor::new(&context, &key).unwrap();
            let public = RealEncryptor::with_public_key(&context, &keys.create_public_key().unwrap()).unwrap();
            let decryptor = Decryptor::new(&context, &key).unwrap();
            let (noise, scale) = (Noise::at(parameters.poly_modulus_degree()), parameters.default_scale());
            let mut errors = Vec::new();
            for seed in 0..16 {
                let values = Own::random_for(&context, seed);
                let x = real.encrypt(&values, Level(seed as usize % 5), scale).unwrap();
                let x = Seeded::<Ciphertext>::from_bytes(&context, x.as_bytes()).unwrap().expand(&context).unwrap();
                let decrypted = decryptor.decrypt_decode(&x).unwrap().open_as_key_owner();
                assert_within(&decrypted, &values, noise.fresh(), scale);
                errors.extend(zip(&decrypted, &values, |a, b| (a - b) * scale));
                let x = public.encrypt(&values, Level(seed as usize % 5), scale).unwrap();
                let decrypted = decryptor.decrypt_decode(&x).unwrap().open_as_key_owner();
                assert_within(&decrypted, &values, noise.encoding() + noise.rounding(), scale);
            }
            // 16,384 real parts, each with half of the variance: their mean square is uncertain by sqrt(2 / 16384), 1%.
            let mean_square = errors.iter().map(|e| e * e).sum::<f64>() / errors.len() as f64;
            let ratio = mean_square / (noise.fresh() / 2.0);
            assert!((ratio - 1.0).abs() < 0.06, "{path}: {ratio} times the variance");
        }
    }
}

/// The centred coefficients of a plaintext, which lie below 2^126.
fn coefficients(plaintext: &Plaintext, primes: &[u64], degree: usize) -> Vec<i128> {
    let bytes = plaintext.to_bytes().unwrap();
    let words = bytes[bytes.len() - 8 * primes.len() * degree..].chunks_exact(8);
    let mut residues: Vec<u64> = words.map(|word| u64::from_le_bytes(word.try_into().unwrap())).collect();
    for (residues, &prime) in residues.chunks_exact_mut(degree).zip(primes) {
        transform_on(None, prime, false, residues).unwrap();
    }
    let power = |base: i128, exponent: i128, p: i128| {
        (0..127).rev().fold(1, |y, bit| y * y % p * if exponent >> bit & 1 == 1 { base } else { 1 } % p)
    };
    let composed = |j: usize| {
        let (mut x, mut modulus) = (0i128, 1i128);
        for (i, &prime) in primes.iter().enumerate() {
            let p = i128::from(prime);
            let step = (i128::from(residues[i * degree + j]) - x).rem_euclid(p) * power(modulus % p, p - 2, p) % p;
            (x, modulus) = (x + modulus * step, modulus * p);
        }
        if x > modulus / 2 { x - modulus } else { x }
    };
    (0..degree).map(composed).collect()
}

/// cos(pi i / n) for i below 2n times 2^62, to some units: by halves of angles and sums of them.
fn cosines(n: usize) -> Vec<i128> {
    const ONE: i128 = 1 << 62;
    let root = |x: i128| (((x as u128) << 62).isqrt()) as i128;
    let mut turns = vec![(-ONE, 0), (0, ONE)];
    while 1 << turns.len() <= n {
        let (c, _) = turns[turns.len() - 1];
        turns.push((root((ONE + c) / 2), root((ONE - c) / 2)));
    }
    let cosine = |i: usize| {
        let (mut c, mut s) = (ONE, 0);
        for (_, &(a, b)) in turns.iter().enumerate().filter(|(k, _)| i & (n >> k) != 0) {
            (c, s) = ((c * a - s * b) >> 62, (c * b + s * a) >> 62);
        }
        c
    };
    (0..2 * n).map(cosine).collect()
}

/// The largest error of decoded slots, times the scale: against sums in integers of coefficients rounded to 58 bits and
/// cosines of 56.
fn worst_error(found: &[f64], scale: f64, coefficients: &[i128], cosines: &[i128]) -> f64 {
    let (n, mut exponent, mut worst) = (coefficients.len(), 1, 0.0f64);
    let largest = coefficients.iter().map(|m| m.unsigned_abs()).max().unwrap();
    let shift = 70u32.saturating_sub(largest.leading_zeros());
    for value in found {
        let terms = coefficients.iter().enumerate();
        let sum: i128 = terms.map(|(j, m)| (m >> shift) * (cosines[exponent * j % (2 * n)] >> 6)).sum();
        let high = sum as f64;
        let low = (sum - high as i128) as f64;
        let unit = 2f64.powi(shift as i32 - 56);
        worst = worst.max(((value * scale / unit - high) - low).abs() * unit);
        exponent = exponent * 3 % (2 * n);
    }
    worst
}

fn worst(found: &[f64], exact: &[f64]) -> f64 {
    found.iter().zip(exact).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}

/// Coefficients of 37 bits, which are exact in doubles, and of every size up to the modulus: what another key decrypts to.
/// Errors of both are sums of many roundings, so the worst slots of eight plaintexts are added.
#[test]
fn decoding_is_no_worse_than_seals_in_the_worst_slot() {
    const BITS: [u32; 4] = [40, 30, 50, 50];
    for degree in [1024, 2048] {
        let parameters = insecure(degree, &BITS).unwrap();
        let context = Context::insecure_from_seed(&parameters, 5).unwrap();
        let [key, other] = [(); 2].map(|()| KeyGenerator::new(&context).unwrap().secret_key().unwrap());
        let (encoder, wrong) = (Encoder::new(&context).unwrap(), Decryptor::new(&context, &other).unwrap());
        let encryptor = SymmetricEncryptor::new(&context, &key).unwrap();
        let (cosines, scale, paths) = (cosines(degree), 2f64.powi(30), paths_of(&parameters));
        for (level, is_large) in [(0, false), (1, false), (2, false), (0, true), (1, true), (2, true)] {
            let primes = &parameters.data_primes()[..=level];
            let (mut seals, mut ours) = (0.0, vec![0.0; paths.len()]);
            for seed in 0..8 {
                let mut plaintext = encoder.encode(&Own::random_for(&context, seed), Level(level), scale).unwrap();
                if is_large {
                    let x = encryptor.encrypt(&plaintext).unwrap();
                    plaintext = wrong.decrypt(&x).unwrap().open_as_key_owner();
                }
                let exact = coefficients(&plaintext, primes, degree);
                seals += worst_error(&encoder.decode(&plaintext).unwrap(), scale, &exact, &cosines);
                for ((_, context), ours) in paths.iter().zip(&mut ours) {
                    let plaintext = Plaintext::from_bytes(context, &plaintext.to_bytes().unwrap()).unwrap();
                    let found = RealEncoder::new(context).unwrap().decode(&plaintext).unwrap();
                    *ours += worst_error(&found, scale, &exact, &cosines);
                }
            }
            println!("N = {degree}, level {level}, large: {is_large}: {ours:?}, SEAL's {seals:e}");
            assert!(ours.iter().all(|&ours| ours <= seals), "level {level}: {ours:?} and SEAL's {seals}");
        }
    }
}

/// The largest coefficients of either sign: (Q - 1) / 2 has the residues (q - 1) / 2, its negative (q + 1) / 2.
#[test]
fn coefficients_of_half_the_modulus_keep_their_sign() {
    for parameters in chains() {
        let context = Context::new(&parameters).unwrap();
        let (encoder, degree) = (Encoder::new(&context).unwrap(), parameters.poly_modulus_degree());
        for level in (0..=parameters.top_level().0).map(Level) {
            let primes = &parameters.data_primes()[..=level.0];
            let half = primes.iter().map(|&q| q as f64).product::<f64>() / 2.0;
            for (sign, more) in [(1.0, 0), (-1.0, 1)] {
                let mut bytes = encoder.encode_constant(1.0, level, 1.0).unwrap().to_bytes().unwrap();
                let start = bytes.len() - 8 * primes.len() * degree;
                for (i, word) in bytes[start..].chunks_exact_mut(8).enumerate() {
                    word.copy_from_slice(&(primes[i / degree] / 2 + more).to_le_bytes());
                }
                for (path, context) in paths_of(&parameters) {
                    let plaintext = Plaintext::from_bytes(&context, &bytes).unwrap();
                    for value in RealEncoder::new(&context).unwrap().decode(&plaintext).unwrap() {
                        assert!((value / (sign * half) - 1.0).abs() < 1e-15, "{path}, {level}: {value} for {half}");
                    }
                }
            }
        }
    }
}

#[test]
fn every_chain_and_degree_decodes_as_by_seal() {
    let chains = chains().into_iter().chain([insecure(1024, &[50, 40, 50]).unwrap()]);
    let large = Parameters::builder().degree(32768).bits(&[50, 30, 44, 50]).build().unwrap();
    for parameters in chains.chain([large]) {
        let (context, scale) = (Context::new(&parameters).unwrap(), parameters.default_scale() * 1.7);
        let (encoder, values) = (Encoder::new(&context).unwrap(), Own::random_for(&context, 4));
        for level in (0..=parameters.top_level().0).map(Level) {
            let plaintext = encoder.encode(&values, level, scale).unwrap();
            let seals = encoder.decode(&plaintext).unwrap();
            for (path, context) in paths_of(&parameters) {
                let plaintext = Plaintext::from_bytes(&context, &plaintext.to_bytes().unwrap()).unwrap();
                let ours = RealEncoder::new(&context).unwrap().decode(&plaintext).unwrap();
                // Sums of N coefficients near 1 / sqrt(N) in doubles: some units of 2^-53 each.
                assert!(worst(&ours, &seals) < 1e-14, "{path}, {level}: {}", worst(&ours, &seals));
            }
        }
    }
}
