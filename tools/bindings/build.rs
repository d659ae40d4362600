//! Finds the headers of SEAL, and builds it if that was not done.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    for name in seal_nn_src::ENVIRONMENT {
        println!("cargo::rerun-if-env-changed={name}");
    }
    match seal_nn_src::build() {
        Ok(seal) => println!("cargo::rustc-env=SEAL_INCLUDE={}", seal.include.display()),
        Err(error) => println!("cargo::error={error}"),
    }
}
