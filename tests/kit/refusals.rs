//! Tables of wrong uses, each with the error that it must give.

use std::panic::{AssertUnwindSafe, catch_unwind};

use seal_nn::Result;

/// A wrong use with its name, and what is wrong with the answer if it is not the expected error.
pub struct WrongUse<'a> {
    pub name: &'static str,
    pub outcome: Box<dyn Fn() -> Option<String> + 'a>,
}

/// A [`WrongUse`] from a name, an expression of type `Result<_>`, and the pattern of its error.
#[macro_export]
macro_rules! wrong_use {
    ($name:literal, $use:expr, $error:pat $(if $guard:expr)?) => {
        $crate::kit::refusals::WrongUse {
            name: $name,
            outcome: Box::new(|| {
                let wrong_use = || -> seal_nn::Result<()> { $use.map(|_| ()) };
                match wrong_use() {
                    Err($error) $(if $guard)? => None,
                    Err(other) => Some(format!("another error: {other}")),
                    Ok(()) => Some("taken".into()),
                }
            }),
        }
    };
}

/// Checks that every use is refused as it should be, and that none panics.
pub fn check(uses: Vec<WrongUse<'_>>) {
    let outcome = |wrong: &WrongUse<'_>| match catch_unwind(AssertUnwindSafe(|| (wrong.outcome)())) {
        Ok(outcome) => outcome,
        Err(_) => Some("a panic".into()),
    };
    let failed: Vec<String> =
        uses.iter().filter_map(|wrong| Some(format!("{}: {}", wrong.name, outcome(wrong)?))).collect();
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

/// For calls whose result does not matter, as long as they return.
pub fn returns<T>(_: Result<T>) {}
