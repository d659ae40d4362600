//! `seal-nn inspect`: describes the contents of a file saved by SEAL, or says why it is rejected.

mod ckks;
mod integer;
mod source;

use std::path::PathBuf;

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
    A file saved by SEAL 4.0 to 4.4, compressed or not, is validated like any bytes from outside: every length, level, \
    scale and residue. If it is invalid, the reason is printed and the exit code is 2. The contents of keys and \
    plaintexts are never printed.\n\n\
    A file does not contain the parameters it was made with, only a hash of them. Give the degree and the bits of the \
    primes, with the special prime last, as they were passed to CoeffModulus::Create. For BFV and BGV also give the \
    plain modulus, and leave out the primes if they are those of CoeffModulus::BFVDefault. Other parameters result in \
    an error.")]
pub struct InspectArgs {
    /// File saved by SEAL or seal-nn, or a pipe such as /dev/stdin
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// Kind of object that the file should contain
    #[arg(long, value_enum)]
    kind: Kind,

    /// Scheme of the object; not needed for parameters and containers [default: ckks]
    #[arg(long, value_enum)]
    scheme: Option<SchemeArg>,

    /// Ring degree N of its parameters; not needed for parameters and containers
    #[arg(long, value_name = "N")]
    poly_modulus_degree: Option<usize>,

    /// Bits of the primes, with the special prime last
    #[arg(long, value_name = "BITS,BITS,...", value_delimiter = ',', requires = "poly_modulus_degree")]
    coeff_modulus_bits: Vec<u32>,

    /// Plain modulus t of BFV and BGV
    #[arg(long, value_name = "T", requires = "poly_modulus_degree", conflicts_with = "plain_modulus_bits")]
    plain_modulus: Option<u64>,

    /// Bits of the plain modulus, if it was made by PlainModulus::Batching
    #[arg(long, value_name = "BITS", requires = "poly_modulus_degree")]
    plain_modulus_bits: Option<u32>,

    /// The file contains the seeded form of a ciphertext or of keys, which has half the size
    #[arg(long)]
    seeded: bool,

    /// Accept parameters below 128-bit security, as used in tests
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

/// A scheme on the command line.
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
    let mut table = Table::new([("property", Align::Left), ("value", Align::Left)]);
    let name = args.kind.to_possible_value().map_or_else(String::new, |kind| kind.get_name().to_owned());
    let form = if args.seeded { ", seeded" } else { "" };
    table.row(["kind".to_owned(), format!("{name}{form}")]);
    let facts = if args.kind == Kind::Container {
        of_container(args)?
    } else {
        let bytes = source::read(&args.file)?;
        let facts = of_object(args, &bytes)?;
        // The loader has accepted all of it.
        let header = Header::parse(&bytes)?;
        let compression = match header.compression {
            Compression::None => "none",
            Compression::Zlib => "zlib",
            Compression::Zstd => "zstd",
        };
        table.row(["written by".to_owned(), format!("SEAL {}", header.version)]);
        table.row(["compression".to_owned(), compression.to_owned()]);
        table.row(["size".to_owned(), size(header.size as usize)]);
        facts
    };
    for (what, fact) in facts {
        table.row([what.to_owned(), fact]);
    }
    say!("{table}");
    Ok(())
}

type Facts = Vec<(&'static str, String)>;

/// The entries of a container by name and size. Their contents are validated when they are taken out, against a context.
fn of_container(args: &InspectArgs) -> anyhow::Result<Facts> {
    let container = Container::load(&args.file)?;
    let parameters = match args.same(container.scheme()?)? {
        Scheme::Ckks => ckks::of_container(&container, args.insecure)?,
        Scheme::Bfv => integer::of_container::<Bfv>(&container, args.insecure)?,
        Scheme::Bgv => integer::of_container::<Bgv>(&container, args.insecure)?,
    };
    let entries = container.contents().map(|(name, bytes)| (name, size(bytes)));
    Ok(entries.chain(parameters).collect())
}

/// Loads and thereby validates an object. For keys, only which ones are present is reported.
fn of_object(args: &InspectArgs, bytes: &[u8]) -> anyhow::Result<Facts> {
    let scheme = match args.kind {
        Kind::Parameters => args.same(Scheme::of_parameters(bytes)?)?,
        _ => args.scheme.map_or(Scheme::Ckks, Scheme::from),
    };
    match scheme {
        Scheme::Ckks => ckks::of_object(args, bytes),
        Scheme::Bfv => integer::of_object::<Bfv>(args, bytes),
        Scheme::Bgv => integer::of_object::<Bgv>(args, bytes),
    }
}

impl InspectArgs {
    /// The scheme found in a file, or an error if another one was given.
    fn same(&self, found: Scheme) -> anyhow::Result<Scheme> {
        match self.scheme.map(Scheme::from) {
            Some(given) if given != found => bail!("these are parameters of {found}, not of {given}"),
            _ => Ok(found),
        }
    }
}

/// The given parameters, or an error if there are none.
fn needed<P>(given: Option<P>) -> anyhow::Result<P> {
    given.context(
        "the file does not contain its parameters: add --poly-modulus-degree and --coeff-modulus-bits, and for BFV and \
         BGV --plain-modulus",
    )
}

/// Returns an error unless the given parameters are those of the file.
fn same_parameters<P: PartialEq>(
    given: Option<P>,
    parameters: &P,
    one_line: impl Fn(&P) -> String,
) -> anyhow::Result<()> {
    match given {
        Some(given) if given != *parameters => {
            bail!("the file contains other parameters than those given: {}", one_line(parameters))
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
