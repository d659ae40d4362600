//! The world of CKKS.

use crate::kit::insecure;
use seal_nn::backend::{Evaluate, EvaluationKeys, KeyLevels, SealEvaluator};
use seal_nn::seal::*;
use seal_nn::{Error, Level, Rotation, SealError};

use crate::kit::seal::Kit;
use crate::world::{self, KINDS, Kind, Samples, World};

pub struct CkksWorld {
    kit: Kit,
    /// Of rings that our own kernels take.
    sparse: Option<SparseParameters>,
    samples: Samples,
}

impl World for CkksWorld {
    fn name(&self) -> &'static str {
        "CKKS"
    }

    fn samples(&self) -> &Samples {
        &self.samples
    }

    fn load(&self, kind: Kind, bytes: &[u8]) -> Result<(), SealError> {
        let Kit { context, .. } = &self.kit;
        match kind {
            Kind::Parameters => drop(Parameters::insecure_from_bytes(bytes)?),
            Kind::SecureParameters => drop(Parameters::from_bytes(bytes)?),
            Kind::Plaintext => {
                let plain = Plaintext::from_bytes(context, bytes)?;
                let _ = self.kit.encoder.decode(&plain);
                let _ = self.kit.encryptor.encrypt(&plain);
            }
            Kind::Ciphertext => self.work_with(&Ciphertext::from_bytes(context, bytes)?),
            Kind::Product => self.work_with(&Ciphertext::from_bytes_unrelinearized(context, bytes)?),
            Kind::SecretKey => {
                let key = SecretKey::from_bytes(context, bytes)?;
                let _ = Decryptor::new(context, &key)?.decrypt_decode(&self.encrypted());
                KeyGenerator::from_secret_key(context, &key)?.create_relin_keys()?;
            }
            Kind::PublicKey => self.encrypt_with(&PublicKey::from_bytes(context, bytes)?)?,
            Kind::RelinKeys => self.relinearize_with(&RelinKeys::from_bytes(context, bytes)?),
            Kind::GaloisKeys => self.rotate_with(&GaloisKeys::from_bytes(context, bytes)?),
            Kind::SeededCiphertext => {
                self.work_with(&Seeded::<Ciphertext>::from_bytes(context, bytes)?.expand(context)?)
            }
            Kind::SeededPublicKey => {
                self.encrypt_with(&Seeded::<PublicKey>::from_bytes(context, bytes)?.expand(context)?)?
            }
            Kind::SeededRelinKeys => {
                self.relinearize_with(&Seeded::<RelinKeys>::from_bytes(context, bytes)?.expand(context)?)
            }
            Kind::SeededGaloisKeys => {
                self.rotate_with(&Seeded::<GaloisKeys>::from_bytes(context, bytes)?.expand(context)?)
            }
            Kind::HybridKeys => self.switch_with(&Seeded::<HybridKeys>::from_bytes(context, bytes)?)?,
            Kind::PackedCiphertext => self.work_with(&Ciphertext::from_wire(context, bytes)?),
            Kind::PackedSeededCiphertext => {
                self.work_with(&Seeded::<Ciphertext>::from_wire(context, bytes)?.expand(context)?)
            }
            Kind::PackedHybridKeys => self.switch_with(&Seeded::<HybridKeys>::from_wire(context, bytes)?)?,
            Kind::RaisingKeys => {
                let Some(sparse) = &self.sparse else { return Ok(()) };
                let keys = SeededRaisingKeys::from_bytes(context, sparse, bytes)?.expand(context)?;
                let low = self.kit.evaluator.drop_to(&self.encrypted(), Level(0))?;
                let _ = Raiser::new(context, sparse)?.raise(&low, &keys);
            }
            Kind::EvaluationKeys => {
                let keys = EvaluationKeys::from_bytes(context.parameters(), &KeyLevels::default(), bytes);
                let keys = keys.map_err(refusal_of_seal)?;
                let evaluator = SealEvaluator::new(context.parameters(), &keys).map_err(refusal_of_seal)?;
                for step in keys.rotations() {
                    let _ = evaluator.rotate(&self.encrypted(), step);
                }
            }
            Kind::Container => {
                let container = Container::from_bytes(bytes)?;
                container.insecure_parameters::<Parameters>()?;
                self.encrypt_with(&container.get(context)?)?;
                container.get_all::<Ciphertext>(context)?.iter().for_each(|x| self.work_with(x));
                container.get::<Seeded<RelinKeys>>(context)?.expand(context)?;
            }
            Kind::SecretContainer => {
                let container = SecretContainer::from_bytes(bytes)?;
                container.insecure_parameters::<Parameters>()?;
                container.secret_key(context)?;
            }
        }
        Ok(())
    }
}

impl CkksWorld {
    pub fn new(parameters: &Parameters) -> CkksWorld {
        let kit = Kit::new(parameters, &[Rotation(1)]);
        let samples = KINDS.map(|kind| sample(&kit, kind));
        let sparse = parameters.fit_kernels().then(|| sparse(&kit.context));
        CkksWorld { kit, sparse, samples }
    }

