//! Sentences and a published checkpoint: encoder and head in one.

#[cfg(not(feature = "text"))]
pub use without::Checkpoint;

#[cfg(feature = "text")]
pub use with::Checkpoint;

/// Without the feature `text`.
#[cfg(not(feature = "text"))]
mod without {
    use std::path::Path;

    use crate::cli::{
        hnn::{HnnArgs, Job},
        usage::UsageError,
    };

    /// Cannot be constructed.
    pub enum Checkpoint {}

    impl Checkpoint {
        pub fn load(_: &HnnArgs, _model: &Path, _text: &Path) -> anyhow::Result<Checkpoint> {
            Err(UsageError::NotBuilt { flag: "--model", feature: "text" }.into())
        }

        pub fn job(self, _degree: usize) -> anyhow::Result<Job> {
            match self {}
        }
    }
}

#[cfg(feature = "text")]
mod with {
    use std::{
        fs,
        path::{Path, PathBuf},
    };

    use seal_nn::{DataError, text::SentenceEncoder};

    use crate::cli::{
        hnn::{HnnArgs, Job},
        progress::Progress,
    };

    /// An encoder with the sentences to embed.
    pub struct Checkpoint {
        encoder: SentenceEncoder,
        sentences: Sentences,
        range: Option<Sentences>,
    }

    struct Sentences {
        path: PathBuf,
        lines: Vec<String>,
        labels: Option<Vec<usize>>,
    }

    impl Checkpoint {
        pub fn load(args: &HnnArgs, model: &Path, text: &Path) -> anyhow::Result<Checkpoint> {
            let sentences = Sentences::read(text, args.samples)?;
            let range = args.range_text.as_deref().map(|path| Sentences::read(path, None)).transpose()?;
            let folder = if args.download { fetched(model)? } else { model.into() };
            Ok(Checkpoint { encoder: SentenceEncoder::load(folder)?, sentences, range })
        }

        pub fn job(self, degree: usize) -> anyhow::Result<Job> {
            let embeddings = self.sentences.embed(&self.encoder)?;
            let range = match &self.range {
                None => embeddings.clone(),
                Some(range) => range.embed(&self.encoder)?,
            };
            let head = self.encoder.head()?.with_polynomial(degree, range.view())?;
            Ok(Job { head, embeddings, labels: self.sentences.labels, range, training: None })
        }
    }

    #[cfg(feature = "download")]
    fn fetched(name: &Path) -> anyhow::Result<PathBuf> {
        Ok(seal_nn::text::download(&name.to_string_lossy())?)
    }

    #[cfg(not(feature = "download"))]
    fn fetched(_name: &Path) -> anyhow::Result<PathBuf> {
        Err(crate::cli::usage::UsageError::NotBuilt { flag: "--download", feature: "download" }.into())
    }

    impl Sentences {
        /// One sentence per line; either all lines end with a tab and the class, or none do.
        fn read(path: &Path, samples: Option<usize>) -> Result<Sentences, DataError> {
            let bad = |reason: String| DataError::BadText { path: path.into(), reason };
            let text = fs::read_to_string(path).map_err(|error| bad(error.to_string()))?;
            let (mut lines, mut labels) = (Vec::new(), Vec::new());
            for line in text.lines().take(samples.unwrap_or(usize::MAX)) {
                match line.rsplit_once('\t').map(|(text, label)| (text, label.trim().parse())) {
                    Some((text, Ok(label))) => {
                        lines.push(text.to_owned());
                        labels.push(label);
                    }
                    _ => lines.push(line.to_owned()),
                }
            }
            if lines.is_empty() {
                return Err(bad("the file contains no sentences".into()));
            }
            if !labels.is_empty() && labels.len() != lines.len() {
                let (with, all) = (labels.len(), lines.len());
                return Err(bad(format!(
                    "{with} of its {all} lines end in a class after a tab: give all of them a class, or none"
                )));
            }
            let labels = (!labels.is_empty()).then_some(labels);
            Ok(Sentences { path: path.into(), lines, labels })
        }

        fn embed(&self, encoder: &SentenceEncoder) -> anyhow::Result<ndarray::Array2<f64>> {
            let lines: Vec<&str> = self.lines.iter().map(String::as_str).collect();
            let progress = Progress::new(lines.len(), "sentences embedded, in the clear");
            let mut done_before = 0;
            let encoded = encoder.encode_with_progress(&lines, |done| {
                progress.advance_by(done.saturating_sub(done_before));
                done_before = done;
            })?;
            drop(progress);
            say!("text        {}: {} sentences, {} wide", self.path.display(), lines.len(), encoded.embeddings.ncols());
            if !encoded.truncated.is_empty() {
                let numbers: Vec<String> = encoded.truncated.iter().map(|row| (row + 1).to_string()).collect();
                say!(
                    "notice      cut to the {} tokens that the encoder accepts: line {}",
                    encoder.most_tokens(),
                    numbers.join(", ")
                );
            }
            Ok(encoded.embeddings)
        }
    }
}
