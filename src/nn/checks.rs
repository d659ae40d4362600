//! Checks of specifications, whose fields anyone may set.

use crate::{Result, SetupError};

/// Returns an error for a number that is not positive and finite.
pub(super) fn positive(setting: &'static str, value: f64) -> Result<()> {
    within(setting, value, value.is_finite() && value > 0.0, "a positive finite number")
}

/// Returns an error for a momentum that is not from 0 to below 1.
pub(super) fn momentum(value: f64) -> Result<()> {
    within("the momentum", value, (0.0..1.0).contains(&value), "at least 0 and below 1")
}

/// Returns an error for a count below `least`.
pub(super) fn at_least(setting: &'static str, least: usize, value: usize, expected: &'static str) -> Result<()> {
    within(setting, value, value >= least, expected)
}

/// Returns an error unless `ok`.
pub(super) fn within(setting: &'static str, value: impl ToString, ok: bool, expected: &'static str) -> Result<()> {
    match ok {
        true => Ok(()),
        false => Err(SetupError::BadSetting { setting, actual: value.to_string(), expected }.into()),
    }
}
