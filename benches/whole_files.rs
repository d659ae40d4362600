//! Inference of whole files, encryption and decryption included, by packing: `cargo bench --bench whole_files`. A network of
//! 384 features, 32 hidden units and 2 outputs, on one thread, whose time on a processor counts where the system tells it; the
//! fastest of some passes. As a test (`cargo test --bench whole_files`) it computes a few rows once.

use std::{env, fs, sync::LazyLock, time::Instant};

use ndarray::Array2;
use seal_nn::{
    Result,
    backend::{Circuit, CostModel, KeySwitching, SealEvaluator, SealKeyHolder},
    nn::{Network, Weights, head::Head, layout::LayoutKind, reference},
    protocol::{InferenceChoice, InferenceDeployment, ParameterRequest},
    report::{Align, Table},
    seal::Parameters,
};

const NETWORK: &str = "384-32-2";
/// Of a packing with small blocks, more rows take as long each.
const MOST_BLOCKS: usize = 8;
const PASSES: usize = 3;

fn main() -> Result<()> {
    // Cargo says nothing to a test.
    let is_test = !env::args().any(|argument| argument == "--bench");
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("a pool of one thread");
    pool.install(|| match is_test {
        true => measure(&[8], 1),
        false => measure(&[512, 4096], PASSES),
    })
}

fn measure(rows: &[usize], passes: usize) -> Result<()> {
    let network: Network = NETWORK.parse()?;
    let weights = Weights::random(&network, &[0.5, 0.5], 1)?;
    let head = Head::of_network(&network, &weights)?;
    let (request, costs) = (ParameterRequest::default(), measured()?);
    let heads = ["rows", "weights", "packing", "N", "rows a block", "keys, s", "ms a row", "MB a row", "largest error"];
    let columns =
        heads.iter().enumerate().map(|(i, head)| (*head, if i == 1 || i == 2 { Align::Left } else { Align::Right }));
    let mut table = Table::new(columns);
    for &samples in rows {
        let x = Array2::from_shape_fn((samples, network.features()), |(i, j)| ((i * 31 + j * 17) as f64).sin());
        let merged = LayoutKind::Axis;
        let hidden = InferenceChoice::with_encrypted_weights(&network, &weights, merged, samples, 1, &request, &costs)?;
        let known = InferenceChoice::with_known_weights(&head, samples, &request, &costs)?;
        for (kind, choice) in [("encrypted", hidden), ("clear", known)] {
            for deployment in choice.candidates {
                let fastest = (0..passes).map(|_| run(&deployment, &network, &weights, &x));
                let fastest = fastest.collect::<Result<Vec<_>>>()?.into_iter().min_by(|a, b| a.each.total_cmp(&b.each));
                let Some(Run { keys, each, bytes, error }) = fastest else { continue };
                table.row([
                    samples.to_string(),
                    kind.into(),
                    deployment.packing().to_string(),
                    deployment.parameters().poly_modulus_degree().to_string(),
                    deployment.batch().to_string(),
                    format!("{keys:.2}"),
                    format!("{:.3}", each * 1e3),
                    format!("{:.3}", bytes / 1e6),
                    format!("{error:.0e}"),
                ]);
            }
        }
    }
    println!("{NETWORK} on one thread\n\n{table}");
    Ok(())
}

/// Costs on this machine in the ring of the tiles, as `seal-nn plan --measure` measures them.
fn measured() -> Result<CostModel> {
    let parameters =
        Parameters::builder().depth(3, 40).hybrid(1).degree(8192).first_bits(46).special_bits(47).build()?;
    let holder = SealKeyHolder::generate(&parameters)?;
    let keys = holder.evaluation_keys(CostModel::rotations())?;
    let mut costs = CostModel::default();
    costs.measure(&Circuit::new(SealEvaluator::new(&parameters, &keys)?), &holder)?;
    Ok(costs)
}

/// What an inference took.
struct Run {
    /// Seconds for keys.
    keys: f64,
    /// Seconds of a row, with weights that are sent once.
    each: f64,
    /// Bytes of a row.
    bytes: f64,
    /// The largest difference of an output from that in the clear.
    error: f64,
}

fn run(deployment: &InferenceDeployment, network: &Network, weights: &Weights, x: &Array2<f64>) -> Result<Run> {
    let started = seconds();
    let (holder, keys) = deployment.make_keys(KeySwitching::default())?;
    let circuit = Circuit::new(SealEvaluator::new(deployment.parameters(), &keys)?);
    let for_keys = seconds() - started;
    let rows = x.nrows().min(MOST_BLOCKS.max(x.nrows() / 8 / deployment.batch()) * deployment.batch());
    let x = x.slice(ndarray::s![..rows, ..]);
    let started = seconds();
    let mut session = deployment.in_process(holder, circuit)?;
    let outputs = session.outputs_of_all(x, &mut |_| ())?;
    let each = (seconds() - started) / rows as f64;
    let clear = reference::outputs(network, weights, x)?;
    let error = (&outputs - &clear).iter().fold(0f64, |most, difference| most.max(difference.abs()));
    let traffic = session.traffic();
    let bytes = (traffic.client_to_server + traffic.server_to_client) as f64 / rows as f64;
    Ok(Run { keys: for_keys, each, bytes, error })
}

/// Seconds of this thread on a processor (Linux), or else of the clock.
fn seconds() -> f64 {
    static STARTED: LazyLock<Instant> = LazyLock::new(Instant::now);
    let of_thread = fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanoseconds = of_thread.as_deref().and_then(|text| text.split_whitespace().next()?.parse::<f64>().ok());
    nanoseconds.map_or_else(|| STARTED.elapsed().as_secs_f64(), |nanoseconds| nanoseconds / 1e9)
}
