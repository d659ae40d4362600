//! Declared bounds through every operation of a circuit, against the values there are.

use seal_nn::{
    Argument, ArgumentError, CircuitError, Error, Level, Result, Rotation,
    backend::{
        Bound, Chain, Circuit, ClearCiphertext, ClearEvaluator, ClearKeyHolder, Decrypt, Encrypt, Evaluate,
        KeySwitching, Noise, PlanEvaluator, SealEvaluator, SealKeyHolder, Slots, TargetScale,
    },
    nn::polynomial::{Polynomial, PolynomialProgram},
    program::{KeyHolderRefresh, PlannedRefresh, Refresh},
    seal::Parameters,
};

use crate::kit::backends::{random, read, refusal, send};

const TOP: Level = Level(4);

/// Every operation, by name.
fn operations<E: Evaluate>(
    c: &Circuit<E>,
    x: &E::Ciphertext,
    y: &E::Ciphertext,
    values: &Slots,
) -> Result<Vec<(&'static str, E::Ciphertext)>> {
    let at = TargetScale::At;
    let mut plain_sum = x.clone();
    c.add_plain_inplace(&mut plain_sum, values)?;
    let low = c.drop_to(y, Level(2))?;
    let far = Rotation(c.slots() as i32 / 2);
    let steps =
        [(Rotation(4), Rotation(1), values), (Rotation(0), Rotation(2), values), (Rotation(4), Rotation(0), values)];
    let polynomial = PolynomialProgram::new(&Polynomial::from_coefficients(&[0.5, -1.0, 0.25, 2.0, 1.0])?);
    let mut rotated = c.rotate_many(x, &[Rotation(1), Rotation(0)])?;
    Ok(vec![
        ("sum", c.add(x, y)?),
        ("difference over levels", c.sub(x, &low)?),
        ("negative", c.negate(x)?),
        ("sum with a plaintext", plain_sum),
        ("sum with a constant", c.add_constant(y, -1.5)?),
        ("product", c.multiply(x, y)?),
        ("square", c.square(x)?),
        ("sum of products", c.product_sum(&[(x, y), (y, y), (x, &low)])?),
        ("loose product", c.multiply_loosely(x, &low, Level(2))?),
        ("plaintext product", c.multiply_plain(x, values, at(Level(1)))?),
        ("sum of plaintext products", c.plain_product_sum(&[(x, values), (y, &Slots::Constant(-0.5))], at(Level(3)))?),
        ("rotation", c.rotate(x, Rotation(3))?),
        ("rotation by nothing", c.rotate(x, Rotation(0))?),
        ("rotated together", rotated.remove(0)),
        ("rotated by nothing together", rotated.remove(0)),
        ("sum of 8 slots", c.sum_slots(x, 8)?),
        ("sum of all slots", c.sum_slots(x, c.slots())?),
        ("slots added to themselves", c.add_rotations(x.clone(), &[Rotation(1), Rotation(1), far, far, Rotation(0)])?),
        ("sum of rotations", c.sum_rotations(&[(x, Rotation(1)), (y, Rotation(-2)), (&low, Rotation(0))])?),
        ("dot product", c.dot(x, y, 4)?),
        ("dot product with clear values", c.dot_plain(x, values, 16)?),
        ("linear transform", c.linear_transform(x, &[(Rotation(0), values), (Rotation(-1), values)], at(Level(0)))?),
        ("giant steps", c.linear_transform_in_steps(x, &steps, at(Level(1)))?),
        ("divided", c.divide_by_relabelling(x.clone(), 8.0)?),
        ("polynomial", polynomial.apply(c, y)?),
    ])
}

/// A vector with its declared bound: of all slots, of some, of one, and constants.
fn vectors(slots: usize) -> Vec<(Vec<f64>, Bound)> {
    let some = |count: usize, size: f64, seed| {
        let values: Vec<f64> = random(count, seed).iter().map(|v| size * v).collect();
        (values, Bound::max_abs(size).with_live_slots(count))
    };
    vec![
        some(slots, 1.0, 1),
        some(5, 3.0, 2),
        some(1, 40.0, 3),
        (vec![2.0; slots], Bound::max_abs(2.0)),
        (vec![-0.75; slots / 2], Bound::max_abs(0.75).with_live_slots(slots / 2)),
        (vec![0.0; slots], Bound::max_abs(0.0)),
    ]
}

