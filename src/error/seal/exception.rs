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
    /// Converts an exception caught by `cpp/exceptions.h`: one letter for the class, then the message.
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
        // SEAL has no exception class for this error.
        if class == ExceptionClass::LogicError && message.contains("transparent") {
            return SealError::Transparent { op };
        }
        SealError::Library { op, class, message: message.to_owned() }
    }
}
