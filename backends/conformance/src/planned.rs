//! A program on a plan, then on the backend with what the plan asked for.

use seal_nn::{
    CircuitError, Level, Result,
    backend::{Circuit, Evaluate, Operation, PlanEvaluator, Slots, Tallies},
    nn::polynomial::{Polynomial, PolynomialProgram},
};

use super::{Backend, assert_close, random, read, refusal, rounding, send};

const DEPTH: usize = 3;
/// Slots that a dot product adds up.
const LENGTH: usize = 8;

/// What a program computes, by name.
type Outputs<C> = Vec<(&'static str, C)>;

/// Sums over slots, dot products, a constant, a sum of products at whatever scale, and a polynomial.
fn program<E: Evaluate>(
    c: &Circuit<E>,
    [x, y, low]: [&E::Ciphertext; 3],
    values: &Slots,
    polynomial: &PolynomialProgram,
) -> Result<Outputs<E::Ciphertext>> {
    Ok(vec![
        ("sum of 8 slots", c.sum_slots(x, LENGTH)?),
        ("sum of one slot", c.sum_slots(x, 1)?),
        ("sum of all slots", c.sum_slots(x, c.slots())?),
        ("dot product", c.dot(x, y, LENGTH)?),
        ("dot product with clear values", c.dot_plain(x, values, LENGTH)?),
        ("constant added", c.add_constant(x, -0.75)?),
        ("loose sum of products", c.product_sum_loosely(&[(x, low), (low, y), (y, low)], Level(1))?),
        ("polynomial by powers", polynomial.apply(c, x)?),
    ])
}

/// Runs a program with the rotation keys that its plan asks for: values, levels, scales and counts are the plan's.
pub fn follows_plan<B: Backend>() {
    let powers = [1.0, 2.0, 0.0, 3.0];
    let polynomial = PolynomialProgram::new(&Polynomial::from_coefficients(&powers).unwrap());

    let chain = B::pair(DEPTH, &[]).0.chain().clone();
    let plan = Circuit::new(PlanEvaluator::new(chain));
    let [x, low] = [DEPTH, 1].map(|level| plan.backend().input(Level(level)));
    let slots = plan.slots();
    let [a, b] = [1, 2].map(|seed| random(slots, seed));
    let clear = Slots::from(b.clone());
    let planned = program(&plan, [&x, &x, &low], &clear, &polynomial).unwrap();
    let counts = counted(&plan.meter().take());

    let (c, holder) = B::pair(DEPTH, &plan.backend().rotations());
    let [x, y] = [&a, &b].map(|values| send(&c, &holder, values, Level(DEPTH)));
    let low = send(&c, &holder, &b, Level(1));
    c.meter().take();
    let outputs = program(&c, [&x, &y, &low], &clear, &polynomial).unwrap();
    assert_eq!(counted(&c.meter().take()), counts, "operations");

    let sum = |f: &dyn Fn(usize) -> f64, count: usize| -> Vec<f64> {
        (0..slots).map(|s| (s..s + count).map(|s| f(s % slots)).sum()).collect()
    };
    let each = |f: &dyn Fn(usize) -> f64| sum(f, 1);
    let total = sum(&|s| a[s], slots)[0];
    // With the number of roundings that each result adds up. Those of the polynomial are multiplied by its slope, of
    // up to 11, on the way.
    let rows = [
        (sum(&|s| a[s], LENGTH), LENGTH),
        (each(&|s| a[s]), 1),
        (vec![total; slots], slots),
        (sum(&|s| a[s] * b[s], LENGTH), 2 * LENGTH),
        (sum(&|s| a[s] * b[s], LENGTH), 2 * LENGTH),
        (each(&|s| a[s] - 0.75), 1),
        (each(&|s| (a[s] + 2.0 * b[s]) * b[s]), 4),
        (each(&|s| powers.iter().rev().fold(0.0, |sum, power| sum * a[s] + power)), 121),
    ];
    for (((what, planned), (_, actual)), (expected, roundings)) in planned.iter().zip(&outputs).zip(rows) {
        assert_eq!(c.level(actual), plan.level(planned), "{what}");
        let scale = c.backend().scale(actual);
        assert_eq!(scale, plan.backend().scale(planned), "{what}");
        let tolerance = 13.0 * rounding::<B>() * (roundings as f64).sqrt();
        assert_close(what, &read(&holder, actual), expected, tolerance);
    }

    for count in [0, 3, 2 * slots] {
        let refused = CircuitError::BadSumLength { count, stride: 1, slots };
        assert_eq!(refusal(c.sum_slots(&x, count)), refused);
        assert_eq!(refusal(c.dot(&x, &y, count)), refused);
    }
    let factored = c.divide_by_relabelling(x.clone(), 4.0).unwrap();
    let refused = refusal(c.product_sum_loosely(&[(&x, &y), (&factored, &y)], Level(1)));
    assert!(matches!(refused, CircuitError::ScaleMismatch { .. }), "{refused}");
    assert!(matches!(refusal(c.product_sum_loosely(&[], Level(1))), CircuitError::Empty { .. }));
    let bottom = c.drop_to(&x, Level(0)).unwrap();
    assert!(matches!(refusal(c.dot_plain(&bottom, &clear, 2)), CircuitError::NoLevelLeft { .. }));
    assert!(matches!(refusal(c.add_constant(&x, f64::INFINITY)), CircuitError::NotFinite { .. }));
}

/// Operations by kind and level.
fn counted(tallies: &Tallies) -> Vec<(Operation, Level, usize)> {
    tallies.iter().map(|(operation, level, tally)| (operation, level, tally.count)).collect()
}
