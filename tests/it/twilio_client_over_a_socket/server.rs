//! A provider on a socket that answers as it is told: HTTP/1.1 as far as the client needs it, on std alone.

use std::collections::{BTreeMap, VecDeque};
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::{Value, json};
use switchboard::telephony::twilio::TwilioClient;
use switchboard::webhook::form;

use super::spec::{Spec, TWILIO};

pub(crate) const ACCOUNT: &str = "AC0123456789abcdef0123456789abcdef";
pub(crate) const TOKEN: &str = "token-that-nobody-may-see";
/// When every leg is placed, in seconds since the epoch and as Twilio writes it.
pub(crate) const PLACED_AT_SECS: i64 = 1_795_500_000;
pub(crate) const PLACED_AT: &str = "Tue, 24 Nov 2026 06:00:00 +0000";

/// A request as it came.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) line: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Seen {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn is_question(&self) -> bool {
        self.line.starts_with("GET ")
    }
}

/// What is done with a request.
#[derive(Clone, Debug)]
pub(crate) enum Reply {
    /// Status, `Retry-After`, body.
    Full(u16, Option<&'static str>, String),
    /// These bytes, then silence until the client leaves.
    Stall(Vec<u8>),
    /// These bytes, then one more every few milliseconds until the client leaves.
    Drip(Vec<u8>),
    /// These bytes, then the end of the connection.
    Close(Vec<u8>),
    /// Done as Twilio would, but what is said about it is this.
    AfterDoing(Box<Self>),
}

#[derive(Default)]
struct State {
    seen: Vec<Seen>,
    commands: VecDeque<Reply>,
    questions: VecDeque<Reply>,
    /// Who was rung, by whom.
    legs: Vec<(String, String)>,
    /// What the provider would never have understood.
    faults: Vec<String>,
    /// Whole replies to questions with these paths.
    pages: BTreeMap<String, Reply>,
}

pub(crate) struct Server {
    spec: Spec,
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    stopping: Arc<AtomicBool>,
    accepting: Option<JoinHandle<()>>,
}

impl Server {
    pub(crate) fn start() -> Self {
        Self::of(TWILIO)
    }

    /// A server that demands of requests what this provider does.
    pub(crate) fn of(spec: Spec) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        let (state, stopping) = (Arc::new(Mutex::new(State::default())), Arc::new(AtomicBool::new(false)));
        let (shared, stop) = (Arc::clone(&state), Arc::clone(&stopping));
        let accepting = std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if stop.load(Ordering::SeqCst) {
                    return;
                }
                let state = Arc::clone(&shared);
                std::thread::spawn(move || serve(stream, &state, spec));
            }
        });
        Self { spec, address, state, stopping, accepting: Some(accepting) }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn client(&self) -> TwilioClient {
        self.spec.client(&self.url())
    }

    /// What came that the provider would never have understood.
    pub(crate) fn faults(&self) -> Vec<String> {
        self.state.lock().expect("not poisoned").faults.clone()
    }

    /// Answers a question for exactly this path and query with these bytes, head and all.
    pub(crate) fn serve(&self, path: impl Into<String>, bytes: Vec<u8>) {
        self.serve_as(path, Reply::Close(bytes));
    }

    /// Answers a question for exactly this path and query like this.
    pub(crate) fn serve_as(&self, path: impl Into<String>, reply: Reply) {
        self.state.lock().expect("not poisoned").pages.insert(path.into(), reply);
    }

    pub(crate) fn answer_command(&self, reply: Reply) {
        self.state.lock().expect("not poisoned").commands.push_back(reply);
    }

    pub(crate) fn answer_question(&self, reply: Reply) {
        self.state.lock().expect("not poisoned").questions.push_back(reply);
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.state.lock().expect("not poisoned").seen.clone()
    }

    pub(crate) fn legs_placed(&self) -> usize {
        self.state.lock().expect("not poisoned").legs.len()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stopping.store(true, Ordering::SeqCst);
        let _woken = TcpStream::connect(self.address);
        if let Some(accepting) = self.accepting.take() {
            let _ended = accepting.join();
        }
    }
}

