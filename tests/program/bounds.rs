//! Functions of vectors with declared bounds: refused by the plan, or right on clear slots and on SEAL.

use rand::{RngExt, SeedableRng, rngs::ChaCha8Rng};
use seal_nn::{
    CircuitError, Error, Level, RequestError, Result, Rotation, SetupError,
    backend::{Bound, Chain, Circuit, Evaluate, KeySwitching, SealEvaluator},
    nn::polynomial::{Polynomial, PolynomialProgram},
    program::{Function, Of, Program, Rehearsal, Vectors, Whole, Workspace},
    protocol::{Deployment, ParameterRequest, Session},
    record,
    seal::Parameters,
};

/// What is computed of one vector, and how large the result is for a constant.
#[derive(Clone, Copy, Debug)]
enum Work {
    /// The vector itself.
    Nothing,
    /// The sum of so many slots.
    Sum(usize),
    /// The dot product with itself, of so many slots.
    Dot(usize),
    /// The fourth power, by two squares.
    Fourth,
    /// The same as a polynomial.
    Polynomial,
}

impl Work {
    fn depth(self) -> usize {
        match self {
            Work::Nothing | Work::Sum(_) => 0,
            Work::Dot(_) => 1,
            Work::Fourth => 2,
            Work::Polynomial => 3,
        }
    }

    fn of_slots(self, x: &[f64]) -> Vec<f64> {
        let sum = |count: usize, f: &dyn Fn(f64) -> f64| {
            (0..x.len()).map(|s| (s..s + count).map(|s| f(x[s % x.len()])).sum()).collect()
        };
        match self {
            Work::Nothing => x.to_vec(),
            Work::Sum(count) => sum(count, &|v| v),
            Work::Dot(count) => sum(count, &|v| v * v),
            Work::Fourth | Work::Polynomial => sum(1, &|v| v.powi(4)),
        }
    }

    /// The constant of which the result is this.
    fn constant_for(self, result: f64) -> f64 {
        match self {
            Work::Nothing => result,
            Work::Sum(count) => result / count as f64,
            Work::Dot(count) => (result / count as f64).sqrt(),
            Work::Fourth | Work::Polynomial => result.powf(0.25),
        }
    }
}

struct Bounded {
    work: Work,
    bound: Option<Bound>,
}

impl Function for Bounded {
    fn inputs(&self) -> usize {
        1
    }

    fn bound(&self, _: usize) -> Option<Bound> {
        self.bound
    }

    fn run<E: Evaluate>(&self, c: &Circuit<E>, inputs: &[E::Ciphertext]) -> Result<Vec<E::Ciphertext>> {
        let x = &inputs[0];
        Ok(vec![match self.work {
            Work::Nothing => x.clone(),
            Work::Sum(count) => c.sum_slots(x, count)?,
            Work::Dot(count) => c.dot(x, x, count)?,
            Work::Fourth => c.square(&c.square(x)?)?,
            Work::Polynomial => {
                let fourth = Polynomial::from_coefficients(&[0.0, 0.0, 0.0, 0.0, 1.0])?;
                PolynomialProgram::new(&fourth).apply(c, x)?
            }
        }])
    }
}

/// With exactly the levels that the work takes, in a small ring of no security.
fn deployment(work: Work, bound: Bound) -> Result<Deployment<Whole<Bounded>>> {
    let parameters = Parameters::builder().depth(work.depth(), 40).hybrid(2).degree(2048).insecure().build()?;
    Deployment::on(parameters, |_| Ok(Whole(Bounded { work, bound: Some(bound) })))
}

/// The largest mean `|slot|` at level 0.
fn room(work: Work) -> f64 {
    let plan = deployment(work, Bound::max_abs(0.0)).unwrap().plan;
    plan.chain.headroom_bits(Level(0), plan.chain.scale(Level(0)), 1.0).exp2()
}

fn refusal<T>(refused: Result<T>) -> CircuitError {
    match refused {
        Err(Error::Circuit(error)) => error,
        Err(other) => panic!("another error: {other}"),
        Ok(_) => panic!("not refused"),
    }
}

