//! What the targets share: one context, small and always of the same primes, so that a corpus stays good.

pub mod integer;

use std::sync::OnceLock;

use seal_nn::seal::{Bytes, Context, Parameters, Wire};

/// Insecure and quick; the smallest ring that our own key switching takes.
pub fn parameters() -> Parameters {
    Parameters::builder().degree(1024).bits(&[30, 30]).insecure().build().expect("primes of 30 bits")
}

/// The context of all objects.
pub fn context() -> &'static Context {
    static CONTEXT: OnceLock<Context> = OnceLock::new();
    CONTEXT.get_or_init(|| Context::new(&parameters()).expect("parameters that work"))
}

/// Loads bytes; what is accepted is written again, which must give what is accepted.
pub fn load<T: Bytes<Context = Context>>(bytes: &[u8]) {
    load_under::<T>(context(), bytes);
}

/// The packed form, of which every object has one only.
pub fn load_packed<T: Wire>(bytes: &[u8]) {
    if let Ok(object) = T::from_wire(context(), bytes) {
        assert!(object.to_wire().expect("memory") == bytes);
    }
}

/// The same under a context of any scheme.
pub fn load_under<T: Bytes>(context: &T::Context, bytes: &[u8]) {
    if let Ok(object) = T::from_bytes(context, bytes) {
        let again = object.to_bytes().expect("memory");
        assert!(T::from_bytes(context, again.as_ref()).is_ok());
    }
}
