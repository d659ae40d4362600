//! The format of a container: a header, then entries, each with its length and a checksum.

use std::ops::Range;

use super::reader::{Reader, Walk};
use crate::error::BytesRefusal;

/// Bytes of the header: magic, version, reserved, number of entries, size, checksum of the preceding bytes.
pub const HEAD: usize = 8 + 2 + 2 + 4 + 8 + 4;
/// Bytes before each entry: kind, length, checksum of both and of the content.
pub const ENTRY: usize = 4 + 8 + 4;
/// Increases if an older program could not read the file or would misinterpret it. New kinds of entries do not need
/// that.
const VERSION: u16 = 1;

/// An entry to write.
pub struct Part<'a> {
    pub kind: u32,
    pub content: &'a [u8],
}

/// The size of a container with contents of these sizes.
pub fn size(contents: impl Iterator<Item = usize>) -> usize {
    HEAD + contents.map(|content| ENTRY + content).sum::<usize>()
}

/// Fills `to`, which has the correct size.
pub fn write(magic: [u8; 8], parts: &[Part<'_>], to: &mut [u8]) {
    let size = to.len() as u64;
    let mut rest = to;
    let mut head = Vec::with_capacity(HEAD);
    head.extend(magic);
    head.extend(VERSION.to_le_bytes());
    head.extend([0; 2]);
    head.extend((parts.len() as u32).to_le_bytes());
    head.extend(size.to_le_bytes());
    head.extend(crc32fast::hash(&head).to_le_bytes());
    put(&mut rest, &head);
    for part in parts {
        let (kind, length) = (part.kind.to_le_bytes(), (part.content.len() as u64).to_le_bytes());
        put(&mut rest, &kind);
        put(&mut rest, &length);
        put(&mut rest, &checksum(kind, length, part.content).to_le_bytes());
        put(&mut rest, part.content);
    }
}

fn put(to: &mut &mut [u8], bytes: &[u8]) {
    let (front, rest) = std::mem::take(to).split_at_mut(bytes.len());
    front.copy_from_slice(bytes);
    *to = rest;
}

fn checksum(kind: [u8; 4], length: [u8; 8], content: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&kind);
    hasher.update(&length);
    hasher.update(content);
    hasher.finalize()
}

/// The positions of the entries and their kinds. Checksums and lengths are checked; the contents are not.
pub fn read(magic: [u8; 8], bytes: &[u8]) -> Walk<Vec<(u32, Range<usize>)>> {
    let mut reader = Reader::new(bytes);
    let found: [u8; 8] = reader.array("magic number")?;
    if found != magic {
        return Err(BytesRefusal::NotThis { expected: shown(magic), actual: shown(found) });
    }
    let version = u16::from_le_bytes(reader.array("version")?);
    if version != VERSION {
        let expected = format!("{VERSION}");
        return Err(BytesRefusal::Field { part: "the version of the container", expected, actual: version.into() });
    }
    let reserved: [u8; 2] = reader.array("reserved field")?;
    if reserved != [0; 2] {
        let actual = u16::from_le_bytes(reserved).into();
        return Err(BytesRefusal::Field { part: "the reserved field", expected: "0".into(), actual });
    }
    let (count, stated) = (reader.u32("number of entries")?, reader.u64("size")?);
    let (expected, actual) = (crc32fast::hash(&bytes[..HEAD - 4]), reader.u32("checksum")?);
    if expected != actual {
        return Err(BytesRefusal::Checksum { part: "head", expected, actual });
    }
    if stated != bytes.len() as u64 {
        return Err(BytesRefusal::Size { part: "container", stated, actual: bytes.len() as u64 });
    }
    let mut entries = Vec::new();
    for _ in 0..count {
        let kind = reader.array("entry")?;
        let length = reader.array("entry")?;
        let actual = reader.u32("entry")?;
        let start = bytes.len() - reader.remaining();
        let content = reader.take("entry", usize::try_from(u64::from_le_bytes(length)).unwrap_or(usize::MAX))?;
        let expected = checksum(kind, length, content);
        if expected != actual {
            return Err(BytesRefusal::Checksum { part: "entry", expected, actual });
        }
        entries.push((u32::from_le_bytes(kind), start..start + content.len()));
    }
    reader.end().map(|_| entries)
}

fn shown(magic: [u8; 8]) -> String {
    magic.escape_ascii().to_string()
}
