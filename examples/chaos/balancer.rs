//! The public address of the call centre: a small load balancer before the nodes, and a journal of what went through it.
//!
//! It looks at each node four times a second, goes round those that are ready, and tries another one only when no connection
//! came about. A request that was sent is never sent again: when its answer breaks off the caller's provider gets 502, when
//! it does not come 504, and does what it does on any 5xx.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::header::{CONTENT_TYPE, HOST, TRANSFER_ENCODING};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};

use crate::Failure;

/// How often a node is asked whether it is ready, and how long it may take to say so.
const LOOK_EVERY: Duration = Duration::from_millis(250);
const READY_WITHIN: Duration = Duration::from_secs(1);
/// How long a node may take to answer: less than the provider is asked to wait, more than a node takes when the store is
/// silent.
const ANSWER_WITHIN: Duration = Duration::from_secs(3);
const BODY_BYTES_MAX: usize = 1024 * 1024;

/// One webhook that a node answered.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Answer {
    pub(crate) at: Instant,
    pub(crate) took: Duration,
    /// Whether it was a document, which a caller waits for.
    pub(crate) is_document: bool,
    /// Whether it was the document that needs no store.
    pub(crate) is_hold: bool,
}

/// What went through, and what it bound the call centre to.
#[derive(Debug, Default)]
pub(crate) struct Journal {
    pub(crate) answers: Vec<Answer>,
    /// Callers whose first request was answered with a document of their own.
    pub(crate) admitted: BTreeSet<String>,
    /// Callers of whose end a node has taken note.
    pub(crate) ended: BTreeSet<String>,
    /// Legs of which a node has taken note that they came into a room.
    pub(crate) in_rooms: BTreeSet<String>,
    /// The provider's ids of the legs that came of each leg of the call centre.
    pub(crate) legs: BTreeMap<String, BTreeSet<String>>,
    /// Requests that were answered once like this and once like that.
    pub(crate) changed: Vec<String>,
    answered: BTreeMap<u64, String>,
    pub(crate) refused: BTreeMap<u16, usize>,
    pub(crate) asked_twice: usize,
}

#[derive(Debug)]
struct Node {
    address: SocketAddr,
    is_ready: AtomicBool,
}

#[derive(Debug)]
struct Shared {
    nodes: Vec<Node>,
    next: AtomicUsize,
    http: reqwest::Client,
    journal: Mutex<Journal>,
}

/// The load balancer. It runs until the process ends.
#[derive(Clone, Debug)]
pub(crate) struct Balancer {
    shared: Arc<Shared>,
    pub(crate) url: String,
}

impl Balancer {
    /// A balancer at any free port, before nodes at these addresses.
    pub(crate) async fn start(nodes: &[SocketAddr]) -> Result<Self, Failure> {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        let nodes = nodes.iter().map(|address| Node { address: *address, is_ready: AtomicBool::new(false) }).collect();
        let http = reqwest::Client::builder()
            .connect_timeout(Duration::from_millis(500))
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .http1_only()
            .no_proxy()
            .build()?;
        let shared = Arc::new(Shared { nodes, next: AtomicUsize::new(0), http, journal: Mutex::default() });
        for at in 0..shared.nodes.len() {
            tokio::spawn(look(Arc::clone(&shared), at));
        }
        let app = Router::new().fallback(balance).with_state(Arc::clone(&shared));
        tokio::spawn(async move { axum::serve(listener, app).await });
        Ok(Self { shared, url })
    }

    /// How many nodes are ready.
    pub(crate) fn ready(&self) -> usize {
        self.shared.nodes.iter().filter(|node| node.is_ready.load(Ordering::Relaxed)).count()
    }

    /// Whether this node is.
    pub(crate) fn is_ready(&self, node: usize) -> bool {
        self.shared.nodes.get(node).is_some_and(|node| node.is_ready.load(Ordering::Relaxed))
    }

    /// What went through.
    pub(crate) fn journal(&self) -> MutexGuard<'_, Journal> {
        self.shared.journal()
    }
}

