//! Backends behind a reference or an [`Arc`]: several circuits may stand on one.

use std::{collections::BTreeSet, sync::Arc};

use super::{Bound, Chain, Combination, Evaluate, Slots, TransformTerm};
use crate::{Level, Result, Rotation};

/// Every method of [`Evaluate`] as the backend itself has it, the provided ones too: they are where it is fast.
macro_rules! forward_evaluate {
    ($pointer:ty) => {
        impl<E: Evaluate> Evaluate for $pointer {
            type Ciphertext = E::Ciphertext;
            type Plaintext = E::Plaintext;
            type Fresh = E::Fresh;

            fn chain(&self) -> &Chain {
                (**self).chain()
            }

            fn rotations(&self) -> Option<&BTreeSet<Rotation>> {
                (**self).rotations()
            }

            fn receive(&self, fresh: &E::Fresh) -> Result<E::Ciphertext> {
                (**self).receive(fresh)
            }

            fn level(&self, x: &E::Ciphertext) -> Level {
                (**self).level(x)
            }

            fn scale(&self, x: &E::Ciphertext) -> f64 {
                (**self).scale(x)
            }

            fn set_scale(&self, x: &mut E::Ciphertext, scale: f64) -> Result<()> {
                (**self).set_scale(x, scale)
            }

            fn encoding_level(&self, level: Level) -> Level {
                (**self).encoding_level(level)
            }

            fn encode(&self, values: &Slots, level: Level, scale: f64) -> Result<E::Plaintext> {
                (**self).encode(values, level, scale)
            }

            fn add_inplace(&self, x: &mut E::Ciphertext, y: &E::Ciphertext) -> Result<()> {
                (**self).add_inplace(x, y)
            }

            fn sub_inplace(&self, x: &mut E::Ciphertext, y: &E::Ciphertext) -> Result<()> {
                (**self).sub_inplace(x, y)
            }

            fn negate_inplace(&self, x: &mut E::Ciphertext) -> Result<()> {
                (**self).negate_inplace(x)
            }

            fn add_plain_inplace(&self, x: &mut E::Ciphertext, y: &E::Plaintext) -> Result<()> {
                (**self).add_plain_inplace(x, y)
            }

            fn rescale_inplace(&self, x: &mut E::Ciphertext) -> Result<()> {
                (**self).rescale_inplace(x)
            }

            fn product_sum(&self, terms: &[(&E::Ciphertext, &E::Ciphertext)]) -> Result<E::Ciphertext> {
                (**self).product_sum(terms)
            }

            fn plain_product_sum(&self, terms: &[(&E::Ciphertext, &E::Plaintext)]) -> Result<E::Ciphertext> {
                (**self).plain_product_sum(terms)
            }

            fn weighted_sums(&self, terms: &[(&E::Ciphertext, &[f64])], scale: f64) -> Result<Vec<E::Ciphertext>> {
                (**self).weighted_sums(terms, scale)
            }

            fn drop_to(&self, x: &E::Ciphertext, level: Level) -> Result<E::Ciphertext> {
                (**self).drop_to(x, level)
            }

            fn rotate(&self, x: &E::Ciphertext, step: Rotation) -> Result<E::Ciphertext> {
                (**self).rotate(x, step)
            }

            fn rotate_many(&self, x: &E::Ciphertext, rotations: &[Rotation]) -> Result<Vec<E::Ciphertext>> {
                (**self).rotate_many(x, rotations)
            }

            fn add_rotations(&self, x: E::Ciphertext, rotations: &[Rotation]) -> Result<E::Ciphertext> {
                (**self).add_rotations(x, rotations)
            }

            fn sum_rotations(&self, terms: &[(&E::Ciphertext, Rotation)]) -> Result<E::Ciphertext> {
                (**self).sum_rotations(terms)
            }

            fn combine_rescale(
                &self,
                terms: &Combination<'_, E::Ciphertext>,
                level: Level,
                scale: f64,
            ) -> Result<E::Ciphertext> {
                (**self).combine_rescale(terms, level, scale)
            }

            fn linear_transform(
                &self,
                x: &E::Ciphertext,
                terms: &[TransformTerm<'_, E::Plaintext>],
            ) -> Result<E::Ciphertext> {
                (**self).linear_transform(x, terms)
            }

            fn ciphertext_bytes(&self, x: &E::Ciphertext) -> Result<usize> {
                (**self).ciphertext_bytes(x)
            }

            fn fresh_bytes(&self, x: &E::Fresh) -> usize {
                (**self).fresh_bytes(x)
            }

            fn bound(&self, x: &E::Ciphertext) -> Option<Bound> {
                (**self).bound(x)
            }

            fn set_bound(&self, x: &mut E::Ciphertext, bound: Option<Bound>) {
                (**self).set_bound(x, bound);
            }

            fn check_bound(&self, what: &str, x: &E::Ciphertext, bound: &Bound) -> Result<()> {
                (**self).check_bound(what, x, bound)
            }

            fn expect_mean(&self, what: &str, x: &E::Ciphertext, mean_abs: f64) -> Result<()> {
                (**self).expect_mean(what, x, mean_abs)
            }
        }
    };
}

forward_evaluate!(&E);
forward_evaluate!(Arc<E>);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        CircuitError, Error,
        backend::{Circuit, PlanEvaluator, TargetScale},
    };

    /// A plan takes the levels of giant steps from a provided method that it has of its own, and refuses in another.
    #[test]
    fn provided_methods_are_forwarded_too() {
        let plan = || PlanEvaluator::new(Chain::nominal(64, 2, 40).unwrap());
        let (alone, shared) = (plan(), Arc::new(plan()));
        fn run<E: Evaluate<Ciphertext = super::super::PlanCiphertext>>(backend: E, x: &E::Ciphertext) {
            let c = Circuit::new(backend);
            let one = Slots::Constant(1.0);
            c.linear_transform_in_steps(x, &[(Rotation(8), Rotation(1), &one)], TargetScale::At(Level(0))).unwrap();
            let refused = c.expect_mean("a value", x, 1e300);
            assert!(matches!(refused, Err(Error::Circuit(CircuitError::OutOfRange { .. }))));
        }
        let x = alone.input(Level(2));
        run(&alone, &x);
        run(shared.clone(), &x);
        assert_eq!(alone.keys().rotations[&Rotation(8)], Level(1));
        assert_eq!(alone.keys(), shared.keys());
    }

    /// One that is missing above would silently be the slow one.
    #[test]
    fn no_method_is_left_out() {
        let methods = |source: &str| -> BTreeSet<String> {
            let code = source.split("#[cfg(test)]").next().unwrap_or_default();
            let method = |line: &str| Some(line.trim().strip_prefix("fn ")?.split(['(', '<']).next()?.to_owned());
            code.lines().filter_map(method).collect()
        };
        let evaluate = include_str!("evaluate.rs");
        let declared = evaluate.split("pub trait Evaluate").nth(1).unwrap().split("\n}\n").next().unwrap();
        assert!(methods(declared).len() > 20);
        assert_eq!(methods(declared), methods(include_str!("shared.rs")));
    }
}
