//! Limits of loaders.

/// Limits of a loader. The largest size of an object follows from the parameters. These limits lower it further, so
/// that a peer cannot require more memory than a program has agreed to.
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
    /// 16 GiB per object (if addresses are long enough), and as many Galois keys as the ring has rotations.
    fn default() -> Limits {
        let bytes = usize::try_from(16_u64 << 30).unwrap_or(isize::MAX as usize);
        Limits { bytes, galois_keys: usize::MAX, components: 2 }
    }
}

impl Limits {
    /// Limits the size of objects in bytes, after decompression.
    pub fn at_most_bytes(self, bytes: usize) -> Limits {
        Limits { bytes: self.bytes.min(bytes), ..self }
    }

    /// Limits the number of keys in a set of Galois or switching keys.
    pub fn at_most_galois_keys(self, keys: usize) -> Limits {
        Limits { galois_keys: self.galois_keys.min(keys), ..self }
    }

    /// Also accepts products that have not been relinearised.
    pub(in crate::seal) fn unrelinearized(self) -> Limits {
        Limits { components: 3, ..self }
    }

    /// The largest number of components of a ciphertext.
    pub(super) fn components(&self) -> usize {
        self.components
    }

    /// The largest size of an object in bytes.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// The largest number of keys in a set.
    pub fn galois_keys(&self) -> usize {
        self.galois_keys
    }
}
