//! Which options may help against an error of the library, which speaks of arguments and knows no options.

use clap::{ArgMatches, Command, parser::ValueSource};
use seal_nn::{
    Argument, ArgumentError, CircuitError, CsvError, CsvProblem, DataError, Error, LayoutRemedy, SealError,
    SessionError, SetupError, seal::SecurityTable,
};

/// An option, and what to try with it.
struct Hint {
    /// Its name, without dashes.
    option: &'static str,
    text: String,
    /// Whether this helps only if the option was given: defaults are no cause of the error.
    if_given: bool,
    /// An argument by its id and the value with which this is done already.
    unless: Option<(&'static str, &'static str)>,
}

/// The option of the ring degree, and its name in clap.
const DEGREE: &str = "poly-modulus-degree";
const DEGREE_ID: &str = "poly_modulus_degree";
/// The largest ring degree of 128-bit security.
const LARGEST_RING: usize = 32768;

/// Adds the options of the command that may help, if there are any.
pub fn added(error: anyhow::Error, command: &Command, matches: &ArgMatches) -> anyhow::Error {
    let of_data = || error.downcast_ref::<DataError>().map(data_hints);
    let hints = error.downcast_ref::<Error>().map(hints).or_else(of_data).unwrap_or_default();
    let ring = matches.try_get_one::<usize>(DEGREE_ID).ok().flatten();
    let taken = |hint: &Hint| {
        let argument = command.get_arguments().find(|argument| argument.get_long() == Some(hint.option));
        let given = |id: &str| matches.value_source(id) == Some(ValueSource::CommandLine);
        let beyond = hint.text == a("larger", DEGREE).text && ring.is_some_and(|&degree| degree >= LARGEST_RING);
        let tried = hint.unless.is_some_and(|(id, value)| {
            matches.try_get_raw(id).ok().flatten().is_some_and(|mut given| given.any(|given| given == value))
        });
        argument.is_some_and(|argument| !beyond && !tried && (!hint.if_given || given(argument.get_id().as_str())))
    };
    let texts: Vec<String> = hints.into_iter().filter(taken).map(|hint| hint.text).collect();
    let error = reworded(error, command);
    match &texts[..] {
        [] => error,
        [only] => anyhow::anyhow!("{error}\nhelp: try {only}"),
        [some @ .., last] => anyhow::anyhow!("{error}\nhelp: try {} or {last}", some.join(", ")),
    }
}

/// Values without room, in a command whose parameters follow from a model: nobody there could follow advice on levels and primes.
fn reworded(error: anyhow::Error, command: &Command) -> anyhow::Error {
    let is_set = command.get_arguments().any(|argument| argument.get_long() == Some("coeff-modulus-bits"));
    match error.downcast_ref::<Error>() {
        Some(Error::Circuit(found @ CircuitError::OutOfRange { .. })) if !is_set => anyhow::anyhow!(
            "{}, so the result would wrap around: rows far from those that the model was trained on, or large weights, are the \
             usual cause",
            found.finding()
        ),
        _ => error,
    }
}

/// What may help, in any command.
fn hints(error: &Error) -> Vec<Hint> {
    match error {
        Error::Argument(error) => argument_hints(error),
        Error::Setup(error) => setup_hints(error),
        Error::Data(error) => data_hints(error),
        #[cfg(feature = "serve")]
        Error::Net(seal_nn::NetError::Untrusted { .. }) => vec![with(
            "certificates",
            "--certificates with files that the same authority made for both sides, the server's with the name that \
             --server has"
                .into(),
        )],
        Error::Seal(SealError::TooManyBits { requested, poly_modulus_degree, .. })
            if *requested <= SecurityTable::Seal.modulus_bits(*poly_modulus_degree) =>
        {
            vec![exactly("security", "seal")]
        }
        Error::Circuit(CircuitError::OutOfRange { .. }) => vec![
            with(
                "weights",
                "--weights clear --packing columns, which has the most room and shows the weights to the server".into(),
            )
            .unless("packing", "columns"),
        ],
        Error::Session(SessionError::Unreachable { .. }) => vec![a("longer", "wait"), other("server")],
        _ => Vec::new(),
    }
}

