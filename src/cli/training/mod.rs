//! A training from the command line, whatever its step: an [`Experiment`] on a table, trained by a [`Method`].

mod bootstrapped;
mod experiment;
mod method;
pub mod report;
mod rounds;
mod run;
mod run_folder;
mod totals;
mod watching;
mod whole;
mod whole_in_the_clear;

pub use bootstrapped::{AskedBootstraps, Bootstrapped};
pub use experiment::{Experiment, Goal, Part};
pub use method::{Encrypted, Method};
pub use rounds::{Rounds, RoundsMethod, RoundsProgram, StepKind, loss_in_words};
pub use run::{Run, Trained, bits, course_of};
pub use run_folder::RunFolder;
pub use whole::{Samples, Whole, WholeMethod};
#[cfg(test)]
pub use whole_in_the_clear::WholeInTheClear;

use seal_nn::seal::Parameters;

/// Ring, primes and security in words.
fn parameters_in_words(parameters: &Parameters) -> String {
    let bits: Vec<String> = parameters.coeff_modulus_bits().iter().map(u32::to_string).collect();
    let security = match parameters.security_bits() {
        0 => "INSECURE".to_owned(),
        bits => format!("{bits}-bit security"),
    };
    let (n, total) = (parameters.poly_modulus_degree(), parameters.total_bits());
    format!("N = {n}, primes of {} bits ({total} in all), {security}", bits.join(", "))
}
