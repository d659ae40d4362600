//! Our side of an exchange of files with another SEAL: one file of every kind in a folder.

use std::path::Path;

use seal_nn::seal::*;
use seal_nn::{Rotation, SealError};

/// As in plain.cc and in the scripts.
pub const DEGREE: usize = 8192;
pub const BITS: [u32; 4] = [50, 40, 40, 50];
const VALUES: [f64; 3] = [0.5, -1.5, 2.25];

pub fn parameters() -> Parameters {
    Parameters::new(DEGREE, &BITS).unwrap()
}

/// Parameters and secret key as they are, all else compressed where that is asked for: it takes a SEAL with zlib.
pub fn write_all(folder: &Path, version: SealVersion, compressed: bool) -> Result<(), SealError> {
    let file = |name: &str| folder.join(name).with_extension("bin");
    let parameters = parameters();
    let context = Context::new(&parameters)?;
    let mut keys = KeyGenerator::new(&context)?;
    let secret = keys.secret_key()?;
    let plain = Encoder::new(&context)?.encode(&VALUES, context.top_level(), 40_f64.exp2())?;
    let encryptor = SymmetricEncryptor::new(&context, &secret)?;

    parameters.save_as(file("parameters"), version)?;
    secret.save_as(file("secret-key"), version)?;
    macro_rules! save {
        ($($name:literal: $object:expr),+ $(,)?) => {$(
            match compressed {
                true => $object.save_compressed(file($name), version)?,
                false => $object.save_as(file($name), version)?,
            }
        )+};
    }
    save! {
        "plaintext": plain,
        "ciphertext": encryptor.encrypt(&plain)?,
        "public-key": keys.create_public_key()?,
        "relin-keys": keys.create_relin_keys()?,
        "galois-keys": keys.create_galois_keys(&[Rotation(1)])?,
        "seeded-ciphertext": encryptor.encrypt_seeded(&plain)?,
        "seeded-public-key": keys.create_seeded_public_key()?,
        "seeded-relin-keys": keys.create_seeded_relin_keys()?,
        "seeded-galois-keys": keys.create_seeded_galois_keys(&[Rotation(1)])?,
    }
    Ok(())
}

/// Loads all that is there and works with it. A peer need not have seeded forms.
pub fn read_all(folder: &Path) -> Result<(), SealError> {
    let file = |name: &str| folder.join(name).with_extension("bin");
    let loaded = Parameters::load(file("parameters"))?;
    assert_eq!(loaded, parameters());
    let context = &Context::new(&loaded)?;
    let (encoder, evaluator) = (Encoder::new(context)?, Evaluator::new(context)?);
    let decryptor = Decryptor::new(context, &SecretKey::load(context, file("secret-key"))?)?;
    let expect = |x: &Ciphertext, wanted: [f64; 3], what: &str| {
        let values = decryptor.decrypt_decode(x).unwrap().open_as_key_owner();
        let close = wanted.iter().zip(&values).all(|(a, b)| (a - b).abs() < 1e-4);
        assert!(close, "{what}: {:?} instead of {wanted:?}", &values[..3]);
    };
    let plain = Plaintext::load(context, file("plaintext"))?;
    assert!(encoder.decode(&plain)?.iter().zip(VALUES).all(|(a, b)| (a - b).abs() < 1e-4));

    let seeded = file("seeded-ciphertext").exists();
    for seeded in [false, true].into_iter().take(1 + usize::from(seeded)) {
        let (x, public, relin, galois) = if seeded {
            (
                Seeded::<Ciphertext>::load(context, file("seeded-ciphertext"))?.expand(context)?,
                Seeded::<PublicKey>::load(context, file("seeded-public-key"))?.expand(context)?,
                Seeded::<RelinKeys>::load(context, file("seeded-relin-keys"))?.expand(context)?,
                Seeded::<GaloisKeys>::load(context, file("seeded-galois-keys"))?.expand(context)?,
            )
        } else {
            (
                Ciphertext::load(context, file("ciphertext"))?,
                PublicKey::load(context, file("public-key"))?,
                RelinKeys::load(context, file("relin-keys"))?,
                GaloisKeys::load(context, file("galois-keys"))?,
            )
        };
        expect(&x, VALUES, "ciphertext");
        expect(&Encryptor::with_public_key(context, &public)?.encrypt(&plain)?, VALUES, "under the public key");
        let mut square = evaluator.square(&x)?;
        evaluator.relinearize_inplace(&mut square, &relin)?;
        expect(&square, VALUES.map(|x| x * x), "square");
        expect(&evaluator.rotate(&x, Rotation(1), &galois)?, [VALUES[1], VALUES[2], 0.0], "rotated");
    }
    Ok(())
}
