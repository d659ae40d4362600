//! The kinds of objects in any scheme: the largest size of each, and the walk over its bytes.

use super::bounds::{Bounds, Form, SET_FIELDS};
use super::limits::Limits;
use super::polynomials::Place;
use super::reader::{Reader, Walk};
use crate::error::ObjectKind;

/// The format of a kind of object.
pub struct Shape {
    pub kind: ObjectKind,
    /// Whether there is a header of SEAL's, as for all kinds except our own switching keys.
    pub headed: bool,
    /// The largest size of an object in bytes.
    pub most_bytes: fn(&Bounds, Form, &Limits) -> usize,
    /// The walk over everything after the header.
    pub walk: fn(&Bounds, &mut Reader<'_>, Form, &Limits) -> Walk<()>,
}

impl Shape {
    /// The form that is not seeded; keys always have two components.
    pub fn whole(&self, limits: &Limits) -> Form {
        match self.kind {
            ObjectKind::Ciphertext => Form::Whole(limits.components()),
            _ => Form::Whole(2),
        }
    }
}

pub const PLAINTEXT: Shape = Shape {
    kind: ObjectKind::Plaintext,
    headed: true,
    most_bytes: |bounds, _, _| bounds.plaintext_bytes(),
    walk: |bounds, reader, _, _| bounds.plaintext(reader),
};

pub const SECRET_KEY: Shape = Shape {
    kind: ObjectKind::SecretKey,
    headed: true,
    most_bytes: |bounds, _, _| bounds.secret_key_bytes(),
    walk: |bounds, reader, _, _| bounds.secret_key(reader),
};

pub const CIPHERTEXT: Shape = Shape {
    kind: ObjectKind::Ciphertext,
    headed: true,
    most_bytes: |bounds, form, _| bounds.ciphertext_bytes(form),
    walk: |bounds, reader, form, _| bounds.ciphertext(reader, "ciphertext", Place::Level, form),
};

pub const PUBLIC_KEY: Shape = Shape {
    kind: ObjectKind::PublicKey,
    headed: true,
    most_bytes: |bounds, form, _| bounds.public_key_bytes(form),
    walk: |bounds, reader, form, _| bounds.ciphertext(reader, "public key", Place::Keys, form),
};

pub const RELIN_KEYS: Shape = Shape {
    kind: ObjectKind::RelinKeys,
    headed: true,
    most_bytes: |bounds, form, _| SET_FIELDS + bounds.switching_key_bytes(form),
    walk: |bounds, reader, form, _| bounds.relin_keys(reader, form),
};

pub const GALOIS_KEYS: Shape = Shape {
    kind: ObjectKind::GaloisKeys,
    headed: true,
    most_bytes: |bounds, form, limits| bounds.galois_keys_bytes(form, limits),
    walk: |bounds, reader, form, limits| bounds.galois_keys(reader, form, limits).map(drop),
};

pub const SWITCHING_KEYS: Shape = Shape {
    kind: ObjectKind::HybridKeys,
    headed: false,
    most_bytes: |bounds, _, limits| bounds.hybrid_keys_bytes(limits),
    walk: |bounds, reader, _, limits| bounds.hybrid_keys(reader, limits).map(drop),
};
