//! What members of a team read and tell each other.

use seal_nn::{
    backend::{CostModel, Operation, Tallies},
    nn::split::SplitSetup,
    program::MemberPlan,
    protocol::Deployment,
};

/// A split step: weights and errors there, logits and gradients back.
#[test]
fn a_member_reads_all_weights_and_its_own_errors() {
    let setup = SplitSetup::new(&[4, 8, 3], 96).with_shares(2);
    let step = Deployment::of_split_training(&setup, &Default::default(), &CostModel::default(), 0.0).unwrap();
    let (tiles, blocks) = (step.program.layout().tiles(), step.program.blocks());
    let (weights, errors) = (tiles.rows * tiles.units, blocks * tiles.outputs());
    let of = |members| MemberPlan::of(&*step.program, &step.plan, members).unwrap().unwrap();

    let MemberPlan { messages, joining, client, .. } = of(2);
    let own = errors / 2;
    for operation in [Operation::UnpackFresh, Operation::Expand] {
        assert_eq!(messages.count(operation), weights + own);
    }
    assert_eq!((messages.count(Operation::Pack), messages.count(Operation::Reduce)), (own, weights));
    assert_eq!((joining.count(Operation::Unpack), joining.count(Operation::Pack)), (own, errors + weights));
    for operation in [Operation::PackFresh, Operation::Unpack] {
        assert_eq!(client.count(operation), weights + errors);
    }
    // One process sends nothing.
    let MemberPlan { messages, joining, client, .. } = of(1);
    assert_eq!([messages, joining, client], <[Tallies; 3]>::default());
}
