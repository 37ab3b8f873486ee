//! A webhook in, an answer out. Never an error: a caller is on the line.

use crate::core::{RefusalKind, Reply};
use crate::engine::Switchboard;
use crate::error::Error;
use crate::telephony::twilio::dialect::{self, Asked};
use crate::webhook::{Refusal, Verified, WebhookRequest};

/// The answer to a webhook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookReply {
    /// HTTP status.
    pub status: u16,
    /// `Content-Type`, where there is a body.
    pub content_type: Option<&'static str>,
    /// The body.
    pub body: String,
    /// Why the request was refused, for counters: one of a few fixed words.
    pub refused: Option<&'static str>,
}

impl WebhookReply {
    fn document(body: String) -> Self {
        Self { status: 200, content_type: Some("text/xml; charset=utf-8"), body, refused: None }
    }

    fn empty(status: u16, refused: Option<&'static str>) -> Self {
        Self { status, content_type: None, body: String::new(), refused }
    }
}

impl From<Refusal> for WebhookReply {
    fn from(refusal: Refusal) -> Self {
        Self::empty(refusal.status(), Some(refusal.reason()))
    }
}

impl Switchboard {
    /// Answers a webhook.
    ///
    /// # On return
    /// What the answer tells is stored already, or the answer is [`hold`](Self::hold). A request without a valid
    /// signature is refused before anything of it is read. The future may be dropped at any point: the provider's next
    /// try then gets the same answer.
    pub async fn answer(&self, request: &WebhookRequest<'_>) -> WebhookReply {
        let verified = match self.0.verifier.verify_at(request, self.now()) {
            Ok(verified) => verified,
            Err(refusal) => return refusal.into(),
        };
        let asked = match dialect::read(&self.0.urls, &verified, self.now()) {
            Ok(asked) => asked,
            Err(dialect::Unread::UnknownUrl) => return WebhookReply::empty(403, Some("unknown_url")),
            Err(dialect::Unread::Newer { asks: true }) => return self.hold_verified(&verified),
            // The provider tells it once more, to a newer node perhaps.
            Err(dialect::Unread::Newer { asks: false }) => return WebhookReply::empty(503, Some("newer")),
            Err(dialect::Unread::Incomplete) => return WebhookReply::empty(400, Some("incomplete")),
        };
        match asked {
            Asked::Nothing => WebhookReply::empty(204, None),
            Asked::Told(input) => match self.drive(&input, None).await {
                Ok(_) => WebhookReply::empty(204, None),
                Err(error) => Self::failed(&error),
            },
            Asked::Document(input) => match self.drive(&input, None).await {
                Ok(reply) => self.document(&reply),
                Err(error @ Error::Refused(_)) => Self::failed(&error),
                Err(_) => self.hold_verified(&verified),
            },
        }
    }

    fn document(&self, reply: &Reply) -> WebhookReply {
        WebhookReply::document(dialect::write(&self.0.urls, reply))
    }

    fn failed(error: &Error) -> WebhookReply {
        match error.refusal() {
            Some(RefusalKind::Foreign) => WebhookReply::empty(403, Some("foreign_leg")),
            Some(_) => WebhookReply::empty(409, Some("refused")),
            None => WebhookReply::empty(503, None),
        }
    }

    /// The answer that needs no store: the leg waits a little and asks again; what only tells us something gets 503, as nobody
    /// has taken note of it. For shells that give [`answer`](Self::answer) only so much time, and drop it then.
    pub fn hold(&self, request: &WebhookRequest<'_>) -> WebhookReply {
        match self.0.verifier.verify_at(request, self.now()) {
            Ok(verified) => self.hold_verified(&verified),
            Err(refusal) => refusal.into(),
        }
    }

    fn hold_verified(&self, verified: &Verified<'_>) -> WebhookReply {
        if let Ok(Asked::Told(_) | Asked::Nothing) = dialect::read(&self.0.urls, verified, self.now()) {
            return WebhookReply::empty(503, None);
        }
        match dialect::hold(&self.0.urls, verified, self.now()) {
            Some(document) => WebhookReply::document(document),
            None => WebhookReply::empty(403, Some("unknown_url")),
        }
    }
}
