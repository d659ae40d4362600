//! The client of a training layer by layer.

use std::sync::Arc;

use ndarray::{Array2, ArrayView2, Axis};

use super::{
    Answer, Client, Peer, Request, Session,
    batch_learner::{BatchLearner, BatchLoss, SplitTask, blocks_of, boost_of, by_block, exponent_for},
    kept_groups::KeptGroups,
    split_training::{LossAtClient, LossProgram},
};
use crate::{
    Result,
    backend::KeyHolder,
    nn::{
        head::{Dense, HeadActivation},
        layerwise::{LayerCall, LayerLayout, LayerRequest, LayerwiseTraining},
        shapes::check_count,
        split::Samples,
    },
};

/// The client's half of a training layer by layer: it applies biases and activations itself, so any activation will do.
pub struct LayerwiseClient {
    program: Arc<LayerwiseTraining>,
    activation: HeadActivation,
    batch: BatchLearner,
    kept: KeptGroups,
    /// The powers of two by which the weights of every layer are divided.
    exponents: Vec<i32>,
    /// The same for the next step: the errors of this one meet the weights as they were sent.
    next_exponents: Vec<i32>,
    /// The results of the layers so far, before the activation.
    results: Vec<Array2<f64>>,
    backward: Option<Backward>,
}

/// What is on its way down.
struct Backward {
    loss: BatchLoss,
    /// The error of the next layer to be asked for.
    errors: Array2<f64>,
    /// Gradients, last layer first.
    gradients: Vec<Dense>,
}

impl LayerwiseClient {
    fn layer(&self, layer: usize) -> &LayerLayout {
        &self.program.layers()[layer]
    }

    /// The request for the products of a layer with blocks of samples, which are sent if there are any.
    fn ask_forward(
        &self,
        call: LayerCall,
        layer: usize,
        blocks: &[ArrayView2<f64>],
    ) -> Result<Request<LayerwiseTraining>> {
        let layout = self.layer(layer);
        let weights = &self.batch.learner().layers()[layer].weights * 2f64.powi(-self.exponents[layer]);
        let samples = blocks.iter().map(|block| layout.pack_samples(*block)).collect::<Result<Vec<_>>>()?.concat();
        Ok((call, LayerRequest { weights: layout.pack_weights(weights.view())?, samples, errors: Vec::new() }))
    }

    /// The results of a layer before the activation, from the answer to such a request.
    fn read_products(&self, layer: usize, products: &[Vec<f64>], sizes: &[usize]) -> Result<Array2<f64>> {
        let layout = self.layer(layer);
        let read = |slots: &[Vec<f64>], size: usize| layout.unpack_products(slots, size);
        let sums = by_block(
            "packed products",
            products,
            layout.tiles()[1],
            sizes,
            self.program.setup().widths[layer + 1],
            read,
        )?;
        Ok(sums * 2f64.powi(self.exponents[layer]) + &self.batch.learner().layers()[layer].bias)
    }
}

impl LossAtClient<LayerwiseTraining> for LayerwiseClient {
    type Task = SplitTask<HeadActivation>;

    /// # Errors
    /// The errors of [`BatchLearner::new`].
    fn new(program: Arc<LayerwiseTraining>, task: SplitTask<HeadActivation>) -> Result<LayerwiseClient> {
        let activation = task.activation.clone();
        let batch = BatchLearner::new(program.setup(), program.block(), task)?;
        let exponents = vec![0; program.layers().len()];
        let next_exponents = exponents.clone();
        Ok(LayerwiseClient {
            activation,
            batch,
            kept: KeptGroups::default(),
            exponents,
            next_exponents,
            results: Vec::new(),
            backward: None,
            program,
        })
    }

    fn batch(&self) -> &BatchLearner {
        &self.batch
    }

    fn batch_mut(&mut self) -> &mut BatchLearner {
        &mut self.batch
    }

    fn kept_mut(&mut self) -> &mut KeptGroups {
        &mut self.kept
    }

    fn begin_step(&mut self) {
        self.results.clear();
        self.backward = None;
        self.exponents.clone_from(&self.next_exponents);
    }

    fn make_room(&mut self) {
        self.next_exponents.iter_mut().for_each(|exponent| *exponent += 2);
    }

    fn exponents(&self) -> Vec<i32> {
        self.next_exponents.clone()
    }

    fn set_exponents(&mut self, exponents: &[i32]) -> Result<()> {
        check_count("powers of two of weights", self.next_exponents.len(), exponents.len())?;
        self.next_exponents = exponents.to_vec();
        Ok(())
    }

    fn pack_samples(&self, x: ArrayView2<f64>) -> Result<Vec<Vec<f64>>> {
        self.layer(0).pack_samples(x)
    }

