//! Files of CKKS.

use anyhow::{Context as _, bail};
use seal_nn::seal::{
    Bytes, Ciphertext, Container, Context, GaloisKeys, Parameters, Plaintext, PublicKey, RelinKeys, SecretKey, Seeded,
};

use super::{Facts, InspectArgs, Kind, comma_separated, needed, of_size, same_parameters, security, spaced, yes_or_no};

/// Parameters, or an object of those given.
pub fn of_object(args: &InspectArgs, bytes: &[u8]) -> anyhow::Result<Facts> {
    if args.kind == Kind::Parameters {
        let load = if args.insecure { Parameters::insecure_from_bytes } else { Parameters::from_bytes };
        let parameters = load(bytes)?;
        same_parameters(given(args)?, &parameters, one_line)?;
        return Ok(of_parameters(&parameters));
    }
    let parameters = needed(given(args)?)?;
    let context = &Context::new(&parameters)?;
    let facts = match (args.kind, args.seeded) {
        (Kind::Ciphertext, false) => of_ciphertext(&Ciphertext::from_bytes(context, bytes)?)?,
        (Kind::Ciphertext, true) => of_ciphertext(&Seeded::<Ciphertext>::from_bytes(context, bytes)?.expand(context)?)?,
        (Kind::Plaintext, false) => of_plaintext(&Plaintext::from_bytes(context, bytes)?)?,
        (Kind::SecretKey, false) => SecretKey::from_bytes(context, bytes).map(|_| Vec::new())?,
        (Kind::PublicKey, false) => of_size(PublicKey::from_bytes(context, bytes)?.serialized_bytes()?),
        (Kind::PublicKey, true) => of_size(Seeded::<PublicKey>::from_bytes(context, bytes)?.serialized_bytes()),
        (Kind::RelinKeys, false) => of_size(RelinKeys::from_bytes(context, bytes)?.serialized_bytes()?),
        (Kind::RelinKeys, true) => of_size(Seeded::<RelinKeys>::from_bytes(context, bytes)?.serialized_bytes()),
        (Kind::GaloisKeys, false) => of_galois_keys(&GaloisKeys::from_bytes(context, bytes)?)?,
        (Kind::GaloisKeys, true) => {
            of_galois_keys(&Seeded::<GaloisKeys>::from_bytes(context, bytes)?.expand(context)?)?
        }
        (_, true) => bail!("this kind has no seeded form: leave out --seeded"),
        (Kind::Parameters | Kind::Container, false) => Vec::new(), // answered before
    };
    Ok(facts.into_iter().chain([("parameters", one_line(&parameters))]).collect())
}

pub fn of_container(container: &Container, insecure: bool) -> anyhow::Result<Facts> {
    let unpack = if insecure { Container::insecure_parameters } else { Container::parameters };
    Ok(of_parameters(&unpack(container)?))
}

fn given(args: &InspectArgs) -> anyhow::Result<Option<Parameters>> {
    if args.plain_modulus.is_some() || args.plain_modulus_bits.is_some() {
        bail!("CKKS has no plain modulus: add --scheme bfv or --scheme bgv, or leave out the plain modulus");
    }
    let Some(degree) = args.poly_modulus_degree else { return Ok(None) };
    let bits = Some(&args.coeff_modulus_bits).filter(|bits| !bits.is_empty());
    let bits = bits.context("CKKS has no primes of its own: add --coeff-modulus-bits")?;
    let parameters = Parameters::builder().degree(degree).bits(bits);
    Ok(Some(if args.insecure { parameters.insecure() } else { parameters }.build()?))
}

fn of_ciphertext(x: &Ciphertext) -> anyhow::Result<Facts> {
    let uncompressed = of_size(x.serialized_bytes()?);
    let more = [("level", x.level().0.to_string()), ("scale", scale(x.scale())), ("components", x.size().to_string())];
    Ok(uncompressed.into_iter().chain(more).collect())
}

fn of_plaintext(x: &Plaintext) -> anyhow::Result<Facts> {
    let uncompressed = of_size(x.serialized_bytes()?);
    Ok(uncompressed.into_iter().chain([("level", x.level().0.to_string()), ("scale", scale(x.scale()))]).collect())
}

fn of_galois_keys(keys: &GaloisKeys) -> anyhow::Result<Facts> {
    let more = [("rotation steps", spaced(keys.rotations())), ("conjugation", yes_or_no(keys.has_conjugation()))];
    Ok(of_size(keys.serialized_bytes()?).into_iter().chain(more).collect())
}

fn of_parameters(parameters: &Parameters) -> Facts {
    vec![
        ("parameters", one_line(parameters)),
        ("primes", spaced(parameters.data_primes().iter().chain(parameters.special_primes()))),
        ("levels", parameters.data_primes().len().to_string()),
        ("slots", parameters.slots().to_string()),
    ]
}

fn one_line(parameters: &Parameters) -> String {
    format!(
        "CKKS, N = {}, primes of {} bits ({} in all), {}",
        parameters.poly_modulus_degree(),
        comma_separated(&parameters.coeff_modulus_bits()),
        parameters.total_bits(),
        security(parameters.security_bits())
    )
}

fn scale(scale: f64) -> String {
    format!("2^{:.3} ({scale})", scale.log2())
}