/// The results of a call on clear slots and on SEAL.
fn results(deployment: &Deployment<Whole<Bounded>>, x: &[f64]) -> [Result<Vec<f64>>; 2] {
    let first = |answer: Result<Vectors<Vec<f64>>>| answer.map(|mut answer| answer.vectors.remove(0));
    let request = || Vectors { vectors: vec![x.to_vec()] };
    let (program, plan) = (deployment.program.clone(), deployment.plan.clone());
    let (holder, circuit) = deployment.in_the_clear(None);
    let clear = Session::in_process(holder, circuit, program.clone(), plan.clone()).call(&(), &request());
    let (holder, keys) = deployment.make_keys(KeySwitching::default()).unwrap();
    let circuit = Circuit::new(SealEvaluator::new(&deployment.parameters, &keys).unwrap());
    let seal = Session::in_process(holder, circuit, program, plan).call(&(), &request());
    [first(clear), first(seal)]
}

const WORKS: [Work; 5] = [Work::Nothing, Work::Sum(8), Work::Dot(4), Work::Fourth, Work::Polynomial];

/// For the vector whose result is `share` of the room in every slot, or on average over all slots.
#[test]
fn constants_at_below_and_beyond_the_room() {
    for work in WORKS {
        let room = room(work);
        let slots = 1024;
        for share in [0.5, 0.99, 1.0 - 1e-9] {
            let x = work.constant_for(share * room);
            let deployment = deployment(work, Bound::max_abs(x)).unwrap();
            for result in results(&deployment, &vec![x; slots]) {
                let worst = result.unwrap().iter().fold(0.0, |m: f64, v| m.max((v / (share * room) - 1.0).abs()));
                // Noise of 2048 / 6 / 2^40 per rounding, times the slope of up to room^(3/4) on the way, in parts of the room.
                assert!(worst < 1e-7, "{work:?} at {share}: off by {worst}");
            }
        }
        for share in [1.0 + 1e-9, 1.01, 3.0] {
            let refused = refusal(deployment(work, Bound::max_abs(work.constant_for(share * room))));
            let CircuitError::OutOfRange { what, mean_abs, level: Level(0), .. } = &refused else {
                panic!("{refused}")
            };
            let expected: &[&str] = match work {
                Work::Nothing => &["vectors"],
                Work::Sum(_) | Work::Dot(_) => &["sum over slots"],
                Work::Fourth => &["square"],
                // 3/8 + T_2/2 + T_4/8, of which the first part comes last.
                Work::Polynomial => &["sum of plaintext products", "addition of a plaintext"],
            };
            assert!(expected.contains(&what.as_str()), "{work:?} at {share}: {refused}");
            assert!((mean_abs / room / share - 1.0).abs() < 0.002, "{work:?} at {share}: {refused}");
        }
    }
}

/// One slot has room for as much as all together, and its declaration says so.
#[test]
fn single_slots_at_below_and_beyond_the_room() {
    for (work, live) in [(Work::Nothing, 1), (Work::Sum(8), 8), (Work::Dot(4), 4), (Work::Fourth, 1)] {
        let slots = 1024;
        // The mean of the result is its only value, once for each slot that a sum brings it to.
        let single = |share: f64| match work {
            Work::Fourth => (share * room(work) * slots as f64).powf(0.25),
            Work::Dot(_) => (share * room(work) * slots as f64 / live as f64).sqrt(),
            _ => share * room(work) * slots as f64 / live as f64,
        };
        let bound = |share| Bound::max_abs(single(share)).with_live_slots(1);
        let deployment_at = |share| deployment(work, bound(share));
        let x = [&[0.0; 5][..], &[single(0.99)]].concat();
        let expected = work.of_slots(&[x.clone(), vec![0.0; slots - x.len()]].concat());
        let largest = expected.iter().fold(0.0, |m: f64, v| m.max(v.abs()));
        for result in results(&deployment_at(0.99).unwrap(), &x) {
            let worst = result.unwrap().iter().zip(&expected).fold(0.0, |m: f64, (v, e)| m.max((v - e).abs()));
            assert!(worst < 1e-6 * largest, "{work:?}: off by {worst} of {largest}");
        }
        assert!(matches!(refusal(deployment_at(1.01)), CircuitError::OutOfRange { .. }), "{work:?}");
        // Of a value in all slots there is no room for so much.
        assert!(matches!(refusal(deployment(work, Bound::max_abs(single(0.99)))), CircuitError::OutOfRange { .. }));
    }
}

