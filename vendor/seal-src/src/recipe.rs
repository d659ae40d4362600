//! What is built: the options of SEAL, and the names that follow from them.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

use crate::build_env::BuildEnv;
use crate::source::Source;
use crate::toolchain::Toolchain;
use crate::{Seal, Version, repair, shim};

/// Options of every build. Compression is done outside SEAL, with a bound on the output; without
/// compressors and without the aligned allocator, hostile input that crashed SEAL or filled the
/// memory becomes an ordinary exception.
const OPTIONS: [(&str, &str); 9] = [
    ("SEAL_USE_ZLIB", "OFF"),
    ("SEAL_USE_ZSTD", "OFF"),
    ("SEAL_USE_ALIGNED_ALLOC", "OFF"),
    ("SEAL_USE_GAUSSIAN_NOISE", "OFF"),
    ("SEAL_USE_MSGSL", "OFF"),
    ("SEAL_THROW_ON_TRANSPARENT_CIPHERTEXT", "ON"),
    ("SEAL_BUILD_SEAL_C", "OFF"),
    ("BUILD_SHARED_LIBS", "OFF"),
    ("CMAKE_INSTALL_LIBDIR", "lib"),
];

/// One way to build one source tree.
#[derive(Debug, Clone)]
pub struct Recipe {
    source: PathBuf,
    target: String,
    version: Version,
    /// With Intel HEXL.
    pub hexl: bool,
    /// Several files at a time, which takes a third of the time; tried with the carrier's tree alone.
    pub unity: bool,
}

impl Recipe {
    /// The recipe for `source`: with HEXL if the feature asks for it and target and tree allow it.
    pub fn new(env: &BuildEnv, source: &Source) -> Self {
        Self {
            source: source.dir.clone(),
            target: env.target.clone(),
            version: source.version,
            hexl: cfg!(feature = "hexl") && env.hexl_target && source.has_hexl,
            unity: env.seal_source_dir.is_none(),
        }
    }

    /// Definitions for cmake.
    pub fn definitions(&self) -> Vec<(&'static str, &'static str)> {
        // With SEAL_BUILD_DEPS the tree's own HEXL is built; nothing else is left to depend on.
        let hexl = if self.hexl { "ON" } else { "OFF" };
        let more = [("SEAL_USE_INTEL_HEXL", hexl), ("SEAL_BUILD_DEPS", hexl)];
        OPTIONS.into_iter().chain(more).collect()
    }

    /// All that the result depends on, as text.
    pub fn describe(&self, toolchain: &Toolchain) -> String {
        let mut lines =
            vec![format!("SEAL {} from {}", self.version, self.source.display()), format!("for {}", self.target)];
        lines.extend(toolchain.compilers.clone());
        lines.extend(self.definitions().iter().map(|(key, value)| format!("{key}={value}")));
        lines.push(format!("unity {}", self.unity));
        lines.push(format!("shim {:016x}", hash(&shim::FILES)));
        lines.push(format!("repair {:016x}", hash(&repair::GUARD)));
        lines.join("\n") + "\n"
    }

    /// A folder name of its own for each description.
    pub fn folder_name(&self, toolchain: &Toolchain) -> String {
        let kind = if self.hexl { "hexl" } else { "plain" };
        format!("{}-{kind}-{:016x}", self.version, hash(&self.describe(toolchain)))
    }

    /// What an install under `folder` consists of.
    pub fn installed_in(&self, folder: &Path) -> Seal {
        let Version { major, minor, .. } = self.version;
        Seal {
            include: folder.join(format!("include/SEAL-{major}.{minor}")),
            lib_dir: folder.join("lib"),
            lib: format!("seal-{major}.{minor}"),
            version: self.version,
            hexl: self.hexl,
        }
    }
}

fn hash(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recipe(hexl: bool) -> Recipe {
        Recipe {
            source: "/seal".into(),
            target: "x86_64-unknown-linux-gnu".into(),
            version: Version { major: 4, minor: 1, patch: 2 },
            hexl,
            unity: true,
        }
    }

    fn toolchain(version: &str) -> Toolchain {
        Toolchain { compilers: ["cc".into(), format!("c++ {version}")] }
    }

    #[test]
    fn folders_differ_by_all_that_matters() {
        let name = |recipe: &Recipe, version| recipe.folder_name(&toolchain(version));
        let base = name(&recipe(true), "12");
        assert_eq!(base, name(&recipe(true), "12"));
        assert!(base.starts_with("4.1.2-hexl-"));
        assert_ne!(base, name(&recipe(false), "12"));
        assert_ne!(base, name(&recipe(true), "13"));
        let elsewhere = Recipe { source: "/other".into(), ..recipe(true) };
        assert_ne!(base, name(&elsewhere, "12"));
        let newer = Recipe { version: Version { major: 4, minor: 2, patch: 0 }, ..recipe(true) };
        assert_ne!(base, name(&newer, "12"));
        let other_target = Recipe { target: "aarch64-unknown-linux-gnu".into(), ..recipe(true) };
        assert_ne!(base, name(&other_target, "12"));
    }

    #[test]
    fn dependencies_are_built_for_hexl_only() {
        let value = |hexl, key: &str| recipe(hexl).definitions().into_iter().find(|(k, _)| *k == key).map(|(_, v)| v);
        assert_eq!(value(true, "SEAL_BUILD_DEPS"), Some("ON"));
        assert_eq!(value(false, "SEAL_BUILD_DEPS"), Some("OFF"));
        assert_eq!(value(false, "SEAL_USE_INTEL_HEXL"), Some("OFF"));
    }

    #[test]
    fn names_follow_the_version() {
        let seal = recipe(true).installed_in(Path::new("/t/seal/x"));
        assert_eq!(seal.lib, "seal-4.1");
        assert_eq!(seal.include, Path::new("/t/seal/x/include/SEAL-4.1"));
        assert!(seal.hexl);
    }
}