fn data_hints(error: &DataError) -> Vec<Hint> {
    match error {
        DataError::UnknownDataSet { .. } => vec![other("dataset")],
        DataError::NoEmbeddings { .. } => vec![other("data")],
        DataError::NoComponents => vec![exactly("components", "none")],
        DataError::OutputFolder { .. } | DataError::NotAFolder { .. } => vec![other("out")],
        DataError::ClassTooSmall { .. } => vec![a("larger", "validation").if_given()],
        DataError::Csv(error) => csv_hints(error),
        _ => Vec::new(),
    }
}

fn csv_hints(error: &CsvError) -> Vec<Hint> {
    match &error.problem {
        CsvProblem::TooFewClasses { .. } | CsvProblem::TooFewNumbers { .. } => vec![other("label")],
        CsvProblem::Quantity { others, .. } => {
            let labels = match &others[..] {
                [] => vec![other("label")],
                others => others.iter().take(3).map(|name| exactly("label", format!("{name:?}"))).collect(),
            };
            std::iter::once(exactly("task", "regression")).chain(labels).collect()
        }
        CsvProblem::SmallClass { .. } => vec![other("label").if_given()],
        CsvProblem::UnclearHeader { .. } => vec![exactly("header", "yes"), exactly("header", "no")],
        CsvProblem::NotANumber { .. } => match (error.line, error.column) {
            (Some(1), _) => vec![exactly("header", "yes")],
            (_, Some(column)) => vec![exactly("ignore", column)],
            _ => Vec::new(),
        },
        CsvProblem::MissingValue => vec![exactly("missing", "fill")],
        CsvProblem::OtherNames { .. } => vec![with("by-position", "--by-position".into())],
        CsvProblem::WrongColumns { actual: 1, .. } => vec![with("separator", "--separator".into())],
        CsvProblem::WrongColumns { .. } => vec![with("label", "--label".into()), with("ignore", "--ignore".into())],
        _ => Vec::new(),
    }
}

fn argument_hints(error: &ArgumentError) -> Vec<Hint> {
    match error {
        ArgumentError::OutOfBounds { argument, .. } | ArgumentError::NotOneOf { argument, .. } => {
            option_of(*argument).map(other).into_iter().collect()
        }
        ArgumentError::WeightDecay { .. } => vec![other("l2")],
        ArgumentError::PrecisionLost { .. } => vec![exactly("refresh-every", 1), a("higher", "learning-rate")],
        ArgumentError::ActivationNotEncryptable { .. } => vec![a("higher", "degree")],
        _ => Vec::new(),
    }
}

