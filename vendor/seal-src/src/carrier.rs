//! The carrier: the package of another crate whose archive holds SEAL's sources.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::{Error, Result};

const NAME: &str = "sealy";
const VERSION: &str = "0.2.0";
/// Where SEAL's tree is inside the package.
const TREE: &str = "SEAL";

/// Finds SEAL's tree inside the carrier: beside `dependent`, the folder of the package that is
/// built, if that lies in a registry or vendor directory; else by asking `cargo`, which downloads
/// the carrier if it has to.
///
/// Not from this crate's own folder: cargo may reuse a build of this crate that was compiled in
/// another place, and its `CARGO_MANIFEST_DIR` with it.
pub fn locate(dependent: &Path, cargo: &Path) -> Result<PathBuf> {
    let package = match dependent.parent().and_then(beside) {
        Some(package) => package,
        None => ask_cargo(cargo, &dependent.join("Cargo.toml"))?,
    };
    Ok(package.join(TREE))
}

/// The carrier's folder in `packages`, a directory of unpacked packages.
fn beside(packages: &Path) -> Option<PathBuf> {
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

fn ask_cargo(cargo: &Path, manifest: &Path) -> Result<PathBuf> {
    let failed =
        |reason: &str| Error::SourceNotFound { reason: reason.split_whitespace().collect::<Vec<_>>().join(" ") };
    // Not `--filter-platform`: it would leave the carrier out, since no platform needs it.
    let output = Command::new(cargo)
        .args(["metadata", "--locked", "--format-version", "1", "--manifest-path"])
        .arg(manifest)
        .output()
        .map_err(|error| failed(&error.to_string()))?;
    if !output.status.success() {
        return Err(failed(&String::from_utf8_lossy(&output.stderr)));
    }
    let metadata: Value = serde_json::from_slice(&output.stdout).map_err(|error| failed(&error.to_string()))?;
    package_folder(&metadata).ok_or_else(|| failed("it lists no carrier package"))
}

/// The carrier's folder according to the output of `cargo metadata`.
fn package_folder(metadata: &Value) -> Option<PathBuf> {
    let packages = metadata["packages"].as_array()?;
    let carrier = packages.iter().find(|p| p["name"] == NAME && p["version"] == VERSION)?;
    Some(Path::new(carrier["manifest_path"].as_str()?).parent()?.to_path_buf())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn unpack(packages: &Path, folder: &str, version: &str) {
        let package = packages.join(folder);
        fs::create_dir(&package).unwrap();
        let manifest = format!("[package]\nname = \"sealy\"\nversion = \"{version}\"\n");
        fs::write(package.join("Cargo.toml"), manifest).unwrap();
    }

    #[test]
    fn is_found_in_a_registry() {
        let packages = tempfile::tempdir().unwrap();
        unpack(packages.path(), "sealy-0.2.0", "0.2.0");
        assert_eq!(beside(packages.path()), Some(packages.path().join("sealy-0.2.0")));
    }

    #[test]
    fn is_found_in_a_vendor_directory_by_its_version() {
        let packages = tempfile::tempdir().unwrap();
        unpack(packages.path(), "sealy", "0.1.0");
        assert_eq!(beside(packages.path()), None);
        unpack(packages.path(), "sealy-0.2.0", "0.2.0");
        assert_eq!(beside(packages.path()), Some(packages.path().join("sealy-0.2.0")));
    }

    #[test]
    fn is_found_in_metadata() {
        let metadata = json!({"packages": [
            {"name": "cc", "version": "1.0.0", "manifest_path": "/r/cc-1.0.0/Cargo.toml"},
            {"name": "sealy", "version": "0.2.0", "manifest_path": "/r/sealy-0.2.0/Cargo.toml"},
        ]});
        assert_eq!(package_folder(&metadata), Some("/r/sealy-0.2.0".into()));
        assert_eq!(package_folder(&json!({"packages": []})), None);
        assert_eq!(package_folder(&json!({})), None);
    }

    #[test]
    fn the_pinned_version_is_the_one_in_the_manifest() {
        let manifest = include_str!("../Cargo.toml");
        assert!(manifest.contains(&format!("{NAME} = \"={VERSION}\"")));
    }

    #[test]
    fn a_failing_cargo_is_reported_on_one_line() {
        let missing = Path::new("/nonexistent/Cargo.toml");
        let error = ask_cargo(Path::new(env!("CARGO")), missing).unwrap_err();
        assert!(matches!(error, Error::SourceNotFound { .. }));
        assert!(!error.to_string().contains('\n'));
        let error = ask_cargo(Path::new("/nonexistent/cargo"), missing).unwrap_err();
        assert!(matches!(error, Error::SourceNotFound { .. }));
    }
}
