//! Decompression within bounds.

use flate2::bufread::ZlibDecoder;
use ruzstd::decoding::{FrameDecoder, StreamingDecoder};

use super::buffer::{Buffer, Unread};
use super::reader::Walk;
use crate::error::BytesRefusal;

/// The window that zstd keeps of its output. SEAL's files need 2 MiB; the standard recommends that decoders support 8.
const MOST_WINDOW: u64 = 8 << 20;

pub fn zlib(compressed: &[u8], to: &mut Buffer) -> Walk<()> {
    let mut decoder = ZlibDecoder::new(compressed);
    to.read_all(&mut decoder).map_err(|e| refusal("zlib", to, e))?;
    nothing_behind(decoder.into_inner())
}

pub fn zstd(compressed: &[u8], to: &mut Buffer) -> Walk<()> {
    let damaged = |reason: String| BytesRefusal::Inflate { codec: "zstd", reason };
    let mut frame = FrameDecoder::new();
    // The window of a frame with a single segment is its whole content.
    frame.set_max_window_size(MOST_WINDOW.max(to.most() as u64));
    let mut decoder = StreamingDecoder::new_with_decoder(compressed, &mut frame).map_err(|e| damaged(e.to_string()))?;
    to.read_all(&mut decoder).map_err(|e| refusal("zstd", to, e))?;
    nothing_behind(decoder.into_inner())?;
    match frame.get_checksum_from_data() {
        Some(sum) if frame.get_calculated_checksum() != Some(sum) => {
            Err(damaged("its checksum does not fit its content".to_owned()))
        }
        _ => Ok(()),
    }
}

fn nothing_behind(rest: &[u8]) -> Walk<()> {
    match rest.len() {
        0 => Ok(()),
        count => Err(BytesRefusal::Trailing { count }),
    }
}

fn refusal(codec: &'static str, to: &Buffer, error: Unread) -> BytesRefusal {
    match error {
        Unread::TooLarge => BytesRefusal::TooLarge { most: to.most() },
        Unread::NoMemory(bytes) => BytesRefusal::NoMemory { bytes },
        Unread::Io(error) => BytesRefusal::Inflate { codec, reason: error.to_string() },
    }
}
