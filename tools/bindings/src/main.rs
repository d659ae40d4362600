//! Writes what others read of SEAL's headers: its constants, as Rust, and the list of its public functions. Needs
//! libclang.

mod constants;
mod functions;

use std::env;
use std::fs;

use anyhow::{Context, Result, bail};

fn main() -> Result<()> {
    let paths: Vec<String> = env::args().skip(1).collect();
    let [constants, functions] = paths.as_slice() else { bail!("usage: seal-nn-bindings CONSTANTS FUNCTIONS") };
    for (path, text) in [(constants, constants::constants()?), (functions, functions::functions()?)] {
        fs::write(path, text).with_context(|| format!("cannot write {path}"))?;
    }
    Ok(())
}
