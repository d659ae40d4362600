//! What `docs/` says, page by page.

mod cpp_source;
mod packing;
mod seal;
mod seal_api;
mod security;
mod soft_argmax;
