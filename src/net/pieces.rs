//! Large bytes in pieces.

use bytes::Bytes;

use super::refusal::Refused;

/// Bytes of a piece that is sent. Larger ones gain nothing.
const PIECE: usize = 256 << 10;
/// Bytes of a piece that is taken.
const MOST_PIECE: usize = 1 << 20;
/// Bytes of a message of gRPC that is taken: a piece with what surrounds it.
pub(super) const MOST_MESSAGE: usize = MOST_PIECE + 1024;

/// The pieces of bytes, which are not copied.
pub(super) fn pieces(mut bytes: Bytes) -> impl Iterator<Item = Bytes> + Send {
    std::iter::from_fn(move || (!bytes.is_empty()).then(|| bytes.split_to(PIECE.min(bytes.len()))))
}

/// Bytes that come in pieces. Memory grows with what came, whatever was announced.
pub(super) struct Gathered {
    announced: usize,
    bytes: Vec<u8>,
}

impl Gathered {
    /// So many bytes are to come.
    pub fn new(announced: usize) -> Gathered {
        Gathered { announced, bytes: Vec::new() }
    }

    pub fn is_complete(&self) -> bool {
        self.bytes.len() == self.announced
    }

    /// Takes the next piece.
    ///
    /// # Errors
    /// `Order` for an empty piece, and for more than is taken at a time or was announced.
    pub fn add(&mut self, piece: &[u8]) -> Result<(), Refused> {
        let missing = self.announced - self.bytes.len();
        if piece.is_empty() || piece.len() > MOST_PIECE.min(missing) {
            let length = piece.len();
            return Err(Refused::order(format!(
                "a piece of {length} bytes, where 1 to {} are taken",
                MOST_PIECE.min(missing)
            )));
        }
        if self.bytes.capacity() - self.bytes.len() < piece.len() {
            // As a vector grows by itself, but never beyond what was announced.
            let more = self.bytes.len().clamp(piece.len(), missing);
            self.bytes.try_reserve_exact(more).map_err(Refused::fault)?;
        }
        self.bytes.extend_from_slice(piece);
        Ok(())
    }

    /// What came.
    pub fn into_bytes(self) -> Bytes {
        self.bytes.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_make_the_bytes_again() {
        for length in [0, 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE + 5] {
            let bytes: Bytes = (0..length).map(|i| i as u8).collect();
            let mut gathered = Gathered::new(length);
            for piece in pieces(bytes.clone()) {
                assert!(!gathered.is_complete());
                gathered.add(&piece).unwrap();
            }
            assert!(gathered.is_complete());
            assert_eq!(gathered.into_bytes(), bytes);
        }
    }

    #[test]
    fn memory_follows_what_came() {
        let mut gathered = Gathered::new(usize::MAX);
        gathered.add(&[1; 100]).unwrap();
        assert!(gathered.bytes.capacity() < 1000);
    }

    #[test]
    fn other_pieces_are_refused() {
        for (announced, piece) in [(10, 0), (10, 11), (0, 1), (usize::MAX, MOST_PIECE + 1)] {
            assert!(Gathered::new(announced).add(&vec![0; piece]).is_err(), "{piece} of {announced}");
        }
        let mut gathered = Gathered::new(10);
        gathered.add(&[0; 6]).unwrap();
        assert!(gathered.add(&[0; 5]).is_err());
    }
}
