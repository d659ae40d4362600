//! Numbers and byte strings in one message.

use bytes::Bytes;

use crate::{Result, error::ClusterError};

const WORD: usize = 8;

/// Numbers in bytes.
pub(super) fn pack_words(words: impl IntoIterator<Item = u64>) -> Vec<u8> {
    words.into_iter().flat_map(u64::to_le_bytes).collect()
}

/// The numbers again. An incomplete one at the end is left out.
pub(super) fn unpack_words(bytes: &[u8]) -> Vec<u64> {
    bytes.chunks_exact(WORD).map(word).collect()
}

/// Byte strings, each behind its length.
pub(super) fn pack(strings: impl IntoIterator<Item = impl AsRef<[u8]>>) -> Vec<u8> {
    let mut bytes = Vec::new();
    for string in strings {
        bytes.extend((string.as_ref().len() as u64).to_le_bytes());
        bytes.extend_from_slice(string.as_ref());
    }
    bytes
}

/// The byte strings again.
///
/// # Errors
/// `UnknownCommand` for bytes that are none.
pub(super) fn unpack(mut bytes: Bytes) -> Result<Vec<Bytes>> {
    let mut strings = Vec::new();
    while !bytes.is_empty() {
        let length = bytes.get(..WORD).map(word).ok_or(ClusterError::UnknownCommand)?;
        let end = usize::try_from(length).ok().and_then(|length| length.checked_add(WORD));
        let end = end.filter(|end| *end <= bytes.len()).ok_or(ClusterError::UnknownCommand)?;
        strings.push(bytes.split_to(end).slice(WORD..));
    }
    Ok(strings)
}

fn word(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_comes_back() {
        let strings: [&[u8]; 4] = [b"one", b"", b"\xff\0", b"two"];
        let packed = pack(strings);
        assert_eq!(unpack(packed.clone().into()).unwrap(), strings);
        assert_eq!(
            unpack_words(&pack_words([1, u64::MAX, 0x0102_0304_0506_0708])),
            [1, u64::MAX, 0x0102_0304_0506_0708]
        );
        // Cut anywhere but between two, or longer than there is.
        for end in (1..packed.len()).filter(|end| ![11, 19, 29].contains(end)) {
            assert!(unpack(packed.clone()[..end].to_vec().into()).is_err(), "{end}");
        }
        assert!(unpack(vec![0xff; 9].into()).is_err());
    }
}
