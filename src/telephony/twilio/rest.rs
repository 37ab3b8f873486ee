//! A client of Twilio's REST API that needs nothing else of this crate: no queues, no agents, no store.
//!
//! Everything that can be asked is an [`Operation`] of [`api`](super::api). Needs a Tokio runtime.
//!
//! ```no_run
//! use futures_util::StreamExt as _;
//! use switchboard::telephony::twilio::api::{CallStatus, calls, recordings};
//! use switchboard::telephony::twilio::rest::Client;
//!
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let client = Client::builder()
//!     .account_sid("AC0123456789abcdef0123456789abcdef")
//!     .auth_token("secret")
//!     .build()
//!     .map_err(|mistakes| format!("{mistakes:?}"))?;
//!
//! let call = client
//!     .send(calls::Create::new("+14155550123", "+14155550100").url("https://centre.example/answered"))
//!     .await?;
//! println!("{} is {:?}", call.sid, call.status);
//!
//! let mut live = client.list(calls::List::new().status(CallStatus::InProgress).limit(200));
//! while let Some(call) = live.next().await {
//!     println!("{}", call?.sid);
//! }
//!
//! let audio = recordings::Media::new("RE0123456789abcdef0123456789abcdef", recordings::Format::Wav);
//! let bytes = client.media(&audio).await?.bytes(50_000_000).await?;
//! # Ok(())
//! # }
//! ```

mod builder;
mod media;
mod retry;

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::{self, BoxStream, StreamExt as _, TryStreamExt as _};
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, RETRY_AFTER};

use super::api::{AccountSid, Answer, ApiRequest, Error, ErrorKind, Kind, Listing, Method, Operation, Pages};
use super::client::Credentials;

pub use builder::{ClientBuilder, MEDIA_TIMEOUT, TIMEOUT};
pub use media::Audio;
pub use retry::RetryTooMany;

/// Largest answer that is read, in bytes; audio has no such limit. A page of 1000 calls has about 2 MB.
pub const ANSWER_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Sends operations to Twilio, and reads what is answered. Clones share connections.
///
/// - An operation is sent once. A [`RetryTooMany`] lets it be sent again after status 429, which says that it was not
///   processed; nothing else is ever sent again.
/// - Nothing is followed, but a recording's audio to where Twilio keeps it: there without credentials.
/// - A connection that cannot be made is [`ErrorKind::NotConnected`]: nothing was sent. After that, a time that is over
///   or a connection that breaks is [`Failure::Unknown`](crate::telephony::Failure::Unknown) for what may be done twice
///   by being sent twice, as placing a call.
///
/// `Debug` shows no secret.
#[derive(Clone)]
pub struct Client {
    inner: Arc<Inner>,
    account: AccountSid,
}

struct Inner {
    http: reqwest::Client,
    /// Goes to public addresses alone.
    storage: reqwest::Client,
    base_url: String,
    /// Whether the base URL is of this machine: a simulator.
    is_local: bool,
    credentials: Credentials,
    timeout: Duration,
    media_timeout: Duration,
    retry: Option<RetryTooMany>,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("base_url", &self.inner.base_url)
            .field("account", &self.account.as_str())
            .finish_non_exhaustive()
    }
}

/// An answer as it came. `Debug` does not show the body: it holds telephone numbers.
#[derive(Clone)]
pub struct Received {
    status: u16,
    retry_after: Option<String>,
    request_id: Option<String>,
    body: Vec<u8>,
}

impl Received {
    /// The answer, for [`Operation::read`].
    #[must_use]
    pub fn answer(&self) -> Answer<'_> {
        Answer::new(self.status, &self.body).with_headers(self.retry_after.as_deref(), self.request_id.as_deref())
    }

    fn of(status: u16, headers: &HeaderMap, body: Vec<u8>) -> Self {
        let header = |value: Option<&reqwest::header::HeaderValue>| {
            value.and_then(|value| value.to_str().ok()).map(str::to_owned)
        };
        let request_id = header(headers.get("twilio-request-id"));
        Self { status, retry_after: header(headers.get(RETRY_AFTER)), request_id, body }
    }
}

impl fmt::Debug for Received {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Received").field("status", &self.status).finish_non_exhaustive()
    }
}

/// What an error is about.
#[derive(Clone, Copy)]
struct About {
    what: &'static str,
    kind: Kind,
}

impl About {
    fn of<O: Operation>() -> Self {
        Self { what: O::WHAT, kind: O::KIND }
    }

    fn error(self, how: ErrorKind) -> Error {
        Error::transport(self.what, self.kind, how)
    }

    /// The address of a request holds telephone numbers: it is taken out of every error.
    fn lost(self, error: reqwest::Error) -> Error {
        let is_unsent = error.is_connect() || error.is_builder();
        let how = if is_unsent { ErrorKind::NotConnected } else { ErrorKind::Broken };
        self.error(how).with_source(error.without_url())
    }
}

