//! What a program costs that has not run yet.

mod measure;
#[cfg(feature = "wire")]
mod messages;

use serde::{Deserialize, Serialize};

use super::{Chain, KeyLevels, KeySwitching, Operation, Tallies};
use crate::Level;

/// Seconds of every operation by ring and level, from which the costs of whole programs follow: measured on a machine
/// ([`CostModel::measure`]), or, where nothing was measured, modelled.
///
/// The model knows what operations cost beside a key switch, and how they grow. A rotation and a relinearisation are one
/// key switch; of `r` rotations that share a decomposition each is 0.56 with 0.44 for every two; a ciphertext product is
/// 0.12, a rescale 0.15, a plaintext product 0.05, a constant product 0.004,
/// an addition 0.01, and a refresh of a ciphertext by the client 0.6. Between processes, the expansion of a seed is 0.2, the
/// packing of a ciphertext 0.07, its unpacking 0.11 and its part in a sum 0.18. Key
/// switches grow with the residue polynomials that they transform ([`Chain::key_switch_transforms`]), all else with the
/// level, and everything with `N^(4/3)`: larger rings leave the caches. A fifth of a refresh at the top is its decryption,
/// at level 0 whatever the level. The unit is a key switch at N = 16384 with 8 data primes and one special prime.
///
/// ```
/// use seal_nn::{Level, backend::{Chain, Circuit, CostModel, Operation, PlanEvaluator}};
/// let (costs, chain) = (CostModel::default(), Chain::nominal(16384, 8, 40)?);
/// let rotation = |level| costs.seconds(Operation::Rotate, &chain, Level(level));
/// assert!(rotation(7) > 3.0 * rotation(2)); // a key switch grows with the square of the level
///
/// let plan = Circuit::new(PlanEvaluator::new(chain.clone()));
/// plan.square(&plan.backend().input(Level(7)))?;
/// let square = costs.of(&plan.meter().take(), &chain);
/// assert!((square / rotation(7) - 1.27).abs() < 1e-9); // with its relinearisation and rescale
/// # Ok::<(), seal_nn::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CostModel {
    /// Seconds of the unit.
    key_switch: f64,
    /// Seconds of making and unpacking a key for it.
    key: f64,
    points: Vec<Point>,
    refreshes: Vec<Refresh>,
}

/// One measurement.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Point {
    operation: Operation,
    poly_modulus_degree: usize,
    level: usize,
    seconds: f64,
}

/// A measurement of the client's operations: encryption at a level, unpacking, decryption at level 0.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Refresh {
    poly_modulus_degree: usize,
    level: usize,
    seconds: f64,
}

/// N, data primes and residue polynomials of the unit.
const DEGREE: usize = 16384;
const PRIMES: usize = 8;
const TRANSFORMS: usize = (PRIMES + 1) * (PRIMES + 2);
/// A refresh beside the unit, and the levels for which its decryption stands.
const REFRESH: f64 = 0.6;
const DECRYPTION: usize = 2;
/// Operations of messages. A fresh ciphertext has half of the residues of another.
const EXPAND: f64 = 0.2;
const PACK: f64 = 0.07;
const UNPACK: f64 = 0.11;
const REDUCE: f64 = 0.18;
/// Times grow with this power of N.
const GROWTH_WITH_DEGREE: f64 = 4.0 / 3.0;

/// With our own key switching and our own keys, as measured on a server's processor (docs/performance.md, "Training steps",
/// "Whole files").
impl Default for CostModel {
    fn default() -> Self {
        CostModel::from_key_switch(0.0043, 0.03)
    }
}

impl CostModel {
    /// The model, in proportion to what was measured of the unit: seconds of a key switch at N = 16384 with 8 data
    /// primes and one special prime, and of making a key for it and unpacking that.
    pub fn from_key_switch(key_switch: f64, key: f64) -> CostModel {
        CostModel { key_switch, key, points: Vec::new(), refreshes: Vec::new() }
    }

    /// Seconds of the model's unit.
    pub fn key_switch(&self) -> f64 {
        self.key_switch
    }

    /// Whether a ring was measured.
    pub fn knows(&self, poly_modulus_degree: usize) -> bool {
        self.points.iter().any(|p| p.poly_modulus_degree == poly_modulus_degree)
    }

