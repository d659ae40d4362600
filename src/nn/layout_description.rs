//! A layout in words.

use serde::{Deserialize, Serialize};

use super::{Axes, Layout, LayoutKind, Network, TrainingLayout, axes::GradientMode};
use crate::{Error, Result, packing::AxisShape};

/// What decides a layout beside network, slots and batch: its kind, and for tiles on axes their exact shape, which was
/// chosen by the costs of one machine.
///
/// ```
/// use seal_nn::nn::{Network, layout::{LayoutDescription, LayoutKind}};
/// let network: Network = "13-8-3".parse()?;
/// let layout = LayoutKind::Axis.layout(&network, 8192, 128)?;
/// let description = LayoutDescription::of(&layout);
/// assert_eq!(description.layout(&network, 8192, 128)?.to_string(), layout.to_string());
/// # Ok::<(), seal_nn::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LayoutDescription {
    kind: LayoutKind,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    tiles: Option<Tiles>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Tiles {
    shape: AxisShape,
    gradient: GradientMode,
}

impl LayoutDescription {
    /// Of a layout.
    pub fn of(layout: &Layout) -> LayoutDescription {
        let tiles = match layout {
            Layout::Axes(axes) => Some(Tiles { shape: *axes.shape(), gradient: axes.gradient_mode() }),
            _ => None,
        };
        LayoutDescription { kind: layout.kind(), tiles }
    }

    /// The layout for a network and batches of up to `batch` samples.
    ///
    /// # Errors
    /// `LayoutDoesNotFit` or `TooFewSlots` if there are too few slots; `LayoutUnsuited` if the layout does not support
    /// the shape of the network.
    pub fn layout(&self, network: &Network, slots: usize, batch: usize) -> Result<Layout> {
        match &self.tiles {
            None => self.kind.layout(network, slots, batch),
            Some(Tiles { shape, gradient }) => {
                Ok(Layout::Axes(Axes::of_shape(self.kind, network, slots, *shape, *gradient)?))
            }
        }
    }
}

impl TryFrom<String> for LayoutKind {
    type Error = Error;

    fn try_from(name: String) -> Result<LayoutKind> {
        name.parse()
    }
}

impl From<LayoutKind> for String {
    fn from(kind: LayoutKind) -> String {
        kind.name().into()
    }
}
