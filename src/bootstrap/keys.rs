//! The keys of bootstraps, and their bytes.

use super::{BootstrapParameters, BootstrapPlan, parameters::SPARSE_WEIGHT};
use crate::{
    BootstrapError, CircuitError, Result, Rotation, SealError,
    backend::{PACKED_KEYS_BYTES, SealKeyHolder},
    seal::{
        Container, Context, HybridKeyLevels, HybridKeys, Parameters, RaisingKeys, Seeded, SeededRaisingKeys,
        SparseParameters,
    },
};

/// The keys of bootstraps, seed-compressed: of the taller chain, and those to and from the ephemeral sparse secret, which
/// nobody has any more.
#[derive(Debug)]
pub struct BootstrapKeys {
    pub(super) tall: Parameters,
    pub(super) switching: Seeded<HybridKeys>,
    pub(super) raising: SeededRaisingKeys,
    pub(super) sparse: SparseParameters,
}

impl BootstrapKeys {
    /// Keys for bootstraps between computations under the key holder's secret key.
    ///
    /// # Errors
    /// `SparseWeight` for a ring in which no sparse secret of the usual weight is secure; `NotTaller` for parameters that are
    /// not those of a bootstrap; an error of SEAL, for example if memory runs out.
    pub fn generate(
        holder: &SealKeyHolder,
        tall: &Parameters,
        parameters: &BootstrapParameters,
    ) -> Result<BootstrapKeys> {
        check_chain(tall, parameters)?;
        let sparse = sparse(tall)?;
        let raised = parameters.raised_rotations();
        let (switching, raising) =
            holder.keys_of_taller(&Context::new(tall)?, &needed(parameters)?, &sparse, &raised)?;
        Ok(BootstrapKeys { tall: tall.clone(), switching, raising, sparse })
    }

    /// A container with the taller parameters and the keys, for
    /// [`Container::add_bootstrap_keys`] or a file (docs/bytes.md).
    ///
    /// # Errors
    /// `Library` if memory runs out.
    pub fn to_container(&self) -> Result<Container<'static>> {
        let mut container = Container::new(&self.tall);
        container.add(&self.switching)?.add_raising_keys(&self.raising)?;
        Ok(container)
    }

    /// The keys in a container from outside, which must be of these parameters and enough for these bootstraps. Everything
    /// is checked: lengths before memory is allocated, residues against their primes, and which keys there are.
    ///
    /// # Errors
    /// `ForeignContext` for keys of other parameters; `Bytes` for invalid bytes; `MissingRotation`, `RotationKeyLevel` or
    /// `RelinKeyLevel` for keys that are not enough; `RaisingRotations` for those of a raise that sums over other copies.
    pub fn from_container(
        tall: &Parameters,
        parameters: &BootstrapParameters,
        container: &Container<'_>,
    ) -> Result<BootstrapKeys> {
        let context = check_parameters(tall, parameters, container)?;
        let (raising, sparse) = raising_keys(&context, parameters, container)?;
        let switching: Seeded<HybridKeys> = container.get(&context)?;
        check_levels(parameters, &switching.levels()?)?;
        Ok(BootstrapKeys { tall: tall.clone(), switching, raising, sparse })
    }

    /// The length of the bytes of [`to_container`](BootstrapKeys::to_container), before there are any.
    ///
    /// # Errors
    /// As [`generate`](BootstrapKeys::generate) for parameters of no bootstrap.
    pub fn bytes_of(tall: &Parameters, parameters: &BootstrapParameters) -> Result<usize> {
        check_chain(tall, parameters)?;
        let (plan, rotations) = (BootstrapPlan::of(parameters)?, parameters.raised_rotations().len());
        let levels = plan.keys.rotations.values().copied().chain(plan.keys.relin).chain([plan.conjugation]);
        let switching = PACKED_KEYS_BYTES + parameters.chain().hybrid_key_bytes(levels);
        let raising = SeededRaisingKeys::bytes_of(&Context::new(tall)?, &sparse(tall)?, rotations)?;
        Ok(Container::new(tall).to_bytes().len() + 2 * Container::bytes_around_entry() + switching + raising)
    }
}

/// The keys of bootstraps as they are used.
pub(super) struct ExpandedKeys {
    pub context: Context,
    pub switching: HybridKeys,
    pub raising: RaisingKeys,
    pub sparse: SparseParameters,
}

impl ExpandedKeys {
    pub fn of(keys: BootstrapKeys) -> Result<ExpandedKeys> {
        let BootstrapKeys { tall, switching, raising, sparse } = keys;
        let context = Context::new(&tall)?;
        // Their seeded form is gone before the others grow.
        let raising = {
            let seeded = raising;
            seeded.expand(&context)?
        };
        Ok(ExpandedKeys { switching: switching.expand_all(&context)?, raising, sparse, context })
    }

