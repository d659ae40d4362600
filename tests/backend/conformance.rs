//! The suite for every backend, on those of this crate that have values.

use crate::kit::backends::*;

operations!(clear: Clear);
operations!(seal: Seal);
operations!(seal_calls: SealCalls);
