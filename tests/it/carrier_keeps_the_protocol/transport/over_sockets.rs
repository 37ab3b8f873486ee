//! The same over real connections: what a server does becomes the code that says so.

use super::*;
use switchboard::sim::carrier::Notification;
use switchboard::simulator::{Simulator, SimulatorConfig};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// A server that gives these replies, one for each connection, and then those requests.
async fn server(replies: Vec<String>) -> (String, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address").to_string();
    let served = tokio::spawn(async move {
        let mut requests = Vec::new();
        for reply in replies {
            let (mut socket, _) = listener.accept().await.expect("a connection");
            requests.push(request(&mut socket).await);
            // Whoever hangs up first has seen enough.
            let _gone = socket.write_all(reply.as_bytes()).await;
            let _gone = socket.shutdown().await;
        }
        requests
    });
    (address, served)
}

/// One request, whole.
async fn request(socket: &mut tokio::net::TcpStream) -> String {
    let mut bytes = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| {
                let (name, value) = line.split_once(": ")?;
                name.eq_ignore_ascii_case("content-length").then(|| value.parse().ok()).flatten()
            });
            if body.len() >= length.unwrap_or(0) {
                return text;
            }
        }
        match socket.read(&mut chunk).await {
            Ok(count) if count > 0 => bytes.extend_from_slice(&chunk[..count]),
            _ => return text,
        }
        // A TLS client speaks first, and not HTTP.
        if bytes.first() == Some(&0x16) {
            return String::new();
        }
    }
}

fn reply(head: &str, body: &str) -> String {
    format!("HTTP/1.1 {head}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len())
}

/// A simulator in which somebody dialled a line that is asked at this URL.
async fn dialled(voice_url: String) -> (Simulator, String) {
    let simulator = Simulator::start(SimulatorConfig::default()).await.expect("a simulator");
    simulator.number(NumberConfig { number: LINE.to_owned(), voice_url, ..NumberConfig::default() });
    let sid = simulator.with(|carrier| carrier.caller_dials(ANN, LINE));
    (simulator, sid)
}

async fn until<T>(simulator: &Simulator, look: impl Fn(&mut Carrier) -> Option<T>) -> T {
    let reached = async {
        loop {
            if let Some(found) = simulator.with(&look) {
                return found;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(secs(30), reached).await.expect("it happens in time")
}

/// The first thing that the carrier complains of.
async fn complaint(voice_url: String) -> Notification {
    let (simulator, _) = dialled(voice_url).await;
    until(&simulator, |carrier| carrier.notifications().into_iter().next()).await
}

#[tokio::test]
async fn redirects_cookies_and_documents_go_over_a_connection() {
    let document = "<Response><Say>There</Say><Pause length=\"60\"/></Response>";
    let first = reply("302 Found\r\nLocation: /there\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2; Path=/", "");
    let second = reply("200 OK\r\nContent-Type: text/xml", document);
    let (address, served) = server(vec![first, second]).await;
    let (simulator, sid) = dialled(format!("http://user:pass@{address}/voice")).await;
    let heard =
        until(&simulator, |carrier| carrier.heard(&sid).into_iter().find(|heard| heard.what == say("There"))).await;
    assert_eq!(heard.what, say("There"));
    let requests = served.await.expect("a server that ended");
    let has = |request: &str, line: &str| request.to_ascii_lowercase().contains(&line.to_ascii_lowercase());
    assert!(requests[0].starts_with("POST /voice HTTP/1.1\r\n"), "{}", requests[0]);
    assert!(has(&requests[0], "Authorization: Basic dXNlcjpwYXNz") && has(&requests[0], "User-Agent: TwilioProxy/1.1"));
    assert!(requests[1].starts_with("GET /there HTTP/1.1\r\n"), "{}", requests[1]);
    assert!(has(&requests[1], "Cookie: a=1; b=2"), "{}", requests[1]);
    assert!(simulator.with(|carrier| carrier.notifications()).is_empty());
}

#[tokio::test]
async fn what_goes_wrong_on_a_connection_has_its_code() {
    let nobody = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = nobody.local_addr().expect("an address");
    drop(nobody);
    assert_eq!(complaint(format!("http://{address}/voice")).await.code, 11_202);

    let (address, _served) = server(vec!["I speak no HTTP\r\n\r\n".to_owned()]).await;
    assert_eq!(complaint(format!("http://{address}/voice")).await.code, 11_206);

    let half = "HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: 100\r\n\r\n<Resp".to_owned();
    let (address, _served) = server(vec![half]).await;
    assert_eq!(complaint(format!("http://{address}/voice")).await.code, 11_206);

    let (address, _served) = server(vec!["HTTP/1.1 400 Bad Request\r\n\r\n".to_owned()]).await;
    assert_eq!(complaint(format!("https://{address}/voice")).await.code, 11_220);

    let long = reply("200 OK\r\nContent-Type: text/xml", &"x".repeat(300_000));
    let (address, _served) = server(vec![long]).await;
    assert_eq!(complaint(format!("http://{address}/voice")).await.code, 11_750);

    assert_eq!(complaint("http://elsewhere.example/voice".to_owned()).await.code, 11_205);
}

#[tokio::test]
async fn a_server_that_says_nothing_is_given_the_time_of_its_url() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let silent = complaint(format!("http://{address}/voice#rt=100")).await;
    assert_eq!(silent.code, 11_203);
}