    /// As [`BootstrapKeys::from_container`], of the bytes of a container around that. Each key is cut off from the bytes when
    /// it is expanded.
    pub fn take(tall: &Parameters, parameters: &BootstrapParameters, mut bytes: Vec<u8>) -> Result<ExpandedKeys> {
        let outer = Container::from_bytes(&bytes)?;
        let container = outer.bootstrap_keys()?;
        let context = check_parameters(tall, parameters, &container)?;
        let (raising, sparse) = raising_keys(&context, parameters, &container)?;
        let raising = raising.expand(&context)?;
        let place = Container::place_of_bootstrap_switching_keys(&bytes)?;
        let switching = HybridKeys::take_from_wire(&context, &mut bytes, place)?;
        check_levels(parameters, &switching.levels())?;
        Ok(ExpandedKeys { context, switching, raising, sparse })
    }
}

/// The taller context of a container with these parameters.
fn check_parameters(tall: &Parameters, parameters: &BootstrapParameters, container: &Container<'_>) -> Result<Context> {
    check_chain(tall, parameters)?;
    let theirs: Parameters = match tall.security_bits() {
        0 => container.insecure_parameters()?,
        _ => container.parameters()?,
    };
    match theirs == *tall {
        true => Ok(Context::new(tall)?),
        false => Err(SealError::ForeignContext { op: "bootstrap keys" }.into()),
    }
}

/// Keys of the raise that sums over the copies of these bootstraps.
fn raising_keys(
    context: &Context,
    parameters: &BootstrapParameters,
    container: &Container<'_>,
) -> Result<(SeededRaisingKeys, SparseParameters)> {
    let sparse = sparse(context.parameters())?;
    let raising = container.raising_keys(context, &sparse)?;
    let (expected, actual) = (parameters.raised_rotations(), raising.rotations().to_vec());
    match actual == expected {
        true => Ok((raising, sparse)),
        false => Err(BootstrapError::RaisingRotations { expected, actual }.into()),
    }
}

/// The keys of the taller chain that bootstraps use.
fn needed(parameters: &BootstrapParameters) -> Result<HybridKeyLevels> {
    let BootstrapPlan { keys, conjugation, .. } = BootstrapPlan::of(parameters)?;
    Ok(HybridKeyLevels { relin: keys.relin, rotations: keys.rotations, conjugation: Some(conjugation) })
}

fn check_levels(parameters: &BootstrapParameters, actual: &HybridKeyLevels) -> Result<()> {
    let (needed, slots) = (needed(parameters)?, parameters.chain().slots() as i32);
    // By more than half of the slots to the left is by the rest to the right.
    let same = |a: Rotation, b: Rotation| (a.0 - b.0) % slots == 0;
    for (&step, &needed) in &needed.rotations {
        match actual.rotations.iter().find(|&(&other, _)| same(step, other)).map(|(_, &level)| level) {
            Some(actual) if actual >= needed => {}
            Some(actual) => return Err(CircuitError::RotationKeyLevel { step, needed, actual }.into()),
            None => {
                let available = actual.rotations.keys().copied().collect();
                return Err(CircuitError::MissingRotation { step, available }.into());
            }
        }
    }
    match needed.relin {
        Some(needed) if actual.relin < Some(needed) => {
            return Err(CircuitError::RelinKeyLevel { needed, actual: actual.relin }.into());
        }
        _ => {}
    }
    match needed.conjugation {
        Some(needed) if actual.conjugation < Some(needed) => {
            Err(BootstrapError::ConjugationKey { needed, actual: actual.conjugation }.into())
        }
        _ => Ok(()),
    }
}

/// That of the usual weight; without security where the parameters have none.
fn sparse(tall: &Parameters) -> Result<SparseParameters> {
    let degree = tall.poly_modulus_degree();
    Ok(match tall.security_bits() {
        0 => SparseParameters::insecure(degree, SPARSE_WEIGHT)?,
        _ => SparseParameters::new(degree, SPARSE_WEIGHT)?,
    })
}

/// Returns an error for other primes than those of a bootstrap.
pub(super) fn check_chain(tall: &Parameters, parameters: &BootstrapParameters) -> Result<()> {
    let chain = parameters.chain();
    let same = tall.poly_modulus_degree() == chain.poly_modulus_degree()
        && tall.data_primes() == chain.primes()
        && tall.special_primes() == chain.special_primes();
    if same { Ok(()) } else { Err(BootstrapError::NotTaller.into()) }
}
