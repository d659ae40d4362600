//! The side that holds the secret key.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, PoisonError},
};

use poulpy_ckks::{
    SetCKKSInfos,
    api::{CKKSDecryptOps, CKKSEncryptOps},
};
use poulpy_core::{
    GLWEAutomorphismKeyCompressedEncryptSk, GLWETensorKeyCompressedEncryptSk,
    api::{GLWESecretPreparedFactory, GLWESecretSampling},
    layouts::{
        BackendGLWESecret, BackendGLWESecretPrepared, GLWEAutomorphismKeyCompressed,
        GLWEAutomorphismKeyCompressedAlloc, GLWESecretAlloc, GLWETensorKeyCompressed, GLWETensorKeyCompressedAlloc,
    },
};
use poulpy_hal::{layouts::Backend, layouts::WriterTo, source::Source};
use rand::RngExt;
use seal_nn::{
    Level, Private, Result, Rotation,
    backend::{Chain, Decrypt, Encrypt, Slots},
};

use crate::{
    Parameters,
    engine::Engine,
    evaluator::Ciphertext,
    ring::{Ring, failed},
};

type Buffer = <Engine as Backend>::OwnedBuf;

/// A fresh ciphertext. poulpy can send a seed in place of one polynomial, but not yet for CKKS.
pub struct Fresh(pub(crate) Ciphertext);

/// What the evaluating side gets: keys with seeds in place of their uniform halves.
pub struct EvaluationKeys {
    pub(crate) ring: Arc<Ring>,
    pub(crate) relin: GLWETensorKeyCompressed<Buffer, i64>,
    pub(crate) galois: BTreeMap<Rotation, GLWEAutomorphismKeyCompressed<Buffer, i64>>,
}

impl EvaluationKeys {
    /// The size of all keys when sent, in bytes.
    ///
    /// # Errors
    /// `Backend` for what poulpy cannot write.
    pub fn bytes(&self) -> Result<usize> {
        let mut bytes = Vec::new();
        self.relin.write_to(&mut bytes).map_err(failed)?;
        let mut total = bytes.len();
        for key in self.galois.values() {
            bytes.clear();
            key.write_to(&mut bytes).map_err(failed)?;
            total += bytes.len();
        }
        Ok(total)
    }
}

/// Holds a secret key, uniform in -1, 0 and 1. All that it draws comes from the randomness of the system.
pub struct PoulpyKeyHolder {
    ring: Arc<Ring>,
    secret: BackendGLWESecret<Engine>,
    prepared: BackendGLWESecretPrepared<Engine>,
    /// For errors, and for what is uniform.
    sources: Mutex<[Source; 2]>,
}

impl PoulpyKeyHolder {
    /// A new secret key.
    pub fn generate(parameters: &Parameters) -> PoulpyKeyHolder {
        let ring = Ring::new(parameters);
        let source = || Source::new(rand::rng().random());
        let layout = ring.ciphertext_layout(Level(0));
        let mut secret = ring.module.glwe_secret_alloc_from_infos(&layout);
        ring.module.glwe_secret_fill_ternary_prob(&mut secret, 2.0 / 3.0, &mut source());
        let mut prepared = ring.module.glwe_secret_prepared_alloc_from_infos(&layout);
        ring.module.glwe_secret_prepare(&mut prepared, &secret);
        PoulpyKeyHolder { ring, secret, prepared, sources: Mutex::new([source(), source()]) }
    }

    /// Keys for the evaluating side: relinearisation, and rotations by exactly these steps, at every level.
    pub fn evaluation_keys(&self, steps: &[Rotation]) -> EvaluationKeys {
        let module = &self.ring.module;
        let [errors, uniform] = &mut *self.sources.lock().unwrap_or_else(PoisonError::into_inner);
        let layout = self.ring.tensor_layout();
        let mut relin = module.glwe_tensor_key_compressed_alloc_from_infos(&layout);
        let bytes = module.glwe_tensor_key_compressed_encrypt_sk_tmp_bytes(&layout);
        self.ring.with_scratch(bytes, |scratch| {
            module.glwe_tensor_key_compressed_encrypt_sk(&mut relin, &self.secret, uniform.new_seed(), errors, scratch);
        });
        let layout = self.ring.galois_layout();
        let bytes = module.glwe_automorphism_key_compressed_encrypt_sk_tmp_bytes(&layout);
        let slots = self.ring.chain().slots();
        let steps: BTreeSet<Rotation> = steps.iter().map(|s| s.canonical(slots)).filter(|s| s.0 != 0).collect();
        let mut make = |step: Rotation| {
            let mut key = module.glwe_automorphism_key_compressed_alloc_from_infos(&layout);
            let (element, seed) = (self.ring.galois_element(step), uniform.new_seed());
            self.ring.with_scratch(bytes, |scratch| {
                module.glwe_automorphism_key_compressed_encrypt_sk(
                    &mut key,
                    element,
                    &self.secret,
                    seed,
                    errors,
                    scratch,
                );
            });
            (step, key)
        };
        EvaluationKeys { ring: self.ring.clone(), relin, galois: steps.into_iter().map(&mut make).collect() }
    }
}

impl Encrypt for PoulpyKeyHolder {
    type Fresh = Fresh;

    fn chain(&self) -> &Chain {
        self.ring.chain()
    }

    fn encrypt(&self, values: &[f64], at: Level) -> Result<Fresh> {
        let Ring { module, .. } = &*self.ring;
        self.ring.chain().check_encryption(values, at)?;
        let scale = self.ring.chain().scale(at);
        let message = self.ring.encode(&Slots::from(values.to_vec()), at, scale)?;
        let mut value = self.ring.ciphertext(at);
        let bytes = module.ckks_encrypt_sk_tmp_bytes(&value);
        let [errors, uniform] = &mut *self.sources.lock().unwrap_or_else(PoisonError::into_inner);
        self.ring
            .with_scratch(bytes, |scratch| {
                module.ckks_encrypt_sk(&mut value, &message, &self.prepared, errors, uniform, scratch)
            })
            .map_err(failed)?;
        value.set_meta(self.ring.meta());
        Ok(Fresh(Ciphertext { value, level: at, scale }))
    }
}

impl Decrypt for PoulpyKeyHolder {
    type Ciphertext = Ciphertext;

    fn decrypt(&self, x: &Ciphertext) -> Result<Private<Vec<f64>>> {
        let Ring { module, .. } = &*self.ring;
        let mut message = self.ring.readable(self.ring.width(x.level));
        let bytes = module.ckks_decrypt_tmp_bytes(&message, &x.value);
        self.ring
            .with_scratch(bytes, |scratch| module.ckks_decrypt(&mut message, &x.value, &self.prepared, scratch))
            .map_err(failed)?;
        let slots = self.ring.decode(&message, x.scale)?;
        self.ring.chain().check_slots("decryption", x.level, x.scale, &slots)?;
        Ok(Private::new(slots))
    }
}