#[test]
fn random_vectors_below_the_room() {
    for work in WORKS {
        let size = work.constant_for(0.99 * room(work));
        let mut rng = ChaCha8Rng::seed_from_u64(7);
        let x: Vec<f64> = (0..1024).map(|_| rng.random_range(-size..=size)).collect();
        let deployment = deployment(work, Bound::max_abs(size)).unwrap();
        let expected = work.of_slots(&x);
        for result in results(&deployment, &x) {
            let worst = result.unwrap().iter().zip(&expected).fold(0.0, |m: f64, (v, e)| m.max((v - e).abs()));
            assert!(worst < 1e-7 * room(work), "{work:?}: off by {worst}");
        }
        // A value beyond what was declared does not leave the client, on any backend.
        let large = [&x[..1023], &[1.1 * size]].concat();
        for refused in results(&deployment, &large) {
            let refused = refusal(refused);
            assert!(
                matches!(&refused, CircuitError::BeyondBound { what, actual, bound, .. }
                    if what == "vectors" && *actual > *bound && *bound == size),
                "{work:?}: {refused}"
            );
        }
    }
}

/// The README's kind of circuit: a sum of 1024 has no room at level 0 at 42 or 40 bits of scale, and is given some.
#[test]
fn parameters_with_room_for_what_is_declared() {
    let chosen = |work: Work, bound: Option<Bound>| {
        Deployment::choose(&Default::default(), |_| Ok(Whole(Bounded { work, bound }))).unwrap()
    };
    let scale_bits = |deployment: &Deployment<_>| deployment.plan.chain.scale(deployment.plan.chain.top()).log2();
    let undeclared = chosen(Work::Sum(1024), None);
    assert_eq!((undeclared.plan.exit, scale_bits(&undeclared)), (Level(0), 42.0), "as for a sum of small values");

    let declared = chosen(Work::Sum(1024), Some(Bound::max_abs(1.0)));
    assert_eq!(declared.parameters.poly_modulus_degree(), undeclared.parameters.poly_modulus_degree());
    for result in results(&declared, &[1.0; 1024]) {
        let worst = (result.unwrap()[0] - 1024.0).abs();
        // The noise of a rotation is 8192 / 6 / 2^36 = 2e-8, and that of the first is added up 512 times: a deviation of
        // 7e-7 where the slots are independent, of which 13 are allowed.
        assert!(worst < 1e-5, "off by {worst}");
    }
    // Far more: a level above the answers.
    let huge = chosen(Work::Dot(1024), Some(Bound::max_abs(1e4)));
    assert_eq!((huge.plan.exit, huge.plan.depth), (Level(1), 1));
    for result in results(&huge, &[1e4; 1024]) {
        assert!((result.unwrap()[0] / 1024e8 - 1.0).abs() < 1e-7);
    }
    // What no parameters hold is refused, with the reason.
    let refused = Deployment::choose(&Default::default(), |_| {
        Ok(Whole(Bounded { work: Work::Fourth, bound: Some(Bound::max_abs(1e20)) }))
    });
    let Err(error) = refused else { panic!("parameters for 1e80") };
    let text = error.to_string();
    assert!(text.contains("smaller declared bounds") && text.contains("a function of encrypted vectors"), "{text}");
    // Of what there is: neither networks nor parameters that nobody has.
    assert!(["network", "one more level", "first prime", "layout"].iter().all(|other| !text.contains(other)), "{text}");
    let Error::Setup(SetupError::NoParameters { source, .. }) = error else { panic!("{error}") };
    let reason = source.to_string();
    assert!(matches!(source.error(), Error::Circuit(CircuitError::OutOfRange { .. })), "{reason}");
    assert!(reason.contains("square") && reason.contains("has room for"), "{reason}");
}

