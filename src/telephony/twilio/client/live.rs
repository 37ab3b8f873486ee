//! The legs that live.

use async_trait::async_trait;

use super::TwilioClient;
use crate::telephony::twilio::live;
use crate::telephony::{LiveLegs, LivePage, TelephonyError};

#[async_trait]
impl LiveLegs for TwilioClient {
    async fn live(&self, after: Option<&str>) -> Result<LivePage, TelephonyError> {
        let request = live::request(&self.account, after)?;
        let received = self.ask("list of live calls", true, &request).await?;
        self.read(&received, |status, body, delay| live::read(&self.account, &request, status, body, delay))
    }
}