/// Reads requests off one connection and answers each, until either side ends it.
fn serve(stream: TcpStream, state: &Mutex<State>, spec: Spec) {
    let Ok(mut writer) = stream.try_clone() else { return };
    let mut reader = BufReader::new(stream);
    while let Some(seen) = read(&mut reader) {
        let reply = {
            let mut state = state.lock().expect("not poisoned");
            state.seen.push(seen.clone());
            let queue = if seen.is_question() { &mut state.questions } else { &mut state.commands };
            let scripted = queue.pop_front();
            let path = seen.line.split(' ').nth(1).unwrap_or_default();
            if let Some(page) = state.pages.get(path) {
                page.clone()
            } else {
                let done = done(&state, spec, &seen);
                match (done, scripted) {
                    (Ok((reply, leg)), None) => {
                        state.legs.extend(leg);
                        reply
                    }
                    (Ok((_, leg)), Some(Reply::AfterDoing(scripted))) => {
                        state.legs.extend(leg);
                        *scripted
                    }
                    (Ok(_), Some(scripted)) => scripted,
                    (Err(fault), scripted) => {
                        state.faults.push(fault);
                        scripted.unwrap_or_else(|| Reply::Full(418, None, "<html>".to_owned()))
                    }
                }
            }
        };
        match reply {
            Reply::Full(status, retry_after, body) => {
                let delay = retry_after.map_or(String::new(), |text| format!("Retry-After: {text}\r\n"));
                let head = format!("HTTP/1.1 {status} X\r\nContent-Length: {}\r\n{delay}\r\n", body.len());
                if writer.write_all(head.as_bytes()).and_then(|()| writer.write_all(body.as_bytes())).is_err() {
                    return;
                }
            }
            Reply::Stall(bytes) => {
                let _sent = writer.write_all(&bytes);
                let _left = reader.read(&mut [0]);
                return;
            }
            Reply::Drip(bytes) => return drip(&mut reader, &mut writer, &bytes),
            Reply::Close(bytes) => {
                let _sent = writer.write_all(&bytes);
                return;
            }
            Reply::AfterDoing(_) => return,
        }
    }
}

/// The pace comes from a read that times out: it also notices that the client has left.
fn drip(reader: &mut BufReader<TcpStream>, writer: &mut TcpStream, bytes: &[u8]) {
    let _paced = reader.get_ref().set_read_timeout(Some(Duration::from_millis(5)));
    let _sent = writer.write_all(bytes);
    loop {
        match reader.read(&mut [0]) {
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            _ => return,
        }
        if writer.write_all(b" ").is_err() {
            return;
        }
    }
}

fn read(reader: &mut BufReader<TcpStream>) -> Option<Seen> {
    let mut line = String::new();
    if reader.read_line(&mut line).ok()? == 0 {
        return None;
    }
    let mut headers = Vec::new();
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok()?;
        let Some((name, value)) = header.trim_end().split_once(": ") else { break };
        headers.push((name.to_ascii_lowercase(), value.to_owned()));
    }
    let mut seen = Seen { line: line.trim_end().to_owned(), headers, body: String::new() };
    let length = seen.header("content-length").and_then(|text| text.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    seen.body = String::from_utf8(body).ok()?;
    Some(seen)
}

pub(crate) fn leg_sid(number: usize) -> String {
    format!("CA{number:032x}")
}

fn fields(form: &str) -> BTreeMap<String, String> {
    let pairs = form::decode(form.as_bytes(), 500).expect("a form");
    pairs.into_iter().map(|(name, value)| (name.into_owned(), value.into_owned())).collect()
}

