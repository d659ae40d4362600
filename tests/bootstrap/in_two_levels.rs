//! Bootstraps of so many values that the maps between slots and coefficients have two factors.

use std::collections::BTreeSet;

use seal_nn::{
    CircuitError, Error, Level, Rotation,
    backend::{Chain, ClearKeyHolder, Decrypt, Encrypt, Evaluate, Noise, Operation},
    bootstrap::{Bootstrap, BootstrapParameters, BootstrapPlan, BootstrapSpec, ClearRaise, Raise},
};

use super::on_seal::Parties;

/// The worst of some thousand values, in deviations. Noise in a slot is as large as the secret key there, which few copies
/// average, so that it has the tails of a Laplace distribution: `exp(-sqrt(2) x)`. A quarter of the values is wrapped around
/// twice, and has 2.2 times the noise of all: of 2048, one in a thousand runs has a larger one, and one in ten a value beyond 13.
const WORST: f64 = 20.0;

fn values(period: usize, bound: f64) -> Vec<f64> {
    (0..period).map(|j| bound * ((j * 131 % 257) as f64 / 128.0 - 1.0)).collect()
}

fn live(period: usize) -> Vec<bool> {
    (0..period).map(|j| j % 9 != 4).collect()
}

/// The worst error of all slots, and the root of their mean square.
fn errors(slots: &[f64], values: &[f64], live: &[bool], spec: &BootstrapSpec) -> (f64, f64) {
    let expected = values.iter().zip(live).map(|(&value, &live)| if live { spec.bent(value) } else { 0.0 });
    let expected: Vec<f64> = expected.collect();
    let errors = slots.iter().zip(expected.iter().cycle()).map(|(y, value)| (y - value).abs());
    let (worst, squares) = errors.fold((0.0, 0.0), |(worst, sum): (f64, f64), e| (worst.max(e), sum + e * e));
    (worst, (squares / slots.len() as f64).sqrt())
}

/// Two levels to slots from 512 values on, and to coefficients from 2048: all slots of this ring.
#[test]
fn many_values_come_back_within_the_noise_of_the_model() {
    for (period, input) in [(512, Level(1)), (1024, Level(1)), (2048, Level(2))] {
        let spec = BootstrapSpec::new(period, 2.0).unwrap();
        assert_eq!((spec.primes_above(), spec.input_level()), (10, input));
        let parties = Parties::new(&spec);
        let (values, live) = (values(period, 2.0), live(period));
        let y = parties.bootstrap.bootstrap(&parties.encrypt(&values, input), &live).unwrap();
        assert_eq!((y.level(), y.scale()), (Level(2), parties.step.scale(Level(2))));
        let deviation = parties.bootstrap.parameters().deviation(&parties.step).unwrap();
        let (worst, root) = errors(&parties.decrypt(&y), &values, &live, &spec);
        println!("period {period}: worst {worst:.2e}, mean {root:.2e}, {deviation:.2e} predicted");
        assert!(worst < WORST * deviation, "period {period}: {worst:e} for {deviation:e}");
        // Of hundreds of values whose noise depends on how often they are wrapped around: a few have most of it.
        assert!((0.6..1.6).contains(&(root / deviation)), "period {period}: {root:e} for {deviation:e}");
    }
}

#[test]
fn all_slots_need_two_levels_of_the_step() {
    let parties = Parties::new(&BootstrapSpec::new(2048, 1.0).unwrap());
    let x = parties.encrypt(&values(2048, 1.0), Level(1));
    let refused = parties.bootstrap.bootstrap(&x, &live(2048)).unwrap_err();
    assert!(matches!(refused, Error::Circuit(CircuitError::NoLevelLeft { needed: Level(2), actual: Level(1), .. })));
}

/// A step of six levels at N = 32768.
fn step() -> Chain {
    let primes = [vec![1 << 49], vec![1 << 40; 7]].concat();
    let step = Chain::new(32768, &primes, 1 << 49, 2f64.powi(40)).unwrap();
    step.with_special_primes(&[1 << 49, 1 << 49]).unwrap()
}

