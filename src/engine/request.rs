//! What an application may ask for. Each is stored when it returns; what it leads to follows.

use crate::core::{Input, Reply, Request};
use crate::engine::Switchboard;
use crate::error::Error;
use crate::id::CallId;

impl Switchboard {
    /// Asks for something.
    ///
    /// # Errors
    /// [`Error::Refused`] if there is no such agent, call or queue, or it does not fit: nothing changed.
    pub async fn request(&self, request: Request) -> Result<(), Error> {
        self.drive(&Input::Requested(request), None).await.map(drop)
    }

    /// Asks for a call: [`Request::PlaceCall`], [`Request::ClickToCall`] or [`Request::Callback`]. Returns the id of the call, the same one when
    /// the same request is repeated.
    ///
    /// # Errors
    /// As [`request`](Self::request).
    pub async fn request_call(&self, request: Request) -> Result<CallId, Error> {
        match self.drive(&Input::Requested(request), None).await? {
            Reply::Call(call) => Ok(call),
            _ => Err(crate::core::Refusal {
                kind: crate::core::RefusalKind::Conflict,
                message: "this request does not ask for a call; use `request`".to_owned(),
            }
            .into()),
        }
    }
}
