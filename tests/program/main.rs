//! Tests of `src/program`.
#![cfg(feature = "cli")]

mod bounds;
mod member_plan;
