// Made by `make bindings` from the headers of SEAL; .ci/run checks that it agrees with them.
//! Constants that are the same in every SEAL 4.
#![allow(dead_code)] // every value of an enumeration is taken, used or not

impl Compression {
    pub const NONE: Compression = Compression(0);
    pub const ZLIB: Compression = Compression(1);
    pub const ZSTD: Compression = Compression(2);
}
#[repr(transparent)]
#[derive(Debug, Copy, Clone, Hash, PartialEq, Eq)]
pub struct Compression(pub ::core::ffi::c_uchar);
impl SecurityLevel {
    pub const NONE: SecurityLevel = SecurityLevel(0);
    pub const TC128: SecurityLevel = SecurityLevel(128);
    pub const TC192: SecurityLevel = SecurityLevel(192);
    pub const TC256: SecurityLevel = SecurityLevel(256);
}
#[repr(transparent)]
#[derive(Debug, Copy, Clone, Hash, PartialEq, Eq)]
pub struct SecurityLevel(pub ::core::ffi::c_int);
impl Scheme {
    pub const NONE: Scheme = Scheme(0);
    pub const BFV: Scheme = Scheme(1);
    pub const CKKS: Scheme = Scheme(2);
    pub const BGV: Scheme = Scheme(3);
}
#[repr(transparent)]
#[derive(Debug, Copy, Clone, Hash, PartialEq, Eq)]
pub struct Scheme(pub ::core::ffi::c_uchar);
pub const HEADER_MAGIC: ::core::ffi::c_ushort = 41310;
pub const HEADER_SIZE: usize = 16;
