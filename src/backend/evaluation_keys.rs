//! The keys of the evaluating side, and their bytes.

use super::{Chain, KeyLevels, KeySwitching};
use crate::{
    CircuitError, Result, Rotation, SealError,
    seal::{Container, Context, GaloisKeys, HybridKeyLevels, HybridKeys, Parameters, RelinKeys, Seeded},
};

/// The seed-compressed keys that the key holder sends to the evaluating side: a relinearisation key, and Galois keys
/// for an exact set of rotations.
///
/// ```
/// use seal_nn::{Rotation, backend::{Chain, EvaluationKeys, KeyLevels, SealKeyHolder}, seal::Parameters};
/// # fn main() -> seal_nn::Result<()> {
/// let parameters = Parameters::new(8192, &[50, 40, 50])?;
/// let needed = KeyLevels::all(&Chain::try_from(&parameters)?, &[Rotation(1), Rotation(-4)]);
/// let bytes = SealKeyHolder::generate(&parameters)?.evaluation_keys_for(&needed)?.to_bytes()?;
///
/// // The other side, which knows the parameters and what it is going to compute.
/// let keys = EvaluationKeys::from_bytes(&parameters, &needed, &bytes)?;
/// assert!(keys.rotations().eq([Rotation(-4), Rotation(1)]));
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct EvaluationKeys {
    parameters: Parameters,
    keys: SeededKeys,
    /// Read from the keys themselves, so that the two always agree.
    levels: KeyLevels,
    relin_bytes: usize,
    galois_bytes: usize,
}

/// What a container has before each object.
const ENTRY_BYTES: usize = Container::bytes_around_entry();
/// What packed switching keys have before the first key.
pub(crate) const PACKED_KEYS_BYTES: usize = 5 + 1 + 8;

#[derive(Debug)]
pub(super) enum SeededKeys {
    Hybrid(Seeded<HybridKeys>),
    Seal(Seeded<RelinKeys>, Seeded<GaloisKeys>),
}

impl EvaluationKeys {
    pub(super) fn new(parameters: &Parameters, keys: SeededKeys) -> Result<EvaluationKeys> {
        let (levels, relin_bytes, galois_bytes) = match &keys {
            SeededKeys::Hybrid(keys) => {
                let HybridKeyLevels { relin, rotations, .. } = keys.levels()?;
                let chain = Chain::try_from(parameters)?;
                let relin_bytes = chain.hybrid_key_bytes(relin);
                let galois_bytes = chain.hybrid_key_bytes(rotations.values().copied());
                (KeyLevels { relin, rotations }, relin_bytes, galois_bytes)
            }
            SeededKeys::Seal(relin, galois) => {
                let top = parameters.top_level();
                let rotations = galois.rotations()?.into_iter().map(|step| (step, top)).collect();
                let levels = KeyLevels { relin: Some(top), rotations };
                (levels, relin.serialized_bytes(), galois.serialized_bytes())
            }
        };
        Ok(EvaluationKeys { parameters: parameters.clone(), keys, levels, relin_bytes, galois_bytes })
    }

    pub(super) fn seeded(&self) -> &SeededKeys {
        &self.keys
    }

    /// The size of the relinearisation key in bytes, as it is sent.
    pub fn relin_bytes(&self) -> usize {
        self.relin_bytes
    }

    /// The size of the Galois keys in bytes, as they are sent.
    pub fn galois_bytes(&self) -> usize {
        self.galois_bytes
    }

    /// The key switching for which they were generated.
    pub fn key_switching(&self) -> KeySwitching {
        match self.keys {
            SeededKeys::Hybrid(_) => KeySwitching::Hybrid,
            SeededKeys::Seal(..) => KeySwitching::Seal,
        }
    }