    /// The time of one operation at a level in seconds: interpolated linearly between measured levels, and in
    /// proportion to the model elsewhere.
    pub fn seconds(&self, operation: Operation, chain: &Chain, level: Level) -> f64 {
        let here = |p: &&Point| (p.operation, p.poly_modulus_degree) == (operation, chain.poly_modulus_degree());
        let measured: Vec<_> = self.points.iter().filter(here).map(|p| (p.level, p.seconds)).collect();
        let model = |level: usize| self.modelled(operation, chain, Level(level));
        interpolate(&measured, level.0, model)
    }

    /// The time of all operations of a circuit on one thread, in seconds.
    pub fn of(&self, tallies: &Tallies, chain: &Chain) -> f64 {
        let seconds = |operation, level| self.seconds(operation, chain, level);
        // Encodings are cached, so a program that is repeated does not pay for them.
        let counted = tallies.iter().filter(|(operation, ..)| *operation != Operation::Encode);
        counted.map(|(operation, level, tally)| tally.count as f64 * seconds(operation, level)).sum()
    }

    /// The time in seconds in which the client encrypts a ciphertext at `level` and decrypts one at level 0.
    pub fn refresh(&self, poly_modulus_degree: usize, level: Level) -> f64 {
        let here = |r: &&Refresh| r.poly_modulus_degree == poly_modulus_degree;
        let measured: Vec<_> = self.refreshes.iter().filter(here).map(|r| (r.level, r.seconds)).collect();
        let growth = |level: usize| (level + 1 + DECRYPTION) as f64 / (PRIMES + DECRYPTION) as f64;
        let model = |level: usize| self.key_switch * REFRESH * slowdown(poly_modulus_degree) * growth(level);
        interpolate(&measured, level.0, model)
    }

    /// Seconds in which the client makes keys and the server unpacks them: in proportion to their residues.
    pub fn keys(&self, keys: &KeyLevels, chain: &Chain, key_switching: KeySwitching) -> f64 {
        let bytes = keys.residue_bytes(chain, key_switching);
        let unit = PRIMES * (PRIMES + 1) * 8 * DEGREE;
        self.key * bytes as f64 / unit as f64
    }

    /// Whether every figure is one that a clock can show.
    pub fn is_sound(&self) -> bool {
        let measured = self.points.iter().map(|p| p.seconds).chain(self.refreshes.iter().map(|r| r.seconds));
        let seconds = measured.chain([self.key_switch, self.key]);
        seconds.into_iter().all(|seconds| seconds.is_finite() && (0.0..1e3).contains(&seconds))
    }

    /// Operations in key switches, whatever their level and ring: the weights of the model alone.
    pub fn in_key_switches(tallies: &Tallies) -> f64 {
        tallies.iter().map(|(operation, _, tally)| tally.count as f64 * weight(operation)).sum()
    }

    /// Work of the key switches alone, aware of levels, ring and special primes, in the unit of the model.
    pub fn key_switch_work(tallies: &Tallies, chain: &Chain) -> f64 {
        let switches = tallies.iter().filter(|(operation, ..)| is_key_switch(*operation));
        let work: f64 = switches.map(|(_, level, tally)| tally.count as f64 * switch_growth(chain, level)).sum();
        work * ring(chain.poly_modulus_degree())
    }

    fn modelled(&self, operation: Operation, chain: &Chain, level: Level) -> f64 {
        let growth = if is_key_switch(operation) { switch_growth(chain, level) } else { growth(level) };
        self.key_switch * slowdown(chain.poly_modulus_degree()) * weight(operation) * growth
    }
}

fn is_key_switch(operation: Operation) -> bool {
    matches!(operation, Operation::Rotate | Operation::RotateHoisted | Operation::Relinearize)
}

fn weight(operation: Operation) -> f64 {
    match operation {
        Operation::Rotate | Operation::Relinearize => 1.0,
        Operation::RotateHoisted => 0.56 + 0.44 / 2.0,
        Operation::MultiplyCiphertexts => 0.12,
        Operation::MultiplyPlain => 0.05,
        Operation::MultiplyConstant => 0.004,
        Operation::Rescale => 0.15,
        Operation::Add | Operation::AddPlain => 0.01,
        Operation::DropLevel | Operation::Encode => 0.0,
        Operation::Expand => EXPAND,
        Operation::PackFresh => PACK / 2.0,
        Operation::UnpackFresh => UNPACK / 2.0,
        Operation::Pack => PACK,
        Operation::Unpack => UNPACK,
        Operation::Reduce => REDUCE,
    }
}

