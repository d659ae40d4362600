//! What `docs/` says, page by page.
#![cfg(feature = "cli")]

#[path = "../kit/mod.rs"]
mod kit;

mod packing;
mod seal;
mod seal_api;
mod security;
mod soft_argmax;
