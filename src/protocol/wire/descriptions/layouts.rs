//! Trainings and inferences in any layout.

use serde::{Deserialize, Serialize};

use crate::{
    Result,
    nn::{
        Network,
        inference::Inference,
        layout::{Layout, LayoutDescription},
        split::{is_one_share, one_share},
        training::{Training, TrainingSetup},
    },
    program::Program,
    protocol::wire::{Described, Size},
};

/// Of a training in any layout.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainingDescription {
    setup: TrainingSetup,
    layout: LayoutDescription,
}

impl Described for Training<Layout> {
    type Description = TrainingDescription;
    const NAME: &'static str = "training";

    fn describe(&self) -> TrainingDescription {
        TrainingDescription { setup: self.setup().clone(), layout: LayoutDescription::of(self.layout()) }
    }

    fn size(TrainingDescription { setup, .. }: &TrainingDescription) -> Size {
        let passes = setup.batches_per_step.saturating_mul(setup.refresh_every);
        Size { widths: setup.spec.network.dimensions(), samples: setup.batch, passes }
    }

    fn from_description(TrainingDescription { setup, layout }: &TrainingDescription, slots: usize) -> Result<Self> {
        setup.on(layout.layout(&setup.spec.network, slots, setup.batch)?)
    }
}

/// Of an inference in any layout.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InferenceDescription {
    network: Network,
    layout: LayoutDescription,
    /// Samples of a block.
    batch: usize,
    /// Blocks at a time.
    #[serde(default = "one_share", skip_serializing_if = "is_one_share")]
    shares: usize,
}

impl Described for Inference<Layout> {
    type Description = InferenceDescription;
    const NAME: &'static str = "inference";

    fn describe(&self) -> InferenceDescription {
        let layout = LayoutDescription::of(self.layout());
        InferenceDescription { network: self.network().clone(), layout, batch: self.block(), shares: self.shares() }
    }

    fn size(InferenceDescription { network, batch, shares, .. }: &InferenceDescription) -> Size {
        Size { widths: network.dimensions(), samples: *batch, passes: *shares }
    }

    fn from_description(description: &InferenceDescription, slots: usize) -> Result<Self> {
        let InferenceDescription { network, layout, batch, shares } = description;
        Inference::new(layout.layout(network, slots, *batch)?, network, *batch)?.with_shares(*shares)
    }
}