    /// Objects of a few kilobytes, for mutations of every byte. No kernels take so small a ring.
    pub fn tiny() -> CkksWorld {
        CkksWorld::new(&insecure(16, &[20, 20, 20]).unwrap())
    }

    /// The smallest ring that our own key switching takes.
    pub fn with_key_switching() -> CkksWorld {
        CkksWorld::new(&insecure(1024, &[30, 30]).unwrap())
    }

    fn encrypted(&self) -> Ciphertext {
        self.kit.encryptor.encrypt(&plain(&self.kit)).unwrap()
    }

    /// What works with good objects must not crash with accepted ones, whatever it says of them.
    fn work_with(&self, x: &Ciphertext) {
        let Kit { evaluator, relin, galois, decryptor, .. } = &self.kit;
        let _ = decryptor.decrypt_decode(x);
        let _ = evaluator.add(x, &self.encrypted());
        let _ = evaluator.drop_to(x, Level(0));
        let _ = evaluator.rotate(x, Rotation(1), galois);
        if let Ok(mut square) = evaluator.square(x) {
            let _ = evaluator.relinearize_inplace(&mut square, relin);
            let _ = evaluator.rescale_inplace(&mut square);
        }
    }

    fn encrypt_with(&self, key: &PublicKey) -> Result<(), SealError> {
        let encryptor = Encryptor::with_public_key(&self.kit.context, key)?;
        let _ = encryptor.encrypt(&plain(&self.kit));
        Ok(())
    }

    fn switch_with(&self, keys: &Seeded<HybridKeys>) -> Result<(), SealError> {
        if self.kit.context.parameters().fit_kernels() {
            let keys = keys.expand(&self.kit.context)?;
            let _ = HybridEvaluator::new(&self.kit.context)?.rotate(&self.encrypted(), Rotation(1), &keys);
        }
        Ok(())
    }

    fn relinearize_with(&self, keys: &RelinKeys) {
        let mut square = self.kit.evaluator.square(&self.encrypted()).unwrap();
        let _ = self.kit.evaluator.relinearize_inplace(&mut square, keys);
    }

    fn rotate_with(&self, keys: &GaloisKeys) {
        for &step in keys.rotations() {
            let _ = self.kit.evaluator.rotate(&self.encrypted(), step, keys);
        }
        let _ = self.kit.evaluator.conjugate(&self.encrypted(), keys);
    }
}

#[track_caller]
fn refusal_of_seal(error: Error) -> SealError {
    match error {
        Error::Seal(refusal) => refusal,
        other => panic!("a plan without needs misses {other}"),
    }
}

/// At a scale whose square fits under the smallest modulus.
fn plain(kit: &Kit) -> Plaintext {
    kit.encoder.encode(&[0.5, -1.5], kit.top(), 12_f64.exp2()).unwrap()
}

fn sparse(context: &Context) -> SparseParameters {
    SparseParameters::insecure(context.parameters().poly_modulus_degree(), 8).unwrap()
}

fn sample(kit: &Kit, kind: Kind) -> Vec<u8> {
    world::sample!(kit, plain(kit), kind, keys, {
        Kind::GaloisKeys => kit.galois.to_bytes().unwrap(),
        // Where the kernels do not take the ring, there are none.
        Kind::EvaluationKeys => {
            let (parameters, rotations) = (kit.context.parameters(), [Rotation(1)]);
            let mut container = Container::new(parameters);
            if parameters.fit_kernels() {
                let levels = HybridKeyLevels::all(parameters, &rotations);
                container.add(&keys.create_seeded_hybrid_keys(&levels).unwrap()).unwrap();
            } else {
                container.add(&keys.create_seeded_relin_keys().unwrap()).unwrap();
                container.add(&keys.create_seeded_galois_keys(&rotations).unwrap()).unwrap();
            }
            container.to_bytes()
        }
        Kind::HybridKeys | Kind::PackedHybridKeys if !kit.context.parameters().fit_kernels() => Vec::new(),
        Kind::HybridKeys | Kind::PackedHybridKeys => {
            let levels = HybridKeyLevels::all(kit.context.parameters(), &[Rotation(1)]);
            let keys = keys.create_seeded_hybrid_keys(&levels).unwrap();
            if kind == Kind::HybridKeys { keys.to_bytes().unwrap() } else { keys.to_wire().unwrap() }
        }
        Kind::RaisingKeys if !kit.context.parameters().fit_kernels() => Vec::new(),
        Kind::RaisingKeys => {
            keys.create_seeded_raising_keys(&sparse(&kit.context), &[Rotation(1)]).unwrap().to_bytes().unwrap()
        }
        Kind::PackedCiphertext => kit.encryptor.encrypt(&plain(kit)).unwrap().to_wire().unwrap(),
        Kind::PackedSeededCiphertext => kit.encryptor.encrypt_seeded(&plain(kit)).unwrap().to_wire().unwrap(),
    })
}
