//! Encrypted values of CKKS.

use super::{Ckks, Context, check, common};
use crate::Level;
use crate::error::SealError;
use crate::ffi::ciphertext as ffi;

/// S = N/2 encrypted numbers: `c_0 + c_1 s` is the scale times the values, plus noise; `s` is the secret key.
pub type Ciphertext = common::Ciphertext<Ckks>;

impl Ciphertext {
    /// The factor by which its values are multiplied.
    pub fn scale(&self) -> f64 {
        *self.raw.scale()
    }

    /// Sets the scale without changing the data: the values are multiplied by `old / new`.
    ///
    /// # Errors
    /// [`InvalidScale`](SealError::InvalidScale) or [`ScaleTooLarge`](SealError::ScaleTooLarge). The ciphertext is then
    /// unchanged.
    pub fn set_scale(&mut self, scale: f64) -> Result<(), SealError> {
        check::scale_fits("set_scale", &self.context, self.level(), scale)?;
        ffi::set_scale(self.raw.pin_mut(), scale);
        Ok(())
    }

    /// The residues of all components: N modulo one prime after another, from `q_0` on.
    pub fn residues(&self) -> &[u64] {
        ffi::residues(&self.raw)
    }

    /// A ciphertext of two components whose residues `fill` writes in the place of zeros, in the order of
    /// [`residues`](Ciphertext::residues). Each is then reduced modulo its prime, so sums of residues will do:
    ///
    /// ```
    /// use seal_nn::{SealError, seal::*};
    /// # fn main() -> Result<(), SealError> {
    /// let context = Context::new(&Parameters::new(4096, &[36, 36, 37])?)?;
    /// let secret = KeyGenerator::new(&context)?.secret_key()?;
    /// let scale = 2f64.powi(25);
    /// let encrypt = |value: f64| {
    ///     let plain = Encoder::new(&context)?.encode(&[value], context.top_level(), scale)?;
    ///     SymmetricEncryptor::new(&context, &secret)?.encrypt(&plain)
    /// };
    /// let (x, y) = (encrypt(1.5)?, encrypt(2.0)?);
    /// let sum = Ciphertext::from_residues(&context, x.level(), scale, |sum| {
    ///     sum.iter_mut().zip(x.residues().iter().zip(y.residues())).for_each(|(sum, (x, y))| *sum = x + y);
    ///     Ok::<_, SealError>(())
    /// })?;
    /// let values = Decryptor::new(&context, &secret)?.decrypt_decode(&sum)?.open_as_key_owner();
    /// assert!((values[0] - 3.5).abs() < 1e-3);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`LevelTooHigh`](SealError::LevelTooHigh) or [`LevelTooLow`](SealError::LevelTooLow) for a level that does not exist;
    /// [`InvalidScale`](SealError::InvalidScale) or [`ScaleTooLarge`](SealError::ScaleTooLarge);
    /// [`Transparent`](SealError::Transparent) if the second component is zero; any error of `fill`.
    pub fn from_residues<X: From<SealError>>(
        context: &Context,
        level: Level,
        scale: f64,
        fill: impl FnOnce(&mut [u64]) -> Result<(), X>,
    ) -> Result<Ciphertext, X> {
        const OP: &str = "residues of a ciphertext";
        check::level_exists(OP, context, level)?;
        check::scale_fits(OP, context, level, scale)?;
        let made = ffi::new_ciphertext(context.raw(), level.0, scale);
        let mut raw = made.map_err(|e| SealError::from_exception(OP, &e))?;
        let parameters = context.parameters();
        let residues = ffi::residues_mut(raw.pin_mut());
        fill(residues)?;
        let primes = parameters.data_primes()[..=level.0].iter().cycle();
        for (row, prime) in residues.chunks_mut(parameters.poly_modulus_degree()).zip(primes) {
            row.iter_mut().for_each(|residue| *residue %= prime);
        }
        if residues[residues.len() / 2..].iter().all(|residue| *residue == 0) {
            return Err(SealError::Transparent { op: OP }.into());
        }
        Ok(Ciphertext { raw, context: context.clone() })
    }
}
