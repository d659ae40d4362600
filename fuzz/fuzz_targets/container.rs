#![no_main]
use seal_nn::seal::*;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(container) = Container::from_bytes(bytes) {
        let context = seal_nn_fuzz::context();
        let _ = container.insecure_parameters::<Parameters>();
        let _ = container.get::<PublicKey>(context);
        let _ = container.get_all::<Ciphertext>(context);
        let _ = container.get::<Seeded<RelinKeys>>(context);
    }
});
