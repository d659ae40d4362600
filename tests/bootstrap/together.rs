//! Several ciphertexts in one bootstrap.

use seal_nn::{
    BootstrapError, CircuitError, Error, Level, PackingError, Rotation,
    backend::{Chain, ClearKeyHolder, Decrypt, Encrypt, Evaluate, Noise, Operation},
    bootstrap::{Bootstrap, BootstrapParameters, BootstrapPlan, BootstrapSpec, ClearRaise, Raise},
};

use super::on_seal::Parties;

/// Three of four blocks.
const PARTS: usize = 3;

fn spec(period: usize, bound: f64) -> BootstrapSpec {
    BootstrapSpec { parts: PARTS, ..BootstrapSpec::new(period, bound).unwrap() }
}

fn values(part: usize, period: usize, bound: f64) -> Vec<f64> {
    (0..period).map(|j| bound * (((j + 5 * part) * 29 % 61) as f64 / 30.0 - 1.0)).collect()
}

fn live(part: usize, period: usize) -> Vec<bool> {
    (0..period).map(|j| (j + part) % 5 != 2).collect()
}

/// The worst error of all slots.
fn worst(slots: &[f64], values: &[f64], live: &[bool], spec: &BootstrapSpec) -> f64 {
    let error = |(s, y): (usize, &f64)| {
        let j = s % values.len();
        (y - if live[j] { spec.bent(values[j]) } else { 0.0 }).abs()
    };
    slots.iter().enumerate().map(error).fold(0.0, f64::max)
}

#[test]
fn parts_come_back_within_the_noise_of_the_model() {
    // One level to slots, and two.
    for period in [64, 512] {
        let spec = spec(period, 2.0);
        let parties = Parties::new(&spec);
        let part = spec.part_period();
        assert_eq!((part, spec.blocks(), spec.input_level()), (period / 4, 4, Level(2)));
        let (values, live): (Vec<_>, Vec<_>) = (0..PARTS).map(|i| (values(i, part, 2.0), live(i, part))).unzip();
        let xs: Vec<_> = values.iter().map(|values| parties.encrypt(values, Level(2))).collect();
        let deviation = parties.bootstrap.parameters().deviation(&parties.step).unwrap();
        // All of them, and fewer.
        for count in [PARTS, 2] {
            let marked: Vec<_> = xs.iter().zip(&live).map(|(x, live)| (x, &live[..])).take(count).collect();
            let ys = parties.bootstrap.bootstrap_parts(&marked).unwrap();
            assert_eq!(ys.len(), count);
            for ((y, values), live) in ys.iter().zip(&values).zip(&live) {
                assert_eq!((y.level(), y.scale()), (Level(1), parties.step.scale(Level(1))));
                let worst = worst(&parties.decrypt(y), values, live, &spec);
                println!("period {period}: worst {worst:.2e}, {deviation:.2e} predicted");
                assert!(worst < 13.0 * deviation, "period {period}: {worst:e} for {deviation:e}");
                assert!(worst > deviation / 2.0, "period {period}: {worst:e} for {deviation:e}");
            }
        }
    }
}

/// A step of seven levels at N = 32768.
fn step() -> Chain {
    let primes = [vec![1 << 49], vec![1 << 40; 8]].concat();
    let step = Chain::new(32768, &primes, 1 << 49, 2f64.powi(40)).unwrap();
    step.with_special_primes(&[1 << 49, 1 << 49]).unwrap()
}

fn parameters(spec: &BootstrapSpec) -> BootstrapParameters {
    BootstrapParameters::new(spec, &step(), &vec![1 << 49; spec.primes_above()]).unwrap()
}

