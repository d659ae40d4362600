//! The side that computes without the secret key.

use std::{
    borrow::Cow,
    collections::{BTreeSet, HashMap},
    sync::{Arc, OnceLock},
};

use poulpy_ckks::{
    CKKSError,
    api::{CKKSAddOps, CKKSCopyOps, CKKSNegOps, CKKSRotateOps, CKKSSubOps},
    layouts::CKKSRightOperandPrepared,
};
use poulpy_core::{
    GGLWEDecompress, GLWEAutomorphism, GLWENormalize,
    api::{GLWEAutomorphismKeyPreparedFactory, GLWETensorKeyPreparedFactory},
    layouts::{
        BackendGLWEAutomorphismKeyPrepared, BackendGLWETensorKeyPrepared, GLWEAutomorphismKeyAlloc, GLWETensorKeyAlloc,
        GetAutomorphismKey, LWEInfos, SetGaloisElement,
    },
};
use poulpy_hal::layouts::{ScratchArena, WriterTo};
use seal_nn::{
    CircuitError, Level, Result, Rotation,
    backend::{Chain, Evaluate, Slots, TransformTerm},
};

use crate::{
    engine::{Ct, Engine, Pt},
    key_holder::{EvaluationKeys, Fresh},
    ring::{Ring, failed},
};

/// A value of a level, with the scale that poulpy cannot keep.
#[derive(Clone)]
pub struct Ciphertext {
    pub(crate) value: Ct,
    pub(crate) level: Level,
    pub(crate) scale: f64,
}

/// An encoded vector, which serves every level that is wide enough. What sums of products need of it is made once, when
/// it is first part of one.
pub struct Plaintext {
    /// A single coefficient for a constant.
    pub(crate) value: Pt,
    pub(crate) constant: Option<f64>,
    pub(crate) level: Level,
    pub(crate) scale: f64,
    pub(crate) prepared: OnceLock<Arc<CKKSRightOperandPrepared<Engine>>>,
}

/// The evaluating side, made from evaluation keys: there is no way to give it a secret key.
pub struct PoulpyEvaluator {
    pub(crate) ring: Arc<Ring>,
    pub(crate) relin: BackendGLWETensorKeyPrepared<Engine>,
    /// By Galois element.
    pub(crate) galois: HashMap<i64, BackendGLWEAutomorphismKeyPrepared<Engine>>,
    steps: BTreeSet<Rotation>,
}

impl PoulpyEvaluator {
    /// Lays the keys out for use.
    pub fn new(keys: &EvaluationKeys) -> PoulpyEvaluator {
        let EvaluationKeys { ring, relin, galois } = keys;
        let module = &ring.module;
        let layout = ring.tensor_layout();
        let mut expanded = module.glwe_tensor_key_alloc_from_infos(&layout);
        module.gglwe_decompress(&mut expanded, relin);
        let mut prepared_relin = module.glwe_tensor_key_prepared_alloc_from_infos(&layout);
        ring.with_scratch(module.glwe_tensor_key_prepare_tmp_bytes(&layout), |scratch| {
            module.glwe_tensor_key_prepare(&mut prepared_relin, &expanded, scratch);
        });
        let layout = ring.galois_layout();
        let mut expanded = module.glwe_automorphism_key_alloc_from_infos(&layout);
        let expand = |(step, key): (&Rotation, _)| {
            let element = ring.galois_element(*step);
            module.gglwe_decompress(&mut expanded, key);
            expanded.set_p(element);
            let mut prepared = module.glwe_automorphism_key_prepared_alloc_from_infos(&layout);
            ring.with_scratch(module.glwe_automorphism_key_prepare_tmp_bytes(&layout), |scratch| {
                module.glwe_automorphism_key_prepare(&mut prepared, &expanded, scratch);
            });
            (element, prepared)
        };
        PoulpyEvaluator {
            ring: ring.clone(),
            relin: prepared_relin,
            galois: galois.iter().map(expand).collect(),
            steps: galois.keys().copied().collect(),
        }
    }