/// No slot of any result is larger than its bound says, nor is their mean; and the plan says the same bounds.
#[test]
fn results_keep_to_their_bounds() {
    let chain = Chain::nominal(128, TOP.0, 40).unwrap();
    let slots = chain.slots();
    let (holder, c) =
        (ClearKeyHolder::new(chain.clone(), None), Circuit::new(ClearEvaluator::new(chain.clone(), None)));
    let plan = Circuit::new(PlanEvaluator::new(chain));
    let mask: Slots =
        random(slots, 9).iter().enumerate().map(|(s, v)| if s % 3 == 0 { *v } else { 0.0 }).collect::<Vec<_>>().into();
    for (x, x_bound) in vectors(slots) {
        for (y, y_bound) in vectors(slots) {
            let sent = |values: &[f64], bound| c.declare_bound("x", send(&c, &holder, values, TOP), bound).unwrap();
            let results = operations(&c, &sent(&x, x_bound), &sent(&y, y_bound), &mask).unwrap();
            let input = |bound| plan.declare_bound("x", plan.backend().input(TOP), bound).unwrap();
            let planned = operations(&plan, &input(x_bound), &input(y_bound), &mask).unwrap();
            for ((what, result), (_, planned)) in results.iter().zip(&planned) {
                let bound = c.bound(result).unwrap_or_else(|| panic!("{what} has no bound"));
                assert_eq!(plan.bound(planned), Some(bound), "{what}");
                let actual = read(&holder, result);
                let largest = actual.iter().fold(0.0, |m: f64, v| m.max(v.abs()));
                let mean = actual.iter().map(|v| v.abs()).sum::<f64>() / slots as f64;
                let within = |actual: f64, bound: f64| actual <= bound * (1.0 + 1e-9) + 1e-12;
                assert!(within(largest, bound.largest()), "{what}: {largest} of {bound:?}");
                assert!(within(mean, bound.mean(slots)), "{what}: a mean of {mean} of {bound:?}");
            }
        }
    }
}

/// Bounds are reached where values are: they promise no more than is needed.
#[test]
fn constants_reach_their_bounds() {
    let chain = Chain::nominal(128, TOP.0, 40).unwrap();
    let (holder, c) = (ClearKeyHolder::new(chain.clone(), None), Circuit::new(ClearEvaluator::new(chain, None)));
    let sent = |value: f64| {
        let x = send(&c, &holder, &vec![value; c.slots()], TOP);
        c.declare_bound("x", x, Bound::max_abs(value)).unwrap()
    };
    let ones: Slots = vec![1.0; c.slots()].into();
    for (what, result) in operations(&c, &sent(3.0), &sent(2.0), &ones).unwrap() {
        if what.contains("difference") || what.contains("constant") || what == "sum of plaintext products" {
            continue; // their terms have different signs
        }
        let (actual, bound) = (read(&holder, &result)[0].abs(), c.bound(&result).unwrap());
        for bound in [bound.largest(), bound.mean(c.slots())] {
            assert!((bound / actual - 1.0).abs() < 1e-9, "{what}: {actual} of {bound}");
        }
    }
}

#[test]
fn no_bound_where_an_operand_has_none() {
    let plan = Circuit::new(PlanEvaluator::new(Chain::nominal(128, 1, 40).unwrap()));
    let x = plan.backend().input(Level(1));
    let declared = plan.declare_bound("x", x.clone(), Bound::max_abs(1.0)).unwrap();
    assert!(plan.bound(&plan.add(&declared, &x).unwrap()).is_none());
    assert!(plan.bound(&plan.multiply(&x, &declared).unwrap()).is_none());
    assert!(plan.bound(&plan.sum_rotations(&[(&declared, Rotation(1)), (&x, Rotation(0))]).unwrap()).is_none());
    // And none of an operation that a circuit did not see.
    let mut behind = declared.clone();
    plan.backend().add_inplace(&mut behind, &declared).unwrap();
    assert!(plan.bound(&behind).is_none());
    // A program that knows more declares it again; a wider one changes nothing.
    let known = plan.declare_bound("sum", plan.add(&declared, &x).unwrap(), Bound::max_abs(3.0)).unwrap();
    assert_eq!(plan.bound(&known).unwrap().largest(), 3.0);
    let same = plan.declare_bound("sum", known, Bound::max_abs(7.0).with_live_slots(1)).unwrap();
    assert_eq!((plan.bound(&same).unwrap().largest(), plan.bound(&same).unwrap().mean(64)), (3.0, 7.0 / 64.0));
}

