//! The account's telephone numbers.

use async_trait::async_trait;

use super::{Received, TwilioClient};
use crate::phone::PhoneNumber;
use crate::telephony::twilio::number;
use crate::telephony::twilio::request::ApiRequest;
use crate::telephony::{
    AvailableNumber, NumberBinding, NumberPage, NumberSearch, Numbers, OwnedNumber, TelephonyError,
};

impl TwilioClient {
    pub(super) async fn ask(
        &self,
        what: &str,
        harmless: bool,
        request: &ApiRequest,
    ) -> Result<Received, TelephonyError> {
        self.send(request, self.probe_deadline).await.map_err(|error| self.lost(what, harmless, error))
    }

    /// The status, body and wished delay of `received`, as readers take them.
    pub(super) fn read<T>(
        &self,
        received: &Received,
        read: impl FnOnce(u16, &[u8], Option<&str>) -> Result<T, TelephonyError>,
    ) -> Result<T, TelephonyError> {
        let result = read(received.status, &received.body, received.retry_after.as_deref());
        result.map_err(|error| self.paced(false, error, received.status))
    }
}

#[async_trait]
impl Numbers for TwilioClient {
    async fn list(&self, after: Option<&str>) -> Result<NumberPage, TelephonyError> {
        let request = number::list(&self.account, after)?;
        let received = self.ask("list of numbers", true, &request).await?;
        self.read(&received, |status, body, delay| number::read_list(&self.account, status, body, delay))
    }

    async fn search(&self, wanted: &NumberSearch) -> Result<Vec<AvailableNumber>, TelephonyError> {
        let request = number::search(&self.account, wanted)?;
        let received = self.ask("search for numbers", true, &request).await?;
        self.read(&received, |status, body, delay| number::read_search(&self.account, status, body, delay))
    }

    async fn buy(&self, number: &PhoneNumber, binding: &NumberBinding) -> Result<OwnedNumber, TelephonyError> {
        let request = number::buy(&self.account, number, binding)?;
        let received = self.ask("purchase of the number", false, &request).await?;
        self.read(&received, |status, body, delay| number::read_owned(&self.account, false, status, body, delay))
    }

    async fn bind(&self, id: &str, binding: &NumberBinding) -> Result<OwnedNumber, TelephonyError> {
        let request = number::bind(&self.account, id, binding)?;
        let received = self.ask("binding of the number", true, &request).await?;
        self.read(&received, |status, body, delay| number::read_owned(&self.account, true, status, body, delay))
    }

    async fn release(&self, id: &str) -> Result<(), TelephonyError> {
        let request = number::release(&self.account, id)?;
        let received = self.ask("release of the number", true, &request).await?;
        self.read(&received, |status, body, delay| number::read_release(&self.account, status, body, delay))
    }
}
