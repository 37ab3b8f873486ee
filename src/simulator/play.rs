//! An application's call centre on a network of its own.

use std::sync::Arc;

use super::{Simulator, SimulatorConfig, StartError, Traffic, staff};
use crate::engine::{Builder, ConfigErrors, Switchboard};
use crate::sim::carrier::{CarrierConfig, NumberConfig};
use crate::telephony::twilio::TwilioClient;
use crate::time::{Clock, SystemClock};

/// Why a call centre cannot be played.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PlayError {
    /// The network did not start.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The call centre has mistakes.
    #[error(transparent)]
    Configuration(#[from] ConfigErrors),
    /// The sender of commands could not be made.
    #[error("the simulated provider cannot be called: {0}")]
    Client(String),
}

impl Simulator {
    /// Plays the call centre that `builder` describes, on this machine only: to try an application out before there is
    /// an account. Robots call its first number, about one every 8 s, and answer as its agents.
    ///
    /// `public_base` is where this process mounts the router, such as `http://127.0.0.1:3000/calls`. The account, the
    /// telephony and the clock of `builder` are replaced by simulated ones, so that no real call can be placed.
    ///
    /// # On return
    /// Due work is being done, agents sign in, and callers come until the simulator is dropped. A line on standard error
    /// has said that it is a simulation.
    ///
    /// # Errors
    /// Every mistake of the configuration at once, or what kept the network from starting.
    pub async fn play(builder: Builder, public_base: &str) -> Result<(Self, Switchboard), PlayError> {
        let carrier = CarrierConfig { start: SystemClock.now(), ..CarrierConfig::default() };
        let (account, token) = (carrier.account_sid.clone(), carrier.auth_token.clone());
        let mut simulator = Self::start(SimulatorConfig { carrier, ..SimulatorConfig::default() }).await?;
        let client = TwilioClient::builder()
            .account_sid(&account)
            .auth_token(&token)
            .base_url(simulator.base_url())
            .calls_per_second(1000)
            .clock(simulator.clock())
            .build()
            .map_err(|mistakes| PlayError::Client(mistakes.iter().map(ToString::to_string).collect()))?;
        let switchboard = builder
            .public_base(public_base)
            .account(account, token)
            .telephony(Arc::new(client))
            .clock(simulator.clock())
            .build()?;
        for number in switchboard.rules().numbers.keys() {
            simulator.number(NumberConfig {
                number: number.clone(),
                voice_url: switchboard.voice_url(),
                status_callback: Some(switchboard.status_url()),
                ..NumberConfig::default()
            });
        }
        let agents = switchboard.rules().agents.values().map(|agent| agent.endpoint.to_string()).collect();
        simulator.shared.world().robots.answer_at(agents);
        simulator.tasks.spawn(switchboard.clone().run(std::future::pending()));
        simulator.tasks.spawn(staff(switchboard.clone(), 1));
        if let Some(number) = switchboard.rules().numbers.keys().next() {
            simulator.traffic(Traffic::Steady, number);
        }
        eprintln!("switchboard: SIMULATOR. No real calls, nothing leaves this machine; callers and agents are robots.");
        Ok((simulator, switchboard))
    }
}
