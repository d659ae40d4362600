//! What the tests of bytes share.

use std::io::Write;

use seal_nn::SealError;
use seal_nn::seal::{Bytes, BytesRefusal, Header, SealVersion};

pub const VERSIONS: [SealVersion; 5] =
    [SealVersion::V4_0, SealVersion::V4_1, SealVersion::V4_2, SealVersion::V4_3, SealVersion::V4_4];

/// The reason of a refusal.
#[track_caller]
pub fn reason<T>(result: Result<T, SealError>) -> BytesRefusal {
    match result {
        Err(SealError::Bytes { reason, .. }) => reason,
        Err(other) => panic!("another error: {other}"),
        Ok(_) => panic!("not refused"),
    }
}

/// The object as another SEAL would save it.
pub fn compressed(bytes: &[u8], zstd: bool) -> Vec<u8> {
    let body = &bytes[Header::BYTES..];
    let body = if zstd {
        ruzstd::encoding::compress_to_vec(body, ruzstd::encoding::CompressionLevel::Fastest)
    } else {
        let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(body).unwrap();
        encoder.finish().unwrap()
    };
    let mut whole = bytes[..Header::BYTES].to_vec();
    whole[5] = if zstd { 2 } else { 1 };
    whole[8..16].copy_from_slice(&((Header::BYTES + body.len()) as u64).to_le_bytes());
    whole.extend(body);
    whole
}

/// The same bytes come back from every version and compression.
pub fn round_trips<T: Bytes>(context: &T::Context, object: &T) -> T {
    let bytes = object.to_bytes().unwrap();
    let bytes = bytes.as_ref();
    assert_eq!(Header::parse(bytes).unwrap().version, SealVersion::V4_0);
    for version in VERSIONS {
        let stamped = object.to_bytes_as(version).unwrap();
        let changed = stamped.as_ref().iter().zip(bytes).filter(|(a, b)| a != b).count();
        assert_eq!(changed == 0, version == SealVersion::V4_0, "{version}: {changed} bytes differ");
        assert_eq!(Header::parse(stamped.as_ref()).unwrap().version, version);
        let back = T::from_bytes(context, stamped.as_ref()).unwrap();
        assert!(back.to_bytes().unwrap().as_ref() == bytes, "{version}");
        for zstd in [false, true] {
            let back = T::from_bytes(context, &compressed(stamped.as_ref(), zstd)).unwrap();
            assert!(back.to_bytes().unwrap().as_ref() == bytes, "{version}, compressed");
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("object.bin");
    object.save(&path).unwrap();
    object.save_as(&path, SealVersion::V4_3).unwrap(); // over what is there
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "a temporary file stayed behind");
    let back = T::load(context, &path).unwrap();
    assert!(back.to_bytes().unwrap().as_ref() == bytes);
    back
}
