//! Describing a call centre: queues, agents, and what callers to a number meet.
//!
//! Nothing is checked here. `build` reports every mistake at once, by name.

mod overflow;
pub mod preset;
mod waiting;

use std::collections::BTreeMap;
use std::time::Duration;

pub use overflow::Overflow;
pub use waiting::{Announcements, Callback, callback, refuse};

use crate::routing::{Levels, Membership, Order, OrderBy, Policy, Ring, Strategy};
use crate::script::Prompt;

/// A queue in the making.
#[derive(Clone, Debug)]
#[must_use]
pub struct Queue {
    pub(crate) name: String,
    pub(crate) priority: i32,
    pub(crate) needs: Vec<(String, Levels)>,
    pub(crate) policy: Policy,
    pub(crate) lowest_tier_waits: bool,
    pub(crate) overtaken_max: Option<Duration>,
    pub(crate) ring_more_after: Option<Duration>,
    pub(crate) last_agent: Option<(Duration, Duration)>,
    pub(crate) waiting_max: u32,
    pub(crate) wait_max: Duration,
    pub(crate) ring_timeout: Duration,
    pub(crate) ring_at_once: u32,
    pub(crate) wrap_up: Duration,
    pub(crate) overflow: Goto,
    pub(crate) overflows: Vec<Overflow>,
    pub(crate) offers_max: u32,
    pub(crate) music_url: Option<String>,
    pub(crate) strategy: String,
    pub(crate) expected_wait_max: Option<Duration>,
    pub(crate) resume_window: Duration,
    pub(crate) callback: Option<Callback>,
    pub(crate) announcements: Option<Announcements>,
}

