//! Bootstrapping without data: keys and operations, before there is a key.

use super::{
    Bootstrap, BootstrapParameters, Raise,
    matrices::{self, Factor},
};
use crate::{
    Level, Result,
    backend::{Chain, CostModel, Evaluate, KeyLevels, KeySwitching, Operation, PlanCiphertext, PlanEvaluator, Tallies},
};

/// The raise of values without data.
pub struct PlanRaise {
    tall: PlanEvaluator,
}

impl PlanRaise {
    /// For a bootstrap.
    pub fn new(parameters: &BootstrapParameters) -> PlanRaise {
        PlanRaise { tall: PlanEvaluator::new(parameters.chain().clone()) }
    }

    /// A matrix with diagonals of these steps, as the backend of ciphertexts evaluates it.
    fn transform(&self, x: &PlanCiphertext, steps: &Factor<()>, scale: f64) -> Result<PlanCiphertext> {
        let (babies, giants) = steps.rotations();
        self.tall.rotate_many(x, &babies)?;
        // Before the one rescale.
        for giant in giants {
            self.tall.rotate(x, giant)?;
        }
        self.tall.plain_product_sum(&vec![(x, &scale); steps.diagonals.len()])
    }
}

impl Raise for PlanRaise {
    type Evaluator = PlanEvaluator;

    fn tall(&self) -> &PlanEvaluator {
        &self.tall
    }

    fn coefficients(&self, parameters: &BootstrapParameters, x: &PlanCiphertext, _: &[bool]) -> Result<PlanCiphertext> {
        let (tall, spec) = (&self.tall, parameters.spec());
        let mut x = tall.drop_to(x, spec.map_level())?;
        let scales = parameters.to_coefficients_scales(tall.scale(&x));
        for (steps, scale) in matrices::steps_to_coefficients(spec.period).iter().zip(scales) {
            x = self.transform(&x, steps, scale)?;
        }
        let raised = tall.input(parameters.chain().top());
        let mut slots = tall.add_rotations(raised, &parameters.summed_rotations())?;
        for steps in matrices::steps_to_slots(spec.period) {
            slots = self.transform(&slots, &steps, tall.chain().prime(tall.level(&slots)))?;
        }
        tall.set_scale(&mut slots, parameters.sine_scale())?;
        Ok(slots)
    }
}

/// Keys and operations of a bootstrap.
#[derive(Clone, Debug, PartialEq)]
pub struct BootstrapPlan {
    /// Relinearisation and rotations on the taller chain, each with the highest level of its use.
    pub keys: KeyLevels,
    /// The level of the key for conjugation.
    pub conjugation: Level,
    /// The level of the map to coefficients, where the imaginary parts of values are removed with the same key.
    pub map: Level,
    /// Keys from the sparse secret, one for each rotation that the raise sums over.
    pub raising: usize,
    /// The operations of one bootstrap of as many ciphertexts as it restores together, without the switches to and from the
    /// sparse secret.
    pub operations: Tallies,
    /// The taller chain.
    pub chain: Chain,
}

impl BootstrapPlan {
    /// Plans a bootstrap.
    ///
    /// # Errors
    /// Any error of the circuit.
    pub fn of(parameters: &BootstrapParameters) -> Result<BootstrapPlan> {
        let bootstrap = Bootstrap::new(parameters.clone(), PlanRaise::new(parameters));
        let tall = bootstrap.place().tall();
        let spec = parameters.spec();
        let (input, live) = (tall.input(spec.input_level()), vec![true; spec.part_period()]);
        bootstrap.bootstrap_parts(&vec![(&input, &live[..]); spec.parts])?;
        let chain = parameters.chain().clone();
        let (keys, operations) = (tall.keys(), tall.operations());
        let raising = 1 << parameters.raised_rotations().len();
        // With the last factor to slots.
        let conjugation = Level(parameters.sine_level().0 + 1);
        Ok(BootstrapPlan { keys, conjugation, map: spec.map_level(), raising, operations, chain })
    }

    /// The number of switching keys: of relinearisation, rotations and conjugation, and those to and from the sparse secret.
    pub fn key_count(&self) -> usize {
        self.keys.rotations.len() + usize::from(self.keys.relin.is_some()) + 1 + self.raising + 1
    }

    /// Bytes of the keys as they are sent, seeded. That to the sparse secret, of two primes, is not counted.
    pub fn key_bytes(&self) -> usize {
        let levels = self.keys.rotations.values().copied().chain(self.keys.relin).chain([self.conjugation]);
        self.chain.hybrid_key_bytes(levels) + self.raising * self.raising_row_bits() / 8
    }

    /// Memory of the keys at the server, in bytes: both halves, in words of 64 bits.
    pub fn expanded_key_bytes(&self) -> usize {
        let mut keys = self.keys.clone();
        keys.relin = keys.relin.max(Some(self.conjugation));
        let conjugation = KeyLevels { relin: Some(self.conjugation), ..Default::default() };
        let of = |keys: &KeyLevels| keys.residue_bytes(&self.chain, KeySwitching::Hybrid);
        let primes = self.chain.primes().len() + self.chain.special_primes().len();
        2 * (of(&keys) + of(&conjugation) + 8 * self.raising * primes * self.chain.poly_modulus_degree())
    }

    /// The bits of a polynomial modulo all primes: keys from the sparse secret have no digits.
    fn raising_row_bits(&self) -> usize {
        let primes = self.chain.primes().iter().chain(self.chain.special_primes());
        let bits = primes.map(|prime| (prime - 1).ilog2() as usize + 1).sum::<usize>();
        bits * self.chain.poly_modulus_degree()
    }

    /// Estimated seconds of one bootstrap on one thread.
    pub fn seconds(&self, costs: &CostModel) -> f64 {
        // Conjugations, and the switch from the sparse secret.
        let mut operations = self.operations.clone();
        operations.add(Operation::Rotate, self.map, 1);
        operations.add(Operation::Rotate, self.conjugation, 1);
        operations.add(Operation::Rotate, self.chain.top(), 1);
        costs.of(&operations, &self.chain)
    }
}
