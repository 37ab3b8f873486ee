use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crate::id::{AgentId, QueueId, TenantId};
use crate::model::{Agent, AgentSpec, Flow, Queue, Target};
use crate::phone::PhoneNumber;
use crate::routing::order::overtaken_by_at_most;
use crate::routing::{Policy, Roster, Waiting, refusal};
use crate::time::Timestamp;

/// The configuration that decisions are made by: complete and checked, see the builder.
#[derive(Debug)]
pub struct Rules {
    /// Whose call centre.
    pub tenant: TenantId,
    /// Schema number of the bodies that are written. Newer ones are never written over.
    pub schema: u32,
    /// Changes whenever anything here does; kept in decision records.
    pub version: u64,
    /// The provider's account: part of what call ids are derived from.
    pub account: String,
    /// Queues by name.
    pub queues: BTreeMap<QueueId, Queue>,
    /// Agents by name.
    pub agents: BTreeMap<AgentId, AgentSpec>,
    /// What callers meet, by our number in E.164.
    pub numbers: BTreeMap<String, Flow>,
    /// Caller id of outbound legs.
    pub caller_id: Option<PhoneNumber>,
    /// What choosing goes by.
    pub roster: Arc<Roster>,
    /// How long a customer is rung.
    pub customer_ring_timeout: Duration,
    /// Offers an agent may miss in a row before being put on a break.
    pub missed_max: u32,
    /// How long an agent who missed a call is not offered that call again.
    pub missed_rest: Duration,
    /// How long a winner's audio may take.
    pub claim_timeout: Duration,
    /// After how long a silent leg is asked about.
    pub quiet_max: Duration,
    /// How long a command of unknown outcome must stay absent at the provider before it counts as not done.
    pub absent_for: Duration,
    /// The longest a leg we dial may last.
    pub leg_time_limit: Duration,
    /// How often the books are compared with what lives at the provider.
    pub reconcile_every: Duration,
    /// What one request of a comparison takes, so that there are no more than the account has room for.
    pub reconcile_pace: Duration,
    /// Whether a leg from one of our numbers that is in no call is ended.
    pub ends_unowned: bool,
}

impl Rules {
    /// Whether a call that waits so may be offered to the agent now, for all that the two show. What is skipped because nobody is
    /// signed in is not counted as open, and a call that is kept for somebody is that agent's alone.
    #[must_use]
    pub fn could_take(&self, waiting: &Waiting, agent: &Agent, now: Timestamp) -> bool {
        let policy = self.roster.queues.get(&waiting.queue);
        let Some((policy, member)) = policy.zip(self.roster.agents.get(&agent.spec.id)) else { return false };
        let reached = now.since(waiting.entered);
        refusal(policy, waiting, &agent.spec.id, member, &agent.standing(), reached, now).is_none()
            && waiting.kept_from(&agent.spec.id, now).is_none()
    }

    /// How much later than the first caller with the fewest points another may come to the queue and still be served before:
    /// what the points of the configuration allow at most. `None`: there is no bound, or no such queue. What else agents of the
    /// queue serve, and in which order, is not part of it.
    #[must_use]
    pub fn overtaken_by_at_most(&self, queue: &QueueId) -> Option<Duration> {
        overtaken(self.roster.queues.get(queue)?, queue, &self.queues, &self.numbers)
    }
}

/// See [`Rules::overtaken_by_at_most`].
pub(crate) fn overtaken(
    policy: &Policy,
    queue: &QueueId,
    queues: &BTreeMap<QueueId, Queue>,
    numbers: &BTreeMap<String, Flow>,
) -> Option<Duration> {
    let own = queues.get(queue)?.priority;
    let menus = numbers.values().flat_map(|flow| {
        flow.menu.iter().flat_map(|menu| menu.keys.values().chain([&menu.otherwise])).chain([&flow.then])
    });
    let ways = queues.values().flat_map(|queue| {
        let keys = queue.announcements.iter().flat_map(|policy| policy.keys.values().map(|way| &way.to));
        keys.chain([&queue.overflow]).chain(queue.overflows.iter().map(|rule| &rule.to))
    });
    let targets = menus.chain(ways).flat_map(Target::and_otherwise);
    let added = targets.filter_map(|target| match target {
        Target::Queue { queue: to, priority, .. } | Target::Callback { queue: to, priority, .. } if to == queue => {
            Some(*priority)
        }
        _ => None,
    });
    let (least, most) = added.fold((0, 0), |(least, most): (i32, i32), one| (least.min(one), most.max(one)));
    let ring = |more: bool| {
        policy.rings.iter().map(|ring| ring.points).filter(|points| (*points > 0) == more).fold(0, i32::saturating_add)
    };
    let (low, high) = (own.saturating_add(least), own.saturating_add(most));
    overtaken_by_at_most(policy.order, low.saturating_add(ring(false)), high.saturating_add(ring(true)))
}
