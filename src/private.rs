//! Values that only the key owner may read.

/// A decrypted result. A decrypted CKKS value reveals something about the secret key to anyone who also sees the
/// ciphertext (Li and Micciancio 2021, IND-CPA-D). To prevent accidental disclosure, the type implements neither
/// `Debug` nor `Deref`, and the name of the method that opens it says who may read it. `publish` turns it into values
/// for others (docs/sharing-results.md explains when that is needed).
///
/// ```
/// # use seal_nn::Private;
/// let doubled = Private::new(21).map(|x| 2 * x);
/// assert_eq!(doubled.open_as_key_owner(), 42);
/// ```
#[must_use = "a decrypted value that is not used"]
pub struct Private<T>(T);

impl<T> Private<T> {
    /// Marks a value as private to the key owner.
    pub fn new(value: T) -> Self {
        Private(value)
    }

    /// The value, for the key owner's own use. It must not reach another party unchanged.
    pub fn open_as_key_owner(self) -> T {
        self.0
    }

    /// The same value, borrowed.
    pub fn by_ref(&self) -> Private<&T> {
        Private(&self.0)
    }

    /// Computes on the value without opening it.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Private<U> {
        Private(f(self.0))
    }
}
