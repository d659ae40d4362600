//! Nothing: only the lock file of this crate is used.
