//! Builds SEAL through `seal-nn-src`, then our C++ and the cxx bridges, and links both.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs, io, process};

use seal_nn_src::Seal;

const CPP: &str = "cpp";
const FFI: &str = "src/ffi";

fn main() {
    for path in ["build.rs", CPP, FFI] {
        println!("cargo::rerun-if-changed={path}");
    }
    for name in seal_nn_src::ENVIRONMENT.iter().chain(&["DOCS_RS"]) {
        println!("cargo::rerun-if-env-changed={name}");
    }
    // docs.rs has no network and no time for SEAL, and its documentation needs no native code.
    if env::var_os("DOCS_RS").is_some() {
        return;
    }
    if let Err(error) = build() {
        // Enough to make cargo fail, with this line alone. A compiler's messages are among the output that cargo
        // shows only after an exit code of 1.
        println!("cargo::error={error}");
        if matches!(error.downcast_ref(), Some(seal_nn_src::Error::Build { .. })) {
            process::exit(1);
        }
    }
}

fn build() -> Result<(), Box<dyn Error>> {
    let seal = seal_nn_src::build()?;
    compile_bridges(&seal)?;
    // After our own library, which needs it.
    println!("cargo::rustc-link-search=native={}", seal.lib_dir.display());
    println!("cargo::rustc-link-lib=static={}", seal.lib);
    announce(&seal);
    Ok(())
}

/// Compiles every C++ file and every bridge that is there: a new pair needs no line here.
fn compile_bridges(seal: &Seal) -> Result<(), Box<dyn Error>> {
    let bridges = files(Path::new(FFI), "rs", |text| text.contains("#[cxx::bridge"))?;
    let sources = files(Path::new(CPP), "cc", |_| true)?;
    cxx_build::bridges(bridges)
        .files(sources)
        .include(CPP)
        // SEAL's headers as the system's: their warnings are not ours.
        .flag("-isystem")
        .flag(&seal.include)
        .std("c++17")
        .extra_warnings(true)
        // Whatever the profile, as for SEAL itself.
        .opt_level(3)
        // Rounds inline in SEAL's encoder, instead of by Rust's own and slower `round`, which the linker would take.
        .flag_if_supported("-fno-trapping-math")
        .try_compile("seal_nn_bridges")?;
    Ok(())
}

/// The files below `folder` with this extension and a text that `wanted` accepts, sorted.
fn files(folder: &Path, extension: &str, wanted: fn(&str) -> bool) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path == Path::new(CPP).join("bench") {
            continue; // a program of its own
        }
        if path.is_dir() {
            found.extend(files(&path, extension, wanted)?);
        } else if path.extension().is_some_and(|e| e == extension) && wanted(&fs::read_to_string(&path)?) {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// Tells our own code (`env!`) and dependent packages (`DEP_SEAL_*`) what they were linked with.
fn announce(seal: &Seal) {
    let facts = [
        ("include", seal.include.display().to_string()),
        ("lib_dir", seal.lib_dir.display().to_string()),
        ("lib", seal.lib.clone()),
        ("version", seal.version.to_string()),
    ];
    for (name, value) in &facts {
        println!("cargo::metadata={name}={value}");
        println!("cargo::rustc-env=SEAL_NN_SEAL_{}={value}", name.to_uppercase());
    }
    let hexl = u8::from(seal.hexl);
    println!("cargo::metadata=hexl={hexl}");
    println!("cargo::rustc-env=SEAL_NN_HEXL={hexl}");
}
