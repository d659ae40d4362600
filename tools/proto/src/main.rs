//! Writes what tonic and prost make of src/net/seal_nn.proto.

use std::{env, fs, path::Path};

use anyhow::{Context, Result, bail};

/// How the generator names its file: after the package.
const MADE: &str = "seal_nn.v1.rs";

fn main() -> Result<()> {
    let paths: Vec<String> = env::args().skip(1).collect();
    let [proto, rust] = paths.as_slice() else { bail!("usage: seal-nn-proto PROTO RUST") };
    let (proto, rust) = (Path::new(proto), Path::new(rust));
    let folder = proto.parent().context("the .proto has no folder")?;
    let made = env::temp_dir().join(format!("seal-nn-proto-{}", std::process::id()));
    fs::create_dir_all(&made)?;
    let descriptors = protox::compile([proto], [folder])?;
    // `Bytes` instead of `Vec<u8>`: pieces are not copied.
    tonic_prost_build::configure()
        .bytes(".")
        .emit_rerun_if_changed(false)
        .out_dir(&made)
        .compile_fds(descriptors)?;
    let text = fs::read_to_string(made.join(MADE))?;
    fs::remove_dir_all(&made)?;
    let note = "// Made from seal_nn.proto by `make proto`.\n";
    fs::write(rust, format!("{note}{text}")).with_context(|| format!("cannot write {}", rust.display()))
}
