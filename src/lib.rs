//! An embeddable call centre: queues, agents and routing over Twilio Voice, inside your application. A carrier in a box
//! executes the documents it emits, so that a call centre can be run and tested without an account.
//!
//! A caller hears a menu, waits with music, is offered to an agent, talks, and hangs up:
//!
#![cfg_attr(feature = "sim", doc = "```")]
#![cfg_attr(not(feature = "sim"), doc = "```text")]
//! use std::time::Duration;
//! use switchboard::setup::queue;
//! use switchboard::sim::Sim;
//! use switchboard::{Agent, Flow, Queue, Switchboard};
//!
//! let calls = Switchboard::builder()
//!     .queue(Queue::new("sales"))
//!     .agent(Agent::new("ana").serves(["sales"]))
//!     .number("+14155550100", Flow::say("Thanks for calling Acme.").then(queue("sales")));
//!
//! let sim = Sim::start(&calls); // virtual time, no network, one seed
//! let caller = sim.caller("+14155550123").dials("+14155550100");
//! caller.hears("Thanks for calling Acme").hears_music();
//! sim.agent("ana").rings_within(Duration::from_secs(5)).answers();
//! caller.talks_for(Duration::from_secs(180)).hangs_up();
//! assert_eq!(sim.last_call().agent(), Some("ana"));
//! ```
//!
//! # Where things are
//!
//! | to | look in |
//! | --- | --- |
//! | describe queues, agents and menus | [`setup`], [`Builder`] |
//! | run it, ask it, answer webhooks without axum | [`Switchboard`], [`engine`] |
//! | mount webhooks, the JSON API and live events | `http` (feature `axum`) |
//! | do due work on tokio | `runtime` (feature `runtime`) |
//! | choose agents your way | [`routing`] |
//! | foretell waits, replay a day another way | [`forecast`] |
//! | read what is stored, and what happened | [`model`] |
//! | tell how queues and agents do, and how many agents are needed | [`report`] |
//! | keep state in your database | [`store`] |
//! | place calls at another provider | [`telephony`] |
//! | ask anything of Twilio's REST API | [`telephony::twilio::api`], `telephony::twilio::rest` (feature `twilio`) |
//! | write and read TwiML, check signatures | [`twiml`], [`webhook`] |
//! | stream a call's audio, or let a language model talk | [`media`] |
//! | tell stories in tests; try it out over HTTP | `sim`, `simulator` |
//! | judge your own store, telephony or routing | `conformance` |
//! | read the rules themselves | [`core`] |
//!
//! # Features
//!
//! | feature | what it adds | on by default |
//! | --- | --- | --- |
//! | `twilio` | sends commands to Twilio's REST API, and all of that API as a typed client | yes |
//! | `telnyx` | checks the webhooks of Telnyx | no |
//! | `postgres` | keeps state in PostgreSQL, shared by any number of nodes: `store::PgStore` | no |
//! | `sqlite` | keeps state in one file: `store::SqliteStore` | no |
//! | `runtime` | tokio tasks that do what is due | no |
//! | `axum` | a router for webhooks, API, live events, health | no |
//! | `conformance` | the suites for your own store, telephony or routing | no |
//! | `sim` | the carrier in a box, in virtual time | no |
//! | `simulator` | the carrier over HTTP, and robots; brings `runtime` and `axum` | no |
//!
//! Without any feature there is no async runtime and no HTTP client in it. `conformance`, `sim` and `simulator` may change
//! in any release.
//!
//! # What it does not do
//!
//! Without the features `postgres` and `sqlite` state is gone at exit. No transfer, hold, supervision, voicemail, recording,
//! opening hours or campaigns yet. No agent desktop: agents are rung at telephones, SIP devices, or browser clients that
//! you register at the provider. The centre never touches audio; [`media`] is for an application that does.

#![forbid(unsafe_code)]
#![deny(missing_docs)]

#[cfg(any(doc, doctest))]
#[doc(hidden)]
pub mod _docs;
#[cfg(feature = "conformance")]
pub mod conformance;
pub mod core;
pub mod engine;
pub mod error;
pub mod forecast;
#[cfg(feature = "axum")]
pub mod http;
pub mod id;
pub mod media;
pub mod model;
pub mod phone;
pub mod report;
pub mod routing;
#[cfg(feature = "runtime")]
pub mod runtime;
pub mod script;
pub mod setup;
#[cfg(feature = "sim")]
pub mod sim;
#[cfg(feature = "simulator")]
pub mod simulator;
pub mod store;
pub mod telephony;
pub mod time;
pub mod twiml;
pub mod webhook;

pub use engine::{Builder, Switchboard};
pub use error::Error;
pub use setup::{Agent, Flow, Queue};