fn setup_hints(error: &SetupError) -> Vec<Hint> {
    match error {
        SetupError::LayoutDoesNotFit { remedy, slots, .. } => {
            let batch = match remedy {
                LayoutRemedy::SmallerBatch(batch) => Some(exactly("batch", batch)),
                _ => None,
            };
            batch.into_iter().chain((2 * slots < LARGEST_RING).then(|| a("larger", DEGREE))).collect()
        }
        SetupError::LayoutUnsuited { alternative, .. } => vec![exactly("layout", alternative)],
        SetupError::TooFewLevels { needed, .. } => {
            vec![with("coeff-modulus-bits", format!("--coeff-modulus-bits with {} data primes", needed + 1))]
        }
        SetupError::NeedsRefresh { .. } => vec![exactly("refresh-every", 1), other("layout")],
        SetupError::NoParameters { .. } | SetupError::NoLayout { .. } => vec![
            a("larger", DEGREE).if_given(),
            with("coeff-modulus-bits", "more primes in --coeff-modulus-bits".into()).if_given(),
            a("smaller", "refresh-every").if_given(),
            other("layout").if_given(),
            a("smaller", "batch"),
            a("smaller", "network"),
        ],
        SetupError::Diverged { .. } | SetupError::OutOfRangeAtStep { .. } => {
            let bound = a("larger", "weight-bound").if_given();
            vec![bound, a("lower", "learning-rate"), exactly("on-divergence", "lower-rate")]
        }
        SetupError::LeftRange { range, .. } => {
            let wider = with("loss", format!("a wider range in --loss, such as {}", 2.0 * range));
            vec![a("lower", "learning-rate"), exactly("on-divergence", "lower-rate"), wider]
        }
        SetupError::LossTooDeep { fitting, source, .. } => {
            let others = fitting.iter().map(|loss| exactly("loss", loss));
            others.chain(hints(source.error()).into_iter().filter(|hint| hint.if_given)).collect()
        }
        SetupError::DivergedAgain { .. } => vec![other("seed"), a("larger", "l2"), a("flatter", "activation")],
        SetupError::LossRangeTooWide { widest, .. } => widest.iter().map(|loss| exactly("loss", loss)).collect(),
        SetupError::RangeTooWide { lowest_temperature: Some(lowest), .. } => {
            // Rounded up, so that it suffices.
            vec![exactly("temperature", (lowest * 1000.0).ceil() / 1000.0)]
        }
        SetupError::HeadTooWide { .. } => vec![a("smaller", "hidden"), a("larger", DEGREE)],
        SetupError::SamplesDoNotFit { .. } => vec![a("larger", DEGREE)],
        _ => Vec::new(),
    }
}

/// The option that sets an argument; `None` if none does.
fn option_of(argument: Argument) -> Option<&'static str> {
    Some(match argument {
        Argument::PolyModulusDegree => DEGREE,
        Argument::LearningRate => "learning-rate",
        Argument::Momentum => "momentum",
        Argument::RateDecay => "decay",
        Argument::WeightDecay => "weight-decay",
        Argument::GradientNorm => "clip-norm",
        Argument::RefreshEvery => "refresh-every",
        Argument::BatchesPerStep => "batches-per-step",
        Argument::Shares => "ranks",
        Argument::Temperature => "temperature",
        Argument::Range => "range",
        Argument::Degree => "degree",
        _ => return None,
    })
}

impl Hint {
    fn if_given(self) -> Hint {
        Hint { if_given: true, ..self }
    }

    fn unless(self, id: &'static str, value: &'static str) -> Hint {
        Hint { unless: Some((id, value)), ..self }
    }
}

fn with(option: &'static str, text: String) -> Hint {
    Hint { option, text, if_given: false, unless: None }
}

fn other(option: &'static str) -> Hint {
    with(option, format!("another --{option}"))
}

fn a(direction: &str, option: &'static str) -> Hint {
    with(option, format!("a {direction} --{option}"))
}

fn exactly(option: &'static str, value: impl std::fmt::Display) -> Hint {
    with(option, format!("--{option} {value}"))
}

#[cfg(test)]
mod tests {
    use std::ops::Bound;

    use clap::CommandFactory;
    use seal_nn::{Level, backend::Chain};

    use super::*;
    use crate::cli::Cli;

    /// What is said of an error, given a command line without the name of the program.
    fn said(error: impl Into<Error>, line: &str) -> String {
        let cli = Cli::command();
        let matches = cli.clone().get_matches_from(["seal-nn"].into_iter().chain(line.split(' ')));
        let (name, given) = matches.subcommand().unwrap();
        added(anyhow::Error::from(error.into()), cli.find_subcommand(name).unwrap(), given).to_string()
    }

    /// The help after it.
    fn advice(error: impl Into<Error>, line: &str) -> String {
        let said = said(error, line);
        said.split_once("\nhelp: ").map_or(String::new(), |(_, help)| help.into())
    }

