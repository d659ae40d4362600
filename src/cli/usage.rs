//! Errors of the command line itself.

use std::{ops::RangeInclusive, path::PathBuf};

use seal_nn::report::format;

/// An argument of the command line that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UsageError {
    /// A value out of its range.
    #[error("{flag} is {actual}, but must be {expected}")]
    BadValue {
        flag: &'static str,
        actual: String,
        /// The range, in words.
        expected: String,
    },
    /// Options for a file without one.
    #[error("--header, --separator, --decimal-comma and --missing describe a CSV file: name it with --data")]
    FormatWithoutFile,
    /// Options for a table.
    #[error("{flag} describes a table, and {} is a folder of embeddings: leave it out", folder.display())]
    #[cfg(feature = "embeddings")]
    NotForEmbeddings { flag: &'static str, folder: PathBuf },
    /// The built-in data sets have classes.
    #[error("--task regression needs a file with numbers to predict: name it with --data")]
    RegressionWithoutFile,
    /// The server computes the loss of classes only.
    #[error("--task regression needs the loss at the client: leave out --step whole")]
    RegressionInOneRound,
    /// A loss for something else.
    #[error("--loss {loss} does not suit {task}: use {suitable}")]
    UnsuitableLoss { loss: String, task: &'static str, suitable: &'static str },
    /// An option that this build does not include.
    #[error("{flag} needs a program built with the feature {feature}: cargo build --release --features {feature}")]
    NotBuilt { flag: &'static str, feature: &'static str },
    /// The default output folder holds a model of other data.
    #[error(
        "{} holds a model that was trained on other data than this {dataset}: name a folder with --out, the same one to \
         replace it",
        folder.display()
    )]
    OtherModel { folder: PathBuf, dataset: String },
    /// A training that was interrupted could be continued.
    #[error(
        "{} is the checkpoint of a training that did not end: add --resume to continue it, or remove the file to train \
         from the start",
        file.display()
    )]
    Unfinished { file: PathBuf },
    /// There is no checkpoint.
    #[error("there is no checkpoint {} to continue from: leave out --resume to train from the start", file.display())]
    NothingToResume { file: PathBuf },
    /// An option of steps that are made otherwise.
    #[error("{flag} is an option of steps in one round trip: leave it out, or use --step whole")]
    OnlyForWhole { flag: &'static str },
    /// An option of servers that refresh by themselves.
    #[error("{flag} is an option of --refresh bootstrap: leave it out, or add --refresh bootstrap")]
    OnlyForBootstrap { flag: &'static str },
    /// Options of steps that are made otherwise.
    #[error(
        "{flag} is an option of steps whose loss the client computes, and {asked} asks for steps in one round trip: leave \
         one of them out"
    )]
    NotForWhole { flag: &'static str, asked: &'static str },
    /// A loss that a client does not compute.
    #[error("--loss {loss} is a loss of steps in one round trip: use --step whole, or {supported}")]
    LossOfWhole { loss: &'static str, supported: &'static str },
    /// A loss that a server does not compute.
    #[error(
        "--loss {loss} needs the loss at the client: leave out --step whole, or use a loss that the server computes on \
         encrypted outputs, {supported}"
    )]
    LossOfClient { loss: &'static str, supported: &'static str },
    /// A network that the split step does not support.
    #[error(
        "the split step needs two layers with a quadratic activation between them, but this network has {layers} with {activation}: \
         try --step layerwise"
    )]
    CannotSplit { layers: usize, activation: String },
    /// Adam has its own.
    #[error("--momentum is an option of --optimizer sgd and nesterov: Adam has memories of its own")]
    MomentumOfAdam,
    /// A packing that needs weights of the other kind.
    #[error("--packing {packing} needs --weights {weights}, with which {learns}")]
    WeightsDoNotFit { packing: &'static str, weights: &'static str, learns: &'static str },
    /// What ranks do not do.
    #[error("{flag} does not go with several ranks: leave it out, or start one process without mpirun")]
    NotOnRanks { flag: &'static str },
    /// Shares that ranks cannot have equally.
    #[error(
        "{flag} is {actual}, but {ranks} ranks need a multiple of {ranks}, so that all have equal shares of every batch"
    )]
    NotForRanks { flag: &'static str, actual: usize, ranks: usize },
    /// Shares of a work that nobody shares.
    #[error(
        "{flag} is for a model of yours whose weights go encrypted: leave it out, or leave out --weights clear and name one with --model"
    )]
    OnlyForEncryptedWeights { flag: &'static str },
    /// What only one process does.
    #[error("{flag} does not go with --server: leave out one of them")]
    NotAtServer { flag: &'static str },
    /// A server that would have to be sent a model in the clear.
    #[error(
        "--weights clear does not go with --server: the server would have to be sent the weights in the clear. Leave it out, and \
         they go encrypted; or have them on the server, as a model of its own (seal-nn serve --model DIR), and leave out \
         --model here"
    )]
    ClearAtServer,
    /// No model of that name at the server, or several and no name.
    #[error(
        "{}; the server has {}{}",
        wanted.as_ref().map_or("no model is named".into(), |name| format!("there is no model {name:?}")),
        if names.is_empty() { "no models of its own".into() } else { names.join(", ") },
        if names.is_empty() { ": name one of yours with --model" } else { ": name one of them with --served" }
    )]
    ServedModel { wanted: Option<String>, names: Vec<String> },
    /// What does not go with a model of the server's.
    #[error("{flag} is for a model of your own: leave it out, or name a model with --model")]
    NotServed { flag: &'static str },
    /// Two models that clients could not tell apart.
    #[cfg(feature = "serve")]
    #[error("two models are called {name}, after their folders: rename one")]
    SameName { name: String },
    /// A server that may be anyone.
    #[cfg(feature = "serve")]
    #[error(
        "--server needs --certificates: make them with `seal-nn certificates certs/`, and copy ca.pem, client.pem and \
         client.key here"
    )]
    NoCertificates,
    /// An address that another program has, or that this machine does not.
    #[cfg(feature = "serve")]
    #[error("{flag} {address}: {reason}")]
    CannotListen { flag: &'static str, address: String, reason: String },
    /// Inputs or outputs of the network do not match the data.
    #[error(
        "network {network} does not fit data set {dataset}, which has {features} features{bias} and {classes} classes: \
         try --network {features}-8-{classes}",
        bias = if *bias { " (the bias input is added to them)" } else { "" }
    )]
    NetworkDoesNotFit { network: String, dataset: String, features: usize, classes: usize, bias: bool },
    /// Keys and state of both parties beyond what is free.
    #[error(
        "both parties in one process need about {} of memory, and {} is free: try a smaller --poly-modulus-degree or network, or a \
         server on another machine (--server)",
        format::bytes(*needed),
        format::bytes(*available)
    )]
    TooLittleMemory { needed: u64, available: u64 },
}

