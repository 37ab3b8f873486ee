//! Callers: sixteen connections in a closed loop. A call is a signed "ringing", and after a while a signed "completed".

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use switchboard::webhook::{Algorithm, form, sign};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::{ACCOUNT, HOST, SKILLS, TOKEN};

/// Connections at once.
pub(crate) const CONNECTIONS: usize = 16;
/// Calls that a connection leaves ringing before it ends the first: time for an agent to be reserved.
const RINGING: usize = 24;

/// What a round of load came to.
#[derive(Default)]
pub(crate) struct Load {
    pub(crate) webhooks: u64,
    pub(crate) dialled: u64,
    pub(crate) latencies_us: Vec<u32>,
}

impl Load {
    fn add(&mut self, other: Self) {
        self.webhooks += other.webhooks;
        self.dialled += other.dialled;
        self.latencies_us.extend(other.latencies_us);
    }

    /// The latency that 99 of 100 webhooks stayed below, in milliseconds.
    pub(crate) fn p99_ms(&mut self) -> f64 {
        self.latencies_us.sort_unstable();
        let at = self.latencies_us.len() * 99 / 100;
        f64::from(self.latencies_us.get(at).copied().unwrap_or(0)) / 1_000.0
    }
}

fn webhook(path: &str, sid: &str, number: usize, from: usize, status: &str) -> Vec<u8> {
    let (to, from) = (super::number(number), format!("+1201{from:07}"));
    // The 25 parameters of an incoming call, as Twilio sends them.
    let params = [
        ("Called", to.as_str()),
        ("ToState", "CA"),
        ("CallerCountry", "US"),
        ("Direction", "inbound"),
        ("CallerState", "NJ"),
        ("ToZip", ""),
        ("CallSid", sid),
        ("To", &to),
        ("CallerZip", "07001"),
        ("ToCountry", "US"),
        ("ApiVersion", "2010-04-01"),
        ("CalledZip", ""),
        ("CalledCity", ""),
        ("CallStatus", status),
        ("From", &from),
        ("AccountSid", ACCOUNT),
        ("CalledCountry", "US"),
        ("CallerCity", "NEWARK"),
        ("ToCity", "SF"),
        ("FromCountry", "US"),
        ("Caller", &from),
        ("FromCity", "NEWARK"),
        ("CalledState", "CA"),
        ("FromZip", "07001"),
        ("FromState", "NJ"),
    ];
    let signature = sign(&format!("{HOST}{path}"), &params, TOKEN, Algorithm::HmacSha1);
    let body = form::encode(params.iter().copied());
    format!(
        "POST {path} HTTP/1.1\r\nHost: calls.example.com\r\nX-Twilio-Signature: {signature}\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// Sends a request and reads its whole reply: the status, and whether somebody is dialled by it.
async fn exchange(stream: &mut TcpStream, buffer: &mut Vec<u8>, request: &[u8]) -> std::io::Result<(u16, bool)> {
    stream.write_all(request).await?;
    buffer.clear();
    loop {
        if stream.read_buf(buffer).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        let Some(head) = buffer.windows(4).position(|at| at == b"\r\n\r\n") else { continue };
        let text = String::from_utf8_lossy(&buffer[..head]).to_ascii_lowercase();
        let length = text.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse::<usize>().ok());
        let body = head + 4;
        if buffer.len() >= body + length.unwrap_or(0) {
            let status = text.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
            return Ok((status, buffer[body..].windows(5).any(|at| at == b"<Dial")));
        }
    }
}

async fn connection(port: u16, first: usize, until: Instant) -> Load {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.expect("the server listens");
    stream.set_nodelay(true).expect("a socket option");
    let (mut load, mut buffer, mut ringing) = (Load::default(), Vec::with_capacity(8192), VecDeque::new());
    let mut call = first;
    loop {
        let is_over = Instant::now() >= until;
        if is_over && ringing.is_empty() {
            return load;
        }
        let request = if is_over || ringing.len() == RINGING {
            let (sid, at): (String, usize) = ringing.pop_front().expect("calls ring");
            webhook("/hooks/status", &sid, at % SKILLS, at, "completed")
        } else {
            let sid = format!("CA{call:032x}");
            let request = webhook("/hooks/voice", &sid, call % SKILLS, call, "ringing");
            ringing.push_back((sid, call));
            call += 1;
            request
        };
        let sent = Instant::now();
        let (status, dialled) = exchange(&mut stream, &mut buffer, &request).await.expect("a whole reply");
        assert!(status == 200 || status == 204, "status {status}: {}", String::from_utf8_lossy(&buffer));
        load.webhooks += 1;
        load.dialled += u64::from(dialled);
        load.latencies_us.push(u32::try_from(sent.elapsed().as_micros()).unwrap_or(u32::MAX));
    }
}

/// Puts load on a server for `time`; every call that was begun is ended. `round` keeps the calls of rounds apart.
pub(crate) async fn put(port: u16, round: usize, time: Duration) -> Load {
    let until = Instant::now() + time;
    let each = (0..CONNECTIONS).map(|at| tokio::spawn(connection(port, (round * CONNECTIONS + at) * 200_000, until)));
    let mut load = Load::default();
    for connection in each.collect::<Vec<_>>() {
        load.add(connection.await.expect("a connection that lasts"));
    }
    load
}
