//! What the tries need of a scheme: good objects of every kind, and their loaders.

use seal_nn::SealError;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Parameters,
    /// The loader that asks for 128-bit security.
    SecureParameters,
    Plaintext,
    Ciphertext,
    Product,
    SecretKey,
    PublicKey,
    RelinKeys,
    GaloisKeys,
    SeededCiphertext,
    SeededPublicKey,
    SeededRelinKeys,
    SeededGaloisKeys,
    HybridKeys,
    PackedCiphertext,
    PackedSeededCiphertext,
    PackedHybridKeys,
    RaisingKeys,
    EvaluationKeys,
    Container,
    SecretContainer,
}

pub const KINDS: [Kind; 21] = [
    Kind::Parameters,
    Kind::SecureParameters,
    Kind::Plaintext,
    Kind::Ciphertext,
    Kind::Product,
    Kind::SecretKey,
    Kind::PublicKey,
    Kind::RelinKeys,
    Kind::GaloisKeys,
    Kind::SeededCiphertext,
    Kind::SeededPublicKey,
    Kind::SeededRelinKeys,
    Kind::SeededGaloisKeys,
    Kind::HybridKeys,
    Kind::PackedCiphertext,
    Kind::PackedSeededCiphertext,
    Kind::PackedHybridKeys,
    Kind::RaisingKeys,
    Kind::EvaluationKeys,
    Kind::Container,
    Kind::SecretContainer,
];

/// A good object of every kind, in the order of `KINDS`; empty where the scheme has none.
pub type Samples = [Vec<u8>; KINDS.len()];

/// A context of some scheme, its keys, and a good object of every kind.
pub trait World {
    fn name(&self) -> &'static str;

    fn samples(&self) -> &Samples;

    /// Loads bytes as an object of a kind, and works with what is accepted.
    fn load(&self, kind: Kind, bytes: &[u8]) -> Result<(), SealError>;

    fn sample(&self, kind: Kind) -> &[u8] {
        let index = KINDS.iter().position(|&known| known == kind).unwrap();
        &self.samples()[index]
    }

    /// The kinds that there are, with their good objects.
    fn kinds(&self) -> Vec<(Kind, &[u8])> {
        let all = KINDS.into_iter().zip(self.samples().iter().map(Vec::as_slice));
        all.filter(|(_, sample)| !sample.is_empty()).collect()
    }

    fn largest(&self) -> usize {
        self.samples().iter().map(Vec::len).max().unwrap()
    }
}

/// A good object of a kind, by names that the kits of all schemes share; `own` are the kinds that a scheme makes
/// otherwise.
macro_rules! sample {
    ($kit:expr, $plain:expr, $kind:expr, $keys:ident, { $($own:tt)* }) => {{
        let (kit, plain) = ($kit, $plain);
        let encrypted = kit.encryptor.encrypt(&plain).unwrap();
        let mut $keys = kit.keys();
        match $kind {
            $($own)*
            Kind::Parameters | Kind::SecureParameters => kit.context.parameters().to_bytes(),
            Kind::Plaintext => plain.to_bytes().unwrap(),
            Kind::Ciphertext => encrypted.to_bytes().unwrap(),
            Kind::Product => kit.evaluator.square(&encrypted).unwrap().to_bytes().unwrap(),
            Kind::SecretKey => kit.secret.to_bytes().unwrap().to_vec(),
            Kind::PublicKey => $keys.create_public_key().unwrap().to_bytes().unwrap(),
            Kind::RelinKeys => kit.relin.to_bytes().unwrap(),
            Kind::SeededCiphertext => kit.encryptor.encrypt_seeded(&plain).unwrap().to_bytes().unwrap(),
            Kind::SeededPublicKey => $keys.create_seeded_public_key().unwrap().to_bytes().unwrap(),
            Kind::SeededRelinKeys => $keys.create_seeded_relin_keys().unwrap().to_bytes().unwrap(),
            Kind::SeededGaloisKeys => $keys.create_seeded_galois_keys(&[Rotation(1)]).unwrap().to_bytes().unwrap(),
            Kind::Container => {
                let mut container = Container::new(kit.context.parameters());
                container.add(&$keys.create_public_key().unwrap()).unwrap();
                container.add(&encrypted).unwrap().add(&encrypted).unwrap();
                container.add(&$keys.create_seeded_relin_keys().unwrap()).unwrap();
                container.to_bytes()
            }
            Kind::SecretContainer => SecretContainer::new(&kit.secret).unwrap().to_bytes().to_vec(),
        }
    }};
}

pub(crate) use sample;
