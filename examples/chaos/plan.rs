//! What is broken when: a seed decides it wholly.

use std::fmt;
use std::time::Duration;

use crate::chance::Chance;
use crate::options::Options;

/// How many nodes there are. The last one reaches the database through pgbouncer.
pub(crate) const NODES: usize = 3;
/// A quiet beginning, so that there are calls to break.
pub(crate) const WARM_UP: Duration = Duration::from_secs(8);
/// Between two kills of nodes, on average.
const KILL_EVERY_MS: usize = 8000;

/// One thing that is broken. Nodes and links are counted from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fault {
    /// kill -9, and a start after `down`.
    KillNode { node: usize, down: Duration },
    /// SIGSTOP for longer than a lease, SIGCONT.
    PauseNode { node: usize, how_long: Duration },
    /// SIGTERM to one node after another.
    RollingRestart,
    /// No node at all.
    FleetDown { how_long: Duration },
    /// kill -9 of the server's first process, and a start after `down`.
    KillPostgres { down: Duration },
    /// kill -9 of a process that serves one connection.
    KillBackend { which: u64 },
    /// kill -9 of pgbouncer, and a start.
    RestartBouncer,
    /// A connection breaks at a write, before or after it arrived.
    CutAtWrite { node: usize, has_arrived: bool },
    /// All of a node's connections to the database break.
    CutDatabase { node: usize },
    /// All of a node's connections to the provider break.
    CutProvider { node: usize },
    /// A node's way to the database is slow.
    SlowDatabase { node: usize, by: Duration, how_long: Duration },
    /// A node's way to the provider is slow.
    SlowProvider { node: usize, by: Duration, how_long: Duration },
    /// Nothing arrives between a node and the database, and nobody is told.
    SilentDatabase { node: usize, how_long: Duration },
    /// Nothing arrives between a node and the provider, and nobody is told.
    SilentProvider { node: usize, how_long: Duration },
    /// The file system of the write-ahead log is full.
    FullDisk { how_long: Duration },
}

impl Fault {
    /// Its kind, as counted in the summary.
    pub(crate) fn kind(self) -> &'static str {
        match self {
            Self::KillNode { .. } => "node_kills",
            Self::PauseNode { .. } => "node_pauses",
            Self::RollingRestart => "rolling_restarts",
            Self::FleetDown { .. } => "fleet_downs",
            Self::KillPostgres { .. } => "postgres_kills",
            Self::KillBackend { .. } => "backend_kills",
            Self::RestartBouncer => "pgbouncer_restarts",
            Self::CutAtWrite { has_arrived: false, .. } => "cuts_before_commit",
            Self::CutAtWrite { has_arrived: true, .. } => "cuts_after_commit",
            Self::CutDatabase { .. } => "database_cuts",
            Self::CutProvider { .. } => "provider_cuts",
            Self::SlowDatabase { .. } => "slow_databases",
            Self::SlowProvider { .. } => "slow_providers",
            Self::SilentDatabase { .. } => "silent_databases",
            Self::SilentProvider { .. } => "silent_providers",
            Self::FullDisk { .. } => "full_disks",
        }
    }
}

/// A fault and when it comes, after the start of the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Planned {
    pub(crate) at: Duration,
    pub(crate) fault: Fault,
}

impl fmt::Display for Planned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:8.2} s  {:?}", self.at.as_secs_f64(), self.fault)
    }
}

/// How long faults go on.
pub(crate) fn length(options: &Options) -> Duration {
    if options.memory {
        return Duration::from_secs(options.seconds);
    }
    let ms = [options.node_kills * KILL_EVERY_MS, options.postgres_kills * 20_000, options.restarts * 30_000];
    let least = Duration::from_secs(options.seconds);
    WARM_UP + Duration::from_millis(ms.into_iter().max().unwrap_or(0) as u64).max(least.saturating_sub(WARM_UP))
}

/// Draws a fault of one kind.
type Draw = fn(&mut Chance) -> Fault;

/// The plan, in order of time.
pub(crate) fn plan(options: &Options) -> Vec<Planned> {
    if options.memory {
        return Vec::new();
    }
    let mut chance = Chance::new(options.seed ^ 0x0063_6861_6F73_0000);
    let length = length(options) - WARM_UP;
    let mut plan = Vec::new();
    let kills = options.node_kills;
    let counts: [(usize, Draw); 16] = [
        (kills, |c| Fault::KillNode { node: c.below(NODES), down: c.ms(500, 2000) }),
        (options.postgres_kills, |c| Fault::KillPostgres { down: c.ms(0, 1500) }),
        (options.restarts, |_| Fault::RollingRestart),
        (kills.div_ceil(8), |c| Fault::PauseNode { node: c.below(NODES), how_long: c.ms(5000, 12_000) }),
        (kills / 33, |c| Fault::FleetDown { how_long: c.ms(3000, 15_000) }),
        (kills / 10, |c| Fault::KillBackend { which: c.next() }),
        (kills / 10, |_| Fault::RestartBouncer),
        (kills.div_ceil(2), |c| Fault::CutAtWrite { node: c.below(NODES), has_arrived: true }),
        (kills.div_ceil(2), |c| Fault::CutAtWrite { node: c.below(NODES), has_arrived: false }),
        (kills / 10, |c| Fault::CutDatabase { node: c.below(NODES) }),
        (kills / 10, |c| Fault::CutProvider { node: c.below(NODES) }),
        (kills / 12, |c| Fault::SlowDatabase { node: c.below(NODES), by: c.ms(5, 150), how_long: c.ms(2000, 6000) }),
        (kills / 12, |c| Fault::SlowProvider { node: c.below(NODES), by: c.ms(50, 1000), how_long: c.ms(2000, 6000) }),
        (kills / 12, |c| Fault::SilentDatabase { node: c.below(NODES), how_long: c.ms(1000, 8000) }),
        (kills / 12, |c| Fault::SilentProvider { node: c.below(NODES), how_long: c.ms(1000, 8000) }),
        (kills / 33, |c| Fault::FullDisk { how_long: c.ms(2000, 5000) }),
    ];
    for (count, fault) in counts {
        // Spread evenly, each somewhere in its share of the time.
        let share = length.div_f64(count.max(1) as f64);
        for n in 0..u32::try_from(count).unwrap_or(0) {
            let at = WARM_UP + share * n + share.mul_f64(chance.unit() * 0.9);
            plan.push(Planned { at, fault: fault(&mut chance) });
        }
    }
    plan.sort();
    plan
}