    /// The rotations that have keys.
    pub fn rotations(&self) -> impl Iterator<Item = Rotation> + '_ {
        self.levels.rotations.keys().copied()
    }

    /// The keys in the set, each with the highest level that it supports.
    pub fn levels(&self) -> &KeyLevels {
        &self.levels
    }

    /// Checks that these keys suffice for a plan; additional keys are allowed.
    ///
    /// # Errors
    /// [`MissingRotation`](CircuitError::MissingRotation), [`RotationKeyLevel`](CircuitError::RotationKeyLevel),
    /// [`RelinKeyLevel`](CircuitError::RelinKeyLevel).
    pub fn check(&self, needed: &KeyLevels) -> Result<()> {
        for (step, &needed) in &needed.rotations {
            let step = step.canonical(self.parameters.slots());
            match self.levels.rotations.get(&step) {
                _ if step == Rotation(0) => {}
                Some(&actual) if actual >= needed => {}
                Some(&actual) => return Err(CircuitError::RotationKeyLevel { step, needed, actual }.into()),
                None => {
                    let available = self.rotations().collect();
                    return Err(CircuitError::MissingRotation { step, available }.into());
                }
            }
        }
        match (needed.relin, self.levels.relin) {
            (Some(needed), actual) if actual < Some(needed) => {
                Err(CircuitError::RelinKeyLevel { needed, actual }.into())
            }
            _ => Ok(()),
        }
    }

    /// A container with the parameters and the keys, to which more can be added.
    ///
    /// # Errors
    /// [`Library`](SealError::Library) if memory runs out.
    pub fn to_container(&self) -> Result<Container<'static>> {
        let mut container = Container::new(&self.parameters);
        match &self.keys {
            SeededKeys::Hybrid(keys) => container.add(keys)?,
            SeededKeys::Seal(relin, galois) => container.add(relin)?.add(galois)?,
        };
        Ok(container)
    }

    /// The keys in a container, which must be of these parameters and suffice for a plan.
    ///
    /// # Errors
    /// [`ForeignContext`](SealError::ForeignContext) for keys of other parameters, [`Bytes`](SealError::Bytes) for
    /// invalid bytes, and the errors of [`check`](EvaluationKeys::check).
    pub fn from_container(
        parameters: &Parameters,
        needed: &KeyLevels,
        container: &Container<'_>,
    ) -> Result<EvaluationKeys> {
        let theirs: Parameters = match parameters.security_bits() {
            0 => container.insecure_parameters()?,
            _ => container.parameters()?,
        };
        if theirs != *parameters {
            return Err(SealError::ForeignContext { op: "evaluation keys" }.into());
        }
        let context = Context::new(parameters)?;
        let keys = match container.has::<Seeded<HybridKeys>>() {
            true => SeededKeys::Hybrid(container.get(&context)?),
            false => SeededKeys::Seal(container.get(&context)?, container.get(&context)?),
        };
        let keys = EvaluationKeys::new(parameters, keys)?;
        keys.check(needed)?;
        Ok(keys)
    }

    /// The bytes of [`to_container`](EvaluationKeys::to_container).
    ///
    /// # Errors
    /// As there.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        Ok(self.to_container()?.to_bytes())
    }

    /// The length of the bytes of exactly the keys that are needed, before there are any.
    ///
    /// # Errors
    /// [`BadChain`](CircuitError::BadChain) for parameters that are no chain.
    pub fn bytes_of(parameters: &Parameters, needed: &KeyLevels, key_switching: KeySwitching) -> Result<usize> {
        let chain = Chain::try_from(parameters)?;
        let keys = needed.relin_bytes(&chain, key_switching) + needed.galois_bytes(&chain, key_switching);
        let around = match key_switching.on(&chain) {
            KeySwitching::Hybrid => ENTRY_BYTES + PACKED_KEYS_BYTES,
            KeySwitching::Seal => 2 * ENTRY_BYTES,
        };
        Ok(Container::new(parameters).to_bytes().len() + around + keys)
    }

    /// Reads and checks untrusted bytes: they must be of these parameters, every length is compared with the available
    /// bytes before memory is allocated, and every rotation and relinearisation of a plan must have a key for its
    /// level.
    ///
    /// # Errors
    /// The same as for [`from_container`](EvaluationKeys::from_container).
    pub fn from_bytes(parameters: &Parameters, needed: &KeyLevels, bytes: &[u8]) -> Result<EvaluationKeys> {
        EvaluationKeys::from_container(parameters, needed, &Container::from_bytes(bytes)?)
    }
}
