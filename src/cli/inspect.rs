//! `seal-nn inspect`: what a file of SEAL's holds, or why it is refused.

use std::{
    fs::File,
    io::Read,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, bail};
use clap::{Args, ValueEnum};
use seal_nn::{
    report::{Align, Table, format},
    seal::{
        Bytes, Ciphertext, Compression, Container, Context, GaloisKeys, Header, Parameters, Plaintext, PublicKey,
        RelinKeys, SecretKey, Seeded,
    },
};

#[derive(Args)]
#[command(after_help = "Examples:\n  \
    seal-nn inspect parms.bin --kind parameters\n  \
    seal-nn inspect x.bin --kind ciphertext --poly-modulus-degree 8192 --coeff-modulus-bits 50,40,40,60\n\n\
    A file that SEAL 4.0 to 4.4 saved, compressed or not, is checked as the library checks bytes from outside: every \
    length, level, scale and residue. If it is not what it should be, the reason is printed and the exit code is 2. \
    What a key or a plaintext holds is never printed.\n\n\
    A file does not hold the parameters it was made under, only a hash of them: name the degree and the sizes of the \
    primes, the special one last, as they were given to CoeffModulus::Create. Any other parameters are refused as \
    foreign.")]
pub struct InspectArgs {
    /// File that SEAL or seal-nn saved
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// What the file should hold
    #[arg(long, value_enum)]
    kind: Kind,

    /// Ring degree N of the parameters it was made under (not needed for parameters and containers)
    #[arg(long, value_name = "N", requires = "coeff_modulus_bits")]
    poly_modulus_degree: Option<usize>,

    /// Bits of their primes, the special prime last
    #[arg(long, value_name = "BITS,BITS,...", value_delimiter = ',', requires = "poly_modulus_degree")]
    coeff_modulus_bits: Vec<u32>,

    /// The file holds the seeded form, half the size, of a ciphertext or of keys
    #[arg(long)]
    seeded: bool,

