//! The file `checkpoint.json`: a training that can be continued.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::File,
    io::Read,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{DataError, Result, protocol::CourseState, report::OutputDir};

/// Name of the file in its folder.
const NAME: &str = "checkpoint.json";
/// Increases whenever another program would misinterpret the file.
const VERSION: u64 = 1;
/// Room for two million weights, four times each.
const MOST_BYTES: u64 = 1 << 28;

/// A training between two refreshes, as the client knows it. It contains weights in the clear and belongs to the client,
/// like a [`Model`](super::Model). `C` is the [`CourseState`] of a kind of session. From the same settings, [`Course::resume`](crate::protocol::Course::resume) continues
/// the training as if it had never ended.
///
/// ```
/// # use seal_nn::nn::{Weights, training::{EarlyStopping, Losses, TrainingState}};
/// use seal_nn::{model::Checkpoint, protocol::CourseState, report::OutputDir};
/// # let weights = Weights::random(&"2-3-2".parse()?, &[1.0], 0)?;
/// # let stopping = EarlyStopping::new(10, weights.clone(), Losses { training: 0.5, validation: None });
/// # let state = CourseState { training: TrainingState::new(weights), stopping };
/// let folder = tempfile::tempdir()?;
/// let output = OutputDir::create(folder.path())?;
/// // After each refresh, with the `Course::state`:
/// let checkpoint = Checkpoint::new([("seed", "0")], state, ());
/// checkpoint.save(&output)?;
/// // In another process:
/// let found: Checkpoint = Checkpoint::load(folder.path())?;
/// found.check_settings(folder.path(), [("seed", "0")])?;
/// assert_eq!(found, checkpoint);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Checkpoint<R = (), C = CourseState> {
    version: u64,
    settings: BTreeMap<String, String>,
    /// State and decisions of the training.
    pub course: C,
    /// What else the caller needs to go on.
    pub run: R,
}

/// The field that every version has.
#[derive(Deserialize)]
struct Versioned {
    version: u64,
}

impl<R, C> Checkpoint<R, C> {
    /// A checkpoint of a training with the settings that determine it, by name.
    pub fn new<N: Into<String>, V: Into<String>>(
        settings: impl IntoIterator<Item = (N, V)>,
        course: C,
        run: R,
    ) -> Self {
        Checkpoint { version: VERSION, settings: map(settings), course, run }
    }

    /// The path of `checkpoint.json` in a folder.
    pub fn file_in(folder: impl AsRef<Path>) -> PathBuf {
        folder.as_ref().join(NAME)
    }

    /// Removes the file of a training that is over, if it is there.
    ///
    /// # Errors
    /// `DataError::WriteFile` when the system refuses.
    pub fn remove(folder: &OutputDir) -> Result<()> {
        Ok(folder.remove(NAME)?)
    }

    /// Returns an error if the checkpoint in a folder is that of a training with other settings.
    ///
    /// # Errors
    /// `DataError::OtherSettings`, with the first setting that differs.
    pub fn check_settings<N: Into<String>, V: Into<String>>(
        &self,
        folder: impl AsRef<Path>,
        settings: impl IntoIterator<Item = (N, V)>,
    ) -> Result<()> {
        let actual = map(settings);
        let names: BTreeSet<&String> = self.settings.keys().chain(actual.keys()).collect();
        let value = |settings: &BTreeMap<String, String>, name| settings.get(name).cloned().unwrap_or_default();
        for name in names {
            let (expected, actual) = (value(&self.settings, name), value(&actual, name));
            if expected != actual {
                let (path, setting) = (Self::file_in(folder), name.clone());
                return Err(DataError::OtherSettings { path, setting, expected, actual }.into());
            }
        }
        Ok(())
    }
}

impl<R: Serialize + DeserializeOwned, C: Serialize + DeserializeOwned> Checkpoint<R, C> {
    /// Writes `checkpoint.json` into a folder, whole or not at all, and returns its path. On Unix, only the owner can
    /// read the file.
    ///
    /// # Errors
    /// `DataError::WriteFile`; an earlier file is then as it was.
    pub fn save(&self, folder: &OutputDir) -> Result<PathBuf> {
        let text = serde_json::to_string(self)
            .map_err(|error| DataError::WriteFile { path: Self::file_in(folder.path()), source: error.into() })?;
        Ok(folder.write_private(NAME, text + "\n")?)
    }

