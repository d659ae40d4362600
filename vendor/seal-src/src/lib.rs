//! Finds the sources of Microsoft SEAL 4 and builds them as a static library, for build scripts.
//!
//! The sources come from the directory in the environment variable `SEAL_SOURCE_DIR`, else from
//! the package `sealy`, which ships them and which cargo has downloaded and verified. The result
//! lies in the target directory and is shared by all profiles, tests and tools that build there.
//!
//! ```no_run
//! match seal_nn_src::build() {
//!     Ok(seal) => {
//!         println!("cargo::rustc-link-search=native={}", seal.lib_dir.display());
//!         println!("cargo::rustc-link-lib=static={}", seal.lib);
//!     }
//!     Err(error) => println!("cargo::error={error}"),
//! }
//! ```
#![warn(missing_docs)]
#![forbid(unsafe_code)]

mod build_env;
mod cache;
mod carrier;
mod configure;
mod error;
mod recipe;
mod repair;
mod shim;
mod source;
mod target_dir;
mod toolchain;
mod version;

use std::path::PathBuf;

pub use error::{Error, Result};
pub use version::Version;

use build_env::BuildEnv;
use recipe::Recipe;
use source::Source;
use toolchain::Toolchain;

/// Environment variables that decide what [`build`] does: a build script that calls it should
/// print `cargo::rerun-if-env-changed` for each.
pub const ENVIRONMENT: [&str; 7] = ["SEAL_SOURCE_DIR", "CMAKE", "CMAKE_GENERATOR", "CC", "CXX", "CFLAGS", "CXXFLAGS"];

/// A SEAL library that is ready to be linked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seal {
    /// Directory that holds `seal/seal.h`.
    pub include: PathBuf,
    /// Directory that holds the static library.
    pub lib_dir: PathBuf,
    /// Name of the static library, as a linker wants it; HEXL is merged into it.
    pub lib: String,
    /// Version of SEAL.
    pub version: Version,
    /// Whether Intel HEXL is inside.
    pub hexl: bool,
}

/// Builds SEAL, unless the target directory holds it already, and says where it is.
///
/// To be called from a build script: reads the variables that cargo sets for one.
///
/// # Errors
/// Every [`Error`] displays as one line that names the cause and the cure.
pub fn build() -> Result<Seal> {
    let env = BuildEnv::read()?;
    let source = Source::locate(&env)?;
    let toolchain = Toolchain::check(&env)?;
    let recipe = Recipe::new(&env, &source);
    let folder = env.target_dir.join("seal").join(recipe.folder_name(&toolchain));
    cache::once(&folder, &recipe.describe(&toolchain), || configure::build(&recipe, &source, &folder))?;
    Ok(recipe.installed_in(&folder))
}
