//! Builds SEAL through `seal-nn-src`, then our C++ and the cxx bridges, and links both.

use std::collections::BTreeMap;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs, io, process};

use seal_nn_src::{Seal, Version};

const CPP: &str = "cpp";
const FFI: &str = "src/ffi";

fn main() {
    for path in ["build.rs", CPP, FFI] {
        println!("cargo::rerun-if-changed={path}");
    }
    for name in seal_nn_src::ENVIRONMENT.iter().chain(&["DOCS_RS"]) {
        println!("cargo::rerun-if-env-changed={name}");
    }
    // docs.rs has no network and no time for SEAL, and neither documentation nor lints need native code. Tests and benches name
    // SEAL's folders when they are compiled, so they get empty names.
    if env::var_os("DOCS_RS").is_some() {
        let version = Version { major: 0, minor: 0, patch: 0 };
        let (include, lib_dir, lib) = Default::default();
        return announce(&Seal { include, lib_dir, lib, version, hexl: false });
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
    // Before the minutes that SEAL takes: what is missing is told at once.
    let mpi = mpi_flags()?;
    let seal = seal_nn_src::build()?;
    compile_bridges(&seal)?;
    compile_paths()?;
    if let Some(flags) = mpi {
        compile_cluster(&flags)?;
    }
    // After our own library, which needs it.
    println!("cargo::rustc-link-search=native={}", seal.lib_dir.display());
    println!("cargo::rustc-link-lib=static={}", seal.lib);
    if target_is("OS", "windows") {
        // SEAL's randomness is the system's there; only MSVC's linker reads in SEAL's objects that it needs this.
        println!("cargo::rustc-link-lib=bcrypt");
    }
    announce(&seal);
    Ok(())
}

/// What needs MPI, and is compiled with the feature alone.
const CLUSTER: (&str, &str) = ("cluster/mpi.cc", "cluster.rs");

/// What MPI's compiler wrapper says of it, with the feature alone: Open MPI's by `--showme`, MPICH's by `-show`.
fn mpi_flags() -> Result<Option<Vec<String>>, Box<dyn Error>> {
    println!("cargo::rerun-if-env-changed=MPICC");
    if env::var_os("CARGO_FEATURE_MPI").is_none() {
        return Ok(None);
    }
    let mpicc = env::var("MPICC").unwrap_or_else(|_| "mpicc".into());
    let ask = |question: &str| {
        let told = process::Command::new(&mpicc).arg(question).output().ok().filter(|told| told.status.success())?;
        Some(String::from_utf8_lossy(&told.stdout).split_whitespace().map(str::to_owned).collect::<Vec<_>>())
    };
    Ok(Some(match (ask("--showme:compile"), ask("--showme:link")) {
        (Some(compile), Some(link)) => [compile, link].concat(),
        _ => ask("-show").ok_or_else(|| {
            format!(
                "the feature mpi needs {mpicc}, the compiler wrapper of Open MPI or MPICH, which does not run here: install \
                 libopenmpi-dev and openmpi-bin (or libmpich-dev and mpich), or name it in the variable MPICC"
            )
        })?,
    }))
}

/// Compiles the bridge to MPI with what was said of it.
fn compile_cluster(flags: &[String]) -> Result<(), Box<dyn Error>> {
    let (source, bridge) = CLUSTER;
    let mut build = cxx_build::bridge(Path::new(FFI).join(bridge));
    for flag in flags {
        match flag.split_at_checked(2) {
            Some(("-I", _)) => drop(build.flag(format!("-isystem{}", &flag[2..]))),
            Some(("-L", folder)) => println!("cargo::rustc-link-search=native={folder}"),
            _ => (),
        }
    }
    build.file(Path::new(CPP).join(source)).include(CPP).std("c++17").extra_warnings(true);
    build.try_compile("seal_nn_cluster")?;
    // After our own, which needs them.
    for library in flags.iter().filter_map(|flag| flag.strip_prefix("-l")) {
        println!("cargo::rustc-link-lib={library}");
    }
    Ok(())
}

/// Compiles every C++ file and every bridge that is there: a new pair needs no line here.
fn compile_bridges(seal: &Seal) -> Result<(), Box<dyn Error>> {
    let mut bridges = files(Path::new(FFI), "rs", |text| text.contains("#[cxx::bridge"))?;
    bridges.retain(|file| !file.ends_with(CLUSTER.1));
    let mut sources = files(Path::new(CPP), "cc", |_| true)?;
    sources.retain(|file| PATHS.iter().all(|(path, _)| !file.ends_with(path)) && !file.ends_with(CLUSTER.0));
    let sources = unite(&sources)?;
    let mut build = cxx_build::bridges(bridges);
    // SEAL's headers as the system's, where the compiler knows such: their warnings are not ours.
    match target_is("ENV", "msvc") {
        true => build.include(&seal.include),
        false => build.flag("-isystem").flag(&seal.include),
    };
    build
        .files(sources)
        .include(CPP)
        .std("c++17")
        .extra_warnings(true)
        // Whatever the profile, as for SEAL itself.
        .opt_level(3)
        // Kernels rest on products that are rounded where they say so.
        .flag_if_supported("-ffp-contract=off")
        // Rounds inline in SEAL's encoder, instead of by Rust's own and slower `round`, which the linker would take.
        .flag_if_supported("-fno-trapping-math");
    let precompiled = precompile(&mut build)?;
    build.try_compile("seal_nn_bridges")?;
    if let Some(file) = precompiled {
        fs::remove_file(file)?; // over 100 MB, and it has served
    }
    Ok(())
}

/// Reads SEAL's headers once for all bridges, each of which is compiled for itself: half of their time went into that.
/// Only with GCC, which reads the headers themselves where it cannot use what it made of them.
fn precompile(build: &mut cc::Build) -> Result<Option<PathBuf>, Box<dyn Error>> {
    let compiler = build.try_get_compiler()?;
    if !compiler.is_like_gnu() {
        return Ok(None);
    }
    let header = PathBuf::from(env::var("OUT_DIR")?).join("common.h");
    let precompiled = header.with_extension("h.gch");
    fs::write(&header, "#include <rust/cxx.h>\n#include <seal/seal.h>\n")?;
    let mut command = compiler.to_command();
    command.args(["-x", "c++-header"]).arg(&header).arg("-o").arg(&precompiled);
    if !command.status()?.success() {
        return Ok(None);
    }
    build.flag("-include").flag(&header);
    Ok(Some(precompiled))
}

/// Includes the files of each folder in one, because most of the time of compiling goes into SEAL's headers. Those in
/// `ALONE` stay as they are.
fn unite(sources: &[PathBuf]) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let (root, out) = (env::current_dir()?, PathBuf::from(env::var("OUT_DIR")?));
    let alone = |file: &&PathBuf| ALONE.iter().any(|name| file.ends_with(name));
    let mut units: Vec<PathBuf> = sources.iter().filter(alone).cloned().collect();
    let mut united = BTreeMap::<&Path, String>::new();
    for file in sources.iter().filter(|file| !alone(file)) {
        let text = united.entry(file.parent().unwrap_or(root.as_path())).or_default();
        text.push_str(&format!("#include {:?}\n", root.join(file)));
    }
    for (number, text) in united.values().enumerate() {
        let unit = out.join(format!("unit_{number}.cc"));
        fs::write(&unit, text)?;
        units.push(unit);
    }
    Ok(units)
}

