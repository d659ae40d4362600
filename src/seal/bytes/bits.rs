//! Residues in the bits of their prime, one behind the other from the lowest bit on.

/// The bytes of `count` residues of so many bits; the last byte is filled up with zeros.
pub fn packed_bytes(count: usize, bits: u32) -> usize {
    (count * bits as usize).div_ceil(8)
}

/// Appends residues of less than 64 bits, given as words of eight bytes.
pub fn pack(words: &[[u8; 8]], bits: u32, to: &mut Vec<u8>) {
    let start = to.len();
    to.resize(start + packed_bytes(words.len(), bits).next_multiple_of(8), 0);
    let (places, _) = to[start..].as_chunks_mut::<8>();
    let mut places = places.iter_mut();
    let (mut next, mut used) = (0, 0);
    for &word in words {
        let residue = u64::from_le_bytes(word);
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
    if let Some(place) = places.next() {
        *place = next.to_le_bytes();
    }
    to.truncate(start + packed_bytes(words.len(), bits));
}

/// Appends `count` residues from their packed bytes as words of eight bytes. Returns whether the rest is zero.
pub fn unpack(packed: &[u8], bits: u32, count: usize, to: &mut Vec<u8>) -> bool {
    let start = to.len();
    to.resize(start + 8 * count, 0);
    let (places, _) = to[start..].as_chunks_mut::<8>();
    let (words, rest) = packed.as_chunks::<8>();
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    let mut words = words.iter().chain(std::iter::once(&last)).map(|&word| u64::from_le_bytes(word));
    let mask = (1 << bits) - 1;
    let (mut next, mut left) = (0, 0);
    for place in places {
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
        *place = (residue & mask).to_le_bytes();
    }
    next == 0 && words.all(|word| word == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_width_comes_back() {
        for bits in 2..=61 {
            for count in [1, 2, 7, 64, 1000] {
                let any = |i: u64| (i + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> (64 - bits);
                let mut words: Vec<[u8; 8]> = (0..count).map(|i| any(i).to_le_bytes()).collect();
                words[0] = ((1_u64 << bits) - 1).to_le_bytes();
                let (mut packed, mut back) = (vec![7], vec![9]);
                pack(&words, bits, &mut packed);
                assert_eq!(packed.len(), 1 + packed_bytes(words.len(), bits));
                assert!(unpack(&packed[1..], bits, words.len(), &mut back));
                assert!(back[1..] == *words.as_flattened() && packed[0] == 7 && back[0] == 9, "{bits} bits, {count}");
                // Bits behind the last residue.
                if (count * u64::from(bits)) % 8 != 0 {
                    *packed.last_mut().unwrap() |= 0x80;
                    assert!(!unpack(&packed[1..], bits, words.len(), &mut back), "{bits} bits, {count}");
                }
            }
        }
    }
}