fn parameters(period: usize) -> BootstrapParameters {
    let spec = BootstrapSpec::new(period, 1.0).unwrap();
    BootstrapParameters::new(&spec, &step(), &vec![1 << 49; spec.primes_above()]).unwrap()
}

#[test]
fn noise_in_the_clear_has_the_deviation_that_is_told() {
    for period in [512, 16384] {
        let parameters = parameters(period);
        let (values, live) = (values(period, 0.25), live(period));
        let holder = ClearKeyHolder::new(step(), Some(Noise { seed: 1 }));
        let slots: Vec<f64> = values.iter().copied().cycle().take(step().slots()).collect();
        let x = holder.encrypt(&slots, Level(2)).unwrap();
        let bootstrap = Bootstrap::new(parameters.clone(), ClearRaise::new(&parameters, Some(Noise { seed: 2 })));
        let y = bootstrap.bootstrap(&x, &live).unwrap();
        assert_eq!(bootstrap.place().tall().level(&y), Level(7));
        let deviation = parameters.deviation(&step()).unwrap();
        let slots = holder.decrypt(&y).unwrap().open_as_key_owner();
        let (worst, root) = errors(&slots, &values, &live, parameters.spec());
        println!("period {period}: worst {worst:.2e}, mean {root:.2e}, {deviation:.2e} predicted");
        assert!((1.0..13.0).contains(&(worst / deviation)), "period {period}: {worst:e} for {deviation:e}");
        assert!((0.6..1.6).contains(&(root / deviation)), "period {period}: {root:e} for {deviation:e}");
    }
}

#[test]
fn the_plan_counts_two_levels() {
    let steps = |unit: i32, count: i32| (1..count).map(move |k| Rotation(unit * k));
    let parameters = parameters(512);
    let plan = BootstrapPlan::of(&parameters).unwrap();
    let (top, next, sine) = (Level(17), Level(16), Level(15));
    assert_eq!((parameters.chain().top(), parameters.sine_level(), parameters.output_level()), (top, sine, Level(7)));
    // To slots 32 diagonals by multiples of 16, four groups of eight babies, then 31 from -15 to 15, four of eight. To
    // coefficients 16 groups of 32. Groups have one giant step, and the last one goes to -16. Then the sums over 32 copies.
    let first: BTreeSet<_> = steps(16, 9).collect();
    let second: BTreeSet<_> = steps(1, 9).chain([Rotation(496)]).collect();
    let to_coefficients: BTreeSet<_> = steps(1, 33).collect();
    let sums: BTreeSet<_> = (9..14).map(|i| Rotation(1 << i)).collect();
    let all = [&first, &second, &to_coefficients, &sums].into_iter().flatten().copied();
    assert_eq!(plan.keys.rotations.keys().copied().collect::<BTreeSet<_>>(), all.collect());
    for (rotation, &level) in &plan.keys.rotations {
        let expected = if first.contains(rotation) || *rotation == Rotation(8192) {
            top
        } else if second.contains(rotation) {
            next
        } else if sums.contains(rotation) {
            Level(8)
        } else {
            Level(1)
        };
        assert_eq!(level, expected, "{rotation}");
    }
    assert_eq!((plan.keys.relin, plan.conjugation), (Some(sine), next));
    let products = |at: Level| {
        let of = |(operation, level, _): &(Operation, Level, _)| (*operation, *level) == (Operation::MultiplyPlain, at);
        plan.operations.iter().find(of).map_or(0, |(_, _, tally)| tally.count)
    };
    assert_eq!([top, next, Level(1)].map(products), [32, 31, 512]);

    // Without copies there is nothing to sum.
    let all_slots = BootstrapPlan::of(&self::parameters(16384)).unwrap();
    assert_eq!((all_slots.raising, all_slots.keys.rotations.len()), (1, 15 + 1 + 15 + 2));
}
