//! The kinds of objects, whatever their scheme: how many bytes each has at most, and the walk over it.

use super::bounds::{Bounds, Form, SET_FIELDS};
use super::limits::Limits;
use super::polynomials::Place;
use super::reader::{Reader, Walk};
use crate::error::ObjectKind;

/// What the bytes of a kind of object look like.
pub struct Shape {
    pub kind: ObjectKind,
    /// Whether there is a header of SEAL's, as before all but our own switching keys.
    pub headed: bool,
    /// The most bytes that an object can have.
    pub most_bytes: fn(&Bounds, Form, &Limits) -> usize,
    /// Over all that is behind the header.
    pub walk: fn(&Bounds, &mut Reader<'_>, Form, &Limits) -> Walk<()>,
}

impl Shape {
    /// What is not seeded; keys always have two components.
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
