//! One operation after the other.

use seal_nn::{
    CircuitError, Level, Rotation,
    backend::{Circuit, Combination, Encrypt, Evaluate, Operation, Slots, TargetScale},
    program::{KeyHolderRefresh, Refresh},
};

use super::{Backend, assert_close, random, read, refusal, rounding, send};

const DEPTH: usize = 3;

/// By half of the slots, too: where the two signs of a step meet.
fn steps<B: Backend>() -> [Rotation; 3] {
    [Rotation(1), Rotation(-2), Rotation(B::DEGREE as i32 / 4)]
}

/// 13 standard deviations of `roundings` independent roundings of values within [-1, 1] (Laplace tails: spec, ckks).
fn tolerance<B: Backend>(roundings: usize) -> f64 {
    13.0 * rounding::<B>() * (roundings as f64).sqrt()
}

struct Bench<B: Backend> {
    circuit: Circuit<B::Evaluator>,
    holder: B::Holder,
    x: Vec<f64>,
    y: Vec<f64>,
}

type Ct<B> = <<B as Backend>::Evaluator as Evaluate>::Ciphertext;

impl<B: Backend> Bench<B> {
    fn new() -> Self {
        let (circuit, holder) = B::pair(DEPTH, &steps::<B>());
        let slots = circuit.slots();
        Bench { circuit, holder, x: random(slots, 1), y: random(slots, 2) }
    }

    fn send(&self, values: &[f64], level: usize) -> Ct<B> {
        send(&self.circuit, &self.holder, values, Level(level))
    }

    /// Level, canonical scale to the last bit, and the worst slot.
    #[track_caller]
    fn expect(&self, what: &str, actual: &Ct<B>, level: usize, roundings: usize, f: impl Fn(usize) -> f64) {
        let backend = self.circuit.backend();
        assert_eq!(backend.level(actual), Level(level), "{what}");
        assert_eq!(backend.scale(actual), self.circuit.chain().scale(Level(level)), "{what}");
        let slots = self.circuit.slots();
        assert_close(what, &read(&self.holder, actual), (0..slots).map(f), tolerance::<B>(roundings));
    }
}