    /// Take parameters below 128-bit security, as tests use them
    #[arg(long)]
    insecure: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Kind {
    Ciphertext,
    Plaintext,
    SecretKey,
    PublicKey,
    RelinKeys,
    GaloisKeys,
    Parameters,
    /// Several objects in seal-nn's own format
    Container,
}

pub fn run(args: &InspectArgs) -> anyhow::Result<()> {
    let facts = facts(args)?;
    let mut table = Table::new([("what", Align::Left), ("in this file", Align::Left)]);
    let name = args.kind.to_possible_value().map_or_else(String::new, |kind| kind.get_name().to_owned());
    let form = if args.seeded { ", seeded" } else { "" };
    table.row(["kind".to_owned(), format!("{name}{form}")]);
    if args.kind != Kind::Container {
        let header = header(&args.file)?;
        let compression = match header.compression {
            Compression::None => "none",
            Compression::Zlib => "zlib",
            Compression::Zstd => "zstd",
        };
        table.row(["written by".to_owned(), format!("SEAL {}", header.version)]);
        table.row(["compression".to_owned(), compression.to_owned()]);
        table.row(["size".to_owned(), size(header.size as usize)]);
    }
    for (what, fact) in facts {
        table.row([what.to_owned(), fact]);
    }
    say!("{table}");
    Ok(())
}

type Facts = Vec<(&'static str, String)>;

/// Loads the file, which is the check, and asks the object. Of keys nothing is told but which ones there are.
fn facts(args: &InspectArgs) -> anyhow::Result<Facts> {
    let file = &args.file;
    if args.kind == Kind::Parameters {
        let load = if args.insecure { Parameters::insecure_load } else { Parameters::load };
        let parameters = load(file)?;
        return match given(args)? {
            Some(given) if given != parameters => {
                bail!("these are other parameters than those given: {}", one_line(&parameters))
            }
            _ => Ok(of_parameters(&parameters)),
        };
    }
    if args.kind == Kind::Container {
        return of_container(&Container::load(file)?, args);
    }
    let parameters = given(args)?.context(
        "a file does not say under which parameters it was made: add --poly-modulus-degree and --coeff-modulus-bits",
    )?;
    let context = &Context::new(&parameters)?;
    let facts = match (args.kind, args.seeded) {
        (Kind::Ciphertext, false) => of_ciphertext(&Ciphertext::load(context, file)?)?,
        (Kind::Ciphertext, true) => of_ciphertext(&Seeded::<Ciphertext>::load(context, file)?.expand(context)?)?,
        (Kind::Plaintext, false) => of_plaintext(&Plaintext::load(context, file)?)?,
        (Kind::SecretKey, false) => SecretKey::load(context, file).map(|_| Vec::new())?,
        (Kind::PublicKey, false) => of_size(PublicKey::load(context, file)?.serialized_bytes()?),
        (Kind::PublicKey, true) => of_size(Seeded::<PublicKey>::load(context, file)?.serialized_bytes()),
        (Kind::RelinKeys, false) => of_size(RelinKeys::load(context, file)?.serialized_bytes()?),
        (Kind::RelinKeys, true) => of_size(Seeded::<RelinKeys>::load(context, file)?.serialized_bytes()),
        (Kind::GaloisKeys, false) => of_galois_keys(&GaloisKeys::load(context, file)?)?,
        (Kind::GaloisKeys, true) => of_galois_keys(&Seeded::<GaloisKeys>::load(context, file)?.expand(context)?)?,
        (_, true) => bail!("there is no seeded form of this kind: leave --seeded out"),
        (Kind::Parameters | Kind::Container, false) => Vec::new(), // answered above
    };
    Ok(facts.into_iter().chain([("parameters", one_line(&parameters))]).collect())
}

fn given(args: &InspectArgs) -> anyhow::Result<Option<Parameters>> {
    let new = if args.insecure { Parameters::insecure } else { Parameters::new };
    Ok(args.poly_modulus_degree.map(|degree| new(degree, &args.coeff_modulus_bits)).transpose()?)
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
    let steps: Vec<String> = keys.steps().iter().map(ToString::to_string).collect();
    let conjugation = if keys.has_conjugation() { "yes" } else { "no" };
    let more = [("rotation steps", steps.join(" ")), ("conjugation", conjugation.to_owned())];
    Ok(of_size(keys.serialized_bytes()?).into_iter().chain(more).collect())
}

/// The entries by name and size: what is in them is checked when it is taken out, against a context.
fn of_container(container: &Container, args: &InspectArgs) -> anyhow::Result<Facts> {
    let unpack = if args.insecure { Container::insecure_parameters } else { Container::parameters };
    let entries = container.contents().map(|(name, bytes)| (name, size(bytes)));
    Ok(entries.collect::<Facts>().into_iter().chain(of_parameters(&unpack(container)?)).collect())
}

fn of_size(bytes: usize) -> Facts {
    vec![("uncompressed", size(bytes))]
}

fn of_parameters(parameters: &Parameters) -> Facts {
    let primes: Vec<String> =
        parameters.data_primes().iter().chain(parameters.special_primes()).map(u64::to_string).collect();
    vec![
        ("parameters", one_line(parameters)),
        ("primes", primes.join(" ")),
        ("levels", parameters.data_primes().len().to_string()),
        ("slots", parameters.slots().to_string()),
    ]
}

fn one_line(parameters: &Parameters) -> String {
    let bits: Vec<String> = parameters.coeff_modulus_bits().iter().map(u32::to_string).collect();
    let security = match parameters.security_bits() {
        0 => "INSECURE".to_owned(),
        bits => format!("{bits}-bit security"),
    };
    format!(
        "CKKS, N = {}, primes of {} bits ({} in all), {security}",
        parameters.poly_modulus_degree(),
        bits.join(","),
        parameters.total_bits()
    )
}

fn scale(scale: f64) -> String {
    format!("2^{:.3} ({scale})", scale.log2())
}

fn size(bytes: usize) -> String {
    format!("{} ({bytes} bytes)", format::bytes(bytes as u64))
}

/// The first bytes, once the loader has accepted all of them.
fn header(file: &Path) -> anyhow::Result<Header> {
    let mut bytes = [0; Header::BYTES];
    File::open(file)?.read_exact(&mut bytes)?;
    Ok(Header::parse(&bytes)?)
}
