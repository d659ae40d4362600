#![no_main]
use seal_nn::protocol::wire::{Announcement, Offer};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let announced = Announcement { description: bytes.to_vec().into(), parts: 1 };
    if let Ok(offer) = Offer::new(&[announced]) {
        assert!(offer.memory_bytes() > 0);
    }
});
