//! What may be shared between threads, and that results do not depend on it.

use std::thread;

use crate::kit::seal::*;
use seal_nn::Rotation;
use seal_nn::seal::*;

const fn sendable<T: Send>() {}
const fn shareable<T: Send + Sync>() {}

const _: () = {
    shareable::<Parameters>();
    shareable::<Context>();
    shareable::<Plaintext>();
    shareable::<Ciphertext>();
    shareable::<SecretKey>();
    shareable::<PublicKey>();
    shareable::<RelinKeys>();
    shareable::<GaloisKeys>();
    shareable::<Seeded<Ciphertext>>();
    shareable::<Encoder>();
    shareable::<Encryptor>();
    shareable::<SymmetricEncryptor>();
    shareable::<Decryptor>();
    shareable::<Evaluator>();
    sendable::<KeyGenerator>(); // its table of powers of the secret key grows
};

#[test]
fn threads_share_everything_that_computes() {
    let kit = Kit::small(2, &[Rotation(1), Rotation(2)]);
    let x = kit.random(1);
    let cx = kit.encrypt(&x);
    let work = || {
        let turned = kit.evaluator.rotate_many(&cx, &[Rotation(1), Rotation(2)], &kit.galois).unwrap();
        let square = kit.evaluator.square(&turned[0]).unwrap();
        let three = kit.decrypt(&square); // three components
        let one = kit.finish(kit.evaluator.multiply(&turned[0], &turned[1]).unwrap());
        let plain = kit.encoder.decode(&kit.plain(&x)).unwrap();
        (three, kit.decrypt(&one), plain)
    };
    let alone = work();
    thread::scope(|scope| {
        let threads: Vec<_> = (0..2).map(|_| scope.spawn(|| (0..10).map(|_| work()).collect::<Vec<_>>())).collect();
        for thread in threads {
            for result in thread.join().unwrap() {
                assert!(result == alone, "the same bits, whoever computes them");
            }
        }
    });
}

#[test]
fn threads_share_a_decryptor_from_its_first_call() {
    let kit = Kit::small(1, &[]);
    let x = kit.random(2);
    let two = kit.encrypt(&x);
    let three = kit.evaluator.square(&two).unwrap();
    for _ in 0..20 {
        let decryptor = Decryptor::new(&kit.context, &kit.secret).unwrap();
        let read = |c: &Ciphertext| decryptor.decrypt_decode(c).unwrap().open_as_key_owner();
        thread::scope(|scope| {
            let first = scope.spawn(|| read(&three));
            let second = scope.spawn(|| read(&two));
            let variance = kit.noise().fresh();
            assert_within(&first.join().unwrap(), &map(&x, |a| a * a), 4.0 * variance, kit.scale());
            assert_within(&second.join().unwrap(), &x, variance, kit.scale());
        });
    }
}