/// What the provider would do, and say of it; an error says what it would never understand.
fn done(state: &State, spec: Spec, seen: &Seen) -> Result<(Reply, Option<(String, String)>), String> {
    let mut line = seen.line.split(' ');
    let (method, target) = (line.next().unwrap_or_default(), line.next().unwrap_or_default());
    if seen.header("authorization") != Some(spec.authorization) && spec.name != "Twilio" {
        return Err(format!("not authorised: {:?}", seen.header("authorization")));
    }
    let segments = spec.segments(target)?;
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    let query = fields(target.split_once('?').map_or("", |(_, query)| query));
    let sent = fields(&seen.body);
    let rung = || (sent.get("To").cloned().unwrap_or_default(), sent.get("From").cloned().unwrap_or_default());
    let new = |prefix: &str| (201, json!({"sid": (spec.other)(prefix, 77)}), None);
    let (status, body, leg) = match (method, segments.as_slice()) {
        ("POST", ["Calls"]) => {
            let missing: Vec<_> = spec.demanded.iter().filter(|field| !sent.contains_key(**field)).collect();
            let unknown: Vec<_> = spec.unknown.iter().filter(|field| sent.contains_key(**field)).collect();
            if !(missing.is_empty() && unknown.is_empty()) {
                return Err(format!("missing {missing:?}, unknown {unknown:?}"));
            }
            let sid = (spec.leg)(state.legs.len() + 1);
            let fresh =
                json!({spec.leg_field: sid, "status": "ringing", "direction": spec.direction, "date_created": null});
            (201, fresh, Some(rung()))
        }
        ("POST", ["Conferences", room, "Participants"]) => {
            let leg = (spec.leg)(state.legs.len() + 1);
            (201, json!({"call_sid": leg, "conference_sid": room, "status": "queued"}), Some(rung()))
        }
        ("GET", ["Calls"]) => {
            let wanted = |name: &str, value: &String| query.get(name).is_none_or(|wanted| wanted == value);
            let legs = state.legs.iter().enumerate().filter(|(_, (to, from))| wanted("To", to) && wanted("From", from));
            let calls: Vec<_> = legs.map(|(at, (to, _))| spec.call(at + 1, to)).rev().collect();
            (200, json!({"calls": calls, "next_page_uri": null}), None)
        }
        ("GET", ["Calls", id]) => match (1..=state.legs.len()).find(|&number| (spec.leg)(number) == **id) {
            Some(number) => (200, spec.call(number, &state.legs[number - 1].0), None),
            None => return Ok((Reply::Full(404, None, (spec.problem)(20404, 404)), None)),
        },
        ("POST", ["Calls", _, "Recordings"]) => new("RE"),
        ("POST", ["Calls", _, "Transcriptions"]) => new("GT"),
        ("POST", ["Calls", _, "Streams"]) => new("MZ"),
        ("POST", ["Calls", _, "Siprec"]) => new("SR"),
        ("POST", ["Queues"]) => new("QU"),
        ("POST", ["Messages"]) => new("SM"),
        ("POST", ["Queues", _, "Members", _]) => (200, json!({"call_sid": (spec.leg)(200)}), None),
        ("GET", ["IncomingPhoneNumbers" | "AvailablePhoneNumbers", ..]) => (200, json!({}), None),
        ("DELETE", _) => return Ok((Reply::Full(204, None, String::new()), None)),
        ("POST", _) => (200, json!({"sid": (spec.leg)(200), "status": "completed"}), None),
        _ => return Err(format!("no such request: {}", seen.line)),
    };
    Ok((Reply::Full(status, None, Value::to_string(&body)), leg))
}

/// An error of Twilio; its text holds a number, which must not come back in ours.
pub(crate) fn problem(code: u32, status: u16) -> String {
    json!({"code": code, "message": "no: +14155550199", "more_info": "https://www.twilio.com/docs", "status": status})
        .to_string()
}

/// The client and its server, for the suite.
#[cfg(feature = "conformance")]
pub(crate) use for_the_suite::{Scripted, scripted};

#[cfg(feature = "conformance")]
mod for_the_suite {
    use switchboard::conformance::telephony::{Answer, ScriptedProvider, Thing};
    use switchboard::telephony::twilio::TwilioClient;
    use switchboard::telephony::{Action, Recorded, Telephony};
    use switchboard::time::Timestamp;

    use super::{PLACED_AT_SECS, Reply, Server, Spec};

    pub(crate) struct Scripted {
        server: Server,
        client: TwilioClient,
    }

    impl Drop for Scripted {
        fn drop(&mut self) {
            let faults = self.server.faults();
            assert!(faults.is_empty() || std::thread::panicking(), "{}: {faults:?}", self.server.spec.name);
        }
    }

