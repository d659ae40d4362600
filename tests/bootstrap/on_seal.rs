//! Bootstraps of SEAL's ciphertexts, in a small ring without security.

use seal_nn::{
    BootstrapError, Error, Level,
    backend::{Chain, Decrypt, Encrypt, Evaluate, KeyLevels, SealEvaluator, SealKeyHolder},
    bootstrap::{Bootstrap, BootstrapKeys, BootstrapParameters, BootstrapSpec, Parity, SealRaise, Sine},
    seal::{Context, Parameters},
};

const DEGREE: usize = 4096;
const PERIOD: usize = 32;

/// The parameters of a step that ends at its second level, and those of a bootstrap above it.
pub fn parameters(spec: &BootstrapSpec) -> (Parameters, Parameters) {
    let builder = || Parameters::builder().degree(DEGREE).special_primes(2).scale_bits(40).insecure();
    let bits = [vec![49, 40, 40], vec![49; spec.primes_above()], vec![49, 49]].concat();
    let tall = builder().bits(&bits).build().unwrap();
    let low = [&tall.data_primes()[..3], tall.special_primes()].concat();
    (builder().primes(&low).build().unwrap(), tall)
}

pub struct Parties {
    holder: SealKeyHolder,
    evaluator: SealEvaluator,
    pub bootstrap: Bootstrap<SealRaise>,
    pub step: Chain,
}

impl Parties {
    pub fn new(spec: &BootstrapSpec) -> Parties {
        let (low, tall) = parameters(spec);
        let step = Chain::try_from(&low).unwrap();
        let holder = SealKeyHolder::generate(&low).unwrap();
        let keys = holder.evaluation_keys_for(&KeyLevels::default()).unwrap();
        let evaluator = SealEvaluator::new(&low, &keys).unwrap();
        let bootstrapped = BootstrapParameters::new(spec, &step, &tall.data_primes()[3..]).unwrap();
        let keys = BootstrapKeys::generate(&holder, &tall, &bootstrapped).unwrap();
        let place = SealRaise::new(&bootstrapped, evaluator.context(), keys).unwrap();
        Parties { holder, evaluator, bootstrap: Bootstrap::new(bootstrapped, place), step }
    }

    pub fn encrypt(&self, values: &[f64], at: Level) -> seal_nn::seal::Ciphertext {
        let slots: Vec<f64> = values.iter().copied().cycle().take(DEGREE / 2).collect();
        self.evaluator.receive(&self.holder.encrypt(&slots, at).unwrap()).unwrap()
    }

    pub fn decrypt(&self, x: &seal_nn::seal::Ciphertext) -> Vec<f64> {
        self.holder.decrypt(x).unwrap().open_as_key_owner()
    }
}

fn values(bound: f64) -> Vec<f64> {
    (0..PERIOD).map(|j| bound * ((j * 13 % 31) as f64 / 15.0 - 1.0)).collect()
}

#[test]
fn a_bootstrap_restores_levels_within_the_noise_of_the_model() {
    let (all, some): (Vec<_>, Vec<_>) = (vec![true; PERIOD], (0..PERIOD).map(|j| j % 4 != 3).collect());
    let sine = |parity| Sine::new(parity, 15, 3).unwrap();
    for (name, sine, ratio_bits, live) in [
        ("odd", sine(Parity::Odd), 11, all),
        ("even", sine(Parity::Even), 11, some.clone()),
        ("with the arcsine", sine(Parity::Odd).with_arcsine(), 6, some),
    ] {
        let spec = BootstrapSpec { sine, ratio_bits, ..BootstrapSpec::new(PERIOD, 2.0).unwrap() };
        let parties = Parties::new(&spec);
        let (values, parameters) = (values(2.0), parties.bootstrap.parameters());
        let x = parties.encrypt(&values, Level(1));
        let y = parties.bootstrap.bootstrap(&x, &live).unwrap();
        assert_eq!((y.level(), y.scale()), (Level(2), parties.step.scale(Level(2))));
        let deviation = parameters.deviation(&parties.step).unwrap();
        let slots = parties.decrypt(&y);
        let error = |(s, y): (usize, &f64)| {
            let j = s % PERIOD;
            (y - if live[j] { spec.bent(values[j]) } else { 0.0 }).abs()
        };
        let worst = slots.iter().enumerate().map(error).fold(0.0, f64::max);
        println!("{name}: worst {worst:.2e}, {deviation:.2e} predicted");
        assert!(worst < 13.0 * deviation, "{name}: {worst:e} for {deviation:e}");
        assert!(worst > deviation / 2.0, "{name}: {worst:e} for {deviation:e}");

        // Its own result again, from another level and scale.
        let again = parties.bootstrap.bootstrap(&y, &live).unwrap();
        let twice = |(s, y): (usize, &f64)| {
            let j = s % PERIOD;
            (y - if live[j] { spec.bent(spec.bent(values[j])) } else { 0.0 }).abs()
        };
        let worst = parties.decrypt(&again).iter().enumerate().map(twice).fold(0.0, f64::max);
        assert!(worst < 13.0 * 2f64.sqrt() * deviation, "{name}: {worst:e} for {deviation:e}");
    }
}