impl Queue {
    /// A queue that holds 100 callers for at most 300 s, rings one agent at a time for 20 s, gives 10 s to finish up, and
    /// chooses the agent who has been idle longest.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            priority: 0,
            needs: Vec::new(),
            policy: Policy {
                answer_within: Duration::from_secs(20),
                target_per_mille: 800,
                weight: 1,
                inner_first: true,
                ..Policy::default()
            },
            lowest_tier_waits: false,
            overtaken_max: None,
            ring_more_after: None,
            last_agent: None,
            waiting_max: 100,
            wait_max: Duration::from_secs(300),
            ring_timeout: Duration::from_secs(20),
            ring_at_once: 1,
            wrap_up: Duration::from_secs(10),
            overflow: hang_up("All our lines are busy. Please call again later."),
            overflows: Vec::new(),
            offers_max: 50,
            music_url: None,
            strategy: "longest_idle".to_owned(),
            expected_wait_max: None,
            resume_window: Duration::from_secs(60),
            callback: None,
            announcements: None,
        }
    }

    /// Points that its calls begin with. By default a minute of waiting is worth one point: see [`order`](Self::order).
    pub fn priority(mut self, priority: i32) -> Self {
        self.priority = priority;
        self
    }

    /// Agents need this skill for its calls.
    pub fn needs(mut self, skill: impl Into<String>) -> Self {
        self.needs.push((skill.into(), Levels::ANY));
        self
    }

    /// Agents need this skill for its calls, at one of these levels.
    pub fn needs_at(mut self, skill: impl Into<String>, levels: Levels) -> Self {
        self.needs.push((skill.into(), levels));
        self
    }

    /// Which of its calls goes first: by points and time waited unless said.
    pub fn order(mut self, order: Order) -> Self {
        self.policy.order = order;
        self
    }

    /// A caller may be served before another of this queue who came so much earlier, and no more; `build` fails if the order and
    /// the points of the queue, of its rings and of what leads to it allow more. What it computes is
    /// [`Rules::overtaken_by_at_most`](crate::core::Rules::overtaken_by_at_most).
    pub fn overtaken_by_at_most(mut self, later: Duration) -> Self {
        self.overtaken_max = Some(later);
        self
    }

    /// Agents of this tier may be offered a call only when it has waited so long. The lowest tier that any agent is of is open at
    /// once, whatever its number: see [`lowest_tier_waits`](Self::lowest_tier_waits).
    pub fn tier_opens_after(mut self, tier: u16, wait: Duration) -> Self {
        self.policy.tiers.insert(tier, wait);
        self
    }

    /// The time of the lowest tier that any agent is of counts too, so that nobody is asked before it is over (`mod_callcenter`,
    /// whose levels begin with 0).
    pub fn lowest_tier_waits(mut self) -> Self {
        self.lowest_tier_waits = true;
        self
    }

    /// What is relaxed as a call waits; further ones with a later `after`.
    pub fn ring(mut self, ring: Ring) -> Self {
        self.policy.rings.push(ring);
        self
    }

    /// Tiers and rings that nobody signed in could serve are passed over at once.
    pub fn skip_unstaffed(mut self) -> Self {
        self.policy.skip_unstaffed = true;
        self
    }

    /// Whether agents of an earlier ring go before those of a later one; they do unless said.
    pub fn inner_first(mut self, inner_first: bool) -> Self {
        self.policy.inner_first = inner_first;
        self
    }

    /// Its weight among queues that share agents: see [`Between`](crate::routing::Between).
    pub fn weight(mut self, weight: u32) -> Self {
        self.policy.weight = weight;
        self
    }

    /// The service level aimed at: `per_mille` of a thousand calls answered within `within`; 800 in 20 s unless said.
    pub fn service_level(mut self, per_mille: u32, within: Duration) -> Self {
        (self.policy.target_per_mille, self.policy.answer_within) = (per_mille, within);
        self
    }

    /// Ringing begins with one agent, and one more is added each time `every` has passed, up to
    /// [`ring_at_once`](Self::ring_at_once).
    pub fn ring_one_more_every(mut self, every: Duration) -> Self {
        self.ring_more_after = Some(every);
        self
    }

    /// A customer who calls again within `within` is kept for the agent of the last conversation for `hold_for`, unless that
    /// agent is signed out.
    pub fn last_agent(mut self, within: Duration, hold_for: Duration) -> Self {
        self.last_agent = Some((within, hold_for));
        self
    }

    /// Most callers waiting, at least 1; 100 unless said, `u32::MAX`: no limit, and nobody pays for counting to it.
    pub fn waiting_max(mut self, callers: u32) -> Self {
        self.waiting_max = callers;
        self
    }

    /// Longest wait; then the overflow.
    pub fn wait_max(mut self, wait: Duration) -> Self {
        self.wait_max = wait;
        self
    }

    /// How long an agent is rung, 5 s to 600 s, whole seconds.
    pub fn ring_timeout(mut self, timeout: Duration) -> Self {
        self.ring_timeout = timeout;
        self
    }

    /// How many agents are rung at once for one call, 1 to 10. The first to answer wins.
    pub fn ring_at_once(mut self, agents: u32) -> Self {
        self.ring_at_once = agents;
        self
    }

    /// The longest wait that may be expected when joining; who would wait longer goes to the overflow at once. It holds where
    /// the wait can be estimated.
    pub fn expected_wait_max(mut self, wait: Duration) -> Self {
        self.expected_wait_max = Some(wait);
        self
    }

    /// How long the place of a customer is kept whose call broke off while waiting, to be had by calling again; 60 s unless
    /// said, zero: not at all.
    pub fn resume_window(mut self, time: Duration) -> Self {
        self.resume_window = time;
        self
    }

    /// Its callers can be called back, with their place kept: offer it by [`callback()`] in a menu or as the overflow, or by
    /// [`Announcements::offers_after`] while they wait.
    pub fn callback(mut self, callback: Callback) -> Self {
        self.callback = Some(callback);
        self
    }

    /// What its callers are told while they wait.
    pub fn announcements(mut self, announcements: Announcements) -> Self {
        self.announcements = Some(announcements);
        self
    }

    /// Time to finish up after a call; zero: none.
    pub fn wrap_up(mut self, time: Duration) -> Self {
        self.wrap_up = time;
        self
    }

    /// Where callers go when the queue is full, closed, or they have waited too long.
    pub fn overflow(mut self, to: Goto) -> Self {
        self.overflow = to;
        self
    }

    /// What waiting callers hear: an audio file or a TwiML document that needs nothing of this application, so that they
    /// can wait while it is away. Without it: the provider's music.
    pub fn music_url(mut self, url: impl Into<String>) -> Self {
        self.music_url = Some(url.into());
        self
    }

    /// Name of the routing strategy: one of [`Strategy::NAMES`](crate::routing::Strategy::NAMES), or of one given to the builder.
    pub fn strategy(mut self, name: impl Into<String>) -> Self {
        self.strategy = name.into();
        self
    }

    /// The agent is chosen by these attributes, in turn, then by who is free longest.
    pub fn order_by(mut self, attributes: impl IntoIterator<Item = OrderBy>) -> Self {
        self.strategy = "order_by".to_owned();
        self.policy.strategy = Strategy::OrderBy(attributes.into_iter().collect());
        self
    }
}