/// A function that is too deep for any ring, with bounds that are not the reason, and without any.
#[test]
fn what_is_too_deep_says_so() {
    struct Deep(Option<Bound>);

    impl Function for Deep {
        fn inputs(&self) -> usize {
            1
        }

        fn bound(&self, _: usize) -> Option<Bound> {
            self.0
        }

        fn run<E: Evaluate>(&self, c: &Circuit<E>, inputs: &[E::Ciphertext]) -> Result<Vec<E::Ciphertext>> {
            let mut x = inputs[0].clone();
            for _ in 0..40 {
                x = c.square(&x)?;
            }
            Ok(vec![x])
        }
    }

    for bound in [None, Some(Bound::max_abs(1.0))] {
        let Err(error) = Deployment::choose(&Default::default(), |_| Ok(Whole(Deep(bound)))) else { panic!() };
        let text = error.to_string();
        assert!(text.contains("a function of smaller depth") && text.contains("ring degree 32768"), "{text}");
        assert!(["network", "bounds", "larger ring", "layout"].iter().all(|other| !text.contains(other)), "{text}");
        assert!(matches!(error, Error::Setup(SetupError::NoParameters { .. })));
    }
}

/// Three levels of 36 bits leave 106 bits of a ring of 8192: too few for another level, but not for a first prime of 52 bits,
/// which is too large for our own key switching.
#[test]
fn a_first_prime_makes_room_where_no_level_does() {
    let of = |result: f64| {
        let bound = Some(Bound::max_abs(Work::Polynomial.constant_for(result)));
        Deployment::choose(&Default::default(), |_| Ok(Whole(Bounded { work: Work::Polynomial, bound }))).unwrap()
    };
    let first_bits = |deployment: &Deployment<_>| deployment.parameters.coeff_modulus_bits()[0];
    let degree = |deployment: &Deployment<_>| deployment.parameters.poly_modulus_degree();
    // A room of 2^(50 - 2 - 36), and of four times that.
    let room = 2f64.powi(12);
    let (usual, larger) = (of(0.9 * room), of(3.6 * room));
    assert_eq!((degree(&usual), first_bits(&usual)), (8192, 50));
    assert_eq!((degree(&larger), first_bits(&larger)), (8192, 52));
    assert_eq!((larger.plan.depth, larger.plan.exit), (3, Level(0)));
    assert_eq!(KeySwitching::default().on(&larger.plan.chain), KeySwitching::Seal);
    let x = Work::Polynomial.constant_for(3.6 * room);
    for result in results(&larger, &vec![x; 4096]) {
        let worst = result.unwrap().iter().fold(0.0, |m: f64, v| m.max((v / (3.6 * room) - 1.0).abs()));
        // Noise of 8192 / 6 / 2^36 = 2e-8 in x, times the slope 4 x^3 = 5400; of SEAL's keys up to 70 times as much.
        assert!(worst < 1e-6, "off by {worst}");
    }
    // Beyond that only a larger ring helps.
    let beyond = of(4.4 * room);
    assert_eq!((degree(&beyond), first_bits(&beyond)), (16384, 50));
    // What is not declared is none of its business.
    let undeclared =
        Deployment::choose(&Default::default(), |_| Ok(Whole(Bounded { work: Work::Polynomial, bound: None })))
            .unwrap();
    assert_eq!((degree(&undeclared), first_bits(&undeclared)), (8192, 50));
}