fn ring(poly_modulus_degree: usize) -> f64 {
    poly_modulus_degree as f64 / DEGREE as f64
}

/// By how much longer an operation takes in this ring than in that of the unit.
fn slowdown(poly_modulus_degree: usize) -> f64 {
    ring(poly_modulus_degree).powf(GROWTH_WITH_DEGREE)
}

fn switch_growth(chain: &Chain, level: Level) -> f64 {
    chain.key_switch_transforms(level) as f64 / TRANSFORMS as f64
}

fn growth(level: Level) -> f64 {
    (level.0 + 1) as f64 / PRIMES as f64
}

/// Interpolates between the two neighbouring measured levels, or extrapolates in proportion to the model.
fn interpolate(measured: &[(usize, f64)], level: usize, model: impl Fn(usize) -> f64) -> f64 {
    let below = measured.iter().filter(|(l, _)| *l <= level).max_by_key(|(l, _)| *l);
    let above = measured.iter().filter(|(l, _)| *l >= level).min_by_key(|(l, _)| *l);
    match (below, above) {
        (Some(&(low, a)), Some(&(high, b))) if high > low => a + (b - a) * (level - low) as f64 / (high - low) as f64,
        (Some(&(near, seconds)), _) | (_, Some(&(near, seconds))) => seconds * model(level) / model(near),
        (None, None) => model(level),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Rotation;

    #[test]
    fn a_second_special_prime_makes_key_switches_cheaper() {
        let one = Chain::nominal(16384, 8, 40).unwrap();
        let two = one.clone().with_special_primes(&[one.special_prime(); 2]).unwrap();
        // 8 data primes: 90 polynomials in 8 digits, 60 in 4.
        assert_eq!([&one, &two].map(|chain| chain.key_switch_transforms(Level(7))), [90, 60]);
        let costs = CostModel::default();
        let [slow, fast] = [&one, &two].map(|chain| costs.seconds(Operation::Relinearize, chain, Level(7)));
        assert!((slow / fast - 1.5).abs() < 1e-12);
    }

    #[test]
    fn levels_between_lie_between() {
        let double = |level: usize| 2.0 * level as f64;
        assert_eq!(interpolate(&[(1, 10.0), (5, 30.0)], 2, double), 15.0);
        assert_eq!(interpolate(&[(1, 10.0), (5, 30.0)], 10, double), 60.0);
        assert_eq!(interpolate(&[], 3, double), 6.0);
    }

    /// The unit itself, and everything else in proportion to it.
    #[test]
    fn costs_are_multiples_of_the_unit() {
        let (costs, chain) = (CostModel::from_key_switch(0.5, 2.0), Chain::nominal(DEGREE, PRIMES - 1, 40).unwrap());
        assert_eq!(costs.seconds(Operation::Rotate, &chain, chain.top()), 0.5);
        assert_eq!(costs.refresh(DEGREE, chain.top()), 0.3);
        let keys = KeyLevels::all(&chain, &[Rotation(1), Rotation(2)]);
        for key_switching in [KeySwitching::Seal, KeySwitching::Hybrid] {
            // Three keys, and what is written around them.
            let seconds = costs.keys(&keys, &chain, key_switching);
            assert!((6.0..6.1).contains(&seconds), "{key_switching:?}: {seconds}");
        }
        let mut tallies = Tallies::default();
        tallies.add(Operation::Rotate, Level(7), 3);
        tallies.add(Operation::Rescale, Level(0), 2);
        assert!((CostModel::in_key_switches(&tallies) - 3.3).abs() < 1e-12);
        assert!((CostModel::key_switch_work(&tallies, &chain) - 3.0).abs() < 1e-12);
        assert!((costs.of(&tallies, &chain) - (1.5 + 2.0 * 0.075 / 8.0)).abs() < 1e-12);
    }
}
