//! What holds a secret cannot be printed, copied or compared by accident.

use crate::kit::insecure;
use std::fmt::Debug;
use std::marker::PhantomData;

use seal_nn::Private;
use seal_nn::backend::SealKeyHolder;
use seal_nn::seal::integer::{self, Bfv, Bgv, CoeffModulus, IntegerScheme, PlainModulus};
use seal_nn::seal::{self, Decryptor, KeyGenerator, ReleaseBudget, SecretKey, SymmetricEncryptor};

/// Whether a type has a trait: the inherent constant exists for types that have it, and goes before the one of `Lacks`.
macro_rules! has {
    ($type:ty: $($bound:tt)+) => {{
        #[allow(dead_code)]
        struct Probe<T>(PhantomData<T>);
        #[allow(dead_code)]
        trait Lacks {
            const HAS: bool = false;
        }
        impl<T> Lacks for Probe<T> {}
        #[allow(dead_code)]
        impl<T: $($bound)+> Probe<T> {
            const HAS: bool = true;
        }
        Probe::<$type>::HAS
    }};
}

macro_rules! assert_secret {
    ($($type:ty),+ $(,)?) => {$(
        assert!(!has!($type: Debug), "{} can be printed", stringify!($type));
        assert!(!has!($type: Clone), "{} can be cloned", stringify!($type));
        assert!(!has!($type: PartialEq), "{} can be compared by ==", stringify!($type));
    )+};
}

#[test]
fn a_key_is_itself_and_no_other() {
    let of = |bits: &[u32], seed| {
        let context = seal::Context::insecure_from_seed(&insecure(1024, bits).unwrap(), seed).unwrap();
        seal::KeyGenerator::new(&context).unwrap().secret_key().unwrap()
    };
    let key = of(&[40, 40], 1);
    assert!(key.is_same_key(&of(&[40, 40], 1)) && !key.is_same_key(&of(&[40, 40], 2)));
    assert!(!key.is_same_key(&of(&[40, 40, 40], 1)));
    is_itself_and_no_other::<Bfv>();
    is_itself_and_no_other::<Bgv>();
}

fn is_itself_and_no_other<S: IntegerScheme>() {
    let of = |bits: &[u32], seed| {
        let plain = PlainModulus::Value(1000);
        let parameters = integer::Parameters::<S>::insecure(1024, CoeffModulus::Bits(bits), plain).unwrap();
        let context = integer::Context::insecure_from_seed(&parameters, seed).unwrap();
        integer::KeyGenerator::new(&context).unwrap().secret_key().unwrap()
    };
    let key = of(&[40, 40], 1);
    assert!(key.is_same_key(&of(&[40, 40], 1)) && !key.is_same_key(&of(&[40, 40], 2)));
    assert!(!key.is_same_key(&of(&[40, 40, 40], 1)));
}

#[test]
fn secrets_have_no_debug_no_clone_and_no_comparison() {
    assert_secret!(SecretKey, KeyGenerator, Decryptor, SymmetricEncryptor, SealKeyHolder, Private<Vec<f64>>);
    assert_secret!(integer::SecretKey<Bfv>, integer::KeyGenerator<Bfv>, integer::Decryptor<Bfv>);
    assert_secret!(integer::SecretKey<Bgv>, integer::SymmetricEncryptor<Bgv>, Private<u32>);
    // A copy would count the same releases twice.
    assert!(!has!(ReleaseBudget: Clone));
    // The probe sees traits where there are some.
    assert!(has!(Vec<f64>: Debug) && has!(Vec<f64>: Clone) && has!(Vec<f64>: PartialEq) && has!(ReleaseBudget: Debug));
}
