//! The suite for every backend, on those of this crate that have values.

mod common;

use common::*;

operations!(clear: Clear);
operations!(seal: Seal);
operations!(seal_calls: SealCalls);
