//! What the targets of BFV and BGV share. One for each scheme: the first byte says as what the others are loaded.

use seal_nn::seal::integer::*;
use seal_nn::seal::{Bytes, Container, SecretContainer};
use seal_nn::{Rotation, SealError};

use crate::load_under;

/// Insecure and quick, with slots.
pub fn parameters<S: IntegerScheme>() -> Parameters<S> {
    Parameters::<S>::insecure(64, CoeffModulus::Bits(&[30, 30, 30]), PlainModulus::Batching(10))
        .expect("primes of 30 bits")
}

/// A good object of each kind, for every first byte.
pub fn good_objects<S: IntegerScheme>() -> Result<Vec<Vec<u8>>, SealError> {
    let context = Context::<S>::new(&parameters())?;
    let mut keys = KeyGenerator::new(&context)?;
    let secret = keys.secret_key()?;
    let plain = BatchEncoder::new(&context)?.encode(&[1, 2])?;
    let encryptor = SymmetricEncryptor::new(&context, &secret)?;
    let (public, encrypted) = (keys.create_public_key()?, encryptor.encrypt(&plain)?);
    let mut container = Container::new(context.parameters());
    container.add(&public)?.add(&encrypted)?.add(&keys.create_seeded_relin_keys()?)?;
    let objects = [
        context.parameters().to_bytes(),
        plain.to_bytes()?,
        encrypted.to_bytes()?,
        secret.to_bytes()?.to_vec(),
        public.to_bytes()?,
        keys.create_relin_keys()?.to_bytes()?,
        keys.create_galois_keys(&[Rotation(1)])?.to_bytes()?,
        encryptor.encrypt_seeded(&plain)?.to_bytes()?,
        keys.create_seeded_public_key()?.to_bytes()?,
        keys.create_seeded_relin_keys()?.to_bytes()?,
        keys.create_seeded_galois_keys(&[Rotation(1)])?.to_bytes()?,
        container.to_bytes(),
        SecretContainer::new(&secret)?.to_bytes().to_vec(),
    ];
    Ok((0_u8..).zip(objects).map(|(kind, object)| [vec![kind], object].concat()).collect())
}

/// Loads bytes as what the first one says.
pub fn load<S: IntegerScheme>(context: &Context<S>, bytes: &[u8]) {
    let Some((kind, bytes)) = bytes.split_first() else { return };
    match kind {
        0 => drop(Parameters::<S>::insecure_from_bytes(bytes)),
        1 => load_under::<Plaintext<S>>(context, bytes),
        2 => load_under::<Ciphertext<S>>(context, bytes),
        3 => load_under::<SecretKey<S>>(context, bytes),
        4 => load_under::<PublicKey<S>>(context, bytes),
        5 => load_under::<RelinKeys<S>>(context, bytes),
        6 => load_under::<GaloisKeys<S>>(context, bytes),
        7 => load_under::<Seeded<Ciphertext<S>>>(context, bytes),
        8 => load_under::<Seeded<PublicKey<S>>>(context, bytes),
        9 => load_under::<Seeded<RelinKeys<S>>>(context, bytes),
        10 => load_under::<Seeded<GaloisKeys<S>>>(context, bytes),
        11 => {
            if let Ok(container) = Container::from_bytes(bytes) {
                let _ = container.insecure_parameters::<Parameters<S>>();
                let _ = container.get::<PublicKey<S>>(context);
                let _ = container.get_all::<Ciphertext<S>>(context);
                let _ = container.get::<Seeded<RelinKeys<S>>>(context);
            }
        }
        12 => {
            if let Ok(container) = SecretContainer::from_bytes(bytes) {
                let _ = container.insecure_parameters::<Parameters<S>>();
                let _ = container.secret_key(context);
            }
        }
        _ => {}
    }
}
