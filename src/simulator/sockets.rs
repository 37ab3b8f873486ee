//! Carrying the carrier's sockets over TCP.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::stream::SplitStream;
use futures_util::{SinkExt, StreamExt};
use reqwest::Url;
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::task::{AbortHandle, JoinSet};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::error::ProtocolError;
use tokio_tungstenite::tungstenite::http::{HeaderName, HeaderValue};
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message};

use super::{Shared, post};
use crate::media::FRAME_BYTES_MAX;
use crate::sim::carrier::{Carrier, SocketEvent, SocketFault};

/// Messages that wait for a server to take them, two minutes of audio; with more, the connection is given up.
const WAITING_MAX: usize = 6000;
/// How long a server may take to say goodbye.
const GOODBYE: Duration = Duration::from_secs(5);

enum Out {
    Text(String),
    Close(u16),
}

#[derive(Debug)]
struct Line {
    out: mpsc::Sender<Out>,
    since: tokio::time::Instant,
    is_open: Arc<AtomicBool>,
    task: AbortHandle,
}

impl Line {
    /// Whether there was room for it. Without, the server takes nothing any more: the connection is cut.
    fn takes(&self, out: Out) -> bool {
        let is_taken = self.out.try_send(out).is_ok();
        if !is_taken {
            self.task.abort();
        }
        is_taken
    }
}

/// The connections of the carrier's sockets, as long as this lives.
#[derive(Debug, Default)]
pub(super) struct Lines {
    by_id: BTreeMap<u64, Line>,
    tasks: JoinSet<u64>,
}

impl Lines {
    /// Whether a server has let a handshake wait for more than a second of accelerated time.
    pub(super) fn is_behind(&self, speed: u32) -> bool {
        let slow = |line: &Line| line.since.elapsed() * speed > Duration::from_secs(1);
        self.by_id.values().any(|line| !line.is_open.load(Ordering::Relaxed) && slow(line))
    }

    /// Does what the carrier asks for, in order.
    pub(super) fn carry(&mut self, shared: &Arc<Shared>, events: Vec<SocketEvent>) {
        for event in events {
            match event {
                SocketEvent::Open { id, url, headers, timeout, .. } => {
                    let (out, waiting) = mpsc::channel(WAITING_MAX);
                    let is_open = Arc::new(AtomicBool::new(false));
                    let wire = Wire { shared: Arc::clone(shared), id, is_open: Arc::clone(&is_open) };
                    let task = self.tasks.spawn(wire.run(url, headers, timeout, waiting));
                    self.by_id.insert(id, Line { out, since: tokio::time::Instant::now(), is_open, task });
                }
                SocketEvent::Text { id, text } => {
                    if self.by_id.get(&id).is_some_and(|line| !line.takes(Out::Text(text))) {
                        self.by_id.remove(&id);
                        tell(shared, |carrier| carrier.socket_failed(id, SocketFault::Broken));
                    }
                }
                SocketEvent::Close { id, code } => {
                    self.by_id.remove(&id).map(|line| line.takes(Out::Close(code)));
                }
            }
        }
        while let Some(done) = self.tasks.try_join_next() {
            done.ok().map(|id| self.by_id.remove(&id));
        }
    }
}

/// Lets the carrier know.
fn tell(shared: &Shared, act: impl FnOnce(&mut Carrier)) {
    {
        let mut world = shared.world();
        let now = shared.clock.reading();
        world.carrier.advance(now);
        act(&mut world.carrier);
    }
    shared.wake.notify_one();
}

/// One connection.
struct Wire {
    shared: Arc<Shared>,
    id: u64,
    is_open: Arc<AtomicBool>,
}

impl Wire {
    async fn run(
        self,
        url: String,
        headers: Vec<(String, String)>,
        timeout: Duration,
        mut waiting: mpsc::Receiver<Out>,
    ) -> u64 {
        let id = self.id;
        let connected = tokio::select! {
            connected = tokio::time::timeout(timeout, connect(&url, headers)) => connected,
            // Closed, or dropped, before it came about: nothing else is sent by then.
            _ = waiting.recv() => return id,
        };
        self.is_open.store(true, Ordering::Relaxed);
        let socket = match connected.unwrap_or(Err(SocketFault::Timeout)) {
            Ok(socket) => socket,
            Err(fault) => {
                tell(&self.shared, |carrier| carrier.socket_failed(id, fault));
                return id;
            }
        };
        tell(&self.shared, |carrier| carrier.socket_opened(id));
        let (mut sink, stream) = socket.split();
        let sending = async {
            // Ends when the carrier closes or the server is gone.
            while let Some(out) = waiting.recv().await {
                let (message, is_last) = match out {
                    Out::Text(text) => (Message::text(text), false),
                    Out::Close(code) => {
                        let frame = CloseFrame { code: CloseCode::from(code), reason: "".into() };
                        (Message::Close(Some(frame)), true)
                    }
                };
                if sink.send(message).await.is_err() || is_last {
                    break;
                }
            }
        };
        let mut reading = std::pin::pin!(self.read(stream));
        let is_over = tokio::select! {
            () = &mut reading => true,
            () = sending => false,
        };
        if !is_over {
            // What the server still says finds no socket at the carrier; it is read so that the server can close.
            let _ = tokio::time::timeout(GOODBYE, reading).await;
        }
        id
    }

    /// Hands on what the server says, until it is gone.
    async fn read(&self, mut stream: SplitStream<WebSocketStream<TcpStream>>) {
        let id = self.id;
        while let Some(message) = stream.next().await {
            match message {
                Ok(Message::Text(text)) => tell(&self.shared, |carrier| carrier.socket_text(id, &text)),
                Ok(Message::Binary(_)) => tell(&self.shared, |carrier| carrier.socket_binary(id)),
                Ok(Message::Close(frame)) => {
                    let code = frame.map(|frame| frame.code.into());
                    tell(&self.shared, |carrier| carrier.socket_closed(id, code));
                }
                Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_)) => {}
                Err(error) => {
                    let fault = fault(&error);
                    return tell(&self.shared, |carrier| carrier.socket_failed(id, fault));
                }
            }
        }
    }
}

async fn connect(url: &str, headers: Vec<(String, String)>) -> Result<WebSocketStream<TcpStream>, SocketFault> {
    let place = Url::parse(url).ok().filter(post::is_here).ok_or(SocketFault::Refused)?;
    let host = place.host_str().unwrap_or_default().trim_start_matches('[').trim_end_matches(']').to_owned();
    let port = place.port_or_known_default().ok_or(SocketFault::Refused)?;
    let mut request = url.into_client_request().map_err(|error| fault(&error))?;
    for (name, value) in headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            request.headers_mut().insert(name, value);
        }
    }
    let stream = TcpStream::connect((host, port)).await.map_err(|_| SocketFault::Refused)?;
    // Frames are small and in time.
    let _ = stream.set_nodelay(true);
    let config =
        WebSocketConfig::default().max_message_size(Some(FRAME_BYTES_MAX)).max_frame_size(Some(FRAME_BYTES_MAX));
    let connected = tokio_tungstenite::client_async_with_config(request, stream, Some(config)).await;
    connected.map(|(socket, _)| socket).map_err(|error| fault(&error))
}

fn fault(error: &Error) -> SocketFault {
    match error {
        Error::Http(response) => SocketFault::Handshake(response.status().as_u16()),
        Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => SocketFault::Broken,
        Error::Protocol(_) | Error::Capacity(_) | Error::Utf8(_) | Error::AttackAttempt => SocketFault::Protocol,
        _ => SocketFault::Broken,
    }
}
