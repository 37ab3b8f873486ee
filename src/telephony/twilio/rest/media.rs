//! Fetching the audio of recordings.

use std::fmt;
use std::time::Duration;

use futures_util::stream::{self, BoxStream, StreamExt as _};
use reqwest::Url;
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, LOCATION};

use super::{ANSWER_BYTES_MAX, About, Client, Error, ErrorKind, Received, whole};
use crate::telephony::twilio::api::recordings::Media;
use crate::telephony::twilio::api::{Answer, Kind};
use crate::telephony::twilio::config::is_loopback;

/// Most places that a request for audio is sent on to.
const HOPS_MAX: u32 = 3;
const AUDIO: &str = "audio/wav, audio/mpeg, application/json";
const ABOUT: About = About { what: Media::WHAT, kind: Kind::Fetch };

/// Audio that is arriving. `Debug` shows none of it.
pub struct Audio {
    response: reqwest::Response,
    content_type: Option<String>,
    ends_at: tokio::time::Instant,
    idle: Duration,
}

impl fmt::Debug for Audio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Audio").field("content_type", &self.content_type).finish_non_exhaustive()
    }
}

impl Audio {
    /// What it is, as in `audio/x-wav`; `None` where the server does not say.
    #[must_use]
    pub fn content_type(&self) -> Option<&str> {
        self.content_type.as_deref()
    }

    /// How many bytes there are, where the server says so.
    #[must_use]
    pub fn length(&self) -> Option<u64> {
        self.response.content_length()
    }

    /// The next bytes; `None` at the end. Waits no longer than the client's timeout, and in all no longer than its
    /// timeout for media.
    pub async fn chunk(&mut self) -> Result<Option<Vec<u8>>, Error> {
        let until = self.ends_at.min(tokio::time::Instant::now() + self.idle);
        match tokio::time::timeout_at(until, self.response.chunk()).await {
            Ok(Ok(chunk)) => Ok(chunk.map(|bytes| bytes.to_vec())),
            Ok(Err(error)) => Err(ABOUT.lost(error)),
            Err(_) => Err(ABOUT.error(ErrorKind::TimedOut)),
        }
    }

    /// The bytes as they come. After an error there is nothing more.
    pub fn into_stream(self) -> BoxStream<'static, Result<Vec<u8>, Error>> {
        let pieces = stream::unfold(Some(self), |audio| async move {
            let mut audio = audio?;
            match audio.chunk().await {
                Ok(chunk) => chunk.map(|bytes| (Ok(bytes), Some(audio))),
                Err(error) => Some((Err(error), None)),
            }
        });
        Box::pin(pieces.fuse())
    }

    /// All the bytes; more than `bytes_max` are [`ErrorKind::TooLarge`].
    pub async fn bytes(mut self, bytes_max: usize) -> Result<Vec<u8>, Error> {
        let mut all = Vec::new();
        while let Some(chunk) = self.chunk().await? {
            if all.len() + chunk.len() > bytes_max {
                return Err(ABOUT.error(ErrorKind::TooLarge));
            }
            all.extend_from_slice(&chunk);
        }
        Ok(all)
    }
}

/// Where a request for audio goes.
struct Place {
    url: Url,
    /// Whether it is Twilio's own host, which alone is told the credentials.
    is_home: bool,
}

impl Client {
    /// Fetches a recording's audio. On return it has begun to arrive.
    ///
    /// The address is made of ids alone. Where Twilio sends the request on to its storage, three times at most, it goes
    /// there without credentials, over https, and to public addresses alone; any other place is [`ErrorKind::Astray`].
    /// A success that is not audio is [`ErrorKind::Unreadable`].
    pub async fn media(&self, media: &Media) -> Result<Audio, Error> {
        let request = media.request(self.account())?;
        let ends_at = tokio::time::Instant::now() + self.inner.media_timeout;
        let mut place = Place { url: self.home(&request.path_and_query)?, is_home: true };
        let mut sent = self.prepared(&request, AUDIO);
        for _ in 0..=HOPS_MAX {
            let response = self.head(sent, ends_at).await?;
            if !response.status().is_redirection() {
                return self.arriving(media, response, place.is_home, ends_at).await;
            }
            place = self.next_place(&place.url, response.headers())?;
            let client = if place.is_home { &self.inner.http } else { &self.inner.storage };
            sent = client.get(place.url.clone()).header(ACCEPT, AUDIO);
            if place.is_home {
                sent = self.inner.credentials.authorize(sent);
            }
        }
        Err(ABOUT.error(ErrorKind::Astray))
    }