    /// Reads `checkpoint.json` in a folder. That its weights are those of a network, and its decisions those of a
    /// training, is checked by [`Course::resume`](crate::protocol::Course::resume).
    ///
    /// # Errors
    /// `DataError::ReadFile` if the file cannot be read; `DataError::BadCheckpoint` if it is not a whole checkpoint of
    /// this version.
    pub fn load(folder: impl AsRef<Path>) -> Result<Self> {
        let path = Self::file_in(folder);
        let mut text = Vec::new();
        File::open(&path)
            .and_then(|file| file.take(MOST_BYTES + 1).read_to_end(&mut text))
            .map_err(|source| DataError::ReadFile { path: path.clone(), source })?;
        Ok(parse(&text).map_err(|reason| DataError::BadCheckpoint { path, reason })?)
    }
}

fn parse<R: DeserializeOwned, C: DeserializeOwned>(text: &[u8]) -> Result<Checkpoint<R, C>, String> {
    if text.len() as u64 > MOST_BYTES {
        return Err(format!("the file is larger than {MOST_BYTES} bytes"));
    }
    let Versioned { version } = serde_json::from_slice(text).map_err(|error| error.to_string())?;
    if version != VERSION {
        return Err(format!("the file has version {version} of the format, but this program reads version {VERSION}"));
    }
    serde_json::from_slice(text).map_err(|error| error.to_string())
}

fn map<N: Into<String>, V: Into<String>>(settings: impl IntoIterator<Item = (N, V)>) -> BTreeMap<String, String> {
    settings.into_iter().map(|(name, value)| (name.into(), value.into())).collect()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::{
        Error,
        nn::{
            Weights,
            training::{EarlyStopping, Losses, OnDivergence, TrainingState},
        },
    };

    /// After a step that diverged.
    fn checkpoint() -> Checkpoint<Vec<u32>> {
        let weights = Weights::random(&"2-3-2".parse().unwrap(), &[1.0], 3).unwrap();
        let losses = Losses { training: 1.0 / 3.0, validation: Some(0.1 + 0.2) };
        let mut stopping = EarlyStopping::new(9, weights.clone(), losses).with_policy(OnDivergence::LowerRate);
        stopping.lower_rate(1);
        let course = CourseState { training: TrainingState::new(weights), stopping };
        Checkpoint::new([("seed", "3"), ("network", "2-3-2")], course, vec![1, 2])
    }

    #[test]
    fn a_checkpoint_comes_back_to_the_last_bit_and_is_the_owners() {
        let folder = tempfile::tempdir().unwrap();
        let output = OutputDir::create(folder.path()).unwrap();
        let path = checkpoint().save(&output).unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        assert_eq!(Checkpoint::load(folder.path()).unwrap(), checkpoint());
        for _ in 0..2 {
            Checkpoint::<(), ()>::remove(&output).unwrap();
            assert!(!path.exists());
        }
    }

    #[test]
    fn the_setting_that_differs_is_named() {
        let seed = |seed| checkpoint().check_settings("runs", [("network", "2-3-2"), ("seed", seed)]);
        seed("3").unwrap();
        let Error::Data(DataError::OtherSettings { path, setting, expected, actual }) = seed("4").unwrap_err() else {
            panic!("another error")
        };
        assert_eq!((setting, expected, actual), ("seed".into(), "3".into(), "4".into()));
        assert_eq!(path, Path::new("runs/checkpoint.json"));
        let more = [("network", "2-3-2"), ("seed", "3"), ("batch", "7")];
        assert!(checkpoint().check_settings("", more).is_err() && checkpoint().check_settings("", [more[0]]).is_err());
    }

    #[test]
    fn files_that_are_not_whole_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = checkpoint().save(&OutputDir::create(folder.path()).unwrap()).unwrap();
        let text = fs::read_to_string(&path).unwrap();
        let load = || Checkpoint::<Vec<u32>>::load(folder.path()).unwrap_err();
        let changed = text.replace("\"version\":1", "\"version\":2");
        for wrong in ["", "{}", "null", &text[..text.len() / 2], &changed, &text.replace("[1,2]", "{}")] {
            fs::write(&path, wrong).unwrap();
            assert!(matches!(load(), Error::Data(DataError::BadCheckpoint { .. })), "{wrong}");
        }
        fs::remove_file(&path).unwrap();
        assert!(matches!(load(), Error::Data(DataError::ReadFile { .. })));
    }
}
