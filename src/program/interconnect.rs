//! The time that ranks take to tell each other.

use serde::{Deserialize, Serialize};

use super::{MemberPlan, Plan};
use crate::{
    Level,
    backend::{CostModel, Operation},
};

/// The network between the ranks of a job, by bandwidth and latency. A message of `n` bytes takes `L + n / B`; of `R` ranks, by
/// the usual algorithms of MPI (Thakur, Rabenseifner and Gropp, IJHPCA 19(1), 2005),
///
/// ```text
/// broadcast    2 ceil(log2 R) L + 2 (R - 1) / R n / B     scattered, then gathered by all
/// sum          2 ceil(log2 R) L + 2 (R - 1) / R n / B'    each rank sums a part, then all gather
/// gather         ceil(log2 R) L + n / B                   for n bytes of all others together
/// ```
///
/// `B'` is `B` where additions cost nothing beside the network.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Interconnect {
    /// Of each rank, in each direction.
    pub bits_per_second: f64,
    /// The same while words are summed.
    pub summed_bits_per_second: f64,
    /// From one rank to another.
    pub latency_seconds: f64,
}

/// Words that ranks agree by, beside the sums of a request: that all are well, and that they have the same bits.
const AGREEMENTS: f64 = 4.0;

impl Interconnect {
    /// 10 Gbit/s and 30 us: Ethernet in a rack, over TCP.
    pub const ETHERNET: Interconnect =
        Interconnect { bits_per_second: 10e9, summed_bits_per_second: 10e9, latency_seconds: 30e-6 };

    /// The same latency at another bandwidth.
    pub fn of_gigabits(gigabits: f64) -> Interconnect {
        let bits_per_second = gigabits * 1e9;
        Interconnect { bits_per_second, summed_bits_per_second: bits_per_second, ..Interconnect::ETHERNET }
    }

    /// The network on which that many ranks take so many seconds for the sum of one word, and beyond that for the broadcast and
    /// for the sum of `bytes`; `None` unless all of these are times.
    pub fn of_seconds(ranks: usize, bytes: usize, word: f64, broadcast: f64, sum: f64) -> Option<Interconnect> {
        let stages = 2.0 * levels(ranks);
        let bits = 16.0 * other_share(ranks) * bytes as f64;
        let network = Interconnect {
            bits_per_second: bits / broadcast,
            summed_bits_per_second: bits / sum,
            latency_seconds: word / stages,
        };
        network.is_sound().then_some(network)
    }

    /// Whether every figure is one that a clock can show.
    pub fn is_sound(&self) -> bool {
        [self.bits_per_second, self.summed_bits_per_second, self.latency_seconds].into_iter().all(f64::is_normal)
            && self.bits_per_second > 0.0
            && self.summed_bits_per_second > 0.0
            && self.latency_seconds > 0.0
    }

    fn stages(&self, ranks: usize) -> f64 {
        levels(ranks) * self.latency_seconds
    }

    /// Of a broadcast from one rank to all.
    pub fn broadcast_seconds(&self, bytes: usize, ranks: usize) -> f64 {
        2.0 * self.stages(ranks) + 16.0 * other_share(ranks) * bytes as f64 / self.bits_per_second
    }

    /// Of a sum over all.
    pub fn sum_seconds(&self, bytes: usize, ranks: usize) -> f64 {
        2.0 * self.stages(ranks) + 16.0 * other_share(ranks) * bytes as f64 / self.summed_bits_per_second
    }

    /// Of all that ranks tell each other in an exchange.
    ///
    /// ```
    /// use seal_nn::program::Interconnect;
    /// let network = Interconnect::ETHERNET;
    /// assert_eq!(network.broadcast_seconds(1 << 20, 1), 0.0);
    /// // Two ranks: half of it each way, twice.
    /// assert!((network.broadcast_seconds(1 << 20, 2) - (60e-6 + 8.0 * 1048576.0 / 10e9)).abs() < 1e-12);
    /// ```
    pub fn seconds_of(&self, member: &MemberPlan, ranks: usize) -> f64 {
        if ranks < 2 {
            return 0.0;
        }
        let agreements = AGREEMENTS * member.rounds as f64 * 2.0 * self.stages(ranks);
        let each = member.summed_bytes.checked_div(member.sums).unwrap_or(0);
        let sums = member.sums as f64 * self.sum_seconds(each, ranks);
        let gathered =
            member.rounds as f64 * self.stages(ranks) + 8.0 * member.gathered_bytes as f64 / self.bits_per_second;
        agreements + self.broadcast_seconds(member.asked_bytes, ranks) + sums + gathered
    }
}

/// The height of a binary tree of the ranks.
fn levels(ranks: usize) -> f64 {
    (ranks.max(1) as f64).log2().ceil()
}

/// What all other ranks have of what is divided among all.
fn other_share(ranks: usize) -> f64 {
    1.0 - 1.0 / ranks.max(1) as f64
}

/// Seconds of an exchange on several ranks, one thread each. They follow each other.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RankSeconds {
    /// The client encrypts and decrypts, and packs and unpacks for several ranks.
    pub client: f64,
    /// The first rank reads requests, computes its share and packs its part of the answers, and so do the others.
    pub work: f64,
    /// The first rank joins the parts, and packs the answers for the client.
    pub joining: f64,
    /// Ranks tell each other.
    pub network: f64,
}

impl RankSeconds {
    /// By a cost model, for the share of a plan that each of so many ranks has.
    pub fn of(
        plan: &Plan,
        member: &MemberPlan,
        ranks: usize,
        costs: &CostModel,
        interconnect: &Interconnect,
    ) -> RankSeconds {
        let chain = &plan.chain;
        let client = plan.seconds(costs) - costs.of(&plan.operations, chain);
        // Seeds are expanded by those who read them: in one process, the client's time has that in it.
        let expand = |level: &Level| costs.seconds(Operation::Expand, chain, *level);
        let expanded =
            if ranks > 1 { plan.rounds.iter().flat_map(|round| &round.asked).map(expand).sum() } else { 0.0 };
        RankSeconds {
            client: (client - expanded).max(0.0) + costs.of(&member.client, chain),
            work: costs.of(&member.operations, chain) + costs.of(&member.messages, chain),
            joining: costs.of(&member.joining, chain),
            network: interconnect.seconds_of(member, ranks),
        }
    }

    /// What the server takes of the exchange.
    pub fn server(&self) -> f64 {
        self.work + self.joining + self.network
    }

    /// Of the exchange.
    pub fn total(&self) -> f64 {
        self.client + self.server()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_measured_network_takes_what_was_measured() {
        for ranks in [2, 3, 4, 1024] {
            let network = Interconnect::of_seconds(ranks, 1 << 20, 1e-4, 2e-3, 5e-3).unwrap();
            let seconds = [network.sum_seconds(0, ranks), network.broadcast_seconds(1 << 20, ranks)];
            let expected = [1e-4, 1e-4 + 2e-3];
            assert!(seconds.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-12), "{ranks}: {seconds:?}");
            assert!((network.sum_seconds(1 << 20, ranks) - 5.1e-3).abs() < 1e-12);
        }
    }

    #[test]
    fn times_that_no_clock_shows_are_no_network() {
        for [word, broadcast, sum] in [[0.0, 1.0, 1.0], [1.0, 0.0, 1.0], [1.0, 1.0, -1.0], [1.0, f64::NAN, 1.0]] {
            assert_eq!(Interconnect::of_seconds(2, 100, word, broadcast, sum), None);
        }
        assert_eq!(Interconnect::of_seconds(1, 100, 1.0, 1.0, 1.0), None);
    }
}
