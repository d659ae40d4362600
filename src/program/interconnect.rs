//! The time that ranks take to tell each other.

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
/// sum          2 ceil(log2 R) L + 2 (R - 1) / R n / B     each rank sums a part, then all gather
/// gather         ceil(log2 R) L + n / B                   for n bytes of all others together
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interconnect {
    /// Of each rank, in each direction.
    pub bits_per_second: f64,
    /// From one rank to another.
    pub latency_seconds: f64,
}

/// Words that ranks agree by, beside the sums of a request: that all are well, and that they have the same bits.
const AGREEMENTS: f64 = 4.0;

impl Interconnect {
    /// 10 Gbit/s and 30 us: Ethernet in a rack, over TCP.
    pub const ETHERNET: Interconnect = Interconnect { bits_per_second: 10e9, latency_seconds: 30e-6 };

    /// The same latency at another bandwidth.
    pub fn of_gigabits(gigabits: f64) -> Interconnect {
        Interconnect { bits_per_second: gigabits * 1e9, ..Interconnect::ETHERNET }
    }

    fn stages(&self, ranks: usize) -> f64 {
        (ranks.max(1) as f64).log2().ceil() * self.latency_seconds
    }

    fn bytes(&self, bytes: usize) -> f64 {
        bytes as f64 * 8.0 / self.bits_per_second
    }

    /// Of a broadcast from one rank to all, or of a sum over all.
    pub fn collective_seconds(&self, bytes: usize, ranks: usize) -> f64 {
        2.0 * self.stages(ranks) + 2.0 * (1.0 - 1.0 / ranks.max(1) as f64) * self.bytes(bytes)
    }

    /// Of all that ranks tell each other in an exchange.
    ///
    /// ```
    /// use seal_nn::program::Interconnect;
    /// let network = Interconnect::ETHERNET;
    /// assert_eq!(network.collective_seconds(1 << 20, 1), 0.0);
    /// // Two ranks: half of it each way, twice.
    /// assert!((network.collective_seconds(1 << 20, 2) - (60e-6 + 8.0 * 1048576.0 / 10e9)).abs() < 1e-12);
    /// ```
    pub fn seconds_of(&self, member: &MemberPlan, ranks: usize) -> f64 {
        if ranks < 2 {
            return 0.0;
        }
        let agreements = AGREEMENTS * member.rounds as f64 * 2.0 * self.stages(ranks);
        let each = member.summed_bytes.checked_div(member.sums).unwrap_or(0);
        let sums = member.sums as f64 * self.collective_seconds(each, ranks);
        let gathered = member.rounds as f64 * self.stages(ranks) + self.bytes(member.gathered_bytes);
        agreements + self.collective_seconds(member.asked_bytes, ranks) + sums + gathered
    }
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
