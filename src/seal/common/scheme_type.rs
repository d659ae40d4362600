//! The schemes as types.

use std::fmt::Debug;

use crate::seal::Scheme;
use crate::seal::integer::{Bfv, Bgv};

/// Cheon/Kim/Kim/Song: approximate numbers, with `c_0 + c_1 s` equal to scale times the values plus noise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ckks {}

/// [`Ckks`], [`Bfv`] or [`Bgv`]: a type parameter of everything that all schemes have, so that objects of different
/// schemes cannot be mixed. The trait cannot be implemented outside the crate.
pub trait SchemeType: sealed::Sealed + Copy + Debug + PartialEq + Send + Sync + 'static {
    /// The scheme's name.
    const NAME: &'static str;
}

impl SchemeType for Ckks {
    const NAME: &'static str = "CKKS";
}

impl SchemeType for Bfv {
    const NAME: &'static str = "BFV";
}

impl SchemeType for Bgv {
    const NAME: &'static str = "BGV";
}

mod sealed {
    use super::{Bfv, Bgv, Ckks, Scheme};
    use crate::error::SealError;
    use crate::ffi::constants::SecurityLevel;
    use crate::ffi::kernels;
    use crate::seal::bytes::{Lacking, Written};
    use crate::seal::common::{Context, Parameters};

    /// Checks parameters that were read, like new ones. Fields that SEAL's format does not contain have their default
    /// values if they are missing.
    type Check<S> = fn(Written, Option<Lacking>, SecurityLevel) -> Result<Parameters<S>, SealError>;

    pub trait Sealed: Sized {
        /// The scheme as a value.
        const SCHEME: Scheme;
        const CHECK: Check<Self>;

        /// Our kernels, if they support the scheme and the parameters.
        fn kernels(_context: &Context<Self>) -> Result<Option<&kernels::HybridEvaluator>, SealError> {
            Ok(None)
        }
    }

    impl Sealed for Ckks {
        const SCHEME: Scheme = Scheme::Ckks;
        const CHECK: Check<Ckks> = Parameters::<Ckks>::of_written;

        fn kernels(context: &Context<Ckks>) -> Result<Option<&kernels::HybridEvaluator>, SealError> {
            context.hybrid_if_supported()
        }
    }

    impl Sealed for Bfv {
        const SCHEME: Scheme = Scheme::Bfv;
        const CHECK: Check<Bfv> = Parameters::<Bfv>::of_written;
    }

    impl Sealed for Bgv {
        const SCHEME: Scheme = Scheme::Bgv;
        const CHECK: Check<Bgv> = Parameters::<Bgv>::of_written;
    }
}
