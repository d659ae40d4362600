//! How much a loader takes.

/// Limits of a loader. What an object can have at most follows from the parameters: these lower it further, so that a
/// peer cannot ask for more than a program has agreed to.
///
/// ```
/// use seal_nn::seal::Limits;
/// let limits = Limits::default().at_most_bytes(1 << 20).at_most_galois_keys(16);
/// // Limits never rise.
/// assert_eq!(limits.at_most_bytes(1 << 30).bytes(), 1 << 20);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    bytes: usize,
    galois_keys: usize,
    components: usize,
}

impl Default for Limits {
    /// 16 GiB for one object (where addresses are that long), and as many Galois keys as the ring has rotations.
    fn default() -> Limits {
        let bytes = usize::try_from(16_u64 << 30).unwrap_or(isize::MAX as usize);
        Limits { bytes, galois_keys: usize::MAX, components: 2 }
    }
}

impl Limits {
    /// No object of more bytes, once it is inflated.
    pub fn at_most_bytes(self, bytes: usize) -> Limits {
        Limits { bytes: self.bytes.min(bytes), ..self }
    }

    /// No more keys in one set of Galois or switching keys.
    pub fn at_most_galois_keys(self, keys: usize) -> Limits {
        Limits { galois_keys: self.galois_keys.min(keys), ..self }
    }

    /// Products that are not relinearised, too.
    pub(in crate::seal) fn unrelinearized(self) -> Limits {
        Limits { components: 3, ..self }
    }

    /// The most components of a ciphertext.
    pub(super) fn components(&self) -> usize {
        self.components
    }

    /// The most bytes of one object.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// The most keys in one set.
    pub fn galois_keys(&self) -> usize {
        self.galois_keys
    }
}
