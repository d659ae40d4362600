//! C++ exceptions as errors.

use super::SealError;

/// The class of a C++ exception.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ExceptionClass {
    /// `std::invalid_argument`
    InvalidArgument,
    /// `std::out_of_range`
    OutOfRange,
    /// `std::logic_error`
    LogicError,
    /// `std::runtime_error`
    RuntimeError,
    /// `std::bad_alloc`
    OutOfMemory,
    /// Anything else.
    Other,
}

impl SealError {
    /// An exception caught by `cpp/exceptions.h`: a letter for the class, then the message.
    pub(crate) fn from_exception(op: &'static str, exception: &cxx::Exception) -> SealError {
        let text = exception.what();
        let mut rest = text.chars();
        let class = match rest.next() {
            Some('i') => ExceptionClass::InvalidArgument,
            Some('o') => ExceptionClass::OutOfRange,
            Some('l') => ExceptionClass::LogicError,
            Some('r') => ExceptionClass::RuntimeError,
            Some('b') => ExceptionClass::OutOfMemory,
            _ => ExceptionClass::Other,
        };
        let message = rest.as_str();
        // SEAL has no class of its own for this one.
        if class == ExceptionClass::LogicError && message.contains("transparent") {
            return SealError::Transparent { op };
        }
        SealError::Library { op, class, message: message.to_owned() }
    }
}