#[test]
fn parts_in_the_clear_have_other_scales_and_levels() {
    let spec = spec(64, 1.0);
    let parameters = parameters(&spec);
    assert_eq!((parameters.restored_level(), parameters.output_level()), (Level(8), Level(7)));
    let holder = ClearKeyHolder::new(step(), Some(Noise { seed: 1 }));
    let bootstrap = Bootstrap::new(parameters.clone(), ClearRaise::new(&parameters, Some(Noise { seed: 2 })));
    let tall = bootstrap.place().tall();
    let slots = |i| -> Vec<f64> { values(i, 16, 1.0).into_iter().cycle().take(step().slots()).collect() };
    let mut xs: Vec<_> = (0..PARTS).map(|i| holder.encrypt(&slots(i), Level(2 + i)).unwrap()).collect();
    // The same values, read at half the scale.
    xs[1] = holder.encrypt(&slots(1).iter().map(|x| x / 2.0).collect::<Vec<_>>(), Level(3)).unwrap();
    let half = tall.scale(&xs[1]) / 2.0;
    tall.set_scale(&mut xs[1], half).unwrap();
    let all = [true; 16];
    let ys = bootstrap.bootstrap_parts(&xs.iter().map(|x| (x, &all[..])).collect::<Vec<_>>()).unwrap();
    let deviation = parameters.deviation(&step()).unwrap();
    for (i, y) in ys.iter().enumerate() {
        assert_eq!(tall.level(y), Level(7));
        let worst = worst(&holder.decrypt(y).unwrap().open_as_key_owner(), &values(i, 16, 1.0), &all, &spec);
        assert!(worst < 8.0 * deviation, "part {i}: {worst:e} for {deviation:e}");
    }
}

#[test]
fn the_plan_counts_packing_and_parting() {
    let alone = BootstrapPlan::of(&parameters(&BootstrapSpec::new(64, 1.0).unwrap())).unwrap();
    let together = BootstrapPlan::of(&parameters(&spec(64, 1.0))).unwrap();
    let more = |operation| together.operations.count(operation) - alone.operations.count(operation);
    // Three products with a block, then for each part four; three rotations for all of them.
    assert_eq!(more(Operation::MultiplyPlain), 3 + 3 * 4);
    assert_eq!(together.operations.rotations() - alone.operations.rotations(), 3);
    let keys = |plan: &BootstrapPlan| plan.keys.rotations.keys().copied().collect::<Vec<_>>();
    // By 16, 32 and 48.
    let mut expected = [keys(&alone), [16, 32, 48].map(Rotation).to_vec()].concat();
    expected.sort();
    assert_eq!(keys(&together), expected);
}

#[test]
fn parts_that_do_not_fit_are_refused() {
    let spec = spec(64, 1.0);
    let parameters = parameters(&spec);
    let bootstrap = Bootstrap::new(parameters.clone(), ClearRaise::new(&parameters, None));
    let holder = ClearKeyHolder::new(step(), None);
    let x = |level| holder.encrypt(&vec![0.5; step().slots()], Level(level)).unwrap();
    let (x, low, all) = (x(2), x(1), [true; 16]);
    let none = bootstrap.bootstrap_parts(&[]).unwrap_err();
    assert!(matches!(none, Error::Packing(PackingError::WrongCount { expected: 3, actual: 0, .. })), "{none}");
    let many = bootstrap.bootstrap_parts(&[(&x, &all[..]); 4]).unwrap_err();
    assert!(matches!(many, Error::Packing(PackingError::WrongCount { expected: 3, actual: 4, .. })), "{many}");
    let marks = bootstrap.bootstrap_parts(&[(&x, &[true; 64][..])]).unwrap_err();
    assert!(matches!(marks, Error::Bootstrap(BootstrapError::LiveSlots { period: 16, actual: 64 })), "{marks}");
    let low = bootstrap.bootstrap_parts(&[(&x, &all[..]), (&low, &all[..])]).unwrap_err();
    let no_level = matches!(low, Error::Circuit(CircuitError::NoLevelLeft { needed: Level(2), actual: Level(1), .. }));
    assert!(no_level, "{low}");
    for parts in [0, 65] {
        assert!(BootstrapSpec { parts, ..spec.clone() }.check().is_err());
    }
}