impl Client {
    /// Begins to set up a client.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::default()
    }

    /// The account that operations are for.
    #[must_use]
    pub fn account(&self) -> &AccountSid {
        &self.account
    }

    /// The same client for another account that the credentials may act for, as a subaccount.
    #[must_use]
    pub fn in_account(&self, account: AccountSid) -> Self {
        Self { inner: Arc::clone(&self.inner), account }
    }

    /// Sends an operation, and reads what is answered. A list is answered with its first page: see [`Client::list`].
    pub async fn send<O: Operation>(&self, operation: O) -> Result<O::Reply, Error> {
        let request = operation.request(&self.account)?;
        let received = self.carry(&request, About::of::<O>()).await?;
        operation.read(&received.answer())
    }

    /// A list item by item, asking for pages as they are needed. After an error there is nothing more.
    pub fn list<L>(&self, listing: L) -> BoxStream<'static, Result<L::Item, Error>>
    where
        L: Listing + Send + 'static,
        L::Item: Send + 'static,
    {
        let walk = match Pages::new(listing, &self.account) {
            Ok(pages) => Walk { client: self.clone(), pages, items: VecDeque::new(), is_over: false },
            Err(error) => return Box::pin(stream::once(std::future::ready(Err(error)))),
        };
        let items = stream::unfold(walk, |mut walk| async move {
            let item = walk.next().await?;
            Some((item, walk))
        });
        // Unfused it would panic where it is asked again after its end.
        Box::pin(items.fuse())
    }

    /// All of a list, read to its end or its limit; or the first error, and nothing.
    pub async fn list_all<L>(&self, listing: L) -> Result<Vec<L::Item>, Error>
    where
        L: Listing + Send + 'static,
        L::Item: Send + 'static,
    {
        self.list(listing).try_collect().await
    }

    /// Sends a request as it is and hands back what was answered, whatever the status: for what [`Client::send`] does
    /// not do. The path begins with `/`, or nothing is sent ([`ErrorKind::Unsendable`]).
    pub async fn exchange(&self, request: &ApiRequest) -> Result<Received, Error> {
        let kind = if request.method == Method::Post { Kind::Act } else { Kind::Fetch };
        self.carry(request, About { what: "request", kind }).await
    }

    /// Sends `request`, again where it was one too many and that is wanted.
    async fn carry(&self, request: &ApiRequest, about: About) -> Result<Received, Error> {
        // Behind a host, text without a slash would make another host of it, which would be told the credentials.
        if !request.path_and_query.starts_with('/') {
            return Err(Error::unsendable(
                about.what,
                "the path begins with /, as what an operation's `request` makes",
            ));
        }
        let mut tries = 0;
        loop {
            let received = self.once(request, about).await?;
            let is_too_many = received.status == 429;
            let wait = self.inner.retry.filter(|_| is_too_many).and_then(|retry| {
                let asked = super::error::Reply::read(429, &[], received.retry_after.as_deref()).retry_after;
                retry.wait(tries, asked, retry::chance())
            });
            let Some(wait) = wait else { return Ok(received) };
            tokio::time::sleep(wait).await;
            tries += 1;
        }
    }

    fn prepared(&self, request: &ApiRequest, accept: &str) -> reqwest::RequestBuilder {
        let method = match request.method {
            Method::Get => reqwest::Method::GET,
            Method::Post => reqwest::Method::POST,
            Method::Delete => reqwest::Method::DELETE,
        };
        let Inner { http, base_url, credentials, .. } = &*self.inner;
        let builder = http.request(method, format!("{base_url}{}", request.path_and_query));
        let builder = credentials.authorize(builder).header(ACCEPT, accept);
        match &request.body {
            Some(body) => builder.header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(body.clone()),
            None => builder,
        }
    }

    async fn once(&self, request: &ApiRequest, about: About) -> Result<Received, Error> {
        let ends_at = tokio::time::Instant::now() + self.inner.timeout;
        let sent = tokio::time::timeout_at(ends_at, self.prepared(request, "application/json").send()).await;
        let mut response = match sent {
            Ok(sent) => sent.map_err(|error| about.lost(error))?,
            Err(_) => return Err(about.error(ErrorKind::TimedOut)),
        };
        let status = response.status().as_u16();
        let body = match tokio::time::timeout_at(ends_at, whole(&mut response, ANSWER_BYTES_MAX)).await {
            Ok(Ok(body)) => body,
            // The status of a refusal alone says much.
            _ if !(200..300).contains(&status) => Vec::new(),
            Ok(Err(how)) => return Err(about.error(how)),
            Err(_) => return Err(about.error(ErrorKind::TimedOut)),
        };
        Ok(Received::of(status, response.headers(), body))
    }
}

/// The body to its end.
async fn whole(response: &mut reqwest::Response, bytes_max: usize) -> Result<Vec<u8>, ErrorKind> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|_| ErrorKind::Broken)? {
        if body.len() + chunk.len() > bytes_max {
            return Err(ErrorKind::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// A walk through a list on the network.
struct Walk<L: Listing> {
    client: Client,
    pages: Pages<L>,
    items: VecDeque<L::Item>,
    is_over: bool,
}

impl<L: Listing> Walk<L> {
    async fn next(&mut self) -> Option<Result<L::Item, Error>> {
        loop {
            if let Some(item) = self.items.pop_front() {
                return Some(Ok(item));
            }
            let request = self.pages.request().filter(|_| !self.is_over).cloned()?;
            let received = self.client.carry(&request, About::of::<L>()).await;
            match received.and_then(|received| self.pages.read(&received.answer())) {
                Ok(items) => self.items.extend(items),
                Err(error) => {
                    self.is_over = true;
                    return Some(Err(error));
                }
            }
        }
    }
}