/// What each operation is refused as, on a plan and on clear slots alike.
#[test]
fn the_operation_that_has_no_room_is_named() {
    let chain = Chain::nominal(128, 1, 40).unwrap();
    // A mean of 2^(50 - 2 - 40) = 256 at level 0.
    fn refused<E: Evaluate>(c: &Circuit<E>, x: E::Ciphertext, ten: E::Ciphertext) {
        let named = |refused: Result<E::Ciphertext>, name: &str, mean: f64| {
            let error = refusal(refused);
            let CircuitError::OutOfRange { what, mean_abs, level: Level(0), headroom_bits, .. } = &error else {
                panic!("{error}")
            };
            assert_eq!((what.as_str(), *mean_abs), (name, mean));
            assert!((headroom_bits + (mean / 256.0).log2()).abs() < 1e-9);
            for words in [name, "room for 256", "one more level", "first prime", "smaller"] {
                assert!(error.to_string().contains(words), "{words}: {error}");
            }
        };
        let low = |x: &E::Ciphertext| c.drop_to(x, Level(0)).unwrap();
        named(c.add(&low(&x), &low(&x)), "addition", 400.0);
        named(c.sub(&low(&x), &low(&x)), "subtraction", 400.0);
        named(c.add_constant(&low(&x), -100.0), "addition of a plaintext", 300.0);
        named(c.multiply(&x, &ten), "product", 2000.0);
        named(c.square(&x), "square", 40_000.0);
        named(c.multiply_loosely(&x, &ten, Level(1)), "loose product", 2000.0);
        named(c.multiply_plain(&x, &2.0.into(), TargetScale::At(Level(0))), "plaintext product", 400.0);
        named(c.sum_slots(&low(&x), 2), "sum over slots", 400.0);
        named(c.sum_rotations(&[(&low(&x), Rotation(1)), (&low(&x), Rotation(0))]), "sum of rotations", 400.0);
        named(
            c.linear_transform(&x, &[(Rotation(0), &4.0.into())], TargetScale::At(Level(0))),
            "linear transform",
            800.0,
        );
        named(c.dot(&x, &ten, 4), "product", 2000.0);
        named(
            c.declare_bound("a name", low(&c.negate(&ten).unwrap()), Bound::max_abs(300.0)).and_then(|y| {
                assert_eq!(c.bound(&y).unwrap().largest(), 10.0, "the narrower one counts");
                c.add(&y, &low(&x)).and_then(|sum| c.add(&sum, &sum))
            }),
            "addition",
            420.0,
        );
        assert!(c.sum_slots(&x, 2).is_ok(), "one level higher");
    }
    let plan = Circuit::new(PlanEvaluator::new(chain.clone()));
    let input = |bound| plan.declare_bound("x", plan.backend().input(Level(1)), Bound::max_abs(bound)).unwrap();
    refused(&plan, input(200.0), input(10.0));
    // Real values that are small, as real values are, do not matter: it is what was declared.
    let (holder, clear) =
        (ClearKeyHolder::new(chain.clone(), None), Circuit::new(ClearEvaluator::new(chain.clone(), None)));
    let input =
        |bound| clear.declare_bound("x", send(&clear, &holder, &[1.0], Level(1)), Bound::max_abs(bound)).unwrap();
    refused(&clear, input(200.0), input(10.0));

    let beyond = refusal(plan.declare_bound("my input", plan.backend().input(Level(0)), Bound::max_abs(257.0)));
    assert!(matches!(&beyond, CircuitError::OutOfRange { what, .. } if what == "my input"), "{beyond}");
    for nonsense in [-1.0, f64::NAN, f64::INFINITY] {
        let refused = plan.declare_bound("x", plan.backend().input(Level(1)), Bound::max_abs(nonsense));
        let out =
            matches!(refused, Err(Error::Argument(ArgumentError::OutOfBounds { argument: Argument::SlotBound, .. })));
        assert!(out, "{nonsense}");
    }
}