/// Files that have names of their own for what others of their folder name too.
const ALONE: [&str; 1] = ["kernels/tables.cc"];

/// The code paths of the kernels, each with the instructions it is compiled for. Which one runs is decided at run time,
/// so the flags must not reach any other file.
const PATHS: [(&str, &[&str]); 2] =
    [("kernels/path_avx2.cc", &["-mavx2", "-mfma"]), ("kernels/path_avx512.cc", &["-mavx512f", "-mfma"])];

/// Without flags, on other processors, these files compile to the news that their path is not there.
fn compile_paths() -> Result<(), Box<dyn Error>> {
    let x86 = target_is("ARCH", "x86_64");
    for (file, flags) in PATHS {
        let mut build = cc::Build::new();
        build.cpp(true).file(Path::new(CPP).join(file)).std("c++17").extra_warnings(true).opt_level(3);
        build.flag_if_supported("-ffp-contract=off");
        // GCC warns of what its own intrinsics leave undefined on purpose.
        build.flag_if_supported("-Wno-uninitialized").flag_if_supported("-Wno-maybe-uninitialized");
        for flag in flags.iter().filter(|_| x86) {
            build.flag_if_supported(flag);
        }
        let name = Path::new(file).file_stem().and_then(|stem| stem.to_str()).unwrap_or("path");
        build.try_compile(&format!("seal_nn_{name}"))?;
    }
    Ok(())
}

/// What cargo says of the target, which need not be this machine: `CARGO_CFG_TARGET_*`.
fn target_is(fact: &str, value: &str) -> bool {
    env::var(format!("CARGO_CFG_TARGET_{fact}")).is_ok_and(|actual| actual == value)
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
