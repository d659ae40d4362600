//! Finds the target directory.

use std::path::Path;

/// The target directory that holds `out_dir`, the `OUT_DIR` of a build script.
///
/// Cargo lays it out as `<target dir>/<profile>/build/...`, and as
/// `<target dir>/<triple>/<profile>/build/...` under `--target`. Both give the same directory here,
/// so that they share one build of SEAL. (The marker file `CACHEDIR.TAG` doesn't help: cargo puts
/// one into the triple's directory too, and none into a directory that it did not make.)
pub fn outermost<'a>(out_dir: &'a Path, triple: &str) -> Option<&'a Path> {
    let build = out_dir.ancestors().find(|dir| dir.ends_with("build"))?;
    let root = build.parent()?.parent()?;
    if root.ends_with(triple) { root.parent() } else { Some(root) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRIPLE: &str = "x86_64-unknown-linux-gnu";

    fn found(out_dir: &str) -> Option<&Path> {
        outermost(Path::new(out_dir), TRIPLE)
    }

    #[test]
    fn plain_layout() {
        let expected = Some(Path::new("/home/me/project/target"));
        assert_eq!(found("/home/me/project/target/debug/build/seal-nn-0123/out"), expected);
        assert_eq!(found("/home/me/project/target/release/build/seal-nn-0123/out"), expected);
    }

    #[test]
    fn a_target_triple_is_one_level_deeper() {
        assert_eq!(
            found("/project/target/x86_64-unknown-linux-gnu/debug/build/seal-nn-0123/out"),
            Some(Path::new("/project/target"))
        );
    }

    #[test]
    fn packages_may_have_a_folder_of_their_own() {
        assert_eq!(found("/project/target/debug/build/seal-nn/0123/out"), Some(Path::new("/project/target")));
    }

    #[test]
    fn a_project_may_lie_in_a_folder_called_build() {
        assert_eq!(found("/build/p/t/debug/build/seal-nn-0123/out"), Some(Path::new("/build/p/t")));
    }

    #[test]
    fn unknown_layouts_are_refused() {
        assert_eq!(found("/somewhere/else/out"), None);
        assert_eq!(found("/build"), None);
    }
}