/// Every operation of a [`Circuit`]: values within the tolerance, level, canonical scale to the last bit.
pub fn computes<B: Backend>() {
    let bench = Bench::<B>::new();
    let Bench { circuit: c, x, y, .. } = &bench;
    let slots = c.slots();
    let (a, b) = (bench.send(x, 3), bench.send(y, 3));
    let low = bench.send(y, 1);
    let mask: Slots = y.clone().into();

    bench.expect("received", &a, 3, 1, |s| x[s]);
    bench.expect("sum", &c.add(&a, &b).unwrap(), 3, 1, |s| x[s] + y[s]);
    bench.expect("difference over levels", &c.sub(&a, &low).unwrap(), 1, 1, |s| x[s] - y[s]);
    bench.expect("sum over levels, lower first", &c.add(&low, &a).unwrap(), 1, 1, |s| x[s] + y[s]);
    bench.expect("negative", &c.negate(&a).unwrap(), 3, 1, |s| -x[s]);
    let mut plain_sum = a.clone();
    c.add_plain_inplace(&mut plain_sum, &mask).unwrap();
    c.add_plain_inplace(&mut plain_sum, &0.5.into()).unwrap();
    bench.expect("sum with plaintexts", &plain_sum, 3, 1, |s| x[s] + y[s] + 0.5);

    bench.expect("product", &c.multiply(&a, &b).unwrap(), 2, 1, |s| x[s] * y[s]);
    bench.expect("product over levels", &c.multiply(&a, &low).unwrap(), 0, 2, |s| x[s] * y[s]);
    bench.expect("square", &c.square(&a).unwrap(), 2, 1, |s| x[s] * x[s]);
    let sum = c.product_sum(&[(&a, &b), (&a, &a), (&b, &low)]).unwrap();
    bench.expect("sum of products", &sum, 0, 8, |s| x[s] * y[s] + x[s] * x[s] + y[s] * y[s]);

    let masked = c.multiply_plain(&a, &mask, TargetScale::At(Level(2))).unwrap();
    bench.expect("plaintext product", &masked, 2, 1, |s| x[s] * y[s]);
    let deep = c.multiply_plain(&a, &Slots::Constant(-0.75), TargetScale::At(Level(0))).unwrap();
    bench.expect("plaintext product and level drop in one", &deep, 0, 1, |s| -0.75 * x[s]);
    let sum = c.plain_product_sum(&[(&a, &mask), (&b, &2.0.into())], TargetScale::At(Level(1))).unwrap();
    bench.expect("sum of plaintext products", &sum, 1, 1, |s| x[s] * y[s] + 2.0 * y[s]);

    // 0.5 x - y and 2 y, in two parts, of which the second has a part of one sum alone.
    let first = c.weighted_sums(&[(&a, &[0.5, 0.0]), (&b, &[-1.5, 2.0])], Level(1)).unwrap();
    let second = c.weighted_sums(&[(&b, &[0.5, 1e-9])], Level(1)).unwrap();
    for (what, (sum, more), f) in [
        ("weighted sum", (&first[0], &second[0]), Box::new(|s: usize| 0.5 * x[s] - y[s]) as Box<dyn Fn(usize) -> f64>),
        ("another of the same", (&first[1], &second[1]), Box::new(|s: usize| 2.0 * y[s])),
    ] {
        let sum = c.rescale(c.add(sum, more).unwrap()).unwrap();
        bench.expect(what, &sum, 1, 6, f);
    }

    let at = |level: usize| c.chain().scale(Level(level));
    let terms = Combination { products: &[(&a, &b), (&a, &a)], multiples: &[(&b, 0.75)], constant: -0.25 };
    let combined = c.backend().combine_rescale(&terms, Level(3), at(2)).unwrap();
    bench.expect("combination", &combined, 2, 6, |s| x[s] * y[s] + x[s] * x[s] + 0.75 * y[s] - 0.25);
    let terms = Combination { products: &[], multiples: &[(&a, -0.5), (&combined, 1.0)], constant: 0.0 };
    let combined = c.backend().combine_rescale(&terms, Level(2), at(1)).unwrap();
    bench.expect("combination from above", &combined, 1, 8, |s| {
        x[s] * y[s] + x[s] * x[s] + 0.75 * y[s] - 0.25 - 0.5 * x[s]
    });

    bench.expect("drop", &c.drop_to(&a, Level(0)).unwrap(), 0, 1, |s| x[s]);
    // Landed for a partner that is only dropped: the partner's scale differs from the canonical one there.
    let landed = c.multiply_plain(&b, &mask, TargetScale::For { partner: &a, at: Level(1) }).unwrap();
    bench.expect("product with its partner", &c.multiply(&landed, &a).unwrap(), 0, 4, |s| y[s] * y[s] * x[s]);
    let loose = c.multiply_loosely(&a, &low, Level(1)).unwrap();
    assert_eq!(c.level(&loose), Level(0));
    assert_close("loose product", &read(&bench.holder, &loose), x.iter().zip(y).map(|(x, y)| x * y), tolerance::<B>(1));

    let half = slots as i32 / 2;
    for step in [0, 1, -2, half, -half, 1 + slots as i32] {
        let at = |s: usize| (s as i64 + i64::from(step)).rem_euclid(slots as i64) as usize;
        bench.expect(&format!("rotation by {step}"), &c.rotate(&a, Rotation(step)).unwrap(), 3, 2, |s| x[at(s)]);
    }
    let rotated = c.rotate_many(&a, &[Rotation(1), Rotation(0), Rotation(-2)]).unwrap();
    for (rotated, by) in rotated.iter().zip([1, 0, slots - 2]) {
        bench.expect(&format!("rotated together, by {by}"), rotated, 3, 2, |s| x[(s + by) % slots]);
    }
    let terms: [(Rotation, &Slots); 3] = [(Rotation(0), &mask), (Rotation(1), &mask), (Rotation(-2), &0.5.into())];
    let transformed = c.linear_transform(&a, &terms, TargetScale::At(Level(1))).unwrap();
    let expected = |s: usize| x[s] * y[s] + x[(s + 1) % slots] * y[s] + 0.5 * x[(s + slots - 2) % slots];
    bench.expect("linear transform", &transformed, 1, 4, expected);

    let terms =
        [(Rotation(0), Rotation(1), &mask), (Rotation(-2), Rotation(0), &mask), (Rotation(-2), Rotation(1), &mask)];
    let transformed = c.linear_transform_in_steps(&a, &terms, TargetScale::At(Level(1))).unwrap();
    let inner = |s: usize| x[s] * y[s] + x[(s + 1) % slots] * y[s];
    let expected = |s: usize| x[(s + 1) % slots] * y[s] + inner((s + slots - 2) % slots);
    bench.expect("linear transform in baby and giant steps", &transformed, 1, 4, expected);
    let sum = c.sum_rotations(&[(&a, Rotation(1)), (&low, Rotation(0)), (&low, Rotation(-2))]).unwrap();
    let added = |s: usize| x[(s + 1) % slots] + y[s] + y[(s + slots - 2) % slots];
    bench.expect("sum of rotations over levels", &sum, 1, 6, added);

    let factored = c.divide_by_relabelling(b.clone(), 16.0).unwrap();
    assert_close("declared factor", &read(&bench.holder, &factored), y.iter().map(|y| y / 16.0), tolerance::<B>(1));
    // The factor was declared at the top, where the landing cannot be: so at level 2.
    let factored = c.divide_by_relabelling(c.drop_to(&b, Level(2)).unwrap(), 16.0).unwrap();
    let like = c.multiply_plain(&a, &1.0.into(), TargetScale::Like(&factored)).unwrap();
    let sum = c.add(&factored, &like).unwrap();
    assert_close(
        "sum like a declared factor",
        &read(&bench.holder, &sum),
        (0..slots).map(|s| x[s] + y[s] / 16.0),
        tolerance::<B>(1),
    );
}

