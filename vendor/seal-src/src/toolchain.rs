//! The tools that a build of SEAL needs. They are checked first, because the `cmake` crate only
//! panics when one is missing.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::build_env::BuildEnv;
use crate::{Error, Result};

/// SEAL 4.4 asks for it; SEAL 4.0 with shim/hexl for 3.19.
const CMAKE_NEEDED: (&str, [u32; 2]) = ("3.22", [3, 22]);

/// What identifies the compilers: their paths, options and versions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Toolchain {
    /// One line for C, one for C++.
    pub compilers: [String; 2],
}

impl Toolchain {
    /// Checks that cmake, make and the compilers run.
    pub fn check(env: &BuildEnv) -> Result<Self> {
        check_cmake(env.cmake())?;
        // `cfg!` asks for the machine that builds, whatever the target: here that is what counts.
        if env::var_os("CMAKE_GENERATOR").is_none() && cfg!(unix) && said("make").is_none() {
            return Err(Error::NoMake);
        }
        Ok(Self { compilers: [compiler(env, "C", "CC")?, compiler(env, "C++", "CXX")?] })
    }
}

fn check_cmake(program: PathBuf) -> Result<()> {
    let Some(text) = said(&program) else {
        return Err(Error::NoCmake { program });
    };
    let version = text.rsplit(' ').next().unwrap_or_default();
    let mut numbers = version.split('.').map_while(|n| n.parse::<u32>().ok());
    let numbers = [numbers.next().unwrap_or(0), numbers.next().unwrap_or(0)];
    if numbers < CMAKE_NEEDED.1 {
        return Err(Error::OldCmake { found: version.to_owned(), needed: CMAKE_NEEDED.0 });
    }
    Ok(())
}

/// Describes the compiler that the `cmake` crate will hand to cmake, with its options.
fn compiler(env: &BuildEnv, language: &'static str, variable: &'static str) -> Result<String> {
    let tool = cc::Build::new()
        .cpp(language == "C++")
        .target(&env.target)
        .host(&env.host)
        // As the `cmake` crate sets them: SEAL's build type decides, not the profile of cargo.
        .opt_level(0)
        .debug(false)
        .warnings(false)
        .cargo_metadata(false)
        .try_get_compiler();
    let missing = |program| Error::NoCompiler { language, program, variable };
    let tool = tool.map_err(|_| missing(language.into()))?;
    let version = said(tool.path()).ok_or_else(|| missing(tool.path().to_path_buf()))?;
    Ok(format!("{} {:?} {version}", tool.path().display(), tool.args()))
}

/// First line that `program --version` prints, if it runs.
fn said(program: impl AsRef<Path>) -> Option<String> {
    let output = Command::new(program.as_ref()).arg("--version").output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout);
    output.status.success().then(|| text.lines().next().unwrap_or_default().to_owned())
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    /// A cmake, in a folder of its own, that prints `text`.
    fn program(text: &str) -> (tempfile::TempDir, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let path = add_program(dir.path(), "cmake", text);
        (dir, path)
    }

    fn add_program(dir: &Path, name: &str, text: &str) -> PathBuf {
        let path = dir.join(name);
        fs::write(&path, format!("#!/bin/sh\necho '{text}'\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        // Another test may have forked while the file was open for writing. Until it has started its program, this one is busy.
        let busy = |error: std::io::Error| error.kind() == std::io::ErrorKind::ExecutableFileBusy;
        while Command::new(&path).output().is_err_and(busy) {
            std::thread::yield_now();
        }
        path
    }

    /// For `said_with`, which runs it in a process of its own: there the variables are what they should be.
    #[test]
    fn check_in_a_process() {
        let Some(target) = env::var_os("SEAL_NN_SRC_TARGET") else { return };
        let target = target.into_string().unwrap();
        let env = BuildEnv {
            cargo_home: None,
            package: PathBuf::new(),
            target_dir: PathBuf::new(),
            host: target.clone(),
            target,
            hexl_target: false,
            seal_source_dir: None,
        };
        match Toolchain::check(&env) {
            Ok(_) => println!("all is there"),
            Err(error) => println!("{error}"),
        }
    }

    /// What the check says where these are the only programs.
    fn said_with(programs: &Path, variables: &[(&str, &Path)]) -> String {
        let output = Command::new(env::current_exe().unwrap())
            .args(["--exact", "--nocapture", "toolchain::tests::check_in_a_process"])
            .env_clear()
            .env("PATH", programs)
            .env("SEAL_NN_SRC_TARGET", "x86_64-unknown-linux-gnu")
            .envs(variables.iter().copied())
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap()
    }

    #[test]
    fn each_missing_package_is_named_with_a_cure() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path();
        let is_said = |variables: &[(&str, &Path)], words: &[&str]| {
            let said = said_with(path, variables);
            assert!(words.iter().all(|word| said.contains(word)), "{words:?} in {said}");
        };
        is_said(&[], &["cmake not found", "apt-get install cmake"]);
        add_program(path, "cmake", "cmake version 3.25.1");
        is_said(&[], &["make not found", "apt-get install make"]);
        add_program(path, "make", "GNU Make 4.3");
        is_said(&[], &["no C compiler", "apt-get install g++", "CC"]);
        let compiler = add_program(path, "cc", "cc 12");
        is_said(&[], &["no C++ compiler", "apt-get install g++", "CXX"]);
        let missing = path.join("missing");
        is_said(&[("CXX", &missing)], &["no C++ compiler", "missing", "CXX"]);
        is_said(&[("CXX", &compiler)], &["all is there"]);
        // A generator of one's own needs no make.
        fs::remove_file(path.join("make")).unwrap();
        is_said(&[("CXX", &compiler), ("CMAKE_GENERATOR", Path::new("Ninja"))], &["all is there"]);
    }

    #[test]
    fn a_missing_cmake_is_named() {
        let error = check_cmake("/nonexistent/cmake".into()).unwrap_err();
        assert!(matches!(error, Error::NoCmake { program } if program.ends_with("cmake")));
    }

    #[test]
    fn an_old_cmake_is_refused() {
        let (_dir, path) = program("cmake version 3.18.4");
        let error = check_cmake(path).unwrap_err();
        assert!(matches!(error, Error::OldCmake { found, .. } if found == "3.18.4"));
    }

    #[test]
    fn newer_ones_pass() {
        for version in ["3.22.0", "3.25.1", "4.0.2", "4.1.0-rc1"] {
            let (_dir, path) = program(&format!("cmake version {version}"));
            check_cmake(path).unwrap();
        }
    }
}
