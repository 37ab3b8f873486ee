//! A provider on a socket that answers as it is told: HTTP/1.1 as far as the client needs it, on std alone.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::json;
use switchboard::telephony::twilio::TwilioClient;

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
    /// Bodies of the dials that were done.
    legs: Vec<String>,
}

pub(crate) struct Server {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    stopping: Arc<AtomicBool>,
    accepting: Option<JoinHandle<()>>,
}

impl Server {
    pub(crate) fn start() -> Self {
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
                std::thread::spawn(move || serve(stream, &state));
            }
        });
        Self { address, state, stopping, accepting: Some(accepting) }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn client(&self) -> TwilioClient {
        TwilioClient::builder()
            .account_sid(ACCOUNT)
            .auth_token(TOKEN)
            .base_url(self.url())
            .calls_per_second(1_000_000)
            .build()
            .expect("the settings are right")
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
fn serve(stream: TcpStream, state: &Mutex<State>) {
    let Ok(mut writer) = stream.try_clone() else { return };
    let mut reader = BufReader::new(stream);
    while let Some(seen) = read(&mut reader) {
        let reply = {
            let mut state = state.lock().expect("not poisoned");
            state.seen.push(seen.clone());
            let queue = if seen.is_question() { &mut state.questions } else { &mut state.commands };
            match queue.pop_front() {
                None => done(&mut state, &seen),
                Some(Reply::AfterDoing(reply)) => {
                    done(&mut state, &seen);
                    *reply
                }
                Some(reply) => reply,
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

fn call(number: usize) -> serde_json::Value {
    json!({"sid": leg_sid(number), "status": "ringing", "direction": "outbound-api", "date_created": PLACED_AT})
}

/// Does what is asked as Twilio would, and says so.
fn done(state: &mut State, seen: &Seen) -> Reply {
    let path = seen.line.split(' ').nth(1).unwrap_or_default();
    let is_list = path.split('?').next().is_some_and(|path| path.ends_with("/Calls.json"));
    let (status, body) = match (seen.line.split(' ').next(), is_list) {
        (Some("POST"), true) => {
            state.legs.push(seen.body.clone());
            let mut fresh = call(state.legs.len());
            fresh["date_created"] = serde_json::Value::Null;
            (201, fresh.to_string())
        }
        (Some("GET"), true) => {
            let calls: Vec<_> = (1..=state.legs.len()).rev().map(call).collect();
            (200, json!({"calls": calls, "next_page_uri": null}).to_string())
        }
        (Some("GET"), false) => {
            let known = (1..=state.legs.len()).find(|&number| path.contains(&leg_sid(number)));
            known.map_or_else(|| (404, problem(20404, 404)), |number| (200, call(number).to_string()))
        }
        (Some("DELETE"), _) => return Reply::Full(204, None, String::new()),
        _ => (200, json!({"sid": leg_sid(200), "status": "completed"}).to_string()),
    };
    Reply::Full(status, None, body)
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
    use switchboard::conformance::telephony::{Answer, ScriptedProvider};
    use switchboard::telephony::Telephony;
    use switchboard::telephony::twilio::TwilioClient;
    use switchboard::time::Timestamp;

    use super::{PLACED_AT_SECS, Reply, Server, problem};

    pub(crate) struct Scripted {
        server: Server,
        client: TwilioClient,
    }

    pub(crate) fn scripted() -> Scripted {
        let server = Server::start();
        let client = server.client();
        Scripted { server, client }
    }

    impl ScriptedProvider for Scripted {
        fn telephony(&self) -> &dyn Telephony {
            &self.client
        }

        fn answer_next(&self, answer: Answer) {
            let half = b"HTTP/1.1 201 Created\r\nContent-Length: 50000\r\n\r\n{".to_vec();
            self.server.answer_command(match answer {
                Answer::Refused => Reply::Full(400, None, problem(21211, 400)),
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
                    let body = serde_json::json!({"padding": "A".repeat(2 << 20), "sid": super::leg_sid(1)});
                    Reply::Full(201, None, body.to_string())
                }
                Answer::Slow => Reply::Drip(half),
                other => panic!("the server does not know {other:?}"),
            });
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