/// What a circuit and a key holder refuse, in the same words on every backend.
pub fn refuses<B: Backend>() {
    let bench = Bench::<B>::new();
    let Bench { circuit: c, holder, x, .. } = &bench;
    let slots = c.slots();
    let (a, zero) = (bench.send(x, 3), bench.send(x, 0));
    let mask: Slots = x.clone().into();
    let no_level = |error: CircuitError, needed: usize, actual: usize| {
        assert!(
            matches!(error, CircuitError::NoLevelLeft { needed: Level(n), actual: Level(a), .. } if (n, a) == (needed, actual)),
            "{error}"
        );
    };

    no_level(refusal(c.multiply(&zero, &zero)), 1, 0);
    no_level(refusal(c.multiply(&a, &zero)), 1, 0);
    no_level(refusal(c.square(&zero)), 1, 0);
    no_level(refusal(c.multiply_plain(&zero, &mask, TargetScale::At(Level(0)))), 1, 0);
    no_level(refusal(c.multiply_plain(&a, &mask, TargetScale::At(Level(3)))), 4, 3);
    no_level(refusal(c.drop_to(&zero, Level(2))), 3, 0);
    no_level(refusal(c.multiply_loosely(&a, &zero, Level(1))), 1, 0);

    let missing = refusal(c.rotate(&a, Rotation(3)));
    assert!(
        matches!(&missing, CircuitError::MissingRotation { step: Rotation(3), available } if available.len() == steps::<B>().len()),
        "{missing}"
    );
    assert!(matches!(
        refusal(c.rotate_many(&a, &[Rotation(1), Rotation(5)])),
        CircuitError::MissingRotation { step: Rotation(5), .. }
    ));

    let missing = |error| matches!(error, CircuitError::MissingRotation { step: Rotation(7), .. });
    assert!(missing(refusal(c.sum_rotations(&[(&a, Rotation(0)), (&a, Rotation(7))]))));
    let one = Slots::Constant(1.0);
    for (giant, baby) in [(Rotation(0), Rotation(7)), (Rotation(7), Rotation(0))] {
        assert!(missing(refusal(c.linear_transform_in_steps(&a, &[(giant, baby, &one)], TargetScale::At(Level(1))))));
    }
    assert!(matches!(refusal(c.sum_rotations(&[])), CircuitError::Empty { .. }));

    // SEAL would compose 2 + 1 out of keys it has; a plan's exact set must not hide a mistake.
    assert!(matches!(refusal(c.rotate(&a, Rotation(2))), CircuitError::MissingRotation { .. }));

    for (values, index) in [(vec![0.0, f64::NAN], 1), (vec![f64::INFINITY], 0)] {
        let found = |error| matches!(error, CircuitError::NotFinite { index: i, .. } if i == index);
        assert!(found(refusal(holder.encrypt(&values, Level(1)))));
        assert!(found(refusal(c.multiply_plain(&a, &values.into(), TargetScale::At(Level(1))))));
    }
    assert!(matches!(refusal(c.add_plain_inplace(&mut a.clone(), &f64::NAN.into())), CircuitError::NotFinite { .. }));
    let many = vec![1.0; slots + 1];
    let too_many = CircuitError::TooManyValues { expected: slots, actual: slots + 1 };
    assert_eq!(refusal(holder.encrypt(&many, Level(1))), too_many);
    assert_eq!(refusal(c.multiply_plain(&a, &many.into(), TargetScale::At(Level(1)))), too_many);

    no_level(refusal(holder.encrypt(x, Level(DEPTH + 1))), DEPTH + 1, DEPTH);
    assert!(matches!(refusal(holder.encrypt(&vec![1e30; slots], Level(0))), CircuitError::OutOfRange { .. }));

    for nothing in [Slots::Constant(0.0), vec![0.0; 5].into(), Slots::Constant(1e-20)] {
        let error = refusal(c.multiply_plain(&a, &nothing, TargetScale::At(Level(1))));
        assert!(matches!(error, CircuitError::Transparent { .. }), "{error}");
    }
    assert!(matches!(refusal(c.product_sum(&[])), CircuitError::Empty { .. }));
    assert!(matches!(refusal(c.linear_transform(&a, &[], TargetScale::At(Level(1)))), CircuitError::Empty { .. }));
    assert!(matches!(refusal(c.plain_product_sum(&[], TargetScale::At(Level(1)))), CircuitError::Empty { .. }));

    let factored = c.divide_by_relabelling(a.clone(), 4.0).unwrap();
    assert!(matches!(refusal(c.add(&a, &factored)), CircuitError::ScaleMismatch { .. }));
    let sum = c.sum_rotations(&[(&a, Rotation(1)), (&factored, Rotation(0))]);
    assert!(matches!(refusal(sum), CircuitError::ScaleMismatch { .. }));
    assert!(matches!(refusal(c.multiply(&a, &factored)), CircuitError::ScaleMismatch { .. }));
    assert!(matches!(refusal(c.square(&factored)), CircuitError::ScaleMismatch { .. }));
}