    fn home(&self, path_and_query: &str) -> Result<Url, Error> {
        let url = format!("{}{path_and_query}", self.inner.base_url);
        Url::parse(&url).map_err(|_| ABOUT.error(ErrorKind::Astray))
    }

    async fn head(
        &self,
        sent: reqwest::RequestBuilder,
        ends_at: tokio::time::Instant,
    ) -> Result<reqwest::Response, Error> {
        let until = ends_at.min(tokio::time::Instant::now() + self.inner.timeout);
        match tokio::time::timeout_at(until, sent.send()).await {
            Ok(sent) => sent.map_err(|error| ABOUT.lost(error)),
            Err(_) => Err(ABOUT.error(ErrorKind::TimedOut)),
        }
    }

    /// Where a redirection leads, if the request may go there.
    fn next_place(&self, from: &Url, headers: &HeaderMap) -> Result<Place, Error> {
        let astray = || ABOUT.error(ErrorKind::Astray);
        let location = headers.get(LOCATION).and_then(|value| value.to_str().ok()).ok_or_else(astray)?;
        let url = from.join(location).map_err(|_| astray())?;
        let is_home = self.home("/")?.origin() == url.origin();
        let has_user = !url.username().is_empty() || url.password().is_some();
        let is_local = self.inner.is_local && is_loopback(&url) && matches!(url.scheme(), "http" | "https");
        // Names are looked at when they are resolved.
        let is_public = url.scheme() == "https" && matches!(url.domain(), Some(name) if name != "localhost");
        if has_user || !(is_home || is_local || is_public) {
            return Err(astray());
        }
        Ok(Place { url, is_home })
    }

    async fn arriving(
        &self,
        media: &Media,
        mut response: reqwest::Response,
        is_home: bool,
        ends_at: tokio::time::Instant,
    ) -> Result<Audio, Error> {
        let status = response.status().as_u16();
        let idle = self.inner.timeout;
        if !response.status().is_success() {
            let until = ends_at.min(tokio::time::Instant::now() + idle);
            let body = tokio::time::timeout_at(until, whole(&mut response, ANSWER_BYTES_MAX)).await;
            let body = body.ok().and_then(Result::ok).filter(|_| is_home).unwrap_or_default();
            let received = Received::of(status, response.headers(), body);
            media.accept(&received.answer())?;
        }
        let content_type = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let content_type = content_type.map(str::to_owned);
        let is_audio = content_type.as_deref().is_none_or(|kind| {
            let kind = kind.to_ascii_lowercase();
            kind.starts_with("audio/") || kind.starts_with("application/octet-stream") || kind.starts_with("binary/")
        });
        if !is_audio {
            return Err(Error::unreadable(ABOUT.what, ABOUT.kind, &Answer::new(status, &[])));
        }
        Ok(Audio { response, content_type, ends_at, idle })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_redirection_may_lead_to_public_names_over_https_and_no_further() {
        let client = Client::builder().account_sid("AC0123456789abcdef0123456789abcdef").auth_token("t").build();
        let client = client.expect("the settings are right");
        let from = client.home("/2010-04-01/x").expect("an address");
        let place = |location: &str| {
            let headers = HeaderMap::from_iter([(LOCATION, location.parse().expect("a header"))]);
            client.next_place(&from, &headers).map(|place| (place.url.to_string(), place.is_home)).ok()
        };
        let home = Some(("https://api.twilio.com/y".to_owned(), true));
        assert_eq!((place("/y"), place("https://api.twilio.com:443/y")), (home.clone(), home));
        let away = Some(("https://store.example/a?b".to_owned(), false));
        assert_eq!((place("https://store.example/a?b"), place("//store.example/a?b")), (away.clone(), away));
        assert_eq!(place("https://api.twilio.com:444/y").map(|(_, is_home)| is_home), Some(false));
        for odd in [
            "http://store.example/",
            "http://api.twilio.com/y",
            "https://127.0.0.1/",
            "https://[::1]/",
            "https://2130706433/",
            "https://localhost/",
            "https://user:word@store.example/",
            "https://word@api.twilio.com/",
            "ftp://store.example/",
            "file:///etc/passwd",
            "data:,x",
            "https://",
        ] {
            assert_eq!(place(odd), None, "{odd}");
        }
        assert!(client.next_place(&from, &HeaderMap::new()).is_err());
    }
}