/// The first of some options that was given.
pub fn first_given<const N: usize>(options: [(&'static str, bool); N]) -> Option<&'static str> {
    options.into_iter().find_map(|(flag, given)| given.then_some(flag))
}

impl UsageError {
    /// Returns an error for more bytes than are available, where that is known.
    pub fn check_memory(needed: u64, available: Option<u64>) -> Result<(), UsageError> {
        match available {
            Some(available) if needed > available => Err(UsageError::TooLittleMemory { needed, available }),
            _ => Ok(()),
        }
    }

    /// Returns an error unless a count is in its range. `most` says what the upper end is, if it is not a constant.
    pub fn check_count(
        flag: &'static str,
        actual: usize,
        range: RangeInclusive<usize>,
        most: Option<&str>,
    ) -> Result<(), UsageError> {
        if range.contains(&actual) {
            return Ok(());
        }
        let expected = match (range.into_inner(), most) {
            ((least, usize::MAX), _) => format!("at least {least}"),
            ((least, end), None) => format!("at least {least} and at most {end}"),
            ((least, end), Some(most)) => format!("at least {least} and at most {end}, {most}"),
        };
        Err(UsageError::BadValue { flag, actual: actual.to_string(), expected })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_that_is_not_there_is_named_with_what_helps() {
        assert_eq!(UsageError::check_memory(5 << 30, Some(5 << 30)), Ok(()));
        assert_eq!(UsageError::check_memory(5 << 30, None), Ok(()));
        let refused = UsageError::check_memory(20 << 30, Some(15 << 30)).unwrap_err().to_string();
        for said in ["20 GiB", "15 GiB", "--poly-modulus-degree", "--server"] {
            assert!(refused.contains(said), "{refused}");
        }
    }
}