/// The second pass bootstraps what the first has changed, bend included.
#[test]
fn a_second_pass_removes_the_bend_and_the_noise_of_the_sine() {
    // A bound of 1 too, whose second pass would be at a scale above the modulus if its bound were 2^12 times smaller.
    [1.0, 2.0].into_iter().for_each(second_pass_at);
}

fn second_pass_at(bound: f64) {
    let one = BootstrapSpec::new(PERIOD, bound).unwrap();
    let two = BootstrapSpec { second_pass: true, ..one.clone() };
    let live: Vec<bool> = (0..PERIOD).map(|j| j % 5 != 1).collect();
    let values = values(bound);
    let worst = |spec: &BootstrapSpec| {
        let parties = Parties::new(spec);
        let y = parties.bootstrap.bootstrap(&parties.encrypt(&values, Level(2)), &live).unwrap();
        assert_eq!((y.level(), y.scale()), (Level(2), parties.step.scale(Level(2))));
        let error = |(s, y): (usize, &f64)| {
            let j = s % PERIOD;
            (y - if live[j] { values[j] } else { 0.0 }).abs()
        };
        let deviation = parties.bootstrap.parameters().deviation(&parties.step).unwrap();
        (
            parties.decrypt(&y).iter().enumerate().filter(|(s, _)| live[s % PERIOD]).map(error).fold(0.0, f64::max),
            deviation,
        )
    };
    let ((first, _), (second, deviation)) = (worst(&one), worst(&two));
    println!("one pass: {first:.2e}, two: {second:.2e}, {deviation:.2e} predicted");
    // The model has one rescale at the scale of the result, 2^40, and little else. Imaginary parts of what the first pass
    // leaves would be 20 to 100 times as much, if the second one did not remove them.
    assert!(second < 13.0 * deviation && second < first / 100.0, "{second:e} after {first:e}, {deviation:e} predicted");
    assert!(deviation < 2e-9, "{deviation:e}");
}

#[test]
fn what_does_not_belong_together_is_refused() {
    let spec = BootstrapSpec::new(PERIOD, 1.0).unwrap();
    let (low, tall) = parameters(&spec);
    let step = Chain::try_from(&low).unwrap();
    let bootstrapped = BootstrapParameters::new(&spec, &step, &tall.data_primes()[3..]).unwrap();
    let holder = SealKeyHolder::generate(&low).unwrap();
    let not_taller = |refused: Option<Error>| matches!(refused, Some(Error::Bootstrap(BootstrapError::NotTaller)));
    assert!(not_taller(BootstrapKeys::generate(&holder, &low, &bootstrapped).err()));
    let keys = BootstrapKeys::generate(&holder, &tall, &bootstrapped).unwrap();
    let other = Context::new(&tall).unwrap();
    assert!(not_taller(SealRaise::new(&bootstrapped, &other, keys).err()));
    // A ciphertext that has no level left.
    let parties = Parties::new(&spec);
    let x = parties.encrypt(&values(1.0), Level(0));
    assert!(matches!(parties.bootstrap.bootstrap(&x, &[true; PERIOD]), Err(Error::Circuit(_))));
}
