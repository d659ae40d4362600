//! Tests of `src/text`.
#![cfg(feature = "text")]

#[path = "../kit/mod.rs"]
mod kit;

#[cfg(feature = "download")]
mod download;
mod encoder;