/// An agent in the making.
#[derive(Clone, Debug)]
#[must_use]
pub struct Agent {
    pub(crate) name: String,
    pub(crate) endpoint: Option<String>,
    pub(crate) queues: Vec<(String, Membership)>,
    pub(crate) skills: Vec<(String, u8)>,
    pub(crate) rank: i32,
    pub(crate) attributes: BTreeMap<String, i64>,
    pub(crate) confirm: Option<bool>,
}

impl Agent {
    /// An agent who is rung at the browser client of the same name.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            endpoint: None,
            queues: Vec::new(),
            skills: Vec::new(),
            rank: 0,
            attributes: BTreeMap::new(),
            confirm: None,
        }
    }

    /// Where the agent is rung: `+14155550101`, `client:ana`, `sip:ana@example.com`.
    pub fn at(mut self, endpoint: impl Into<String>) -> Self {
        self.endpoint = Some(endpoint.into());
        self
    }

    /// The agent takes calls of these queues.
    pub fn serves<N: Into<String>>(mut self, queues: impl IntoIterator<Item = N>) -> Self {
        self.queues.extend(queues.into_iter().map(|queue| (queue.into(), Membership::default())));
        self
    }

    /// The agent takes calls of this queue, in this place.
    pub fn serves_as(mut self, queue: impl Into<String>, place: Membership) -> Self {
        self.queues.push((queue.into(), place));
        self
    }

    /// The agent has this skill, at level 1.
    pub fn skill(self, skill: impl Into<String>) -> Self {
        self.skill_at(skill, 1)
    }

    /// The agent has this skill at this level, 1 to 100.
    pub fn skill_at(mut self, skill: impl Into<String>, level: u8) -> Self {
        self.skills.push((skill.into(), level));
        self
    }

    /// For the strategy `rank`: the higher is asked first; 0 unless said.
    pub fn rank(mut self, rank: i32) -> Self {
        self.rank = rank;
        self
    }

    /// For strategies that order by attributes.
    pub fn attribute(mut self, name: impl Into<String>, value: i64) -> Self {
        self.attributes.insert(name.into(), value);
        self
    }

    /// Whether the agent must press 1 to accept. By default a telephone must, because its voicemail could answer; a
    /// browser client and a SIP device need not.
    pub fn confirm(mut self, confirm: bool) -> Self {
        self.confirm = Some(confirm);
        self
    }
}

/// Where a caller goes next.
#[derive(Clone, Debug)]
pub struct Goto(pub(crate) Place);

#[derive(Clone, Debug)]
pub(crate) enum Place {
    Queue { queue: String, priority: i32, needs: Vec<(String, Levels)>, prefer: Option<(String, Option<Duration>)> },
    HangUp(String),
    Forward(String),
    Callback { queue: String, priority: i32, needs: Vec<(String, Levels)>, otherwise: Box<Goto> },
    Refuse(String),
}