    #[test]
    fn only_options_of_the_command_are_named() {
        let fit = |remedy| SetupError::LayoutDoesNotFit {
            layout: "merged",
            network: "4-8-3".into(),
            batch: 120,
            needed: 8192,
            slots: 2048,
            remedy,
        };
        let smaller = fit(LayoutRemedy::SmallerBatch(30));
        assert_eq!(advice(smaller.clone(), "train"), "try --batch 30 or a larger --poly-modulus-degree");
        assert_eq!(advice(smaller.clone(), "hnn"), "try a larger --poly-modulus-degree");
        assert_eq!(advice(smaller, "infer --model m --input i"), "");
        assert_eq!(advice(fit(LayoutRemedy::LargerRing), "plan"), "try a larger --poly-modulus-degree");
        assert_eq!(advice(fit(LayoutRemedy::LargerRing), "plan --poly-modulus-degree 32768"), "", "there is none");
        let none = SetupError::NoLayout { network: "4-8-3".into(), refused: Vec::new() };
        assert_eq!(advice(none.clone(), "plan"), "try a smaller --batch or a smaller --network");
        let asked = advice(none, "plan --refresh-every 9");
        assert_eq!(asked, "try a smaller --refresh-every, a smaller --batch or a smaller --network");
        let diverged = SetupError::Diverged { step: 2, what: "a weight", actual: 9.0, allowed: 8.0 };
        assert_eq!(advice(diverged, "train"), "try a lower --learning-rate or --on-divergence lower-rate");
    }

    #[test]
    fn errors_of_files_name_options() {
        let csv = |line, column, problem| CsvError::new("t.csv", line, column, problem);
        let others = vec!["kind".to_owned()];
        let quantity = CsvProblem::Quantity { different: 60, samples: 60, others };
        assert_eq!(
            advice(DataError::from(csv(None, Some(3), quantity)), "train"),
            "try --task regression or --label \"kind\""
        );
        let unclear = CsvProblem::UnclearHeader { name: "x".into(), value: "1.5".into() };
        assert_eq!(advice(DataError::from(csv(Some(1), None, unclear)), "plan"), "try --header yes or --header no");
        let names = CsvProblem::OtherNames { expected: vec![], actual: vec![] };
        assert_eq!(advice(DataError::from(csv(None, None, names)), "infer --model m --input i"), "try --by-position");
        let number = CsvProblem::NotANumber { value: "x".into() };
        assert_eq!(advice(DataError::from(csv(Some(7), Some(2), number)), "train"), "try --ignore 2");
    }

    #[test]
    fn rows_without_room_are_no_question_of_primes() {
        let chain = Chain::nominal(8192, 2, 40).unwrap();
        let found = || chain.check_mean("logits", Level(0), chain.scale(Level(0)), 1e4).unwrap_err();
        let infer = said(found(), "infer --model m --input i");
        assert!(
            infer.contains("rows far from") && infer.contains("--packing columns") && !infer.contains("prime"),
            "{infer}"
        );
        let columns = said(found(), "infer --model m --input i --weights clear --packing columns");
        assert!(columns.contains("rows far from") && !columns.contains("help"), "{columns}");
        assert!(said(found(), "train").contains("a larger first prime"));
    }

    #[test]
    fn every_argument_that_an_option_sets_names_one_that_exists() {
        for argument in [
            Argument::PolyModulusDegree,
            Argument::LearningRate,
            Argument::Momentum,
            Argument::RateDecay,
            Argument::WeightDecay,
            Argument::GradientNorm,
            Argument::RefreshEvery,
            Argument::BatchesPerStep,
            Argument::Shares,
            Argument::Temperature,
            Argument::Range,
            Argument::Degree,
        ] {
            let (least, most) = (Bound::Excluded(0.0), Bound::Unbounded);
            let error = ArgumentError::OutOfBounds { argument, actual: 0.0, least, most };
            let named = ["train", "hnn"].map(|command| advice(error.clone(), command));
            assert!(named.iter().any(|text| text.starts_with("try another --")), "{argument}: {named:?}");
        }
    }
}
