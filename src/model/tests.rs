//! Tests of models and their files.

use std::num::NonZeroUsize;

use ndarray::array;

use super::*;
use crate::{
    Error, SetupError,
    data::{Components, DataSet, Encoding, LabelledTable, PreparationChoice, PreparedColumn, TargetScale},
    nn::{learning::random_layers, reference},
};

/// Numbers that are hard to write in decimals.
fn model() -> Model {
    let network: Network = "2-3-2".parse().unwrap();
    let network = network.with_activation("square:0.1".parse().unwrap()).with_bias();
    let weights = Weights::random(&network, &[1.0], 3).unwrap();
    let scaler = Scaler::new(vec![0.1 + 0.2, -1e-300], vec![1.0 / 3.0, 5e-324]).unwrap();
    let training = TrainingFacts {
        backend: "seal".into(),
        data: "00ff".into(),
        seed: u64::MAX,
        steps: 3,
        batch: 7,
        learning_rates: vec![0.1],
        momentum: 0.7,
        poly_modulus_degree: 16384,
        coeff_modulus_bits: vec![50, 40, 60],
        security_bits: 128,
    };
    let model = Model::new(network, weights, scaler).unwrap().with_dataset("a \"name\"").with_training(training);
    model.with_features(["x", "y, too"]).unwrap()
}

#[test]
fn a_model_comes_back_to_the_last_bit() {
    let folder = tempfile::tempdir().unwrap();
    let path = model().save(folder.path()).unwrap();
    assert_eq!(path, folder.path().join("model.json"));
    assert_eq!(Model::load(folder.path()).unwrap(), model());
}

#[test]
fn words_and_gaps_come_back_too() {
    let folder = tempfile::tempdir().unwrap();
    let words = Encoding::Words { words: vec!["blue".into(), "red".into()], fill: "red".into() };
    let number = Encoding::Number { fill: Some(0.1 + 0.2), hinge: None };
    let columns = [("colour", words), ("length", number)];
    let columns = columns.map(|(name, encoding)| PreparedColumn { name: name.into(), encoding });
    let scaler = Scaler::new(vec![0.5; 3], vec![0.25; 3]).unwrap();
    let preparation = Preparation::new(columns.into(), None, scaler.clone()).unwrap();
    let network: Network = "3-4-2".parse().unwrap();
    let model = Model::new(network.clone(), Weights::random(&network, &[1.0], 0).unwrap(), scaler).unwrap();
    let model = model.with_preparation(preparation).unwrap();
    model.save(folder.path()).unwrap();
    let loaded = Model::load(folder.path()).unwrap();
    assert_eq!(loaded, model);
    assert_eq!(loaded.features(), ["colour=blue", "colour=red", "length"]);
}

#[test]
fn hinges_and_components_come_back_too() {
    let iris = LabelledTable::try_from(DataSet::load("iris").unwrap()).unwrap();
    let of_count = |count| PreparationChoice { components: Components::Count(count), ..Default::default() };
    for choice in [PreparationChoice::default(), of_count(NonZeroUsize::new(3).unwrap())] {
        let preparation = Preparation::fit_as(&iris, &choice).unwrap();
        let network = Network::builder().inputs(preparation.features()).hidden(4).outputs(3).build().unwrap();
        let weights = Weights::random(&network, &[1.0], 0).unwrap();
        let model = Model::new(network, weights, preparation.scaler().clone()).unwrap();
        let model = model.with_preparation(preparation).unwrap();
        let folder = tempfile::tempdir().unwrap();
        model.save(folder.path()).unwrap();
        let loaded = Model::load(folder.path()).unwrap();
        assert_eq!(loaded, model);
        let outputs = |model: &Model| {
            let (features, _) = model.preparation().encode(&iris.table).unwrap();
            model.outputs(&features).unwrap()
        };
        assert_eq!(outputs(&loaded), outputs(&model));
    }
}

/// Files of the first and the second version, with the weights of a network with a constant input.
#[test]
fn earlier_files_are_read() {
    let (network, weights) = model().network().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = model().save(folder.path()).unwrap();
    let mut file: serde_json::Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    let fields = file.as_object_mut().unwrap();
    for new in ["layers", "task"] {
        fields.remove(new);
    }
    fields.insert("version".into(), 2.into());
    fields.insert("classes".into(), vec!["0", "1"].into());
    fields.insert("network".into(), network.to_string().into());
    fields.insert("bias".into(), true.into());
    fields.insert("weights".into(), serde_json::to_value(&weights).unwrap());
    std::fs::write(&path, file.to_string()).unwrap();
    assert_eq!(Model::load(folder.path()).unwrap(), model());
    let fields = file.as_object_mut().unwrap();
    fields.insert("version".into(), 1.into());
    fields.remove("columns");
    fields.insert("features".into(), vec!["x", "y, too"].into());
    std::fs::write(&path, file.to_string()).unwrap();
    assert_eq!(Model::load(folder.path()).unwrap(), model());
}