    /// A value whose carries have propagated, for operations that read it more than once.
    pub(crate) fn settled<'x>(&self, x: &'x Ct) -> Cow<'x, Ct> {
        if x.is_canonical() {
            return Cow::Borrowed(x);
        }
        let mut settled = x.clone();
        let module = &self.ring.module;
        self.ring.with_scratch(module.glwe_normalize_tmp_bytes(), |scratch| {
            module.glwe_normalize_assign(&mut settled, scratch);
        });
        Cow::Owned(settled)
    }

    /// An operation into a new value.
    pub(crate) fn computed(
        &self,
        level: Level,
        scale: f64,
        bytes: impl FnOnce(&Ct) -> usize,
        f: impl FnOnce(&mut Ct, &mut ScratchArena<'_, Engine>) -> Result<(), CKKSError>,
    ) -> Result<Ciphertext> {
        let mut value = self.ring.ciphertext(level);
        let bytes = bytes(&value);
        self.ring.with_scratch(bytes, |scratch| f(&mut value, scratch)).map_err(failed)?;
        Ok(Ciphertext { value, level, scale })
    }

    pub(crate) fn key(&self, step: Rotation) -> Result<&BackendGLWEAutomorphismKeyPrepared<Engine>> {
        let available = || self.steps.iter().copied().collect();
        let key = self.galois.get(&self.ring.galois_element(step));
        key.ok_or_else(|| CircuitError::MissingRotation { step, available: available() }.into())
    }
}

impl Evaluate for PoulpyEvaluator {
    type Ciphertext = Ciphertext;
    type Plaintext = Plaintext;
    type Fresh = Fresh;

    fn chain(&self) -> &Chain {
        self.ring.chain()
    }

    fn rotations(&self) -> Option<&BTreeSet<Rotation>> {
        Some(&self.steps)
    }

    fn receive(&self, fresh: &Fresh) -> Result<Ciphertext> {
        Ok(fresh.0.clone())
    }

    fn level(&self, x: &Ciphertext) -> Level {
        x.level
    }

    fn scale(&self, x: &Ciphertext) -> f64 {
        x.scale
    }

    fn set_scale(&self, x: &mut Ciphertext, scale: f64) -> Result<()> {
        x.scale = scale;
        Ok(())
    }

    fn encoding_level(&self, level: Level) -> Level {
        self.ring.encoding_level(level)
    }

    fn encode(&self, values: &Slots, level: Level, scale: f64) -> Result<Plaintext> {
        self.ring.chain().check_slots("plaintext", level, scale, &self.ring.slots(values))?;
        let (value, constant) = match values {
            Slots::Constant(value) => (self.ring.encode_constant(*value, level, scale)?, Some(*value)),
            Slots::Vector(_) => (self.ring.encode(values, level, scale)?, None),
        };
        Ok(Plaintext { value, constant, level, scale, prepared: OnceLock::new() })
    }

    fn add_inplace(&self, x: &mut Ciphertext, y: &Ciphertext) -> Result<()> {
        let module = &self.ring.module;
        let bytes = module.ckks_add_tmp_bytes(x.value.max_size());
        self.ring.with_scratch(bytes, |s| module.ckks_add_assign(&mut x.value, &y.value, s)).map_err(failed)
    }

    fn sub_inplace(&self, x: &mut Ciphertext, y: &Ciphertext) -> Result<()> {
        let module = &self.ring.module;
        let bytes = module.ckks_sub_tmp_bytes(x.value.max_size());
        self.ring.with_scratch(bytes, |s| module.ckks_sub_assign(&mut x.value, &y.value, s)).map_err(failed)
    }

    fn negate_inplace(&self, x: &mut Ciphertext) -> Result<()> {
        self.ring.module.ckks_neg_assign(&mut x.value).map_err(failed)
    }

