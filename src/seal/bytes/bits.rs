//! Residues in the bits of their prime, one behind the other from the lowest bit on.

/// A residue below 2^64, in memory or in bytes.
pub trait Word: Copy {
    fn of(residue: u64) -> Self;
    fn residue(self) -> u64;
}

impl Word for u64 {
    fn of(residue: u64) -> u64 {
        residue
    }

    fn residue(self) -> u64 {
        self
    }
}

impl Word for [u8; 8] {
    fn of(residue: u64) -> [u8; 8] {
        residue.to_le_bytes()
    }

    fn residue(self) -> u64 {
        u64::from_le_bytes(self)
    }
}

/// The bytes of `count` residues of so many bits; the last byte is filled up with zeros.
pub fn packed_bytes(count: usize, bits: u32) -> usize {
    (count * bits as usize).div_ceil(8)
}

/// Writes residues of less than 64 bits into exactly their [`packed_bytes`].
pub fn pack<W: Word>(words: &[W], bits: u32, to: &mut [u8]) {
    let (places, rest) = to.as_chunks_mut::<8>();
    let mut places = places.iter_mut();
    let (mut next, mut used) = (0, 0);
    for &word in words {
        let residue = word.residue();
        next |= residue << used;
        used += bits;
        if used >= 64 {
            if let Some(place) = places.next() {
                *place = next.to_le_bytes();
            }
            used -= 64;
            next = residue >> (bits - used);
        }
    }
    let last = next.to_le_bytes();
    match places.next() {
        Some(place) => *place = last,
        None => rest.copy_from_slice(&last[..rest.len()]),
    }
}

/// What was unpacked.
pub struct Unpacked {
    /// The largest residue.
    pub largest: u64,
    /// Whether the bits behind the last residue are zeros.
    pub ends_with_zeros: bool,
}

/// Reads residues from their packed bytes.
pub fn unpack<W: Word>(packed: &[u8], bits: u32, to: &mut [W]) -> Unpacked {
    let (words, rest) = packed.as_chunks::<8>();
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    let mut words = words.iter().chain(std::iter::once(&last)).map(|&word| u64::from_le_bytes(word));
    let mask = (1 << bits) - 1;
    let (mut next, mut left, mut largest) = (0, 0, 0);
    for place in to {
        let mut residue = next;
        if left < bits {
            next = words.next().unwrap_or(0);
            residue |= next << left;
            next >>= bits - left;
            left += 64;
        } else {
            next >>= bits;
        }
        left -= bits;
        residue &= mask;
        largest = residue.max(largest);
        *place = W::of(residue);
    }
    Unpacked { largest, ends_with_zeros: next == 0 && words.all(|word| word == 0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_width_comes_back() {
        for bits in 2..=61 {
            for count in [1, 2, 7, 64, 1000] {
                let any = |i: u64| (i + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> (64 - bits);
                let mut words: Vec<u64> = (0..count).map(any).collect();
                words[0] = (1 << bits) - 1;
                let mut packed = vec![0; packed_bytes(words.len(), bits)];
                pack(&words, bits, &mut packed);
                let mut back = vec![0; words.len()];
                let unpacked = unpack(&packed, bits, &mut back);
                assert!(
                    unpacked.ends_with_zeros && unpacked.largest == words[0] && back == words,
                    "{bits} bits, {count}"
                );
                // The same from and to bytes.
                let (mut same, mut bytes) = (vec![0xFF; packed.len()], vec![[0; 8]; words.len()]);
                unpack(&packed, bits, &mut bytes);
                pack(&bytes, bits, &mut same);
                assert!(same == packed && bytes.iter().zip(words).all(|(bytes, word)| bytes.residue() == word));
                // Bits behind the last residue.
                if (count * u64::from(bits)) % 8 != 0 {
                    *packed.last_mut().unwrap() |= 0x80;
                    assert!(!unpack(&packed, bits, &mut back).ends_with_zeros, "{bits} bits, {count}");
                }
            }
        }
    }
}
