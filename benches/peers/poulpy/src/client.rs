//! A client's operations in one ring.

use poulpy_ckks::{
    CKKSModuleInfos, GLWEPlaintextMeta, Scale, SetCKKSInfos, SlotsKind,
    api::{CKKSDecryptOps, CKKSEncodingHostOps, CKKSEncryptOps},
    layouts::{CKKSCiphertextAlloc, CKKSCiphertextOwned, CKKSPlaintextAlloc, CKKSPlaintextOwned},
};
use poulpy_core::{
    GLWEAutomorphismKeyCompressedEncryptSk, GLWETensorKeyCompressedEncryptSk,
    api::{GLWESecretPreparedFactory, GLWESecretSampling},
    layouts::{
        BackendGLWESecret, BackendGLWESecretPrepared, GLWEAutomorphismKeyCompressedAlloc, GLWEAutomorphismKeyLayout,
        GLWELayout, GLWESecretAlloc, GLWETensorKeyCompressedAlloc, GLWETensorKeyLayout, Rank,
    },
};
use poulpy_hal::{
    api::{ScratchOwnedAlloc, ScratchOwnedBorrow},
    layouts::{Module, ScratchOwned},
    source::Source,
};
use rand::RngExt;

use crate::{Anything, measure::median};

#[cfg(feature = "avx512")]
type Engine = poulpy_cpu_avx512::NTT3x42Ifma;
#[cfg(not(feature = "avx512"))]
type Engine = poulpy_cpu_avx::NTT4x30Avx;

/// Bits of a limb of a ciphertext.
const LIMB: usize = 52;
const SCALE_BITS: usize = 40;
/// Bits of a digit of a key switch, and those by which a key is wider than a ciphertext: with 84 and 96, keys in the
/// larger ring have 432 bits, of 438 that 128-bit security allows, and with 34 and 46 in the smaller one 216 of 218.
const DIGITS: [(usize, usize, usize); 2] = [(16384, 84, 96), (8192, 34, 46)];
/// What approximate arithmetic may lose.
const TOLERANCE: f64 = 1e-3;

struct Client {
    module: Module<Engine>,
    ciphertext: GLWELayout,
    secret: BackendGLWESecret<Engine>,
    prepared: BackendGLWESecretPrepared<Engine>,
    /// Of errors, and of what is uniform.
    errors: Source,
    uniform: Source,
    scratch: ScratchOwned<Engine>,
    values: Vec<f64>,
}

fn meta() -> GLWEPlaintextMeta {
    GLWEPlaintextMeta { scale: Scale::Log(SCALE_BITS), slots: SlotsKind::Real, log_sparsity: 0 }
}

impl Client {
    fn new(degree: usize, width: usize) -> Client {
        let module = Module::<Engine>::new(degree as u64);
        let ciphertext = GLWELayout { n: degree.into(), base2k: LIMB.into(), k: width.into(), rank: Rank(1) };
        let source = || Source::new(rand::rng().random());
        let mut secret = module.glwe_secret_alloc_from_infos(&ciphertext);
        module.glwe_secret_fill_ternary_prob(&mut secret, 2.0 / 3.0, &mut source());
        let mut prepared = module.glwe_secret_prepared_alloc_from_infos(&ciphertext);
        module.glwe_secret_prepare(&mut prepared, &secret);
        let values = (0..module.ckks_max_slots()).map(|i| (i as f64).sin()).collect();
        // More than any operation here asks for.
        let scratch = ScratchOwned::alloc(256 << 20);
        Client { module, ciphertext, secret, prepared, errors: source(), uniform: source(), scratch, values }
    }

    fn plaintext(&self) -> CKKSPlaintextOwned<Engine> {
        let mut plaintext = self.module.ckks_plaintext_alloc(self.ciphertext.n, LIMB.into(), (2 * LIMB).into());
        plaintext.set_meta(meta());
        plaintext
    }