/// Clear slots tell a declaration that is not true, and noise is no untruth.
#[test]
fn real_values_beyond_a_declared_bound() {
    let chain = Chain::nominal(2048, 1, 40).unwrap();
    for noise in [None, Some(Noise { seed: 3 })] {
        let holder = ClearKeyHolder::new(chain.clone(), noise);
        let c = Circuit::new(ClearEvaluator::new(chain.clone(), noise));
        let x = c.square(&send(&c, &holder, &[2.0, -3.0], Level(1))).unwrap();
        let declared = |bound| c.declare_bound("the square", x.clone(), bound);
        assert!(declared(Bound::max_abs(9.0)).is_ok());
        assert!(declared(Bound::max_abs(9.0).with_live_slots(2)).is_ok());
        let refused = refusal(declared(Bound::max_abs(8.0)));
        assert!(
            matches!(&refused, CircuitError::BeyondBound { what, quantity: "the largest |slot|", actual, bound: 8.0 }
                if what == "the square" && (actual - 9.0).abs() < 1e-6),
            "{refused}"
        );
        let refused = refusal(declared(Bound::max_abs(9.0).with_live_slots(1)));
        assert!(
            matches!(&refused, CircuitError::BeyondBound { quantity: "the sum of all |slot|", bound: 9.0, .. }),
            "{refused}"
        );
        // Zeros with noise.
        let zeros = send(&c, &holder, &[], Level(1));
        assert!(c.declare_bound("zeros", zeros, Bound::max_abs(0.0)).is_ok());
    }
}

/// A refresh restores levels, and a bound goes with the value.
#[test]
fn bounds_survive_a_refresh() {
    let chain = Chain::nominal(128, 1, 40).unwrap();
    let plan = Circuit::new(PlanEvaluator::new(chain.clone()));
    let x = plan.declare_bound("x", plan.backend().input(Level(0)), Bound::max_abs(5.0)).unwrap();
    let fresh = PlannedRefresh::new(plan.backend(), Level(1)).refresh(vec![x, plan.backend().input(Level(0))]).unwrap();
    assert_eq!(fresh.iter().map(|x| plan.bound(x)).collect::<Vec<_>>(), [Some(Bound::max_abs(5.0)), None]);

    let (holder, c) = (ClearKeyHolder::new(chain.clone(), None), Circuit::new(ClearEvaluator::new(chain, None)));
    let x = c.declare_bound("x", send(&c, &holder, &[4.0], Level(0)), Bound::max_abs(5.0)).unwrap();
    let refresh = |factor: f64, x: &ClearCiphertext| {
        let look = |slots: &mut [Vec<f64>]| {
            slots[0].iter_mut().for_each(|v| *v *= factor);
            Ok(())
        };
        KeyHolderRefresh::new(&holder, c.backend(), Level(1), look).refresh(vec![x.clone()])
    };
    assert_eq!(c.bound(&refresh(1.0, &x).unwrap()[0]), Some(Bound::max_abs(5.0)));
    assert!(matches!(refusal(refresh(2.0, &x)), CircuitError::BeyondBound { .. }));
}

/// A polynomial's bound is that of its series; an approximation is not for values beyond its interval.
#[test]
fn polynomials_know_their_bounds() {
    let plan = Circuit::new(PlanEvaluator::new(Chain::nominal(128, 4, 40).unwrap()));
    let input = |bound| plan.declare_bound("u", plan.backend().input(Level(4)), Bound::max_abs(bound)).unwrap();
    let fourth = PolynomialProgram::new(&Polynomial::from_coefficients(&[0.0, 0.0, 0.0, 0.0, 1.0]).unwrap());
    for (u, expected) in [(0.5, 1.0), (1.0, 1.0), (3.0, 81.0)] {
        let bound = plan.bound(&fourth.apply(&plan, &input(u)).unwrap()).unwrap().largest();
        assert!((bound / expected - 1.0).abs() < 1e-9, "{bound} for {u}");
    }
    let exp = PolynomialProgram::new(&Polynomial::interpolate(f64::exp, 9, -1.0..=1.0).unwrap());
    assert!(exp.apply(&plan, &input(1.0)).is_ok());
    let refused = refusal(exp.apply(&plan, &input(3.0)));
    assert_eq!(refused, CircuitError::BeyondInterval { actual: 3.0 });
    // Nobody said what it is applied to.
    assert!(exp.apply(&plan, &plan.backend().input(Level(4))).is_ok());
}