    fn add_plain_inplace(&self, x: &mut Ciphertext, y: &Plaintext) -> Result<()> {
        let (module, limbs) = (&self.ring.module, x.value.max_size());
        let added = match y.constant {
            Some(_) => self.ring.with_scratch(module.ckks_add_pt_const_tmp_bytes(limbs), |s| {
                module.ckks_add_pt_const_assign(&mut x.value, 0, &y.value, 0, s)
            }),
            None => self.ring.with_scratch(module.ckks_add_pt_vec_tmp_bytes(limbs), |s| {
                module.ckks_add_pt_vec_assign(&mut x.value, &y.value, s)
            }),
        };
        added.map_err(failed)
    }

    fn product_sum(&self, terms: &[(&Ciphertext, &Ciphertext)]) -> Result<Ciphertext> {
        self.products(terms)
    }

    fn plain_product_sum(&self, terms: &[(&Ciphertext, &Plaintext)]) -> Result<Ciphertext> {
        self.plain_products(terms)
    }

    fn weighted_sums(&self, terms: &[(&Ciphertext, &[f64])], scale: f64) -> Result<Vec<Ciphertext>> {
        let sums = terms.first().ok_or(CircuitError::Empty { op: "weighted sum" })?.1.len();
        (0..sums).map(|j| self.weighted_sum(terms, j, scale)).collect()
    }

    fn rescale_inplace(&self, x: &mut Ciphertext) -> Result<()> {
        *x = self.rescaled(x)?;
        Ok(())
    }

    fn drop_to(&self, x: &Ciphertext, level: Level) -> Result<Ciphertext> {
        let module = &self.ring.module;
        self.computed(
            level,
            x.scale,
            |dst| module.ckks_copy_tmp_bytes(dst, &x.value),
            |dst, s| module.ckks_copy(dst, &x.value, s),
        )
    }

    fn rotate(&self, x: &Ciphertext, step: Rotation) -> Result<Ciphertext> {
        self.key(step)?;
        let module = &self.ring.module;
        self.computed(
            x.level,
            x.scale,
            |_| module.ckks_rotate_tmp_bytes(&x.value, &self.ring.galois_layout()),
            |dst, s| module.ckks_rotate_into(step.0.into(), dst, &x.value, &self.galois, s),
        )
    }

    fn rotate_many(&self, x: &Ciphertext, rotations: &[Rotation]) -> Result<Vec<Ciphertext>> {
        let module = &self.ring.module;
        let value = self.settled(&x.value);
        let look_up = |&step: &Rotation| {
            self.key(step)?;
            self.galois.get_automorphism_key(self.ring.galois_element(step), value.k()).map_err(failed)
        };
        let keys = rotations.iter().map(look_up).collect::<Result<Vec<_>>>()?;
        let mut rotated: Vec<Ct> = rotations.iter().map(|_| self.ring.ciphertext(x.level)).collect();
        let bytes = module.glwe_automorphism_many_tmp_bytes(&*value, &*value, &self.ring.galois_layout());
        let (mut results, keys): (Vec<&mut Ct>, Vec<_>) = (rotated.iter_mut().collect(), keys.iter().collect());
        self.ring.with_scratch(bytes, |s| module.glwe_automorphism_many(&mut results, &*value, &keys, s));
        Ok(rotated.into_iter().map(|value| Ciphertext { value, ..*x }).collect())
    }

    fn linear_transform(&self, x: &Ciphertext, terms: &[TransformTerm<'_, Plaintext>]) -> Result<Ciphertext> {
        self.transform(x, terms)
    }

    fn ciphertext_bytes(&self, x: &Ciphertext) -> Result<usize> {
        let mut bytes = Vec::new();
        self.settled(&x.value).write_to(&mut bytes).map_err(failed)?;
        Ok(bytes.len())
    }

    fn fresh_bytes(&self, x: &Fresh) -> usize {
        self.ciphertext_bytes(&x.0).unwrap_or_default()
    }
}
