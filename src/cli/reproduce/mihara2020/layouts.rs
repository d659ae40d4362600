//! Which layouts are compared.

use seal_nn::nn::layout::LayoutKind;

/// The published ways to train, by the names of their layouts; those that this build lacks are left out.
pub const AGAINST: [&str; 7] = ["naive", "halevi-shoup", "e2dm", "row-column", "hetal", "diagonal", "diagonal-bsgs"];

/// Whether a layout is one of the published ones.
pub fn is_published(kind: LayoutKind) -> bool {
    AGAINST.contains(&kind.name())
}

/// Our layouts and the published ones that there are, in this order.
pub fn all() -> Vec<LayoutKind> {
    let ours = LayoutKind::ALL.into_iter().filter(|&kind| !is_published(kind));
    ours.chain(AGAINST.iter().filter_map(|name| name.parse().ok())).collect()
}