fn of_layers(activation: HiddenActivation, widths: &[usize], task: Task) -> Model {
    let mut layers = random_layers(widths, 7).unwrap();
    let fill = |layer: &mut Dense| layer.bias.iter_mut().enumerate().for_each(|(i, b)| *b = 0.1 + 0.2 * i as f64);
    layers.iter_mut().for_each(fill);
    if let [only] = &mut layers[..] {
        only.weights.fill(1.0 / 3.0);
    }
    let scaler = Scaler::new(vec![0.1; widths[0]], vec![1.0 / 3.0; widths[0]]).unwrap();
    let names = (0..widths[0]).map(|i| format!("x{i}"));
    Model::of_layers(activation, layers, Preparation::of_numbers(names, scaler).unwrap(), task).unwrap()
}

fn classes(count: usize) -> Task {
    Task::Classes((0..count).map(|class| format!("class {class}")).collect())
}

fn number() -> Task {
    Task::Number { name: "price".into(), scale: TargetScale::new(0.1 + 0.2, 1.0 / 3.0).unwrap() }
}

#[test]
fn models_of_layers_come_back_to_the_last_bit_and_become_networks() {
    let quadratic = || HiddenActivation::from("poly:0,1,0.5".parse::<Activation>().unwrap());
    let folder = tempfile::tempdir().unwrap();
    for (activation, widths, task) in [
        (quadratic(), &[3, 4, 2][..], classes(2)),
        (quadratic(), &[3, 4, 1], classes(2)),
        (quadratic(), &[3, 4, 1], number()),
        (quadratic(), &[3, 2], classes(2)),
        (HiddenActivation::Relu, &[3, 1], number()),
        ("tanh".parse().unwrap(), &[3, 4, 5, 3], classes(3)),
    ] {
        let model = of_layers(activation, widths, task);
        model.save(folder.path()).unwrap();
        assert_eq!(Model::load(folder.path()).unwrap(), model);
        assert_eq!(model.widths(), widths);
        let features = Array2::from_shape_fn((4, 3), |(i, j)| ((3 * i + j) as f64).sin());
        let (network, weights) = model.network().unwrap();
        let outputs = reference::outputs(&network, &weights, model.inputs(&features).unwrap().view()).unwrap();
        let difference = model.in_units(outputs) - model.outputs(&features).unwrap();
        assert!(difference.iter().all(|d| d.abs() < 1e-13), "{widths:?}");
    }
}

#[test]
fn only_polynomials_become_networks() {
    let model = of_layers(HiddenActivation::Relu, &[2, 3, 2], classes(2));
    let folder = tempfile::tempdir().unwrap();
    model.save(folder.path()).unwrap();
    assert_eq!(Model::load(folder.path()).unwrap(), model);
    for refused in [model.network().map(drop), model.inputs(&array![[0.0, 0.0]]).map(drop)] {
        assert!(matches!(refused, Err(Error::Setup(SetupError::BadActivation { .. }))));
    }
    // max(0, W x + b), and scores as they are.
    let [first, second] = model.layers() else { panic!("two layers") };
    let x = model.scaler().apply(&array![[0.3, -0.2]]).unwrap();
    let hidden = (x.dot(&first.weights.t()) + &first.bias).mapv(|z| z.max(0.0));
    let expected = hidden.dot(&second.weights.t()) + &second.bias;
    assert_eq!(model.outputs(&array![[0.3, -0.2]]).unwrap(), expected);
}

#[test]
fn outputs_are_those_of_the_scaled_features() {
    let features = array![[0.3, 0.0], [0.4, 1e-323]];
    let inputs = model().inputs(&features).unwrap();
    assert_eq!(inputs.dim(), (2, 3));
    assert_eq!(inputs.column(2), array![1.0, 1.0]);
    let (network, weights) = model().network().unwrap();
    let expected = reference::outputs(&network, &weights, inputs.view()).unwrap();
    // A dozen operations on numbers of size 1, in another order.
    assert!((model().outputs(&features).unwrap() - expected).iter().all(|d| d.abs() < 1e-14));
    assert!(matches!(model().outputs(&array![[0.3]]), Err(Error::Data(_))));
}

