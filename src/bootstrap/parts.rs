//! Several ciphertexts in one bootstrap: a block of a period for each.

use super::{Bootstrap, Raise};
use crate::{
    BootstrapError, CircuitError, Level, PackingError, Result, Rotation,
    backend::{Evaluate, Slots},
    parallel,
};

type Ciphertext<R> = <<R as Raise>::Evaluator as Evaluate>::Ciphertext;
type Plaintext<R> = <<R as Raise>::Evaluator as Evaluate>::Plaintext;

impl<R: Raise> Bootstrap<R> {
    /// As [`bootstrap`](Bootstrap::bootstrap), of up to as many values as the bootstrap restores together, each with the marks
    /// of its live slots: values that repeat with the [period of a part](super::BootstrapSpec::part_period).
    ///
    /// With more than one, `sum_i b_i x_i` is bootstrapped, where `b_i` is 1 in block `i` of each period and 0 elsewhere. Of the
    /// result `y`, part `i` is `sum_j b_(i-j) rotate(y, j)`, `j` in blocks: the rotations are the same for all parts.
    ///
    /// # Errors
    /// `WrongCount` for no values or too many; `LiveSlots` for another number of marks than the period of a part; the errors of
    /// [`bootstrap`](Bootstrap::bootstrap).
    pub fn bootstrap_parts(&self, parts: &[(&Ciphertext<R>, &[bool])]) -> Result<Vec<Ciphertext<R>>> {
        let spec = self.parameters.spec();
        if parts.is_empty() || parts.len() > spec.parts {
            let (what, expected, actual) = ("parts of a bootstrap".into(), spec.parts, parts.len());
            return Err(PackingError::WrongCount { what, expected, actual }.into());
        }
        if spec.parts == 1 {
            return parts.iter().map(|(x, live)| self.bootstrap(x, live)).collect();
        }
        let period = spec.part_period();
        if let Some((_, live)) = parts.iter().find(|(_, live)| live.len() != period) {
            return Err(BootstrapError::LiveSlots { period, actual: live.len() }.into());
        }
        let mut live: Vec<bool> = parts.iter().flat_map(|(_, live)| *live).copied().collect();
        live.resize(spec.period, false);
        let packed = self.packed(&parts.iter().map(|(x, _)| *x).collect::<Vec<_>>())?;
        self.apart(self.restored(packed, &live)?, parts.len())
    }

    /// A block for each, a level below, in the taller chain.
    fn packed(&self, parts: &[&Ciphertext<R>]) -> Result<Ciphertext<R>> {
        let (tall, level) = (self.place.tall(), self.parameters.spec().input_level());
        let lowered = parallel::try_map(parts, |x| {
            let x = self.place.lift(x)?;
            let actual = tall.level(&x);
            match actual < level {
                true => Err(CircuitError::NoLevelLeft { op: "bootstrap", needed: level, actual }.into()),
                false if actual > level => tall.drop_to(&x, level),
                false => Ok(x),
            }
        })?;
        // All products have the scale of the first.
        let scale = tall.scale(&lowered[0]);
        let blocks = parallel::try_map(lowered.iter().enumerate(), |(block, x)| {
            self.block(block, level, tall.chain().prime(level) * scale / tall.scale(x))
        })?;
        let mut packed = tall.plain_product_sum(&lowered.iter().zip(&blocks).collect::<Vec<_>>())?;
        tall.set_scale(&mut packed, scale)?;
        Ok(packed)
    }

    /// The first of the parts of a restored value, a level below.
    fn apart(&self, packed: Ciphertext<R>, count: usize) -> Result<Vec<Ciphertext<R>>> {
        let (tall, spec) = (self.place.tall(), self.parameters.spec());
        let blocks = spec.blocks();
        let steps: Vec<_> = (1..blocks).map(|block| Rotation((block * spec.part_period()) as i32)).collect();
        let (rotated, masks) = (tall.rotate_many(&packed, &steps)?, self.blocks()?);
        let by = |steps: usize| if steps == 0 { &packed } else { &rotated[steps - 1] };
        parallel::try_map(0..count, |part| {
            let terms = (0..blocks).map(|block| (by((blocks + part - block) % blocks), &masks[block]));
            let mut x = tall.plain_product_sum(&terms.collect::<Vec<_>>())?;
            tall.set_scale(&mut x, self.parameters.output_scale())?;
            self.place.lower(x)
        })
    }

    /// All blocks for a restored value, which are the same each time.
    fn blocks(&self) -> Result<&[Plaintext<R>]> {
        if let Some(blocks) = self.blocks.get() {
            return Ok(blocks);
        }
        let (level, chain) = (self.parameters.restored_level(), self.place.tall().chain());
        let scale = self.parameters.output_scale() * chain.prime(level) / self.parameters.restored_scale();
        let all = 0..self.parameters.spec().blocks();
        let blocks = parallel::try_map(all, |block| self.block(block, level, scale))?;
        Ok(self.blocks.get_or_init(|| blocks))
    }

    /// 1 in a block of each period, and 0 elsewhere.
    fn block(&self, block: usize, level: Level, scale: f64) -> Result<Plaintext<R>> {
        let (tall, spec) = (self.place.tall(), self.parameters.spec());
        let is_in = |slot: usize| slot % spec.period / spec.part_period() == block;
        let slots: Vec<f64> = (0..tall.chain().slots()).map(|slot| f64::from(u8::from(is_in(slot)))).collect();
        tall.encode(&Slots::from(slots), level, scale)
    }
}
