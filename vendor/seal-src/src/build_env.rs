//! What cargo tells a build script.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::target_dir;
use crate::{Error, Result};

/// The variables that this crate reads, once and in one place.
#[derive(Debug, Clone)]
pub struct BuildEnv {
    /// Cargo's own folder, with its cache of packages.
    pub cargo_home: Option<PathBuf>,
    /// Folder of the package that is built, which depends on this crate.
    pub package: PathBuf,
    /// Where the shared build goes.
    pub target_dir: PathBuf,
    /// Triple that is built for.
    pub target: String,
    /// Triple of this machine.
    pub host: String,
    /// Whether HEXL can be compiled for the target.
    pub hexl_target: bool,
    /// The user's own SEAL sources.
    pub seal_source_dir: Option<PathBuf>,
}

impl BuildEnv {
    /// Reads them.
    pub fn read() -> Result<Self> {
        let target = text("TARGET")?;
        let host = text("HOST")?;
        let out_dir = PathBuf::from(variable("OUT_DIR")?);
        Ok(Self {
            cargo_home: cargo_home(),
            package: variable("CARGO_MANIFEST_DIR")?.into(),
            target_dir: target_dir::outermost(&out_dir, &target)
                .ok_or_else(|| Error::Layout { out_dir: out_dir.clone() })?
                .to_path_buf(),
            // HEXL's configure step runs what it compiles; shim/hexl speaks to GCC and Clang only.
            hexl_target: text("CARGO_CFG_TARGET_ARCH")? == "x86_64"
                && text("CARGO_CFG_TARGET_ENV")? != "msvc"
                && host == target,
            seal_source_dir: env::var_os("SEAL_SOURCE_DIR").filter(|dir| !dir.is_empty()).map(PathBuf::from),
            host,
            target,
        })
    }

    /// The cmake program, chosen as the `cmake` crate chooses it.
    pub fn cmake(&self) -> PathBuf {
        let kind = if self.host == self.target { "HOST" } else { "TARGET" };
        [
            format!("CMAKE_{}", self.target),
            format!("CMAKE_{}", self.target.replace('-', "_")),
            format!("{kind}_CMAKE"),
            "CMAKE".to_owned(),
        ]
        .iter()
        .find_map(env::var_os)
        .map_or_else(|| Path::new("cmake").to_path_buf(), PathBuf::from)
    }
}

/// As cargo itself finds it.
fn cargo_home() -> Option<PathBuf> {
    let set = |name| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    set("CARGO_HOME").or_else(|| Some(env::home_dir()?.join(".cargo")))
}

fn variable(name: &'static str) -> Result<OsString> {
    env::var_os(name).ok_or(Error::NotABuildScript { variable: name })
}

fn text(name: &'static str) -> Result<String> {
    env::var(name).map_err(|_| Error::NotABuildScript { variable: name })
}
