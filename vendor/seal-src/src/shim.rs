//! Our own files for the build of SEAL and HEXL (the folder shim/). They travel inside this crate's code and
//! are written out beside the sources, so that no path of this crate becomes part of a build.

use std::fs;
use std::path::Path;

use crate::{Error, Result};

const CPU_FEATURES: &str = "CpuFeaturesConfig.cmake";
const PORTABLE: &str = "hexl/portable.cmake";
const UNITY: &str = "seal/unity.cmake";

/// Names and texts.
pub const FILES: [(&str, &str); 6] = [
    (CPU_FEATURES, include_str!("../shim/CpuFeaturesConfig.cmake")),
    ("include/cpuinfo_x86.h", include_str!("../shim/include/cpuinfo_x86.h")),
    (PORTABLE, include_str!("../shim/hexl/portable.cmake")),
    ("hexl/avx512_headers.hpp", include_str!("../shim/hexl/avx512_headers.hpp")),
    ("hexl/mult_mod_of_seal.hpp", include_str!("../shim/hexl/mult_mod_of_seal.hpp")),
    (UNITY, include_str!("../shim/seal/unity.cmake")),
];

/// Writes the files into `folder`.
pub fn write_to(folder: &Path) -> Result<()> {
    for (name, text) in FILES {
        let path = folder.join(name);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(Error::io("create", parent))?;
        }
        fs::write(&path, text).map_err(Error::io("write", path))?;
    }
    Ok(())
}

/// Makes `config` compile SEAL's files several at a time.
pub fn unite(config: &mut cmake::Config, folder: &Path) {
    config.define("CMAKE_PROJECT_SEAL_INCLUDE", folder.join(UNITY));
}

/// Makes `config` build HEXL for every CPU.
pub fn make_hexl_portable(config: &mut cmake::Config, folder: &Path) {
    config.define("CpuFeatures_DIR", folder).define("CMAKE_PROJECT_HEXL_INCLUDE", folder.join(PORTABLE));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_written_where_cmake_is_told_to_look() {
        let dir = tempfile::tempdir().unwrap();
        write_to(dir.path()).unwrap();
        for name in [CPU_FEATURES, PORTABLE, UNITY] {
            assert!(dir.path().join(name).is_file(), "{name}");
        }
    }
}
