//! The constants that SEAL's headers define, as Rust.

use anyhow::{Result, anyhow};
use bindgen::callbacks::{EnumVariantValue, ParseCallbacks};
use bindgen::{EnumVariation, RustTarget};

const ABOUT: &str = "\
// Made by `make bindings` from the headers of SEAL; .ci/run checks that it agrees with them.
//! Constants that are the same in every SEAL 4.
#![allow(dead_code)] // every value of an enumeration is taken, used or not";

/// What bindgen reads: it leaves out static members of classes, hence names of our own.
const HEADER: &str = "
#include <seal/seal.h>
constexpr std::uint16_t HEADER_MAGIC = seal::Serialization::seal_magic;
constexpr std::size_t HEADER_SIZE = sizeof(seal::Serialization::SEALHeader);
";

/// The enumerations: path in C++, bindgen's name for it, ours.
const ENUMERATIONS: [(&str, &str, &str); 3] = [
    ("seal::scheme_type", "seal_scheme_type", "Scheme"),
    ("seal::sec_level_type", "seal_sec_level_type", "SecurityLevel"),
    ("seal::compr_mode_type", "seal_compr_mode_type", "Compression"),
];

pub fn constants() -> Result<String> {
    let mut builder = bindgen::builder()
        .header_contents("constants.hpp", HEADER)
        .clang_args(["-x", "c++", "-std=c++17", "-isystem", env!("SEAL_INCLUDE")])
        // SEAL leaves out the compression modes that it was built without; files may have them all the same.
        .clang_args(["-DSEAL_USE_ZLIB", "-DSEAL_USE_ZSTD"])
        .default_enum_style(EnumVariation::NewType { is_bitfield: false, is_global: false })
        .parse_callbacks(Box::new(UpperCase))
        .allowlist_var("HEADER_.*")
        .raw_line(ABOUT)
        .disable_header_comment()
        .layout_tests(false)
        .generate_comments(false)
        .use_core()
        // Fixed, so that the output depends on nothing but the headers.
        .rust_target(RustTarget::stable(85, 0).map_err(|error| anyhow!("{error}"))?);
    for (path, _, _) in ENUMERATIONS {
        builder = builder.allowlist_type(path);
    }
    let mut text = builder.generate()?.to_string();
    // Not by bindgen's own renaming: it forgets the constructors.
    for (_, found, ours) in ENUMERATIONS {
        text = text.replace(found, ours);
    }
    Ok(text)
}

/// Names the values of enumerations as Rust names constants.
#[derive(Debug)]
struct UpperCase;

impl ParseCallbacks for UpperCase {
    fn enum_variant_name(&self, _: Option<&str>, variant: &str, _: EnumVariantValue) -> Option<String> {
        Some(variant.to_uppercase())
    }
}
