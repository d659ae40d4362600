//! The worlds of BFV and BGV.

use seal_nn::seal::integer::*;
use seal_nn::seal::{Bytes, Container, SecretContainer};
use seal_nn::{Rotation, SealError};

use crate::kit::integer::Kit;
use crate::world::{self, KINDS, Kind, Samples, World};

pub struct IntegerWorld<S> {
    kit: Kit<S>,
    samples: Samples,
}

impl<S: IntegerScheme> World for IntegerWorld<S> {
    fn name(&self) -> &'static str {
        S::NAME
    }

    fn samples(&self) -> &Samples {
        &self.samples
    }

    fn load(&self, kind: Kind, bytes: &[u8]) -> Result<(), SealError> {
        let Kit { context, encoder, encryptor, .. } = &self.kit;
        match kind {
            Kind::Parameters => drop(Parameters::<S>::insecure_from_bytes(bytes)?),
            Kind::SecureParameters => drop(Parameters::<S>::from_bytes(bytes)?),
            Kind::Plaintext => {
                let plain = Plaintext::from_bytes(context, bytes)?;
                let _ = encoder.decode(&plain);
                let _ = encryptor.encrypt(&plain);
                let _ = self.kit.evaluator.multiply_plain(&self.encrypted(), &plain);
            }
            Kind::Ciphertext => self.work_with(&Ciphertext::from_bytes(context, bytes)?),
            Kind::Product => self.work_with(&Ciphertext::from_bytes_unrelinearized(context, bytes)?),
            Kind::SecretKey => {
                let key = SecretKey::from_bytes(context, bytes)?;
                let _ = Decryptor::new(context, &key)?.decrypt(&self.encrypted());
                KeyGenerator::from_secret_key(context, &key)?.create_relin_keys()?;
            }
            Kind::PublicKey => self.encrypt_with(&PublicKey::from_bytes(context, bytes)?)?,
            Kind::RelinKeys => self.relinearize_with(&RelinKeys::from_bytes(context, bytes)?),
            Kind::GaloisKeys => self.rotate_with(&GaloisKeys::from_bytes(context, bytes)?),
            Kind::SeededCiphertext => {
                self.work_with(&Seeded::<Ciphertext<S>>::from_bytes(context, bytes)?.expand(context)?)
            }
            Kind::SeededPublicKey => {
                self.encrypt_with(&Seeded::<PublicKey<S>>::from_bytes(context, bytes)?.expand(context)?)?
            }
            Kind::SeededRelinKeys => {
                self.relinearize_with(&Seeded::<RelinKeys<S>>::from_bytes(context, bytes)?.expand(context)?)
            }
            Kind::SeededGaloisKeys => {
                self.rotate_with(&Seeded::<GaloisKeys<S>>::from_bytes(context, bytes)?.expand(context)?)
            }
            Kind::Container => {
                let container = Container::from_bytes(bytes)?;
                container.insecure_parameters::<Parameters<S>>()?;
                self.encrypt_with(&container.get(context)?)?;
                container.get_all::<Ciphertext<S>>(context)?.iter().for_each(|x| self.work_with(x));
                container.get::<Seeded<RelinKeys<S>>>(context)?.expand(context)?;
            }
            Kind::SecretContainer => {
                let container = SecretContainer::from_bytes(bytes)?;
                container.insecure_parameters::<Parameters<S>>()?;
                container.secret_key(context)?;
            }
            // Of CKKS only.
            Kind::HybridKeys
            | Kind::PackedCiphertext
            | Kind::PackedSeededCiphertext
            | Kind::PackedHybridKeys
            | Kind::RaisingKeys
            | Kind::EvaluationKeys => {}
        }
        Ok(())
    }
}

impl<S: IntegerScheme> IntegerWorld<S> {
    pub fn new(parameters: &Parameters<S>) -> IntegerWorld<S> {
        let kit = Kit::new(parameters);
        let samples = KINDS.map(|kind| sample(&kit, kind));
        IntegerWorld { kit, samples }
    }

    /// Objects of a few kilobytes, for mutations of every byte.
    pub fn tiny() -> IntegerWorld<S> {
        let bits = CoeffModulus::Bits(&[20, 20, 20]);
        IntegerWorld::new(&Parameters::<S>::insecure(16, bits, PlainModulus::Batching(7)).unwrap())
    }

    pub fn parameters(&self) -> &Parameters<S> {
        self.kit.context.parameters()
    }

    fn encrypted(&self) -> Ciphertext<S> {
        self.kit.encrypt(&[1, 2])
    }

    /// What works with good objects must not crash with accepted ones, whatever it says of them.
    fn work_with(&self, x: &Ciphertext<S>) {
        let Kit { context, evaluator, relin, galois, columns, decryptor, .. } = &self.kit;
        let _ = decryptor.decrypt(x);
        let _ = decryptor.noise_budget(x);
        let _ = evaluator.add(x, &self.encrypted());
        let _ = evaluator.mod_switch_to(x, context.lowest_level());
        let _ = evaluator.rotate_rows(x, Rotation(1), galois);
        let _ = evaluator.rotate_columns(x, columns);
        let _ = evaluator.square(x).and_then(|square| evaluator.relinearize(&square, relin));
    }

    fn encrypt_with(&self, key: &PublicKey<S>) -> Result<(), SealError> {
        let encryptor = Encryptor::with_public_key(&self.kit.context, key)?;
        let _ = encryptor.encrypt(&self.kit.plain(&[1, 2]));
        Ok(())
    }

    fn relinearize_with(&self, keys: &RelinKeys<S>) {
        let square = self.kit.evaluator.square(&self.encrypted()).unwrap();
        let _ = self.kit.evaluator.relinearize(&square, keys);
    }

    fn rotate_with(&self, keys: &GaloisKeys<S>) {
        for &element in keys.elements() {
            let _ = self.kit.evaluator.apply_galois(&self.encrypted(), element, keys);
        }
    }
}

fn sample<S: IntegerScheme>(kit: &Kit<S>, kind: Kind) -> Vec<u8> {
    world::sample!(kit, kit.plain(&[1, 2]), kind, keys, {
        Kind::GaloisKeys => keys.create_galois_keys(&[Rotation(1)]).unwrap().to_bytes().unwrap(),
        Kind::HybridKeys
        | Kind::PackedCiphertext
        | Kind::PackedSeededCiphertext
        | Kind::PackedHybridKeys
        | Kind::RaisingKeys
        | Kind::EvaluationKeys => Vec::new(),
    })
}
