//! The carrier: the package of another crate whose archive holds SEAL's sources.

use std::fs;
use std::path::{Path, PathBuf};

use crate::build_env::BuildEnv;
use crate::{Error, Result};

const NAME: &str = "sealy";
const VERSION: &str = "0.2.0";
/// Where SEAL's tree is inside the package.
const TREE: &str = "SEAL";

/// Finds SEAL's tree inside the carrier, which cargo has downloaded and unpacked with everything else.
pub fn locate(env: &BuildEnv) -> Result<PathBuf> {
    let folders = package_folders(env);
    let package = folders.iter().find_map(|packages| carrier_in(packages));
    package.map(|package| package.join(TREE)).ok_or(Error::SourceNotFound { name: NAME, version: VERSION, folders })
}

/// Where cargo may have unpacked packages: beside the package that is built, when that is itself in a registry or
/// vendor folder; in the folders that cargo's configuration names; in its cache.
///
/// Not beside this crate: cargo may reuse a build of this crate that was compiled in another place, and its
/// `CARGO_MANIFEST_DIR` with it.
fn package_folders(env: &BuildEnv) -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = env.package.parent().map(Path::to_path_buf).into_iter().collect();
    let above = env.package.ancestors().chain(env.target_dir.ancestors());
    let configurations = above.map(|folder| folder.join(".cargo")).chain(env.cargo_home.clone());
    folders.extend(configurations.flat_map(|configuration| vendor_folders(&configuration)));
    let cache = env.cargo_home.as_ref().and_then(|home| fs::read_dir(home.join("registry/src")).ok());
    folders.extend(cache.into_iter().flatten().flatten().map(|registry| registry.path()));
    let mut seen = Vec::new();
    folders.retain(|folder| {
        !seen.contains(folder) && {
            seen.push(folder.clone());
            true
        }
    });
    folders
}

/// The folders of a source replacement, `directory = "third_party"`, in a folder with cargo's configuration. Such paths
/// start beside that folder.
fn vendor_folders(configuration: &Path) -> Vec<PathBuf> {
    let base = configuration.parent().unwrap_or(configuration);
    let texts = ["config.toml", "config"].iter().filter_map(|file| fs::read_to_string(configuration.join(file)).ok());
    let directory = |line: &str| {
        let (key, value) = line.split_once('=')?;
        let path = value.trim().strip_prefix(['"', '\''])?.split(['"', '\'']).next()?;
        (key.trim() == "directory").then(|| base.join(path))
    };
    texts.flat_map(|text| text.lines().filter_map(directory).collect::<Vec<_>>()).collect()
}

/// The carrier's folder in `packages`, a directory of unpacked packages.
fn carrier_in(packages: &Path) -> Option<PathBuf> {
    // A registry's folder names carry the version; those of `cargo vendor` do so only when in need.
    [format!("{NAME}-{VERSION}"), NAME.to_owned()]
        .iter()
        .map(|folder| packages.join(folder))
        .find(|package| is_carrier(package))
}

fn is_carrier(package: &Path) -> bool {
    let version = format!("version = \"{VERSION}\"");
    fs::read_to_string(package.join("Cargo.toml")).is_ok_and(|manifest| manifest.lines().any(|line| line == version))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unpack(packages: &Path, folder: &str, version: &str) -> PathBuf {
        let package = packages.join(folder);
        fs::create_dir_all(&package).unwrap();
        let manifest = format!("[package]\nname = \"sealy\"\nversion = \"{version}\"\n");
        fs::write(package.join("Cargo.toml"), manifest).unwrap();
        package
    }

    /// A build of `package` below `root`, with the cargo home `root/home`.
    fn build(root: &Path, package: &str) -> BuildEnv {
        BuildEnv {
            cargo_home: Some(root.join("home")),
            package: root.join(package),
            target_dir: root.join("work/target"),
            host: String::new(),
            target: String::new(),
            hexl_target: false,
            seal_source_dir: None,
        }
    }

    #[test]
    fn is_found_beside_a_package_of_a_registry() {
        let root = tempfile::tempdir().unwrap();
        let package = unpack(root.path(), "registry/sealy-0.2.0", "0.2.0");
        assert_eq!(locate(&build(root.path(), "registry/seal-nn-0.1.0")).unwrap(), package.join("SEAL"));
    }

    #[test]
    fn is_found_in_the_cache_of_any_registry() {
        let root = tempfile::tempdir().unwrap();
        unpack(root.path(), "home/registry/src/mirror/sealy-0.1.0", "0.1.0");
        let package = unpack(root.path(), "home/registry/src/index.crates.io/sealy-0.2.0", "0.2.0");
        assert_eq!(locate(&build(root.path(), "work/seal-nn")).unwrap(), package.join("SEAL"));
    }

    #[test]
    fn is_found_where_the_configuration_says() {
        for (folder, configuration) in [("work", "work/.cargo"), ("", "home")] {
            let root = tempfile::tempdir().unwrap();
            fs::create_dir_all(root.path().join(configuration)).unwrap();
            let text =
                "[source.crates-io]\nreplace-with = \"vendored\"\n[source.vendored]\ndirectory = \"third_party\"\n";
            fs::write(root.path().join(configuration).join("config.toml"), text).unwrap();
            let packages = root.path().join(folder).join("third_party");
            unpack(&packages, "sealy", "0.1.0");
            assert!(locate(&build(root.path(), "work/seal-nn")).is_err());
            let package = unpack(&packages, "sealy-0.2.0", "0.2.0");
            assert_eq!(locate(&build(root.path(), "work/seal-nn")).unwrap(), package.join("SEAL"));
        }
    }

    #[test]
    fn where_it_was_looked_for_is_said() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir_all(root.path().join("home/registry/src/mirror")).unwrap();
        let Error::SourceNotFound { folders, .. } = locate(&build(root.path(), "work/seal-nn")).unwrap_err() else {
            panic!("another error");
        };
        assert_eq!(folders, [root.path().join("work"), root.path().join("home/registry/src/mirror")]);
    }

    #[test]
    fn the_pinned_version_is_the_one_in_the_manifest() {
        let manifest = include_str!("../Cargo.toml");
        assert_eq!(manifest.matches(&format!("version = \"={VERSION}\"")).count(), 1);
        assert_eq!(manifest.matches(&format!("{NAME} = \"={VERSION}\"")).count(), 1);
    }
}
