//! Trainings with the loss at the client, and the forward half of a split step.

use serde::{Deserialize, Serialize};

use crate::{
    Result,
    nn::{
        layerwise::{LayerCall, LayerwiseTiles, LayerwiseTraining},
        split::{
            SplitCall, SplitInference, SplitLayout, SplitSetup, SplitTraining, TileShape, is_one_share, one_share,
        },
    },
    program::Program,
    protocol::wire::{Described, Size},
};

/// Of a training with the loss at the client, which says nothing of activation, loss and optimiser.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SplitDescription<T> {
    setup: SplitSetup,
    tiles: T,
}

impl Described for SplitTraining {
    type Description = SplitDescription<TileShape>;
    const NAME: &'static str = "split training";

    fn describe(&self) -> SplitDescription<TileShape> {
        SplitDescription { setup: self.setup().clone(), tiles: *self.layout().shape() }
    }

    fn size(SplitDescription { setup, .. }: &SplitDescription<TileShape>) -> Size {
        Size { widths: setup.widths.clone(), samples: setup.batch, passes: 1 }
    }

    fn largest_calls(&self) -> Vec<SplitCall> {
        self.rehearsal().calls.into_iter().chain([SplitCall::Infer(self.blocks())]).collect()
    }

    fn from_description(SplitDescription { setup, tiles }: &SplitDescription<TileShape>, slots: usize) -> Result<Self> {
        setup.check()?;
        SplitTraining::new(setup, SplitLayout::new(&setup.widths, *tiles, slots)?)
    }
}

impl Described for LayerwiseTraining {
    type Description = SplitDescription<LayerwiseTiles>;
    const NAME: &'static str = "training layer by layer";

    fn describe(&self) -> SplitDescription<LayerwiseTiles> {
        SplitDescription { setup: self.setup().clone(), tiles: self.tiles().clone() }
    }

    fn size(SplitDescription { setup, .. }: &SplitDescription<LayerwiseTiles>) -> Size {
        Size { widths: setup.widths.clone(), samples: setup.batch, passes: 1 }
    }

    fn largest_calls(&self) -> Vec<LayerCall> {
        let first = LayerCall::Forward { layer: 0, blocks: self.blocks() };
        self.rehearsal().calls.into_iter().chain([first]).collect()
    }

    fn from_description(
        SplitDescription { setup, tiles }: &SplitDescription<LayerwiseTiles>,
        slots: usize,
    ) -> Result<Self> {
        LayerwiseTraining::new(setup, tiles.clone(), slots)
    }
}

/// Of an inference in tiles, with weights that the client encrypts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SplitInferenceDescription {
    widths: Vec<usize>,
    tiles: TileShape,
    /// Blocks at a time.
    #[serde(default = "one_share", skip_serializing_if = "is_one_share")]
    shares: usize,
}

impl Described for SplitInference {
    type Description = SplitInferenceDescription;
    const NAME: &'static str = "split inference";

    fn describe(&self) -> SplitInferenceDescription {
        let (widths, tiles) = (self.widths().to_vec(), *self.layout().shape());
        SplitInferenceDescription { widths, tiles, shares: self.shares() }
    }

    fn size(SplitInferenceDescription { widths, tiles, shares }: &SplitInferenceDescription) -> Size {
        Size { widths: widths.clone(), samples: tiles.samples, passes: *shares }
    }

    fn from_description(description: &SplitInferenceDescription, slots: usize) -> Result<Self> {
        let SplitInferenceDescription { widths, tiles, shares } = description;
        SplitSetup::new(widths, tiles.samples).check()?;
        SplitInference::new(widths, SplitLayout::new(widths, *tiles, slots)?)?.with_shares(*shares)
    }
}
