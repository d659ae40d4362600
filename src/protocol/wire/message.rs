//! Messages in bytes.
//!
//! | bytes | what |
//! |---|---|
//! | 5 | `SNNM`, version 2 |
//! | 4 | length of the header, little-endian |
//! | that many | the header: what is told in the clear, as JSON |
//! | the rest | the ciphertexts of the record in order, each in the form of [`Wire`] |
//!
//! Nothing says how many ciphertexts there are, or how long each is: header and plan do, and a message of any other length
//! is refused before a ciphertext of it is read.

use std::ops::Range;

use serde::{Serialize, de::DeserializeOwned};

use crate::{
    Level, Result,
    error::MessageError,
    parallel,
    program::Record,
    seal::{Context, Wire},
};

const MAGIC: [u8; 5] = *b"SNNM\x02";
/// The longest list in a header is that of the steps between two looks of the client: some thousands.
const MOST_HEADER_BYTES: usize = 1 << 16;
/// The most that a message has before its ciphertexts.
pub(super) const MOST_START_BYTES: usize = MAGIC.len() + 4 + MOST_HEADER_BYTES;

/// The bytes of a message, whose objects are packed on all threads.
///
/// # Errors
/// `Header` for a header that JSON cannot say, or of more than 64 KiB; `Library` where memory ends.
pub fn message_to_bytes<R: Record, H: Serialize, T: Wire + Sync>(header: &H, record: &R::Of<T>) -> Result<Vec<u8>> {
    let header = serde_json::to_vec(header).map_err(bad_header)?;
    check_header(header.len())?;
    let objects = R::items(record);
    let sizes = objects.iter().map(|object| Ok(object.wire_bytes()?)).collect::<Result<Vec<_>>>()?;
    let start = MAGIC.len() + 4 + header.len();
    // Each object is packed where it stays.
    let mut bytes = vec![0; start + sizes.iter().sum::<usize>()];
    let (beginning, mut rest) = bytes.split_at_mut(start);
    beginning.copy_from_slice(&[&MAGIC[..], &(header.len() as u32).to_le_bytes(), &header].concat());
    let mut places = Vec::with_capacity(objects.len());
    for (object, size) in objects.into_iter().zip(sizes) {
        let (place, after) = rest.split_at_mut(size);
        places.push((object, place));
        rest = after;
    }
    parallel::try_map(places, |(object, place)| Ok(object.write_wire(place)?))?;
    Ok(bytes)
}

/// The header and the record of a message. `planned` says at which levels the ciphertexts of a message with such a header
/// are, and `size` how many bytes one has at a level ([`Chain::wire_seeded_bytes`](crate::backend::Chain::wire_seeded_bytes)
/// of requests, [`Chain::wire_ciphertext_bytes`](crate::backend::Chain::wire_ciphertext_bytes) of answers).
///
/// # Errors
/// `NotAMessage`, `Header`, `Length`; what `planned` refuses; what SEAL's checked loaders refuse of a ciphertext.
pub fn message_from_bytes<R: Record, H: DeserializeOwned, T: Wire + Send>(
    context: &Context,
    bytes: &[u8],
    planned: impl FnOnce(&H) -> Result<R::Of<Level>>,
    size: impl Fn(Level) -> usize,
) -> Result<(H, R::Of<T>)> {
    let (header, objects) = objects_of_message::<R, H>(bytes, planned, size)?;
    let record = R::par_try_map(&objects, |object| Ok(T::from_wire(context, object)?))?;
    Ok((header, record))
}

/// The header of a message, and where its ciphertexts are, of which none is read yet.
pub(super) fn objects_of_message<R: Record, H: DeserializeOwned>(
    bytes: &[u8],
    planned: impl FnOnce(&H) -> Result<R::Of<Level>>,
    size: impl Fn(Level) -> usize,
) -> Result<(H, R::Of<&[u8]>)> {
    let (header, mut rest) = header_of_message::<H>(bytes)?;
    let planned = planned(&header)?;
    let objects: usize = R::items(&planned).into_iter().map(|&level| size(level)).sum();
    let length = |expected: usize| MessageError::Length { expected, actual: bytes.len() };
    if rest.len() != objects {
        return Err(length(bytes.len() - rest.len() + objects).into());
    }
    let objects = R::try_map(&planned, |&level| {
        let (object, after) = rest.split_at_checked(size(level)).ok_or_else(|| length(objects))?;
        rest = after;
        Ok::<_, MessageError>(object)
    })?;
    Ok((header, objects))
}

/// The header of a message, and its ciphertexts.
pub(super) fn header_of_message<H: DeserializeOwned>(bytes: &[u8]) -> Result<(H, &[u8])> {
    let (header, rest) = split_message(bytes)?;
    Ok((serde_json::from_slice(&bytes[header]).map_err(bad_header)?, rest))
}

/// A message without its ciphertexts: what is told in the clear.
///
/// # Errors
/// `NotAMessage`, `Header` or `Length` for bytes that do not begin as a message.
pub fn start_of_message(bytes: &[u8]) -> Result<&[u8]> {
    Ok(&bytes[..split_message(bytes)?.0.end])
}

/// Where the header is, and what follows.
fn split_message(bytes: &[u8]) -> Result<(Range<usize>, &[u8])> {
    let start = bytes.get(..MAGIC.len()).unwrap_or(bytes);
    if start != MAGIC {
        return Err(MessageError::NotAMessage { expected: MAGIC, actual: start.to_vec() }.into());
    }
    let rest = &bytes[MAGIC.len()..];
    let length = |expected: usize| MessageError::Length { expected, actual: bytes.len() };
    let (length_bytes, rest) = rest.split_first_chunk::<4>().ok_or_else(|| length(MAGIC.len() + 4))?;
    let header_length = u32::from_le_bytes(*length_bytes) as usize;
    check_header(header_length)?;
    let begin = MAGIC.len() + 4;
    let (_, rest) = rest.split_at_checked(header_length).ok_or_else(|| length(begin + header_length))?;
    Ok((begin..begin + header_length, rest))
}

fn check_header(length: usize) -> Result<()> {
    match length <= MOST_HEADER_BYTES {
        true => Ok(()),
        false => {
            let reason = format!("{length} bytes, and at most {MOST_HEADER_BYTES} are taken");
            Err(MessageError::Header { reason }.into())
        }
    }
}

fn bad_header(error: serde_json::Error) -> MessageError {
    MessageError::Header { reason: error.to_string() }
}