    fn infer<K, S>(&self, session: &mut Session<K, S, LayerwiseTraining>, x: ArrayView2<f64>) -> Result<Array2<f64>>
    where
        S: Peer<LayerwiseTraining>,
        K: KeyHolder<Fresh = S::Fresh, Ciphertext = S::Ciphertext>,
    {
        let mut values = x.to_owned();
        for layer in 0..self.program.layers().len() {
            if layer > 0 {
                values.mapv_inplace(|z| self.activation.value(z));
            }
            let blocks: Vec<_> = values.axis_chunks_iter(Axis(0), self.program.tiles().samples).collect();
            let sizes: Vec<usize> = blocks.iter().map(|block| block.nrows()).collect();
            let call = LayerCall::Forward { layer, blocks: blocks.len() };
            let (call, asked) = self.ask_forward(call, layer, &blocks)?;
            values = self.read_products(layer, &session.call(&call, &asked)?.products, &sizes)?;
        }
        Ok(values)
    }
}

impl Client<LayerwiseTraining> for LayerwiseClient {
    fn rounds(&self) -> usize {
        2 * self.program.layers().len()
    }

    fn ask(&self) -> Result<Request<LayerwiseTraining>> {
        let (layer, sizes) = (self.results.len(), self.batch.sizes());
        if let Some(Backward { errors, .. }) = &self.backward {
            let (layer, errors) = (layer - 1, errors * boost_of(errors));
            let packed = blocks_of(&errors, &sizes).into_iter().map(|e| self.layer(layer).pack_errors(e));
            let errors = packed.collect::<Result<Vec<_>>>()?.concat();
            let asked = LayerRequest { weights: Vec::new(), samples: Vec::new(), errors };
            return Ok((LayerCall::Backward { layer, blocks: sizes.len() }, asked));
        }
        let forward = LayerCall::Forward { layer, blocks: sizes.len() };
        match self.results.last() {
            Some(z) => {
                let values = z.mapv(|z| self.activation.value(z));
                self.ask_forward(forward, layer, &blocks_of(&values, &sizes))
            }
            None if self.program.setup().samples == Samples::Kept => {
                self.ask_forward(LayerCall::First(self.kept.places(self.batch.groups())), 0, &[])
            }
            None => {
                let blocks = self.batch.blocks();
                self.ask_forward(forward, 0, &blocks.iter().map(|block| block.view()).collect::<Vec<_>>())
            }
        }
    }

    /// # Errors
    /// `Diverged` if a weight would exceed its bound; `WrongCount` for an answer of another layout. The step then begins
    /// anew.
    fn absorb(&mut self, answer: Answer<LayerwiseTraining>) -> Result<()> {
        let absorbed = self.read(answer);
        if absorbed.is_err() {
            self.begin_step();
        }
        absorbed
    }
}

impl LayerwiseClient {
    /// Goes on by one answer; after an error the step is in no state to be continued.
    fn read(&mut self, answer: Answer<LayerwiseTraining>) -> Result<()> {
        let (sizes, layers) = (self.batch.sizes(), self.program.layers().len());
        let Some(Backward { loss, errors, mut gradients }) = self.backward.take() else {
            let layer = self.results.len();
            let z = self.read_products(layer, &answer.products, &sizes)?;
            let room = self.program.setup().mean_product;
            self.results.push(z);
            if layer + 1 == layers {
                let loss = self.batch.evaluate(&self.results[layer])?;
                let errors = loss.evaluation.errors.clone();
                self.backward = Some(Backward { loss, errors, gradients: Vec::new() });
            }
            self.next_exponents[layer] = exponent_for(&answer.products, self.exponents[layer], room);
            return Ok(());
        };
        let layer = self.results.len() - 1;
        let program = self.program.clone();
        let (layout, boost) = (&program.layers()[layer], boost_of(&errors));
        let weights = layout.unpack_gradient(&answer.products)? / boost;
        gradients.push(Dense { weights, bias: errors.sum_axis(Axis(0)) });
        self.results.pop();
        let Some(z) = self.results.last() else {
            gradients.reverse();
            return self.batch.finish(&loss, &gradients).map(drop);
        };
        let read = |slots: &[Vec<f64>], size: usize| layout.unpack_below(slots, size);
        let below =
            by_block("packed products", &answer.below, layout.tiles()[0], &sizes, program.setup().widths[layer], read)?;
        let factor = 2f64.powi(self.exponents[layer]) / boost;
        let errors = below * z.mapv(|z| factor * self.activation.slope(z));
        self.backward = Some(Backward { loss, errors, gradients });
        Ok(())
    }
}
