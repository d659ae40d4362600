//! Sentence encoders against the same network in the clear, on a tiny model that the test writes.

use std::{fs, path::Path, sync::Arc};

use crate::kit::tiny_distilbert::{reference::*, *};
use ndarray::Array1;
use safetensors::Dtype;
use seal_nn::{
    Argument, ArgumentError, CheckpointProblem, Error, TextError,
    backend::{Chain, Circuit, ClearEvaluator, ClearKeyHolder},
    nn::{
        head::{HeadActivation, HeadInference, HeadProgram, HeadShape, largest_spread},
        soft_argmax::SoftArgmax,
    },
    program::Plan,
    protocol::{Classify, HeadSession, Session},
    text::SentenceEncoder,
};
use seal_nn_conformance::{assert_close, random_matrix};
use serde_json::{Value, json};
use tempfile::TempDir;

/// Texts, and the tokens that WordPiece makes of them between [CLS] and [SEP].
const TEXTS: [(&str, &[&str]); 5] = [
    ("good", &["good"]),
    (
        "It was NOT a good movie, the film is slow.",
        &["it", "was", "not", "a", "good", "movie", ",", "the", "film", "is", "slow", "."],
    ),
    ("  Boring\tactors!! ", &["bor", "##ing", "[UNK]", "!", "!"]),
    ("unfunny café", &["un", "##fun", "##ny", "cafe"]),
    ("movies singing [SEP] dancing", &["movie", "##s", "sing", "##ing", "[SEP]", "[UNK]"]),
];

fn texts() -> Vec<&'static str> {
    TEXTS.iter().map(|(text, _)| *text).collect()
}

fn framed(words: &[&str]) -> Vec<usize> {
    ids(&[&["[CLS]"], words, &["[SEP]"]].concat())
}

fn load(folder: &TempDir) -> SentenceEncoder {
    SentenceEncoder::load(folder.path()).unwrap()
}

/// How far `f32` may be off. A sum of n <= 64 products in floating-point numbers of unit roundoff u is the exact sum
/// with weights off by up to n u of themselves (those of the norms and the softmax are shorter). So weights off at
/// random by as much as that, in `f64`, show what such errors grow to; twice the worst of ten draws leaves room for
/// the draw.
fn tolerance(weights: &Weights) -> f64 {
    let off = 64.0 * 2f64.powi(-24);
    let perturbed = |seed: u64| {
        let mut other = weights.clone();
        for (i, (_, numbers)) in other.values_mut().enumerate() {
            *numbers *= &(random_matrix(numbers.nrows(), numbers.ncols(), 1000 * seed + i as u64) * off + 1.0);
        }
        other
    };
    let differences = (1..=10).flat_map(|seed| {
        let other = perturbed(seed);
        TEXTS.map(|(_, words)| {
            let [a, b] = [weights, &other].map(|weights| embedding(weights, &framed(words), gelu_by_tanh));
            worst(&a, &b)
        })
    });
    2.0 * differences.fold(0.0, f64::max)
}

fn worst(a: &Array1<f64>, b: &Array1<f64>) -> f64 {
    (a - b).iter().fold(0.0, |m, d| d.abs().max(m))
}

/// All texts at once, of different lengths, against each alone in the clear.
fn check(what: &str, encoder: &SentenceEncoder, weights: &Weights) {
    let encoded = encoder.encode(&texts()).unwrap();
    assert_eq!((encoded.embeddings.dim(), encoded.truncated), ((TEXTS.len(), DIM), vec![]), "{what}");
    let tolerance = tolerance(weights);
    // Rounding, and nothing else.
    assert!(tolerance < 1e-4, "{tolerance}");
    for ((text, words), row) in TEXTS.iter().zip(encoded.embeddings.rows()) {
        let expected = embedding(weights, &framed(words), gelu_by_tanh);
        assert_close(&format!("{what}, {text:?}"), &row.to_vec(), expected, tolerance);
    }
}