/// A refresh cleans padding and comes back at the level asked for.
pub fn refreshes<B: Backend>() {
    let bench = Bench::<B>::new();
    let c = &bench.circuit;
    let low = c.square(&c.square(&bench.send(&bench.x, 2)).unwrap()).unwrap();
    let clean = |slots: &mut [Vec<f64>]| {
        slots[0][100..].fill(0.0);
        Ok(())
    };
    let mut refresh = KeyHolderRefresh::new(&bench.holder, c.backend(), Level(3), clean);
    let fresh = refresh.refresh(vec![low]).unwrap().remove(0);
    bench.expect("refreshed", &fresh, 3, 6, |s| if s < 100 { bench.x[s].powi(4) } else { 0.0 });
}

/// The meter counts what was done, and an encoding once.
pub fn counts<B: Backend>() {
    let bench = Bench::<B>::new();
    let c = &bench.circuit;
    let (a, b) = (bench.send(&bench.x, 3), bench.send(&bench.y, 3));
    let mask: Slots = bench.y.clone().into();
    c.meter().take();
    for _ in 0..2 {
        c.multiply_plain(&a, &mask, TargetScale::At(Level(1))).unwrap();
    }
    c.product_sum(&[(&a, &b), (&b, &b)]).unwrap();
    c.rotate(&a, Rotation(1)).unwrap();
    c.rotate(&a, Rotation(0)).unwrap();
    c.rotate_many(&a, &[Rotation(1), Rotation(-2)]).unwrap();
    let tallies = c.meter().take();
    let count = |operation| tallies.count(operation);
    assert_eq!(count(Operation::Encode), 1, "the second time it is known");
    assert_eq!((count(Operation::MultiplyPlain), count(Operation::Rescale)), (2, 3));
    assert_eq!((count(Operation::MultiplyCiphertexts), count(Operation::Relinearize)), (2, 1));
    assert_eq!((count(Operation::Rotate), count(Operation::RotateHoisted), tallies.rotations()), (1, 2, 3));
    assert_eq!(c.meter().take().rotations(), 0);
}
