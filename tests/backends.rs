//! The suite for every backend, on the two of this crate that have values.

mod common;

use common::*;

operations!(clear: Clear);
operations!(seal: Seal);
