//! What only the key owner may read.

/// A decryption result. CKKS decryptions reveal something of the secret key to whoever sees them with the
/// ciphertext (Li and Micciancio 2021, IND-CPA-D), so a result does not come out by accident: it has no `Debug`,
/// no `Deref`, and is opened by a method whose name says who may read it. `publish` makes values for others of it
/// (docs/sharing-results.md says when that is needed).
///
/// ```
/// # use seal_nn::Private;
/// let doubled = Private::new(21).map(|x| 2 * x);
/// assert_eq!(doubled.open_as_key_owner(), 42);
/// ```
#[must_use = "a decryption nobody reads"]
pub struct Private<T>(T);

impl<T> Private<T> {
    /// Marks a value as the key owner's.
    pub fn new(value: T) -> Self {
        Private(value)
    }

    /// The value, for the key owner's own use: it must not reach another party as it is.
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