#[test]
fn parts_that_do_not_match_are_refused() {
    let bad = |refused: Result<Model>| assert!(matches!(refused, Err(Error::Argument(_))));
    let (network, weights) = model().network().unwrap();
    let Model { preparation, .. } = model();
    let scaler = preparation.scaler().clone();
    let narrow = Scaler::new(vec![0.0], vec![1.0]).unwrap();
    bad(model().with_features(["x"]));
    bad(model().with_preparation(Preparation::of_numbers(["x"], narrow).unwrap()));
    bad(model().with_classes(["0", "1", "2"]));
    bad(Model::new(network.clone(), weights.clone(), Scaler::new(vec![0.0], vec![1.0]).unwrap()));
    for large in [8.0, f64::NAN] {
        let mut weights = weights.clone();
        weights.0[0][[0, 0]] = large;
        bad(Model::new(network.clone(), weights, scaler.clone()));
    }
    let layers = |outputs| random_layers(&[2, 3, outputs], 0).unwrap();
    let numbers = |names: &[&str]| {
        let scaler = Scaler::new(vec![0.0; names.len()], vec![1.0; names.len()]).unwrap();
        Preparation::of_numbers(names.iter().copied(), scaler).unwrap()
    };
    bad(Model::of_layers(HiddenActivation::Relu, layers(3), numbers(&["x", "y"]), classes(2)));
    bad(Model::of_layers(HiddenActivation::Relu, layers(1), numbers(&["x", "y"]), classes(3)));
    bad(Model::of_layers(HiddenActivation::Relu, layers(2), numbers(&["x", "y"]), number()));
    bad(Model::of_layers(HiddenActivation::Relu, layers(2), numbers(&["x"]), classes(2)));
    bad(Model::of_layers(HiddenActivation::Relu, vec![], numbers(&["x"]), classes(2)));
    let mut large_bias = layers(2);
    large_bias[1].bias[0] = 8.0;
    bad(Model::of_layers(HiddenActivation::Relu, large_bias, numbers(&["x", "y"]), classes(2)));
    let other = Model::new("2-4-2".parse().unwrap(), weights, scaler);
    assert!(matches!(other, Err(Error::Setup(SetupError::WrongShape { .. }))));
}

#[test]
fn a_card_has_all_but_the_weights() {
    let model = model();
    let card = Card::of("shapes", &model).unwrap();
    let bytes = card.to_bytes().unwrap();
    assert_eq!(Card::from_bytes(&bytes).unwrap(), card);
    let text = String::from_utf8(bytes).unwrap();
    // Neither weights nor anything of the training.
    let parsed: serde_json::Map<String, serde_json::Value> = serde_json::from_str(&text).unwrap();
    let mut fields: Vec<&String> = parsed.keys().collect();
    fields.sort();
    assert_eq!(fields, ["activation", "columns", "name", "scaler", "task", "version", "widths"]);
    let head = model.head().unwrap();
    assert_eq!(card.shape().unwrap(), crate::nn::head::HeadShape::without_soft_argmax(&head).unwrap());
    for (from, to) in
        [("\"widths\":[2,3,2]", "\"widths\":[3,3,2]"), ("\"widths\":[2,3,2]", "\"widths\":[2,3]"), (":1,", ":9,")]
    {
        let wrong = text.replacen(from, to, 1);
        assert!(wrong != text && Card::from_bytes(wrong.as_bytes()).is_err(), "{wrong}");
    }
}

/// The layout takes many ciphertexts for a wide network; a request stays within memory, however many samples there are.
#[test]
fn a_deployment_stays_within_memory() {
    let layers = random_layers(&[384, 32, 2], 1).unwrap();
    let scaler = Scaler::new(vec![0.0; 384], vec![1.0; 384]).unwrap();
    let preparation = Preparation::of_numbers((0..384).map(|number| number.to_string()), scaler).unwrap();
    let classes = Task::Classes(vec!["a".into(), "b".into()]);
    let activation: Activation = "poly:0,1,0.5".parse().unwrap();
    let model = Model::of_layers(activation.into(), layers, preparation, classes).unwrap();
    let deployment = model.deployment(512, &Default::default()).unwrap();
    assert!(deployment.plan.memory_bytes() <= 1 << 29, "{}", deployment.plan.memory_bytes());
    assert!((1..512).contains(&deployment.program.batch()));
}
