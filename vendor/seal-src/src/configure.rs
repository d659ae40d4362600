//! Runs cmake.

use std::fs;
use std::panic::{self, AssertUnwindSafe};
use std::path::Path;

use crate::recipe::Recipe;
use crate::source::Source;
use crate::{Error, Result, repair, shim};

/// Builds `source` and installs the result into `folder`.
pub fn build(recipe: &Recipe, source: &Source, folder: &Path) -> Result<()> {
    // A copy: HEXL's configure step writes into its own sources.
    let tree = folder.join("src");
    source.copy_to(&tree)?;
    repair::apply(&tree)?;

    let mut config = cmake::Config::new(&tree);
    config
        .out_dir(folder)
        // Whatever the profile: without optimisation SEAL is 20 times slower.
        .profile("Release")
        // What remains on the output are errors.
        .configure_arg("--log-level=ERROR")
        .define("CMAKE_INSTALL_MESSAGE", "NEVER")
        .define("CMAKE_RULE_MESSAGES", "OFF")
        .cflag("-w")
        .cxxflag("-w");
    for (key, value) in recipe.definitions() {
        config.define(key, value);
    }
    let files = folder.join("shim");
    shim::write_to(&files)?;
    if recipe.unity {
        shim::unite(&mut config, &files);
    }
    if recipe.hexl {
        shim::make_hexl_portable(&mut config, &files);
    }
    without_panic(|| config.build()).ok_or_else(|| Error::Build { folder: folder.to_path_buf() })?;

    // The sources and objects have served; they are ten times the size of the result.
    for leftover in [tree, folder.join("build")] {
        fs::remove_dir_all(&leftover).map_err(Error::io("delete", leftover))?;
    }
    Ok(())
}

/// Calls code that reports failure by a panic; its message is left out, cmake's own suffice.
fn without_panic<T>(call: impl FnOnce() -> T) -> Option<T> {
    let hook = panic::take_hook();
    panic::set_hook(Box::new(|_| {}));
    let result = panic::catch_unwind(AssertUnwindSafe(call));
    panic::set_hook(hook);
    result.ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn panics_become_none() {
        assert_eq!(without_panic(|| 1), Some(1));
        assert_eq!(without_panic(|| -> u32 { panic!("as the cmake crate does") }), None);
    }
}
