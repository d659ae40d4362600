#![no_main]
use seal_nn::seal::Parameters;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let _ = Parameters::insecure_from_bytes(bytes);
});
