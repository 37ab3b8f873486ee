//! What is stored: data and small accessors. Nothing here decides anything.

mod agent;
mod call;
mod callback;
mod event;
mod flow;
mod overflow;
mod reconciliation;

pub use agent::{Agent, AgentHistory, AgentSpec, AgentStatus, Intent, Work, WorkState};
pub use call::{
    Call, CallState, CommandState, Direction, EndReason, Leg, LegCommand, LegProgress, LegRole, LegVerb, Offer,
    OfferState, Said,
};
pub(crate) use call::{DETAILED_OFFERS_MAX, SAID_BYTES_MAX, SAID_MAX};
pub use callback::{
    Announcements, Ask, AskStep, Callback, CallbackFirst, CallbackPolicy, CallbackState, Foretold, Hours, Notice,
    Setback, Told, WayOut,
};
pub use event::{AgentEvent, Decision, Event, EventKind, Fact};
pub use flow::{Flow, Menu, Prefer, Queue, Target};
pub use overflow::{OverflowRule, OverflowWhen, QueueState};
pub use reconciliation::{Pass, Reconciliation};

/// Schema number of every body written by this version. Higher ones are never written over.
pub const SCHEMA: u32 = 1;
