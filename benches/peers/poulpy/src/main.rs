//! Times the client's operations of poulpy. Usage: benches/peers/client.py poulpy

mod client;
mod measure;

type Anything = Box<dyn std::error::Error>;

/// The rings of `benches/client.rs`, with the bits of all data primes together: N, those of a ciphertext.
const RINGS: [(usize, usize); 2] = [(16384, 50 + 7 * 41), (8192, 48 + 3 * 40)];

fn main() -> Result<(), Anything> {
    RINGS.into_iter().try_for_each(|(degree, width)| client::measure(degree, width))
}