/// With given primes the plan uses the levels there are, and refuses where they do not suffice.
#[test]
fn given_primes_are_used_or_refused() {
    let request = |bits: &[u32]| ParameterRequest {
        poly_modulus_degree: Some(8192),
        coeff_modulus_bits: Some(bits.to_vec()),
        key_switching: KeySwitching::Seal,
        ..Default::default()
    };
    let sum = |bits: &[u32]| {
        let bound = Some(Bound::max_abs(1.0));
        Deployment::choose(&request(bits), |_| Ok(Whole(Bounded { work: Work::Sum(1024), bound })))
    };
    let refused = refusal(sum(&[50, 60]));
    assert!(matches!(&refused, CircuitError::OutOfRange { what, mean_abs: 1024.0, .. } if what == "sum over slots"));
    let higher = sum(&[50, 40, 60]).unwrap();
    assert_eq!((higher.plan.depth, higher.plan.exit), (0, Level(1)));
    // A single prime has a scale of 8 bits less by default, of whatever size it is.
    assert!(matches!(refusal(sum(&[60, 60])), CircuitError::OutOfRange { .. }));
}

/// Kept vectors have bounds too.
struct Products;

#[derive(Clone, Debug)]
struct Packed<T> {
    slots: T,
}
record!(Packed { slots: one });

impl Program for Products {
    type Part = f64;
    type Call = ();
    type Kept = Packed<()>;
    type Held = ();
    type Asked = Packed<()>;
    type Answer = Packed<()>;

    fn kept(&self, _: &f64, entry: Level, _: &Chain) -> Result<Packed<Level>> {
        Ok(Packed { slots: entry })
    }

    fn kept_bounds(&self, &largest: &f64, _: &Packed<Level>) -> Result<Of<Packed<()>, Option<Bound>>> {
        Ok(Packed { slots: Some(Bound::max_abs(largest)) })
    }

    fn asked(&self, (): &(), entry: Level, _: &Chain) -> Result<Packed<Level>> {
        Ok(Packed { slots: entry })
    }

    fn asked_bounds(&self, (): &(), _: &Packed<Level>) -> Result<Packed<Option<Bound>>> {
        Ok(Packed { slots: Some(Bound::max_abs(10.0)) })
    }

    fn rehearsal(&self) -> Rehearsal<Self> {
        Rehearsal { parts: vec![20.0], calls: vec![()] }
    }

    fn run<E: Evaluate>(
        &self,
        workspace: Workspace<'_, E, Self>,
        (): &(),
        asked: &Packed<E::Ciphertext>,
    ) -> Result<Packed<E::Ciphertext>> {
        let kept = workspace.kept.first().ok_or(RequestError::NothingKept { what: "a vector" })?;
        let c = workspace.circuit;
        Ok(Packed { slots: c.rotate(&c.multiply(&asked.slots, &kept.data()?.slots)?, Rotation(1))? })
    }

    fn title(&self) -> String {
        "products".into()
    }
}

#[test]
fn kept_vectors_have_bounds_too() {
    // 10 times 20 is less than 256, and 10 times 30 is not.
    let parameters = Parameters::builder().depth(1, 40).degree(2048).insecure().build().unwrap();
    let deployment = Deployment::on(parameters, |_| Ok(Products)).unwrap();
    let (holder, circuit) = deployment.in_the_clear(None);
    let mut session = Session::in_process(holder, circuit, deployment.program.clone(), deployment.plan.clone());
    let packed = |value: f64| Packed { slots: vec![value; 1024] };
    assert!(matches!(refusal(session.keep(&20.0, &packed(-21.0))), CircuitError::BeyondBound { actual: 21.0, .. }));
    session.keep(&20.0, &packed(-20.0)).unwrap();
    assert_eq!(session.call(&(), &packed(10.0)).unwrap().slots[0], -200.0);
    assert!(
        matches!(refusal(session.call(&(), &packed(10.5))), CircuitError::BeyondBound { what, .. } if what == "slots")
    );
    // A part that is larger than rehearsed is refused by the operation that it has no room in.
    let (holder, circuit) = deployment.in_the_clear(None);
    let mut session = Session::in_process(holder, circuit, deployment.program.clone(), deployment.plan.clone());
    session.keep(&30.0, &packed(1.0)).unwrap();
    let refused = refusal(session.call(&(), &packed(1.0)));
    assert!(matches!(&refused, CircuitError::OutOfRange { what, .. } if what == "product"), "{refused}");
}