    fn encrypt(&mut self) -> Result<CKKSCiphertextOwned<Engine>, Anything> {
        let imaginary = vec![0.0; self.values.len()];
        let mut plaintext = self.plaintext();
        let mut scratch = self.scratch.borrow();
        self.module.ckks_encode_slots_host_into(&mut plaintext, &self.values, &imaginary, &mut scratch)?;
        let mut ciphertext = self.module.ckks_ciphertext_alloc_from_glwe_infos(&self.ciphertext);
        ciphertext.set_meta(meta());
        self.module.ckks_encrypt_sk(
            &mut ciphertext,
            &plaintext,
            &self.prepared,
            &mut self.errors,
            &mut self.uniform,
            &mut scratch,
        )?;
        ciphertext.set_meta(meta());
        Ok(ciphertext)
    }

    fn decrypt(&mut self, ciphertext: &CKKSCiphertextOwned<Engine>) -> Result<Vec<f64>, Anything> {
        let mut plaintext = self.plaintext();
        let mut scratch = self.scratch.borrow();
        self.module.ckks_decrypt(&mut plaintext, ciphertext, &self.prepared, &mut scratch)?;
        let (mut real, mut imaginary) = (vec![0.0; self.values.len()], vec![0.0; self.values.len()]);
        self.module.ckks_decode_slots_host_into(&plaintext, &mut real, &mut imaginary, &mut scratch)?;
        Ok(real)
    }

    fn rotation_key_layout(&self) -> GLWEAutomorphismKeyLayout {
        let GLWELayout { n, base2k, rank, k } = self.ciphertext;
        let degree = self.module.ckks_max_slots() * 2;
        let (_, digit, more) = DIGITS.into_iter().find(|(of, ..)| *of == degree).unwrap_or(DIGITS[0]);
        let dnum = usize::from(k).div_ceil(digit).into();
        GLWEAutomorphismKeyLayout { n, base2k, rank, dnum, k_digit: digit.into(), k_aux: more.into() }
    }

    fn rotation_key(&mut self) -> impl Sized + use<> {
        let layout = self.rotation_key_layout();
        let element = self.module.ckks_galois_element(1);
        let mut key = self.module.glwe_automorphism_key_compressed_alloc_from_infos(&layout);
        let (seed, scratch) = (self.uniform.new_seed(), &mut self.scratch.borrow());
        self.module.glwe_automorphism_key_compressed_encrypt_sk(
            &mut key,
            element,
            &self.secret,
            seed,
            &mut self.errors,
            scratch,
        );
        key
    }

    fn relinearisation_key(&mut self) -> impl Sized + use<> {
        let GLWEAutomorphismKeyLayout { n, base2k, dnum, k_aux, rank, k_digit } = self.rotation_key_layout();
        let layout = GLWETensorKeyLayout { n, base2k, dnum, k_aux, rank, k_digit };
        let mut key = self.module.glwe_tensor_key_compressed_alloc_from_infos(&layout);
        let (seed, scratch) = (self.uniform.new_seed(), &mut self.scratch.borrow());
        self.module.glwe_tensor_key_compressed_encrypt_sk(&mut key, &self.secret, seed, &mut self.errors, scratch);
        key
    }
}

/// Measures all operations, after a check that what was encrypted comes back.
pub fn measure(degree: usize, width: usize) -> Result<(), Anything> {
    let mut client = Client::new(degree, width);
    let ciphertext = client.encrypt()?;
    let decrypted = client.decrypt(&ciphertext)?;
    let error = decrypted.iter().zip(&client.values).fold(0.0, |worst: f64, (a, b)| worst.max((a - b).abs()));
    if !(error <= TOLERANCE) {
        return Err(format!("poulpy: decryption at N = {degree} is wrong by {error:.3}").into());
    }
    let no_seed = "both halves: poulpy's CKKS does not encrypt to a seed";
    median("encode and encrypt with the secret key", no_seed, degree, || client.encrypt())?;
    median("decrypt and decode", "", degree, || client.decrypt(&ciphertext))?;
    median("relinearisation key", "seeded", degree, || Ok(client.relinearisation_key()))?;
    median("rotation key", "seeded", degree, || Ok(client.rotation_key()))
}
