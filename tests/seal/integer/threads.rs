//! What of BFV and BGV may be shared between threads, and that results do not depend on it.

use std::thread;

use crate::kit::integer::*;
use seal_nn::Rotation;
use seal_nn::seal::integer::*;

const fn sendable<T: Send>() {}
const fn shareable<T: Send + Sync>() {}

const _: () = {
    shareable::<Parameters<Bfv>>();
    shareable::<Context<Bfv>>();
    shareable::<Plaintext<Bfv>>();
    shareable::<NttPlaintext<Bfv>>();
    shareable::<Ciphertext<Bfv>>();
    shareable::<NttCiphertext<Bfv>>();
    shareable::<SecretKey<Bfv>>();
    shareable::<PublicKey<Bfv>>();
    shareable::<RelinKeys<Bfv>>();
    shareable::<GaloisKeys<Bfv>>();
    shareable::<Seeded<Ciphertext<Bfv>>>();
    shareable::<BatchEncoder<Bfv>>();
    shareable::<Encryptor<Bfv>>();
    shareable::<SymmetricEncryptor<Bfv>>();
    shareable::<Decryptor<Bfv>>();
    shareable::<Evaluator<Bfv>>();
    sendable::<KeyGenerator<Bfv>>(); // its table of powers of the secret key grows
};

fn threads_share_everything_that_computes<S: IntegerScheme>() {
    let kit = Kit::<S>::small();
    let x = kit.random(1);
    let cx = kit.encrypt(&x);
    let work = || {
        let turned = kit.evaluator.rotate_rows(&cx, Rotation(1), &kit.galois).unwrap();
        let square = kit.evaluator.square(&turned).unwrap();
        let three = (kit.decrypt(&square), kit.budget(&square)); // three components
        let two = kit.relinearized(&square);
        let low = kit.evaluator.mod_switch_to_next(&two).unwrap();
        (three, kit.decrypt(&low), kit.budget(&low))
    };
    let alone = work();
    let together: Vec<_> = thread::scope(|scope| {
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(work)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(together.iter().all(|result| *result == alone));
}

#[test]
fn bfv() {
    threads_share_everything_that_computes::<Bfv>();
}

#[test]
fn bgv() {
    threads_share_everything_that_computes::<Bgv>();
}
