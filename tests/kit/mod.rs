//! What test programs share.
#![allow(dead_code, reason = "each program uses its part")]

pub mod backends;
pub mod integer;
pub mod iris;
pub mod seal;
pub mod sessions;
pub mod sources;
#[cfg(feature = "text")]
pub mod tiny_distilbert;
pub mod training;
