//! The sound of recordings: asked of the provider with credentials, and of where it leads without.

use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::Arc;

use async_trait::async_trait;
use reqwest::Url;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::{LOCATION, RETRY_AFTER};

use super::{DEADLINE_MAX, REPLY_BYTES_MAX, TwilioClient, unavailable};
use crate::telephony::twilio::media::{self, Step, WHAT, may_follow};
use crate::telephony::twilio::profile::Media;
use crate::telephony::{Audio, AudioRequest, Failure, RecordingMedia, TelephonyError};

/// Most addresses that are asked after the provider's own.
const HOPS_MAX: usize = 3;

/// Resolves names to public addresses alone; on this machine, to anything, where the provider is there itself.
struct PublicNames {
    is_local: bool,
}

/// What resolves the names of storage.
pub(in crate::telephony::twilio) fn public_names(is_local: bool) -> Arc<impl Resolve + 'static> {
    Arc::new(PublicNames { is_local })
}

impl Resolve for PublicNames {
    fn resolve(&self, name: Name) -> Resolving {
        let is_local = self.is_local;
        Box::pin(async move {
            let host = name.as_str().to_owned();
            let resolved = tokio::task::spawn_blocking(move || (host.as_str(), 0).to_socket_addrs()).await;
            let fits =
                |address: &SocketAddr| media::is_public(address.ip()) || (is_local && address.ip().is_loopback());
            let public: Vec<SocketAddr> = resolved??.filter(fits).collect();
            if public.is_empty() {
                return Err("the name leads to no public address".into());
            }
            let addresses: Addrs = Box::new(public.into_iter());
            Ok(addresses)
        })
    }
}

/// A reply whose body may be sound.
struct Heard {
    status: u16,
    location: Option<String>,
    retry_after: Option<String>,
    body: Vec<u8>,
}

#[async_trait]
impl RecordingMedia for TwilioClient {
    async fn fetch(&self, wanted: &AudioRequest) -> Result<Audio, TelephonyError> {
        let request = media::request(&self.account, wanted)?;
        let url = format!("{}{}", self.http.base_url, request.path_and_query);
        let url =
            Url::parse(&url).map_err(|_| unavailable(format!("the {WHAT} has no address; check the base URL")))?;
        let limit = wanted.deadline.min(DEADLINE_MAX);
        match tokio::time::timeout(limit, self.follow(url, wanted)).await {
            Ok(result) => result,
            Err(_) => Err(unavailable(format!("the {WHAT} was not fetched: the deadline passed"))),
        }
    }
}

impl TwilioClient {
    async fn follow(&self, provider: Url, wanted: &AudioRequest) -> Result<Audio, TelephonyError> {
        // A recording's description is small, whatever its sound is.
        let first_max = match self.account.profile().media {
            Media::Linked(_) => REPLY_BYTES_MAX,
            Media::ByExtension => wanted.bytes_max,
        };
        let builder = self.credentials.authorize(self.http.api.get(provider.clone()));
        let mut heard = self.hear(builder, first_max).await?;
        let mut at = provider;
        for hop in 0..=HOPS_MAX {
            let (status, location) = (heard.status, heard.location.as_deref());
            let retry_after = heard.retry_after.as_deref();
            let step = media::read(&self.account, hop == 0, (status, location), &heard.body, retry_after)?;
            let address = match step {
                Step::Sound => return Ok(Audio { format: media::sound(&heard.body)?, bytes: heard.body }),
                Step::At(address) => address,
            };
            if hop == HOPS_MAX {
                break;
            }
            let next = at.join(&address).ok();
            let next = next.filter(|url| may_follow(url.scheme(), url.host_str().unwrap_or(""), self.http.is_local));
            let Some(mut next) = next else {
                return Err(media::later("it lies at an address that is not public; it was not asked"));
            };
            // Credentials in an address are nobody's that we know.
            if next.set_username("").is_err() || next.set_password(None).is_err() {
                return Err(media::later("it lies at an address that cannot be asked"));
            }
            heard = self.hear(self.http.storage.get(next.clone()), wanted.bytes_max).await?;
            at = next;
        }
        Err(media::later("it is passed on too often"))
    }

    async fn hear(&self, builder: reqwest::RequestBuilder, bytes_max: usize) -> Result<Heard, TelephonyError> {
        let lost = |error: reqwest::Error| {
            media::later("the connection could not be made, or broke").with_source(error.without_url())
        };
        let mut response = builder.send().await.map_err(lost)?;
        let header = |name| response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let (location, retry_after) = (header(LOCATION), header(RETRY_AFTER));
        let status = response.status().as_u16();
        let is_success = response.status().is_success();
        let most = if is_success { bytes_max } else { REPLY_BYTES_MAX };
        let length = response.content_length();
        let too_long = || {
            let why =
                format!("the {WHAT} was not taken: it has more than {bytes_max} bytes; allow more, or ask for MP3");
            TelephonyError::new(Failure::Rejected, why)
        };
        if is_success && length.is_some_and(|length| length > most as u64) {
            return Err(too_long());
        }
        let mut body = Vec::new();
        loop {
            match response.chunk().await {
                Ok(None) => break,
                Ok(Some(chunk)) if body.len().saturating_add(chunk.len()) <= most => body.extend_from_slice(&chunk),
                Ok(Some(_)) if is_success => return Err(too_long()),
                // Of a refusal only the beginning is of interest.
                Ok(Some(_)) => break,
                Err(error) if is_success => return Err(lost(error)),
                Err(_) => break,
            }
        }
        Ok(Heard { status, location, retry_after, body })
    }
}
