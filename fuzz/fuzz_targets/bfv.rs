#![no_main]
use std::sync::LazyLock;

use seal_nn::seal::integer::{Bfv, Context};
use seal_nn_fuzz::integer;

static CONTEXT: LazyLock<Context<Bfv>> =
    LazyLock::new(|| Context::new(&integer::parameters()).expect("parameters that work"));

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| integer::load(&CONTEXT, bytes));
