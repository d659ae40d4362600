//! Work that is done once for each folder, also when several processes want it.

use std::fs::{self, File};
use std::path::Path;

use crate::{Error, Result};

/// Written last: a folder without it is a failed or interrupted build.
const STAMP: &str = "complete";

/// Runs `make`, which fills `folder`, unless an earlier run for the same `description` finished.
pub fn once(folder: &Path, description: &str, make: impl FnOnce() -> Result<()>) -> Result<()> {
    // Only what is around the folder: under another builder's lock it comes and goes.
    if let Some(around) = folder.parent() {
        fs::create_dir_all(around).map_err(Error::io("create", around))?;
    }
    // Beside the folder, which is emptied below. The lock ends with this function, or the process.
    let mut lock_path = folder.as_os_str().to_owned();
    lock_path.push(".lock");
    let lock = File::create(&lock_path).map_err(Error::io("create", &lock_path))?;
    lock.lock().map_err(Error::io("lock", &lock_path))?;

    let stamp = folder.join(STAMP);
    if fs::read_to_string(&stamp).is_ok_and(|text| text == description) {
        return Ok(());
    }
    if folder.exists() {
        fs::remove_dir_all(folder).map_err(Error::io("empty", folder))?;
    }
    fs::create_dir(folder).map_err(Error::io("create", folder))?;
    make()?;
    fs::write(&stamp, description).map_err(Error::io("write", &stamp))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::thread;

    #[test]
    fn a_finished_build_is_kept() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("seal");
        let product = folder.join("product");
        once(&folder, "a", || fs::write(&product, "1").map_err(Error::io("write", &product))).unwrap();
        once(&folder, "a", || panic!("built twice")).unwrap();
        assert_eq!(fs::read_to_string(product).unwrap(), "1");
    }

    #[test]
    fn a_failed_build_is_redone_from_an_empty_folder() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("seal");
        let debris = folder.join("debris");
        let failed = once(&folder, "a", || {
            fs::write(&debris, "").unwrap();
            Err(Error::Build { folder: folder.clone() })
        });
        assert!(matches!(failed, Err(Error::Build { .. })));
        once(&folder, "a", || {
            assert!(!debris.exists());
            Ok(())
        })
        .unwrap();
    }

    #[test]
    fn another_description_builds_anew() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("seal");
        let mut built = 0;
        for description in ["a", "b", "b"] {
            once(&folder, description, || {
                built += 1;
                Ok(())
            })
            .unwrap();
        }
        assert_eq!(built, 2);
    }

    #[test]
    fn builders_wait_for_each_other() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("seal");
        let built = AtomicU32::new(0);
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    once(&folder, "a", || {
                        built.fetch_add(1, Ordering::Relaxed);
                        Ok(())
                    })
                    .unwrap();
                });
            }
        });
        assert_eq!(built.into_inner(), 1);
    }
}