#[test]
fn embeddings_are_those_of_the_formulas() {
    let weights = weights();
    let folder = folder(&weights);
    check("vocab.txt", &load(&folder), &weights);
    assert_eq!((load(&folder).width(), load(&folder).most_tokens()), (DIM, POSITIONS));

    // What tokenizer.json says is taken before vocab.txt.
    fs::write(folder.path().join("tokenizer.json"), tokenizer().to_string()).unwrap();
    fs::write(folder.path().join("vocab.txt"), "nonsense").unwrap();
    check("tokenizer.json", &load(&folder), &weights);

    // Numbers of another size, and names as a checkpoint without head has them.
    fs::write(folder.path().join("model.safetensors"), safetensors(&weights, |_| Dtype::F64)).unwrap();
    check("f64", &load(&folder), &weights);
    let bare = weights.iter().map(|(name, w)| (name.trim_start_matches("distilbert.").to_owned(), w.clone())).collect();
    fs::write(folder.path().join("model.safetensors"), safetensors(&bare, |_| Dtype::F32)).unwrap();
    check("no prefix", &load(&folder), &weights);
}

/// candle's GELU is not quite the one of training.
#[test]
fn the_two_gelus_are_close() {
    let grid = (-60_000..=60_000).map(|i| f64::from(i) * 1e-4);
    let apart = grid.map(|x| (gelu(x) - gelu_by_tanh(x)).abs()).fold(0.0, f64::max);
    println!("GELUs differ by up to {apart:.2e}");
    assert!((4.6e-4..4.8e-4).contains(&apart), "{apart:e}");

    // 64 such differences of random sign times weights up to 0.4 (0.23 in the mean of squares) make 9e-4; two layers
    // and their norms leave less than ten times that. More than rounding: the test above would see the other GELU.
    let weights = weights();
    let differences = TEXTS.map(|(_, words)| {
        let [a, b] = [gelu, gelu_by_tanh].map(|gelu| embedding(&weights, &framed(words), gelu));
        worst(&a, &b)
    });
    let (least, most) = differences.iter().fold((f64::MAX, 0f64), |(l, m), &d| (d.min(l), d.max(m)));
    let rounding = tolerance(&weights);
    println!("embeddings differ by {least:.1e} to {most:.1e}, by rounding up to {rounding:.1e}");
    assert!(most < 9e-3 && least > 2.0 * rounding);
}

/// Padding weighs nothing: the difference is that of sums taken in another order.
#[test]
fn a_sentence_is_the_same_alone_and_in_a_batch() {
    let weights = weights();
    let folder = folder(&weights);
    let encoder = load(&folder);
    let together = encoder.encode(&texts()).unwrap().embeddings;
    for (text, row) in texts().into_iter().zip(together.rows()) {
        let alone = encoder.encode(&[text]).unwrap().embeddings;
        assert_close(text, &row.to_vec(), alone.row(0).to_owned(), tolerance(&weights));
    }
}

/// More texts than one pass takes, in an order that the encoder does not keep inside.
#[test]
fn many_sentences_keep_their_order() {
    let weights = weights();
    let folder = folder(&weights);
    let encoder = load(&folder);
    let few = encoder.encode(&texts()).unwrap().embeddings;
    let many: Vec<&str> = (0..1000).map(|i| TEXTS[i % TEXTS.len()].0).collect();
    let mut progress = Vec::new();
    let encoded = encoder.encode_with_progress(&many, |done| progress.push(done)).unwrap();
    let tolerance = tolerance(&weights);
    for (i, row) in encoded.embeddings.rows().into_iter().enumerate() {
        assert!(worst(&row.to_owned(), &few.row(i % TEXTS.len()).to_owned()) < tolerance, "{i}");
    }
    assert!(progress.len() > 1 && progress.is_sorted() && progress.last() == Some(&1000), "{progress:?}");
}

#[test]
fn a_long_text_is_cut_and_said_so() {
    let weights = weights();
    for with_json in [false, true] {
        let folder = folder(&weights);
        if with_json {
            fs::write(folder.path().join("tokenizer.json"), tokenizer().to_string()).unwrap();
        }
        let fits = vec!["very"; POSITIONS - 2].join(" ");
        let too_long = format!("{fits} good");
        let far_too_long = format!("{fits} ").repeat(50);
        let encoded = load(&folder).encode(&["good", &fits, &too_long, &far_too_long]).unwrap();
        assert_eq!(encoded.truncated, [2, 3]);
        let expected = embedding(&weights, &framed(&["very"; POSITIONS - 2]), gelu_by_tanh);
        for row in [1, 2, 3] {
            assert_close("cut", &encoded.embeddings.row(row).to_vec(), expected.clone(), tolerance(&weights));
        }
    }
}

