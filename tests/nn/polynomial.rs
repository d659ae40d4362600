//! Polynomials on packed values: levels, products, and how exact they are.

use crate::kit::backends::*;
use seal_nn::{
    Level,
    backend::{Chain, Circuit, Operation, PlanEvaluator},
    nn::polynomial::{Polynomial, PolynomialProgram},
};

fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

fn sigmoid_of(degree: usize, radius: f64) -> Polynomial {
    Polynomial::interpolate(sigmoid, degree, -radius..=radius).unwrap().odd_but_constant()
}

/// Degree, levels, products, and the error at R = 8 of a prototype in numpy.
const SIGMOIDS: [(usize, usize, usize, f64); 6] = [
    (3, 2, 2, 0.12),
    (5, 3, 3, 6.2e-2),
    (7, 3, 5, 3.0e-2),
    (15, 4, 8, 1.4e-3),
    (27, 5, 10, 1.4e-5),
    (31, 5, 12, 3.0e-6),
];

#[test]
fn levels_and_products_are_those_of_the_reference() {
    for (degree, levels, products, error) in SIGMOIDS {
        let polynomial = sigmoid_of(degree, 8.0);
        let program = PolynomialProgram::new(&polynomial);
        println!("degree {degree}: {} levels, {} products", program.levels(), program.products());
        assert_eq!(program.levels(), levels, "degree {degree}");
        assert!(program.products() <= products, "degree {degree}: {} products", program.products());
        let worst = polynomial.worst_error(sigmoid);
        assert!((worst / error - 1.0).abs() < 0.06, "degree {degree}: off by {worst:e}");

        // What it says is what it does.
        let plan = Circuit::new(PlanEvaluator::new(Chain::nominal(DEGREE, levels, SCALE_BITS).unwrap()));
        let out = program.apply(&plan, &plan.backend().input(Level(levels))).unwrap();
        let counts = plan.meter().take();
        assert_eq!(counts.count(Operation::MultiplyCiphertexts), program.products(), "degree {degree}");
        assert_eq!(plan.level(&out), Level(0), "degree {degree}");
    }
}

/// Every degree, with all terms: as deep as its logarithm, and equal to the series.
fn check<B: Backend>(polynomial: &Polynomial) {
    let program = PolynomialProgram::new(polynomial);
    let (c, holder) = B::pair(program.levels(), &[]);
    let u: Vec<f64> = (0..c.slots()).map(|s| 2.0 * s as f64 / (c.slots() - 1) as f64 - 1.0).collect();
    let packed = send(&c, &holder, &u, Level(program.levels()));
    let values = read(&holder, &program.apply(&c, &packed).unwrap());
    let (low, high) = (polynomial.interval().start().to_owned(), polynomial.interval().end().to_owned());
    let expected = u.iter().map(|u| polynomial.evaluate(((high - low) * u + low + high) / 2.0));
    // Every T_k doubles the error of the two it comes from and adds its own rounding: in all at most k^2 (the slope of
    // T_k) times that of u, weighed by its coefficient. 13 deviations in the worst of all slots.
    let slopes: f64 = polynomial.coefficients().iter().enumerate().map(|(k, c)| c.abs() * (k * k) as f64).sum();
    let tolerance = 13.0 * ROUNDING * (1.0 + slopes);
    assert_close(&format!("degree {}", polynomial.degree()), &values, expected, tolerance);
}

#[test]
fn any_degree_on_clear() {
    for degree in 1..=40 {
        let polynomial = Polynomial::interpolate(|x| (1.3 * x).sin() + x.abs(), degree, -1.0..=2.0).unwrap();
        check::<Clear>(&polynomial);
        let levels = PolynomialProgram::new(&polynomial).levels();
        assert!(1 << levels > degree && 1 << (levels - 1) <= degree, "degree {degree}: {levels} levels");
    }
    // Coefficients that leave gaps, and one that is alone.
    check::<Clear>(&Polynomial::new(vec![0.0, 0.0, 0.0, 0.0, 0.0, 1.0], -1.0..=1.0).unwrap());
    check::<Clear>(&Polynomial::new(vec![1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 2.0], -1.0..=1.0).unwrap());
}

#[test]
fn sigmoids_on_seal() {
    for degree in [7, 15] {
        check::<Seal>(&sigmoid_of(degree, 8.0));
    }
}

#[test]
fn a_constant_is_no_program() {
    let program = PolynomialProgram::new(&Polynomial::new(vec![3.0], 0.0..=1.0).unwrap());
    let plan = Circuit::new(PlanEvaluator::new(Chain::nominal(DEGREE, 2, SCALE_BITS).unwrap()));
    assert!(program.apply(&plan, &plan.backend().input(Level(2))).is_err());
}
