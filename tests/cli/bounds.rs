//! How far the bounds that follow from a model are from what its samples reach: the table of docs/ckks.md, "Networks".

use std::time::Duration;

use assert_cmd::cargo::cargo_bin_cmd;
use ndarray::Array1;
use seal_nn::{
    data::{DataSet, LabelledTable},
    model::Model,
};

/// The largest output that features within 1 allow, whatever they are.
fn bound(model: &Model) -> f64 {
    let activation = model.activation().polynomial().unwrap();
    let activated = |unit: f64| {
        let terms = activation.coefficients().iter().enumerate();
        terms.map(|(power, c)| c.abs() * unit.powi(power as i32)).sum::<f64>()
    };
    let mut values = Array1::ones(model.layers()[0].weights.ncols());
    for (number, layer) in model.layers().iter().enumerate() {
        values = layer.weights.mapv(f64::abs).dot(&values) + layer.bias.mapv(f64::abs);
        if number + 1 < model.layers().len() {
            values.mapv_inplace(activated);
        }
    }
    values.fold(0.0, |most, &value| most.max(value))
}

#[test]
#[ignore = "trains on four tables, for the table of docs/ckks.md"]
fn bounds_of_models() {
    let folder = tempfile::tempdir().unwrap();
    let mut beyond = 0;
    for name in ["iris", "wine", "breast-cancer", "digits"] {
        let out = folder.path().join(name);
        let mut train = cargo_bin_cmd!("seal-nn");
        train.args(["train", "--backend", "clear", "--dataset", name, "--out"]).arg(&out);
        train.timeout(Duration::from_secs(1200)).assert().success();
        let model = Model::load(&out).unwrap();
        let table = LabelledTable::try_from(DataSet::load(name).unwrap()).unwrap();
        let (features, _) = model.preparation().encode(&table.table).unwrap();
        let largest = model.outputs(&features).unwrap().fold(0f64, |most, y| most.max(y.abs()));
        let (widths, bound) = (model.widths(), bound(&model));
        println!("| `{name}` | {widths:?} | {bound:.0} | {largest:.1} |");
        assert!(largest < 100.0 && 2.0 * largest < bound, "{name}: {largest} of {bound}");
        // What the parameters of an inference on columns have room for.
        beyond += usize::from(bound > 128.0);
    }
    assert!(beyond >= 1, "declared bounds would cost nothing");
}