/// Waits for an agent of this queue.
#[must_use]
pub fn queue(name: impl Into<String>) -> Goto {
    Goto(Place::Queue { queue: name.into(), priority: 0, needs: Vec::new(), prefer: None })
}

/// Hears these words and is hung up.
#[must_use]
pub fn hang_up(words: impl Into<String>) -> Goto {
    Goto(Place::HangUp(words.into()))
}

/// Is joined with an outside number.
#[must_use]
pub fn forward(number: impl Into<String>) -> Goto {
    Goto(Place::Forward(number.into()))
}

impl Goto {
    /// Adds to the priority of a queue's calls; nothing for other places.
    #[must_use]
    pub fn with_priority(mut self, more: i32) -> Self {
        if let Place::Queue { priority, .. } | Place::Callback { priority, .. } = &mut self.0 {
            *priority = more;
        }
        self
    }

    /// Needs an agent with this skill too; nothing for other places.
    #[must_use]
    pub fn needing(mut self, skill: impl Into<String>) -> Self {
        if let Place::Queue { needs, .. } | Place::Callback { needs, .. } = &mut self.0 {
            needs.push((skill.into(), Levels::ANY));
        }
        self
    }

    /// Needs an agent with this skill at one of these levels too; nothing for other places.
    #[must_use]
    pub fn needing_at(mut self, skill: impl Into<String>, levels: Levels) -> Self {
        if let Place::Queue { needs, .. } | Place::Callback { needs, .. } = &mut self.0 {
            needs.push((skill.into(), levels));
        }
        self
    }

    /// Is kept for this agent so long, unless the agent is signed out; then anybody of the queue may have it. Nothing for other
    /// places.
    #[must_use]
    pub fn kept_for(mut self, agent: impl Into<String>, hold_for: Duration) -> Self {
        if let Place::Queue { prefer, .. } = &mut self.0 {
            *prefer = Some((agent.into(), Some(hold_for)));
        }
        self
    }

    /// Is for this agent alone; nothing for other places.
    #[must_use]
    pub fn only_for(mut self, agent: impl Into<String>) -> Self {
        if let Place::Queue { prefer, .. } = &mut self.0 {
            *prefer = Some((agent.into(), None));
        }
        self
    }
}

/// What callers to a number meet.
#[derive(Clone, Debug)]
#[must_use]
pub struct Flow {
    pub(crate) greeting: Vec<Prompt>,
    pub(crate) keys: Vec<(char, Goto)>,
    pub(crate) timeout: Duration,
    pub(crate) tries: u32,
    pub(crate) otherwise: Option<Goto>,
}

impl Flow {
    /// Callers hear these words first.
    pub fn say(words: impl Into<String>) -> Self {
        Self {
            greeting: vec![Prompt::Say(words.into())],
            keys: Vec::new(),
            timeout: Duration::from_secs(5),
            tries: 3,
            otherwise: None,
        }
    }

    /// Callers hear this audio file first, by its absolute URL.
    pub fn play(url: impl Into<String>) -> Self {
        Self { greeting: vec![Prompt::Play(url.into())], ..Self::say("") }
    }

    /// Callers then hear these words too.
    pub fn and_say(mut self, words: impl Into<String>) -> Self {
        self.greeting.push(Prompt::Say(words.into()));
        self
    }

    /// Callers who press this key (`0`–`9`, `*`, `#`) go there.
    pub fn key(mut self, key: char, to: Goto) -> Self {
        self.keys.push((key, to));
        self
    }

    /// How long to wait for a key after the words, whole seconds; 5 s unless said.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// How often the menu is heard before `otherwise` applies; three times unless said.
    pub fn tries(mut self, tries: u32) -> Self {
        self.tries = tries;
        self
    }

    /// Where callers go who press no key, or a wrong one; without keys: where all callers go.
    pub fn otherwise(mut self, to: Goto) -> Self {
        self.otherwise = Some(to);
        self
    }

    /// Where all callers go after the words. The same as [`otherwise`](Self::otherwise).
    pub fn then(self, to: Goto) -> Self {
        self.otherwise(to)
    }
}