/// What decryption sees of values beyond the room, without a declared bound: their size, if it stays beyond half of the
/// room. A constant of four times the room is zero. The clear run, which has the values, refuses each.
#[test]
fn decryption_does_not_see_everything() {
    let parameters = Parameters::builder().depth(1, 40).hybrid(2).degree(2048).insecure().build().unwrap();
    let holder = SealKeyHolder::generate(&parameters).unwrap().with_key_switching(KeySwitching::Hybrid);
    let chain = Chain::try_from(&parameters).unwrap();
    let doublings: Vec<Rotation> = (0..10).map(|i| Rotation(1 << i)).collect();
    let c = Circuit::new(SealEvaluator::new(&parameters, &holder.evaluation_keys(&doublings).unwrap()).unwrap());
    let clear = Circuit::new(ClearEvaluator::new(chain.clone(), None));
    let of = |value: f64| send(&c, &holder, &vec![value; c.slots()], Level(0));
    let clear_of =
        |value: f64| send(&clear, &ClearKeyHolder::new(chain.clone(), None), &vec![value; c.slots()], Level(0));
    // A period: a quarter of it is the room.
    let period = chain.prime(Level(0)) / chain.scale(Level(0));
    assert!((period - 1024.0).abs() < 0.1);
    for (sum, seen) in
        [(0.24, Some(0.24)), (0.26, None), (0.74, None), (0.76, Some(-0.24)), (1.0, Some(0.0)), (2.1, Some(0.1))]
    {
        let total = c.sum_slots(&of(sum * period / 1024.0), 1024).unwrap();
        match (holder.decrypt(&total), seen) {
            (Ok(values), Some(seen)) => {
                let worst = values.open_as_key_owner().iter().map(|v| (v - seen * period).abs()).fold(0.0, f64::max);
                // 1024 times the noise of an encryption, 3.24 sqrt(N / 2) / 2^40, and rotations: far below.
                assert!(worst < 1e-3, "{sum}: off by {worst} from {seen}");
            }
            (Err(Error::Circuit(CircuitError::OutOfRange { .. })), None) => {}
            (other, _) => panic!("{sum}: {:?}", other.map(|v| v.open_as_key_owner()[0])),
        }
        let honest = clear.sum_slots(&clear_of(sum * period / 1024.0), 1024);
        assert_eq!(honest.is_ok(), sum < 0.25, "{sum}");
    }
}

/// A ciphertext does not say to which key it belongs. Under another, its polynomial is uniformly random, so its slots are
/// about sqrt(N / 12) times as large as the modulus allows: a key holder refuses that.
#[test]
fn another_key_gives_values_that_are_too_large() {
    let parameters = Parameters::builder().depth(1, 40).hybrid(2).degree(2048).insecure().build().unwrap();
    let [mine, other] = [(); 2].map(|()| SealKeyHolder::generate(&parameters).unwrap());
    let keys = other.evaluation_keys(&[Rotation(1)]).unwrap();
    let c = Circuit::new(SealEvaluator::new(&parameters, &keys).unwrap());
    let x = send(&c, &mine, &[1.0, 2.0], Level(1));
    assert!(mine.decrypt(&x).is_ok());
    let refused = |result: Result<_>| matches!(result, Err(Error::Circuit(CircuitError::OutOfRange { .. })));
    assert!(refused(other.decrypt(&x).map(drop)));
    assert!(refused(mine.decrypt(&c.rotate(&x, Rotation(1)).unwrap()).map(drop)));
    assert!(refused(mine.decrypt(&c.square(&x).unwrap()).map(drop)));
}

#[test]
fn values_of_another_chain() {
    let [short, long] = [1, 8].map(|depth| Chain::nominal(128, depth, 40).unwrap());
    let (holder, c) = (ClearKeyHolder::new(long, None), Circuit::new(ClearEvaluator::new(short.clone(), None)));
    let (x, own) = (
        holder.encrypt(&[1.0], Level(8)).unwrap(),
        ClearKeyHolder::new(short, None).encrypt(&[1.0], Level(1)).unwrap(),
    );
    let foreign = |refused: Result<ClearCiphertext>| {
        let error = refusal(refused);
        assert!(matches!(error, CircuitError::ForeignValue { expected: Level(1), actual: Level(8), .. }), "{error}");
    };
    let one = Slots::Constant(1.0);
    foreign(c.add(&own, &x));
    foreign(c.sub(&x, &own));
    foreign(c.negate(&x));
    foreign(c.add_constant(&x, 1.0));
    foreign(c.multiply(&own, &x));
    foreign(c.multiply_loosely(&x, &own, Level(1)));
    foreign(c.square(&x));
    foreign(c.multiply_plain(&x, &one, TargetScale::At(Level(0))));
    foreign(c.rotate(&x, Rotation(1)));
    foreign(c.rotate_many(&x, &[Rotation(1), Rotation(2)]).map(|mut all| all.remove(0)));
    foreign(c.add_rotations(x.clone(), &[Rotation(1)]));
    foreign(c.sum_rotations(&[(&own, Rotation(1)), (&x, Rotation(0))]));
    foreign(c.linear_transform(&x, &[(Rotation(1), &one)], TargetScale::At(Level(0))));
    foreign(c.drop_to(&x, Level(0)));
    foreign(c.declare_bound("x", x.clone(), Bound::max_abs(2.0)));
}
