//! Times the crate sealy. Usage: benches/peers/run.py sealy
//!
//! sealy 0.2.0 has neither rotation nor rescale for CKKS: its evaluator's `rotate_rows` is SEAL's call for BFV. So
//! products are measured in CKKS, without their rescale, and rotations and the matrix in BFV, on the same primes.

mod bfv;
mod ckks;
mod measure;

use sealy::{CoefficientModulusFactory, DegreeType, Modulus};

type Anything = Box<dyn std::error::Error>;

const DEGREE: DegreeType = DegreeType::D16384;
/// The last prime is the special one, for keys.
const BITS: [i32; 9] = [50, 41, 41, 41, 41, 41, 41, 41, 60];
const DATA_PRIMES: [usize; 2] = [8, 3];

fn primes() -> sealy::Result<Vec<Modulus>> {
    CoefficientModulusFactory::build(DEGREE, &BITS)
}

fn main() -> Result<(), Anything> {
    ckks::measure()?;
    bfv::measure()
}
