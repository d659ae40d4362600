//! `seal-nn inspect`: what a file of SEAL's holds, or why it is refused.

mod ckks;
mod integer;

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
        Compression, Container, Header, Scheme,
        integer::{Bfv, Bgv},
    },
};

#[derive(Args)]
#[command(after_help = "Examples:\n  \
    seal-nn inspect parms.bin --kind parameters\n  \
    seal-nn inspect x.bin --kind ciphertext --poly-modulus-degree 8192 --coeff-modulus-bits 50,40,40,60\n  \
    seal-nn inspect y.bin --kind ciphertext --scheme bfv --poly-modulus-degree 8192 --plain-modulus-bits 20\n\n\
    A file that SEAL 4.0 to 4.4 saved, compressed or not, is checked as the library checks bytes from outside: every \
    length, level, scale and residue. If it is not what it should be, the reason is printed and the exit code is 2. \
    What a key or a plaintext holds is never printed.\n\n\
    A file does not hold the parameters it was made under, only a hash of them: name the degree and the sizes of the \
    primes, the special one last, as they were given to CoeffModulus::Create; with BFV and BGV the plain modulus too, and \
    no primes where they were those of CoeffModulus::BFVDefault. Any other parameters are refused as foreign.")]
pub struct InspectArgs {
    /// File that SEAL or seal-nn saved
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// What the file should hold
    #[arg(long, value_enum)]
    kind: Kind,

    /// Scheme that it was made under; parameters and containers say that themselves [default: ckks]
    #[arg(long, value_enum)]
    scheme: Option<SchemeArg>,

    /// Ring degree N of the parameters it was made under (not needed for parameters and containers)
    #[arg(long, value_name = "N")]
    poly_modulus_degree: Option<usize>,

    /// Bits of their primes, the special prime last
    #[arg(long, value_name = "BITS,BITS,...", value_delimiter = ',', requires = "poly_modulus_degree")]
    coeff_modulus_bits: Vec<u32>,

    /// Plain modulus t of BFV and BGV
    #[arg(long, value_name = "T", requires = "poly_modulus_degree", conflicts_with = "plain_modulus_bits")]
    plain_modulus: Option<u64>,

    /// Its bits, where it was made by PlainModulus::Batching
    #[arg(long, value_name = "BITS", requires = "poly_modulus_degree")]
    plain_modulus_bits: Option<u32>,

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

/// What the command line calls a scheme.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum SchemeArg {
    Ckks,
    Bfv,
    Bgv,
}

impl From<SchemeArg> for Scheme {
    fn from(scheme: SchemeArg) -> Scheme {
        match scheme {
            SchemeArg::Ckks => Scheme::Ckks,
            SchemeArg::Bfv => Scheme::Bfv,
            SchemeArg::Bgv => Scheme::Bgv,
        }
    }
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
    if args.kind == Kind::Container {
        let container = Container::load(file)?;
        let parameters = match args.same(container.scheme()?)? {
            Scheme::Ckks => ckks::of_container(&container, args.insecure)?,
            Scheme::Bfv => integer::of_container::<Bfv>(&container, args.insecure)?,
            Scheme::Bgv => integer::of_container::<Bgv>(&container, args.insecure)?,
        };
        // The entries by name and size: what is in them is checked when it is taken out, against a context.
        let entries = container.contents().map(|(name, bytes)| (name, size(bytes)));
        return Ok(entries.chain(parameters).collect());
    }
    let scheme = match args.kind {
        Kind::Parameters => args.same(Scheme::of_parameters_file(file)?)?,
        _ => args.scheme.map_or(Scheme::Ckks, Scheme::from),
    };
    match scheme {
        Scheme::Ckks => ckks::of_file(args),
        Scheme::Bfv => integer::of_file::<Bfv>(args),
        Scheme::Bgv => integer::of_file::<Bgv>(args),
    }
}

impl InspectArgs {
    /// The scheme that a file says it is of, unless another one was given.
    fn same(&self, found: Scheme) -> anyhow::Result<Scheme> {
        match self.scheme.map(Scheme::from) {
            Some(given) if given != found => bail!("these are parameters of {found}, not of {given}"),
            _ => Ok(found),
        }
    }
}

/// The parameters that belong to a file, which were given unless there are none.
fn needed<P>(given: Option<P>) -> anyhow::Result<P> {
    given.context(
        "a file does not say under which parameters it was made: add --poly-modulus-degree and --coeff-modulus-bits, and \
         with BFV and BGV --plain-modulus",
    )
}

/// Parameters that were given must be those of the file.
fn same_parameters<P: PartialEq>(
    given: Option<P>,
    parameters: &P,
    one_line: impl Fn(&P) -> String,
) -> anyhow::Result<()> {
    match given {
        Some(given) if given != *parameters => {
            bail!("these are other parameters than those given: {}", one_line(parameters))
        }
        _ => Ok(()),
    }
}

fn of_size(bytes: usize) -> Facts {
    vec![("uncompressed", size(bytes))]
}

fn comma_separated(bits: &[u32]) -> String {
    bits.iter().map(u32::to_string).collect::<Vec<_>>().join(",")
}

fn spaced<T: ToString>(items: impl IntoIterator<Item = T>) -> String {
    items.into_iter().map(|item| item.to_string()).collect::<Vec<_>>().join(" ")
}

fn yes_or_no(answer: bool) -> String {
    if answer { "yes" } else { "no" }.to_owned()
}

fn security(bits: u32) -> String {
    match bits {
        0 => "INSECURE".to_owned(),
        bits => format!("{bits}-bit security"),
    }
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
