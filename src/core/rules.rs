use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crate::id::{AgentId, QueueId, TenantId};
use crate::model::{AgentSpec, Flow, Queue};
use crate::phone::PhoneNumber;
use crate::routing::RoutingStrategy;

/// The configuration that decisions are made by: complete and checked, see the builder.
#[derive(Debug)]
pub struct Rules {
    /// Whose call centre.
    pub tenant: TenantId,
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
    /// Strategies by name.
    pub strategies: BTreeMap<String, Arc<dyn RoutingStrategy>>,
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
}
