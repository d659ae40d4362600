//! What is particular to BFV and BGV: a plaintext modulus, correction factors, scales of 1.

use seal_nn::SealError;
use seal_nn::seal::BytesRefusal as R;
use seal_nn::seal::integer::{Bfv, Bgv, IntegerScheme};

use crate::corpus::{File, bytes};
use crate::forge::{self, ct, parms, pt, with, with_right_checksums, with_u64};
use crate::integer::IntegerWorld;
use crate::world::Kind::{Ciphertext as Ct, Container, Parameters as Parms, Plaintext as Pt, SeededCiphertext};
use crate::world::World;

pub fn of_integers<S: IntegerScheme>(world: &IntegerWorld<S>) -> Vec<File> {
    let (v_ct, v_pt, v_parms) = (world.sample(Ct), world.sample(Pt), world.sample(Parms));
    let (t, q) = (world.parameters().plain_modulus(), world.parameters().data_primes());
    // The plaintext modulus is last.
    let modulo = |t: u64| with_u64(v_parms, v_parms.len() - 8, t);
    let factor = |factor: u64| with_u64(v_ct, ct::CORRECTION, factor);
    // Its first entry, the parameters, begins behind 28 bytes.
    let v_container = world.sample(Container);
    let in_container = |at: usize, new: u64| with_right_checksums(&with_u64(v_container, 28 + 16 + at, new));

    vec![
        ("g1 no plaintext modulus", Parms, modulo(0), Some(|e| matches!(e, SealError::PlainModulusSize { .. }))),
        ("g1 plaintext modulus 1", Parms, modulo(1), Some(|e| matches!(e, SealError::PlainModulusSize { .. }))),
        (
            "g1 plaintext modulus 2^64 - 1",
            Parms,
            modulo(u64::MAX),
            Some(|e| matches!(e, SealError::PlainModulusSize { .. })),
        ),
        (
            "g2 plaintext modulus a prime of the chain",
            Parms,
            modulo(q[1]),
            Some(|e| matches!(e, SealError::PlainModulusNotCoprime { .. })),
        ),
        (
            "g3 plaintext modulus above all data primes",
            Parms,
            forge::parameters(&modulo(1 << 40), 4096, &q[..1]),
            Some(|e| matches!(e, SealError::PlainModulusTooLarge { .. })),
        ),
        ("g4 of CKKS by name", Parms, with(v_parms, parms::SCHEME, &[2]), Some(bytes!(R::Field { .. }))),
        ("g4 of no scheme", Parms, with(v_parms, parms::SCHEME, &[0]), Some(bytes!(R::Field { .. }))),
        ("h1 correction factor 0", Ct, factor(0), Some(bytes!(R::Field { part: "correction factor", .. }))),
        ("h1 correction factor t", Ct, factor(t), Some(bytes!(R::Field { part: "correction factor", .. }))),
        ("h1 correction factor 2^64 - 1", Ct, factor(u64::MAX), Some(bytes!(R::Field { .. }))),
        (
            "h1 the same of a seeded one",
            SeededCiphertext,
            with_u64(world.sample(SeededCiphertext), ct::CORRECTION, 0),
            Some(bytes!(R::Field { part: "correction factor", .. })),
        ),
        ("h2 scale 2", Ct, with(v_ct, ct::SCALE, &2_f64.to_le_bytes()), Some(bytes!(R::Scale { .. }))),
        ("h2 plaintext with scale 2", Pt, with(v_pt, pt::SCALE, &2_f64.to_le_bytes()), Some(bytes!(R::Scale { .. }))),
        ("h3 a coefficient of t", Pt, with_u64(v_pt, pt::DATA, t), Some(bytes!(R::Residue { index: 0, .. }))),
        ("h3 a coefficient of 2^64 - 1", Pt, with_u64(v_pt, pt::DATA, u64::MAX), Some(bytes!(R::Residue { .. }))),
        ("h4 2^60 coefficients", Pt, with_u64(v_pt, pt::COEFF_COUNT, 1 << 60), Some(bytes!(R::Field { .. }))),
        ("h4 N + 1 coefficients", Pt, with_u64(v_pt, pt::COEFF_COUNT, 4097), Some(bytes!(R::Field { .. }))),
        (
            "h5 a plaintext in the form of another level",
            Pt,
            with(v_pt, pt::ID, &v_ct[ct::ID..ct::ID + 32]),
            Some(bytes!(R::ForeignParameters { .. })),
        ),
        (
            "i1 a container without a special prime",
            Container,
            in_container(0, 0),
            Some(bytes!(R::Field { part: "number of special primes", .. })),
        ),
        (
            "i1 a container with 2^63 special primes",
            Container,
            in_container(0, 1 << 63),
            Some(bytes!(R::Field { part: "number of special primes", .. })),
        ),
        (
            "i2 a container with a scale",
            Container,
            in_container(8, 30),
            Some(bytes!(R::Field { part: "bits of the scale", .. })),
        ),
        ("v plaintext modulus without slots", Parms, modulo(1 << 20), None),
        ("v container", Container, v_container.to_vec(), None),
    ]
}

pub fn of_bfv(world: &IntegerWorld<Bfv>, other: &dyn World) -> Vec<File> {
    let factor = with_u64(world.sample(Ct), ct::CORRECTION, 2);
    let mut files = of_another_scheme(other);
    files.push(("h1 correction factor 2", Ct, factor, Some(bytes!(R::Field { part: "correction factor", .. }))));
    files
}

pub fn of_bgv(world: &IntegerWorld<Bgv>, other: &dyn World) -> Vec<File> {
    let factor = |factor: u64| with_u64(world.sample(Ct), ct::CORRECTION, factor);
    let mut files = of_another_scheme(other);
    files.push(("v correction factor 2", Ct, factor(2), None));
    files.push(("v correction factor t - 1", Ct, factor(world.parameters().plain_modulus() - 1), None));
    files
}

/// Good files, of other parameters.
fn of_another_scheme(other: &dyn World) -> Vec<File> {
    vec![
        ("g5 of another scheme", Parms, other.sample(Parms).to_vec(), Some(bytes!(R::Field { part: "scheme", .. }))),
        ("g5 the same", Ct, other.sample(Ct).to_vec(), Some(bytes!(R::ForeignParameters { .. } | R::Field { .. }))),
        (
            "g5 the same in a container",
            Container,
            other.sample(Container).to_vec(),
            Some(bytes!(R::Field { part: "scheme", .. })),
        ),
    ]
}
