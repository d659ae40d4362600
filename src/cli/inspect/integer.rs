//! Files of BFV and BGV.

use anyhow::{Context as _, bail};
use seal_nn::seal::{
    Bytes, Container,
    integer::{
        Ciphertext, CoeffModulus, Context, GaloisKeys, IntegerScheme, Parameters, PlainModulus, Plaintext, PublicKey,
        RelinKeys, SecretKey, Seeded,
    },
};

use super::{Facts, InspectArgs, Kind, comma_separated, needed, of_size, same_parameters, security, spaced, yes_or_no};

/// Parameters, or an object of the given parameters.
pub fn of_object<S: IntegerScheme>(args: &InspectArgs, bytes: &[u8]) -> anyhow::Result<Facts> {
    if args.kind == Kind::Parameters {
        let load = if args.insecure { Parameters::insecure_from_bytes } else { Parameters::from_bytes };
        let parameters: Parameters<S> = load(bytes)?;
        same_parameters(given(args)?, &parameters, one_line)?;
        return Ok(of_parameters(&parameters));
    }
    let parameters: Parameters<S> = needed(given(args)?)?;
    let context = &Context::new(&parameters)?;
    let facts = match (args.kind, args.seeded) {
        (Kind::Ciphertext, false) => of_ciphertext(&Ciphertext::from_bytes(context, bytes)?)?,
        (Kind::Ciphertext, true) => {
            of_ciphertext(&Seeded::<Ciphertext<S>>::from_bytes(context, bytes)?.expand(context)?)?
        }
        (Kind::Plaintext, false) => of_size(Plaintext::from_bytes(context, bytes)?.serialized_bytes()?),
        (Kind::SecretKey, false) => SecretKey::from_bytes(context, bytes).map(|_| Vec::new())?,
        (Kind::PublicKey, false) => of_size(PublicKey::from_bytes(context, bytes)?.serialized_bytes()?),
        (Kind::PublicKey, true) => of_size(Seeded::<PublicKey<S>>::from_bytes(context, bytes)?.serialized_bytes()),
        (Kind::RelinKeys, false) => of_size(RelinKeys::from_bytes(context, bytes)?.serialized_bytes()?),
        (Kind::RelinKeys, true) => of_size(Seeded::<RelinKeys<S>>::from_bytes(context, bytes)?.serialized_bytes()),
        (Kind::GaloisKeys, false) => of_galois_keys(&GaloisKeys::from_bytes(context, bytes)?)?,
        (Kind::GaloisKeys, true) => {
            of_galois_keys(&Seeded::<GaloisKeys<S>>::from_bytes(context, bytes)?.expand(context)?)?
        }
        (_, true) => bail!("this kind has no seeded form: leave out --seeded"),
        (Kind::Parameters | Kind::Container, false) => Vec::new(), // answered before
    };
    Ok(facts.into_iter().chain([("parameters", one_line(&parameters))]).collect())
}

pub fn of_container<S: IntegerScheme>(container: &Container, insecure: bool) -> anyhow::Result<Facts> {
    let unpack = if insecure { Container::insecure_parameters } else { Container::parameters };
    Ok(of_parameters::<S>(&unpack(container)?))
}

fn given<S: IntegerScheme>(args: &InspectArgs) -> anyhow::Result<Option<Parameters<S>>> {
    let new = if args.insecure { Parameters::<S>::insecure } else { Parameters::<S>::new };
    let Some(degree) = args.poly_modulus_degree else { return Ok(None) };
    let primes = match args.coeff_modulus_bits.as_slice() {
        [] => CoeffModulus::Default,
        bits => CoeffModulus::Bits(bits),
    };
    let value = args.plain_modulus.map(PlainModulus::Value);
    let plain = value.or(args.plain_modulus_bits.map(PlainModulus::Batching));
    let plain = plain.with_context(|| format!("{} needs a plain modulus: add --plain-modulus", S::NAME))?;
    Ok(Some(new(degree, primes, plain)?))
}

fn of_ciphertext<S: IntegerScheme>(x: &Ciphertext<S>) -> anyhow::Result<Facts> {
    let more = [("level", x.level().0.to_string()), ("components", x.size().to_string())];
    Ok(of_size(x.serialized_bytes()?).into_iter().chain(more).collect())
}

fn of_galois_keys<S: IntegerScheme>(keys: &GaloisKeys<S>) -> anyhow::Result<Facts> {
    let more = [
        ("rotation steps", spaced(keys.rotations())),
        ("columns", yes_or_no(keys.has_columns())),
        ("Galois elements", spaced(keys.elements())),
    ];
    Ok(of_size(keys.serialized_bytes()?).into_iter().chain(more).collect())
}

fn of_parameters<S: IntegerScheme>(parameters: &Parameters<S>) -> Facts {
    let special = parameters.special_prime();
    vec![
        ("parameters", one_line(parameters)),
        ("primes", spaced(parameters.data_primes().iter().copied().chain(special))),
        ("levels", parameters.data_primes().len().to_string()),
    ]
}

fn one_line<S: IntegerScheme>(parameters: &Parameters<S>) -> String {
    format!(
        "{}, N = {}, t = {}, primes of {} bits ({} in all), {}",
        S::NAME,
        parameters.poly_modulus_degree(),
        parameters.plain_modulus(),
        comma_separated(&parameters.coeff_modulus_bits()),
        parameters.total_bits(),
        security(parameters.security_bits())
    )
}