/// Cased models keep their letters.
#[test]
fn settings_of_the_vocabulary_are_kept() {
    let weights = weights();
    let folder = folder(&weights);
    fs::write(folder.path().join("tokenizer_config.json"), r#"{"do_lower_case": false, "other": 1}"#).unwrap();
    let encoded = load(&folder).encode(&["Good movie", "café"]).unwrap();
    for (row, words) in [(0, &["[UNK]", "movie"][..]), (1, &["[UNK]"])] {
        let expected = embedding(&weights, &framed(words), gelu_by_tanh);
        assert_close("cased", &encoded.embeddings.row(row).to_vec(), expected, tolerance(&weights));
    }
}

/// The checkpoint's head, with a polynomial for its ReLU, on packed embeddings: as in the clear.
#[test]
fn the_checkpoints_head_runs_packed() {
    let weights = weights();
    let folder = folder(&weights);
    let encoder = load(&folder);
    let x = encoder.encode(&texts()).unwrap().embeddings;
    let relu = encoder.head().unwrap();
    assert_eq!((relu.inputs(), relu.classes(), relu.activation()), (DIM, LABELS, Some(&HeadActivation::Relu)));
    for (layer, name) in relu.layers().iter().zip(["pre_classifier", "classifier"]) {
        assert_eq!(layer.weights, weights[&format!("{name}.weight")].1);
        assert_eq!(layer.bias, weights[&format!("{name}.bias")].1.row(0));
    }

    let head = relu.with_polynomial(3, x.view()).unwrap();
    let layer = SoftArgmax::new(LABELS, 1.0, 0).unwrap();
    let range = 1.25 * largest_spread(&head.logits(x.view()).unwrap());
    let shape = HeadShape::new(&head, layer, HeadShape::approximation(&layer, range, 13).unwrap()).unwrap();
    let program = HeadInference::known(HeadProgram::new(&shape, 1024).unwrap(), &head).unwrap();
    let depth = Plan::depth_of(&program, 1024).unwrap();
    let chain = Chain::nominal(2048, depth, 40).unwrap();
    let plan = Plan::of(&program, &chain).unwrap();
    let circuit = Circuit::new(ClearEvaluator::new(chain.clone(), None).with_rotations(&plan.rotations()));
    let session = Session::in_process(ClearKeyHolder::new(chain, None), circuit, Arc::new(program), plan);
    let (read, _) = HeadSession::new(session).classify(x.view()).unwrap();
    let meant = shape.scores(&head, x.view()).unwrap();
    // Without noise: roundings of f64, 2^-52 each, over fewer than 1e4 operations on numbers below 100.
    let packed: Vec<f64> = read.scores.iter().copied().collect();
    assert_close("probabilities", &packed, meant.iter().copied(), 1e4 * 100.0 * f64::EPSILON);
}

/// The problem of a folder that must be refused, and its message; both name the file.
#[track_caller]
fn refused(folder: &Path, file: &str) -> (CheckpointProblem, String) {
    let error = SentenceEncoder::load(folder).err().expect("a folder that cannot be loaded");
    let message = Error::from(error.clone()).to_string();
    println!("{}", message.replace(folder.to_str().unwrap(), "FOLDER"));
    let TextError::Checkpoint(error) = error else { panic!("{message}") };
    assert_eq!(error.path, folder.join(file), "{message}");
    assert!(message.contains(file), "{message}");
    (error.problem, message)
}

#[test]
fn missing_files_are_named() {
    let weights = weights();
    for (missing, expected) in
        [("config.json", "DistilBERT"), ("vocab.txt", "tokenizer.json"), ("model.safetensors", "safetensors")]
    {
        let folder = folder(&weights);
        fs::remove_file(folder.path().join(missing)).unwrap();
        let (problem, message) = refused(folder.path(), missing);
        assert!(matches!(problem, CheckpointProblem::Missing { .. }) && message.contains(expected), "{message}");
    }
    let (problem, _) = refused(Path::new("no such folder"), "config.json");
    assert!(matches!(problem, CheckpointProblem::Missing { .. }));
}

#[test]
fn damaged_files_are_named() {
    let weights = weights();
    let whole = safetensors(&weights, |_| Dtype::F32);
    let pointer = b"version 1 of a pointer\noid sha256:0\nsize 1\n".to_vec();
    for (file, bytes) in [
        ("config.json", b"{\"model_type\": \"distil".to_vec()),
        ("config.json", b"{\"model_type\": \"distilbert\", \"dim\": 32}".to_vec()),
        ("config.json", config().to_string().replace("32", "-32").into()),
        ("tokenizer.json", b"{}".to_vec()),
        ("tokenizer_config.json", b"{\"do_lower_case\": 1}".to_vec()),
        ("vocab.txt", vec![0xff, 0xfe, b'\n']),
        ("model.safetensors", Vec::new()),
        ("model.safetensors", whole[..whole.len() - 1].to_vec()),
        ("model.safetensors", whole[..100].to_vec()),
        ("model.safetensors", pointer),
    ] {
        let folder = folder(&weights);
        fs::write(folder.path().join(file), bytes).unwrap();
        let (problem, message) = refused(folder.path(), file);
        assert!(matches!(problem, CheckpointProblem::Damaged { .. }), "{message}");
    }
}

#[test]
fn other_configurations_are_refused() {
    let weights = weights();
    let with = |field: &str, value: Value| {
        let folder = folder(&weights);
        let mut config = config();
        config[field] = value;
        fs::write(folder.path().join("config.json"), config.to_string()).unwrap();
        folder
    };
    for (model, named) in [(json!("bert"), "\"bert\""), (Value::Null, "\"\"")] {
        let (problem, message) = refused(with("model_type", model).path(), "config.json");
        assert!(matches!(problem, CheckpointProblem::WrongModel { .. }) && message.contains(named), "{message}");
    }
    for (name, value) in [
        ("dim", json!(0)),
        ("n_layers", json!(0)),
        ("n_heads", json!(0)),
        ("n_heads", json!(5)),
        ("max_position_embeddings", json!(2)),
        ("activation", json!("swish")),
    ] {
        let (problem, message) = refused(with(name, value).path(), "config.json");
        assert!(matches!(problem, CheckpointProblem::BadField { field, .. } if field == name), "{message}");
    }
    // Sizes that the weights do not have; huge ones too.
    for (field, value) in
        [("dim", 64), ("hidden_dim", 63), ("max_position_embeddings", 512), ("vocab_size", usize::MAX)]
    {
        let (problem, message) = refused(with(field, json!(value)).path(), "model.safetensors");
        assert!(matches!(problem, CheckpointProblem::WrongShape { .. }), "{message}");
    }
    for layers in [LAYERS + 1, usize::MAX] {
        let (problem, _) = refused(with("n_layers", json!(layers)).path(), "model.safetensors");
        let CheckpointProblem::NoTensor { name, .. } = problem else { panic!("{problem:?}") };
        assert!(name.starts_with("transformer.layer.2."), "{name}");
    }
    let (problem, _) = refused(with("vocab_size", json!(39)).path(), "vocab.txt");
    assert_eq!(problem, CheckpointProblem::TooManyWords { expected: 39, actual: 40 });
}

#[test]
fn other_tokenizers_are_refused() {
    let weights = weights();
    for word in ["[CLS]", "[SEP]", "[UNK]"] {
        let folder = folder(&weights);
        fs::write(folder.path().join("vocab.txt"), WORDS.join("\n").replace(word, "word")).unwrap();
        let (problem, _) = refused(folder.path(), "vocab.txt");
        assert_eq!(problem, CheckpointProblem::NoWord { word: word.into() });
    }
    let folder = folder(&weights);
    let mut bare = tokenizer();
    bare["post_processor"] = Value::Null;
    fs::write(folder.path().join("tokenizer.json"), bare.to_string()).unwrap();
    let (problem, _) = refused(folder.path(), "tokenizer.json");
    assert_eq!(problem, CheckpointProblem::WrongFrame { actual: vec![] });
}

#[test]
fn other_weights_are_refused() {
    let whole = weights();
    let word = "distilbert.embeddings.word_embeddings.weight";
    let with = |change: &dyn Fn(&mut Weights)| {
        let mut weights = whole.clone();
        change(&mut weights);
        folder(&weights)
    };
    let (problem, _) = refused(with(&|w| drop(w.remove(word))).path(), "model.safetensors");
    assert!(matches!(problem, CheckpointProblem::NoTensor { .. }), "{problem:?}");
    for wrong in [f64::NAN, f64::INFINITY] {
        let broken = with(&|w| w.get_mut(word).unwrap().1[[3, 5]] = wrong);
        let (problem, _) = refused(broken.path(), "model.safetensors");
        assert!(matches!(problem, CheckpointProblem::BadNumbers { .. }), "{problem:?}");
    }
    let folder = folder(&whole);
    let integers = safetensors(&whole, |name| if name == word { Dtype::I64 } else { Dtype::F32 });
    fs::write(folder.path().join("model.safetensors"), integers).unwrap();
    let (problem, message) = refused(folder.path(), "model.safetensors");
    assert!(matches!(problem, CheckpointProblem::BadNumbers { .. }) && message.contains("i64"), "{message}");

    // Finite, but not what comes out.
    let huge = with(&|w| w.get_mut(word).unwrap().1.fill(3e38));
    let error = load(&huge).encode(&["good", "bad"]).unwrap_err();
    assert!(matches!(error, TextError::NotFinite { .. }), "{error}");
}

#[test]
fn heads_that_are_none_are_refused() {
    let whole = weights();
    let head = |change: &dyn Fn(&mut Weights)| {
        let mut weights = whole.clone();
        change(&mut weights);
        let folder = folder(&weights);
        let encoder = load(&folder); // which needs no head
        encoder.encode(&["good"]).unwrap();
        let error = encoder.head().unwrap_err();
        println!("{}", error.to_string().replace(folder.path().to_str().unwrap(), "FOLDER"));
        error
    };
    let problem = |error| match error {
        Error::Text(TextError::Checkpoint(error)) => error.problem,
        other => panic!("{other}"),
    };
    for name in ["pre_classifier.weight", "pre_classifier.bias", "classifier.weight", "classifier.bias"] {
        let missing = problem(head(&|w| drop(w.remove(name))));
        assert!(matches!(&missing, CheckpointProblem::NoTensor { name: n, .. } if n == name), "{missing:?}");
        assert!(missing.to_string().contains("sequence classification"), "{missing}");
    }
    let cut = |w: &mut Weights, name: &str, rows: usize, columns: usize| {
        let numbers = random_matrix(rows, columns, 0);
        let shape = if rows == 1 { vec![columns] } else { vec![rows, columns] };
        w.insert(name.into(), (shape, numbers));
    };
    let narrow = problem(head(&|w| cut(w, "pre_classifier.weight", DIM, DIM - 1)));
    assert!(matches!(narrow, CheckpointProblem::WrongShape { .. }), "{narrow:?}");
    let apart = problem(head(&|w| cut(w, "classifier.bias", 1, 2)));
    assert!(matches!(apart, CheckpointProblem::WrongShape { .. }), "{apart:?}");
    let one = head(&|w| {
        w.insert("classifier.weight".into(), (vec![1, DIM], random_matrix(1, DIM, 0)));
        cut(w, "classifier.bias", 1, 1);
    });
    let Error::Argument(one) = one else { panic!("{one}") };
    assert!(matches!(one, ArgumentError::OutOfBounds { argument: Argument::Classes, .. }), "{one}");
}

#[test]
fn texts_without_a_word_are_refused() {
    let folder = folder(&weights());
    let encoder = load(&folder);
    assert_eq!(encoder.encode(&[]).unwrap_err(), TextError::NoText);
    // A control character and nothing else is no word either.
    for blank in ["", " ", "\t \u{a0}\n", "\u{7}"] {
        let error = encoder.encode(&["good", "bad", blank, ""]).unwrap_err();
        assert_eq!(error, TextError::EmptyText { line: 3 }, "{blank:?}");
        assert!(error.to_string().contains("line 3"), "{error}");
    }
}
