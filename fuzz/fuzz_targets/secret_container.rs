#![no_main]
use seal_nn::seal::{Parameters, SecretContainer};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(container) = SecretContainer::from_bytes(bytes) {
        let _ = container.insecure_parameters::<Parameters>();
        let _ = container.secret_key(seal_nn_fuzz::context());
    }
});
