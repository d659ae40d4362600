//! Sums over ranks.

use std::sync::Arc;

use rand::{Rng, SeedableRng, rngs::ChaCha8Rng};
use seal_nn::{
    ArgumentError, Error, Level, RequestError, SealError,
    cluster::{RankTeam, Ranks},
    program::{Team, agreed, dealt},
    seal::{Ciphertext, Context},
};

use crate::{job::on_ranks, kit::insecure};

const DEGREE: usize = 1024;
const SCALE: f64 = 1e9;

/// Primes as chains have them, and of the most bits that there are.
fn context() -> Context {
    Context::new(&insecure(DEGREE, &[50, 42, 43, 60, 60]).unwrap()).unwrap()
}

/// Random residues.
fn shard(context: &Context, number: usize) -> Vec<u64> {
    let mut rng = ChaCha8Rng::seed_from_u64(number as u64);
    let primes = context.parameters().data_primes();
    (0..2 * DEGREE * primes.len()).map(|at| rng.next_u64() % primes[at / DEGREE % primes.len()]).collect()
}

fn ciphertext(context: &Context, residues: &[u64]) -> Ciphertext {
    let copy = |to: &mut [u64]| {
        to.copy_from_slice(residues);
        Ok::<_, SealError>(())
    };
    Ciphertext::from_residues(context, context.top_level(), SCALE, copy).unwrap()
}

/// The sum of shards, word by word, which a `u64` has room for.
fn sum(context: &Context, shards: impl Iterator<Item = usize>) -> Option<Vec<u64>> {
    let primes = context.parameters().data_primes();
    let add = |mut sum: Vec<u64>, shard: Vec<u64>| {
        let terms = sum.iter_mut().zip(shard).enumerate();
        terms.for_each(|(at, (sum, x))| *sum = (*sum + x) % primes[at / DEGREE % primes.len()]);
        sum
    };
    shards.map(|number| shard(context, number)).reduce(add)
}

#[test]
fn are_exact_on_any_number_of_ranks() {
    for ranks in [1, 2, 3, 4] {
        on_ranks(ranks, "sums::rank_sums");
    }
}

/// Twelve shards, and two, of which some ranks have none.
#[test]
#[ignore = "a rank of are_exact_on_any_number_of_ranks"]
fn rank_sums() {
    let (ranks, context) = (Arc::new(Ranks::join().unwrap().unwrap()), context());
    let team = RankTeam::new(&ranks, &context);
    for shards in [12, 2] {
        let own = sum(&context, dealt(shards, ranks.rank(), ranks.size()));
        let own: Vec<_> = own.iter().map(|residues| ciphertext(&context, residues)).collect();
        let total = team.sum(own).unwrap();
        team.check_same(&total.iter().collect::<Vec<_>>()).unwrap();
        let [total] = &total[..] else { panic!("{} sums", total.len()) };
        assert_eq!((total.level(), total.scale()), (Level(3), SCALE));
        assert!(*total.residues() == sum(&context, 0..shards).unwrap(), "another sum than one rank's");
    }
    assert!(team.sum(Vec::new()).unwrap().is_empty(), "nobody has anything");
    ranks.leave().unwrap();
}

#[test]
fn a_failure_ends_the_step_on_all_ranks_which_then_go_on() {
    on_ranks(4, "sums::rank_failures");
}

#[test]
#[ignore = "a rank of a_failure_ends_the_step_on_all_ranks_which_then_go_on"]
fn rank_failures() {
    let (ranks, context) = (Arc::new(Ranks::join().unwrap().unwrap()), context());
    let team = RankTeam::new(&ranks, &context);
    let own = || vec![ciphertext(&context, &shard(&context, ranks.rank()))];
    // Two fail before a sum, and all hear of the lower one.
    let step = match ranks.rank() {
        1 | 3 => Err(Error::from(ArgumentError::Empty { what: "samples" })),
        _ => team.sum(own()),
    };
    let outcome = agreed(step, |failed| team.agree(failed)).map(drop).unwrap_err();
    match (ranks.rank(), outcome) {
        (1 | 3, Error::Argument(ArgumentError::Empty { .. })) => {}
        (0 | 2, Error::Request(RequestError::MemberFailed { member: 1, reason })) => {
            assert!(reason.contains("samples"))
        }
        (rank, error) => panic!("rank {rank}: {error}"),
    }
    // Terms of a sum that are no terms of one.
    let apart = if ranks.rank() == 2 { [own(), own()].concat() } else { own() };
    let outcome = agreed(team.sum(apart), |failed| team.agree(failed)).map(drop).unwrap_err();
    assert!(matches!(outcome, Error::Request(RequestError::MemberFailed { member: 2, .. })), "{outcome}");
    let differ = agreed(team.check_same(&[&own()[0]]), |failed| team.agree(failed)).unwrap_err();
    assert!(matches!(differ, Error::Request(RequestError::MembersDiffer)), "{differ}");
    // Everyone is at the same place.
    let gathered = team.gather(own()).unwrap();
    let expected = if ranks.rank() == 0 { 4 } else { 0 };
    assert_eq!(gathered.len(), expected);
    for (rank, values) in gathered.iter().enumerate() {
        assert!(values.len() == 1 && *values[0].residues() == shard(&context, rank), "rank {rank}");
    }
    // Everyone has all of them, exactly, of a rank that has none too.
    let exchanged = team.exchange(if ranks.rank() == 2 { Vec::new() } else { own() }).unwrap();
    assert_eq!(exchanged.iter().map(Vec::len).collect::<Vec<_>>(), [1, 1, 0, 1]);
    for (rank, values) in exchanged.iter().enumerate() {
        assert!(values.iter().all(|x| *x.residues() == shard(&context, rank)), "rank {rank}");
    }
    ranks.leave().unwrap();
}