impl Shared {
    fn journal(&self) -> MutexGuard<'_, Journal> {
        self.journal.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn look(shared: Arc<Shared>, at: usize) {
    let Some(node) = shared.nodes.get(at) else { return };
    loop {
        let asked = shared.http.get(format!("http://{}/live", node.address)).timeout(READY_WITHIN).send().await;
        node.is_ready.store(asked.is_ok_and(|reply| reply.status().is_success()), Ordering::Relaxed);
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

async fn balance(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, BODY_BYTES_MAX).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let target = parts.uri.path_and_query().map_or("/", |target| target.as_str()).to_owned();
    let (first, count) = (shared.next.fetch_add(1, Ordering::Relaxed), shared.nodes.len());
    let mut order: Vec<&Node> = (0..count).filter_map(|n| shared.nodes.get((first + n) % count)).collect();
    // With none that is ready all are tried: better a slow answer than none.
    if order.iter().any(|node| node.is_ready.load(Ordering::Relaxed)) {
        order.retain(|node| node.is_ready.load(Ordering::Relaxed));
    }
    let at = Instant::now();
    for node in order {
        let url = format!("http://{}{target}", node.address);
        let mut headers = parts.headers.clone();
        headers.remove(HOST);
        let sent = shared.http.request(parts.method.clone(), url).headers(headers).body(body.clone());
        let reply = match sent.timeout(ANSWER_WITHIN).send().await {
            Ok(reply) => (reply.status(), reply.headers().clone(), reply.bytes().await),
            Err(error) if error.is_connect() => {
                node.is_ready.store(false, Ordering::Relaxed);
                continue;
            }
            Err(error) if error.is_timeout() => {
                node.is_ready.store(false, Ordering::Relaxed);
                return shared.fault(StatusCode::GATEWAY_TIMEOUT);
            }
            Err(_) => return shared.fault(StatusCode::BAD_GATEWAY),
        };
        let (status, headers, Ok(bytes)) = reply else { return shared.fault(StatusCode::BAD_GATEWAY) };
        if target.starts_with("/hooks/") {
            shared.journal().note(at, &target, &body, (status, &headers, &bytes));
        }
        return answer(status, &headers, bytes);
    }
    shared.fault(StatusCode::SERVICE_UNAVAILABLE)
}

impl Shared {
    fn fault(&self, status: StatusCode) -> Response {
        *self.journal().refused.entry(status.as_u16()).or_default() += 1;
        status.into_response()
    }
}

fn answer(status: StatusCode, headers: &HeaderMap, body: Bytes) -> Response {
    let mut response = (status, body).into_response();
    response.headers_mut().clone_from(headers);
    response.headers_mut().remove(TRANSFER_ENCODING);
    response
}

impl Journal {
    fn note(&mut self, at: Instant, target: &str, form: &[u8], reply: (StatusCode, &HeaderMap, &Bytes)) {
        let (status, headers, body) = reply;
        if !status.is_success() {
            *self.refused.entry(status.as_u16()).or_default() += 1;
            return;
        }
        let is_document = headers.get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/xml"));
        let text = String::from_utf8_lossy(body);
        let is_hold = is_document && text.contains("<Pause length=\"2\"/><Redirect>");
        self.answers.push(Answer { at, took: at.elapsed(), is_document, is_hold });
        if is_hold {
            return;
        }
        let of = |name: &str| form_urlencoded::parse(form).find(|(key, _)| key == name).map(|(_, value)| value);
        let Some(sid) = of("CallSid").map(std::borrow::Cow::into_owned) else { return };
        let path: Vec<&str> = target.split('?').next().unwrap_or_default().split('/').skip(2).collect();
        match path[..] {
            ["voice"] => drop(self.admitted.insert(sid)),
            ["status"] => drop(self.ended.insert(sid)),
            ["room", ..] if of("StatusCallbackEvent").is_some_and(|event| event == "participant-join") => {
                self.in_rooms.insert(sid);
            }
            ["leg" | "hop", call, leg, ..] => {
                self.legs.entry(format!("{call}/{leg}")).or_default().insert(sid);
            }
            _ => {}
        }
        if is_document {
            let mut hash = DefaultHasher::new();
            (target, form).hash(&mut hash);
            match self.answered.insert(hash.finish(), text.into_owned()) {
                Some(before) if before != String::from_utf8_lossy(body) => {
                    self.changed.push(format!("{target}: first {before}, then {}", String::from_utf8_lossy(body)));
                }
                Some(_) => self.asked_twice += 1,
                None => {}
            }
        }
    }
}
