//! What the noise budget promises, and what it does not.

use crate::kit::integer::*;
use seal_nn::seal::integer::*;

/// The noise is that of another message than the right one, where it is small: the sum of `q + 1` copies of a ciphertext is
/// the ciphertext itself. On the way the budget was spent.
fn copies_until_the_budget_comes_back<S: IntegerScheme>() {
    let parameters =
        Parameters::<S>::insecure(1024, CoeffModulus::Bits(&[50, 50]), PlainModulus::Batching(17)).unwrap();
    let kit = Kit::new(&parameters);
    let [prime] = parameters.data_primes()[..] else { panic!("one data prime") };
    let x = kit.encrypt(&[3, 5]);
    let fresh = kit.budget(&x);
    let copies = prime + 1;
    let (mut sum, mut spent) = (x.clone(), false);
    // From the second highest bit on: doubled, and one more where the bit is set.
    for bit in (0..copies.ilog2()).rev() {
        sum = kit.evaluator.add(&sum, &sum).unwrap();
        if copies >> bit & 1 == 1 {
            sum = kit.evaluator.add(&sum, &x).unwrap();
        }
        spent |= kit.budget(&sum) <= 1;
    }
    assert!(spent, "a budget of 2 bits or more throughout would have been a proof");
    assert_eq!(kit.budget(&sum), fresh, "as if nothing had happened");
    let factor = copies % kit.t;
    assert_ne!(factor, 1);
    let (actual, right) = (kit.decrypt(&sum), 3 * factor % kit.t);
    assert_eq!(actual[0], 3, "not {right}, which would be right");
}

#[test]
fn a_large_budget_is_no_proof_in_bfv() {
    copies_until_the_budget_comes_back::<Bfv>();
}

#[test]
fn a_large_budget_is_no_proof_in_bgv() {
    copies_until_the_budget_comes_back::<Bgv>();
}
