#![no_main]
use seal_nn::seal::*;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    seal_nn_fuzz::load_packed::<Ciphertext>(bytes);
    seal_nn_fuzz::load_packed::<Seeded<Ciphertext>>(bytes);
    seal_nn_fuzz::load_packed::<Seeded<HybridKeys>>(bytes);
});