    pub(crate) fn scripted(spec: Spec) -> Scripted {
        let server = Server::of(spec);
        let client = server.client();
        Scripted { server, client }
    }

    impl ScriptedProvider for Scripted {
        fn telephony(&self) -> &dyn Telephony {
            &self.client
        }

        fn answer_next(&self, answer: Answer) {
            let half = b"HTTP/1.1 201 Created\r\nContent-Length: 50000\r\n\r\n{".to_vec();
            let problem = self.server.spec.problem;
            self.server.answer_command(match answer {
                Answer::Refused => Reply::Full(400, None, problem(21211, 400)),
                Answer::Gone => Reply::Full(404, None, problem(20404, 404)),
                Answer::TooMany => Reply::Full(429, Some("7"), problem(20429, 429)),
                Answer::Unavailable => Reply::Full(503, Some("7"), problem(20503, 503)),
                Answer::Unauthorized => Reply::Full(401, None, problem(20003, 401)),
                Answer::Failed => Reply::Full(500, None, problem(20500, 500)),
                Answer::SilentAfterDoing => Reply::AfterDoing(Box::new(Reply::Stall(Vec::new()))),
                Answer::Silent => Reply::Stall(Vec::new()),
                Answer::BrokenAfterDoing => Reply::AfterDoing(Box::new(Reply::Close(Vec::new()))),
                Answer::Broken => Reply::Close(Vec::new()),
                Answer::Garbled => Reply::Full(201, None, "<html>{".to_owned()),
                Answer::Endless => {
                    // It would be a good answer, were it not so long.
                    let sid = (self.server.spec.leg)(1);
                    let body = serde_json::json!({"padding": "A".repeat(2 << 20), "sid": sid});
                    Reply::Full(201, None, body.to_string())
                }
                Answer::Slow => Reply::Drip(half),
                other => panic!("the server does not know {other:?}"),
            });
        }

        fn id(&self, of: Thing, number: u8) -> String {
            let (spec, number) = (&self.server.spec, usize::from(number));
            match of {
                Thing::Leg => (spec.leg)(number),
                Thing::Conference => (spec.other)("CF", number),
                Thing::Recording => (spec.other)("RE", number),
                Thing::Transcription => (spec.other)("GT", number),
                Thing::Stream => (spec.other)("MZ", number),
                Thing::Siprec => (spec.other)("SR", number),
                Thing::Queue => (spec.other)("QU", number),
                other => panic!("the server does not know {other:?}"),
            }
        }

        /// Read off the documentation of each, not off the profiles.
        fn can(&self, action: &Action) -> bool {
            let (is_twilio, is_telnyx) = (self.server.spec.name == "Twilio", self.server.spec.name == "Telnyx");
            match action {
                Action::StopRecording { of: Recorded::Conference(_), .. } => false,
                Action::PauseRecording { of: Recorded::Conference(_), .. }
                | Action::ResumeRecording { of: Recorded::Conference(_), .. } => !is_telnyx,
                Action::PauseRecording { gap: Some(_), .. } => !is_telnyx,
                Action::PauseRecording { recording: None, .. } | Action::ResumeRecording { recording: None, .. } => {
                    is_twilio
                }
                Action::StartTranscription { .. } | Action::StopTranscription { .. } | Action::LimitTime { .. } => {
                    is_twilio
                }
                Action::AddParticipant(_) => self.server.spec.name != "SignalWire",
                Action::SetEndOnExit { .. }
                | Action::SetBeepOnExit { .. }
                | Action::SetWaitMusic { .. }
                | Action::StartSiprec { .. }
                | Action::StopSiprec { .. } => self.server.spec.name != "SignalWire",
                Action::SendMessage(_) | Action::Dequeue { .. } => !is_telnyx,
                _ => true,
            }
        }

        fn commands_received(&self) -> usize {
            self.server.seen().iter().filter(|seen| !seen.is_question()).count()
        }

        fn legs_placed(&self) -> usize {
            self.server.legs_placed()
        }

        fn now(&self) -> Timestamp {
            Timestamp::from_secs(PLACED_AT_SECS)
        }
    }
}
