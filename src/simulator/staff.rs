//! The agents' side of the screen, played by robots.

use std::time::Duration;

use crate::core::Request;
use crate::engine::Switchboard;
use crate::model::AgentStatus;

/// How often absent agents come back, at the real rate.
const LOOK: Duration = Duration::from_secs(15);

/// Signs all agents in, and again whenever they are on a break or have left; runs until it is dropped. `speed`: how much
/// faster than real the simulator's time goes.
pub async fn staff(switchboard: Switchboard, speed: u32) {
    loop {
        for agent in switchboard.agents().await.unwrap_or_default() {
            if matches!(agent.status(), AgentStatus::Offline | AgentStatus::Break) {
                // One who cannot now will be asked again.
                let _ = switchboard.request(Request::Ready(agent.spec.id)).await;
            }
        }
        tokio::time::sleep(LOOK / speed.max(1)).await;
    }
}
