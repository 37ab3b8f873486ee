//! Fetching recordings: whole, capped, sniffed, and with credentials for the provider alone.

use std::time::Duration;

use switchboard::telephony::twilio::media::{is_public, may_follow};
use switchboard::telephony::{Audio, AudioFormat, AudioRequest, Failure, RecordingMedia, TelephonyError};

use super::server::{ACCOUNT, Server};
use super::spec::{ORGANISATION, TELNYX};

const WAV: &[u8] = b"RIFF\x24\x00\x00\x00WAVEfmt \x10\x00\x00\x00";
const MP3: &[u8] = b"\xff\xfb\x90\x64\x00\x00";

fn recording() -> String {
    format!("RE{:032x}", 5)
}

fn media_path(tail: &str) -> String {
    format!("/2010-04-01/Accounts/{ACCOUNT}/Recordings/{}{tail}", recording())
}

fn reply(status: u16, headers: &str, body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 {status} X\r\nConnection: close\r\nContent-Length: {}\r\n{headers}\r\n", body.len());
    [head.as_bytes(), body].concat()
}

fn redirection(to: &str) -> Vec<u8> {
    reply(307, &format!("Location: {to}\r\n"), b"")
}

async fn fetched(server: &Server, wanted: &AudioRequest) -> Result<Audio, TelephonyError> {
    server.client().fetch(wanted).await
}

async fn failure(server: &Server, wanted: &AudioRequest) -> Failure {
    fetched(server, wanted).await.expect_err("there is no sound").failure()
}

const LATER: Failure = Failure::Unavailable { retry_after: None };

#[tokio::test]
async fn a_recording_is_fetched_from_an_address_of_our_own_making() {
    let server = Server::start();
    // What the server says of it is not believed.
    server.serve(media_path(".wav?RequestedChannels=2"), reply(200, "Content-Type: text/html\r\n", WAV));
    server.serve(media_path(".mp3"), reply(200, "", MP3));
    let audio = fetched(&server, &AudioRequest::wav(recording()).channels(2)).await.expect("it is there");
    assert_eq!(audio, Audio { format: AudioFormat::Wav, bytes: WAV.to_vec() });
    let audio = fetched(&server, &AudioRequest::mp3(recording())).await.expect("it is there");
    assert_eq!((audio.format, format!("{audio:?}")), (AudioFormat::Mp3, "Audio { format: Mp3, bytes: 6 }".to_owned()));
    assert!(server.seen().iter().all(|seen| seen.header("authorization").is_some()), "the account may demand it");
    let sent = server.seen().len();
    let long = format!("RE{}", "0".repeat(10_000));
    for bad in ["../../etc/passwd", "RE%2e%2e", "https://evil.example/RE", long.as_str(), "RE\0", "re00", ""] {
        assert_eq!(failure(&server, &AudioRequest::wav(bad)).await, Failure::Rejected, "{bad:?}");
    }
    assert_eq!(failure(&server, &AudioRequest::wav(recording()).channels(3)).await, Failure::Rejected);
    assert_eq!(server.seen().len(), sent, "an id that is none was sent");
}

#[tokio::test]
async fn a_redirection_to_storage_is_followed_without_credentials() {
    let (server, storage) = (Server::start(), Server::start());
    let to = format!("http://user:password@{}/kept?sig=1#x", storage.url().trim_start_matches("http://"));
    server.serve(media_path(".wav"), redirection(&to));
    storage.serve("/kept?sig=1", redirection("/further"));
    storage.serve("/further", reply(200, "", WAV));
    let audio = fetched(&server, &AudioRequest::wav(recording())).await.expect("it is kept there");
    assert_eq!(audio.bytes, WAV);
    let seen = storage.seen();
    assert_eq!(seen.len(), 2);
    assert!(seen.iter().all(|seen| seen.header("authorization").is_none()), "credentials left the provider: {seen:?}");
}

#[tokio::test]
async fn a_redirection_never_leads_into_a_private_network_nor_round_in_circles() {
    let (server, other) = (Server::start(), Server::start());
    for bad in [
        "http://10.0.0.1/",
        "https://169.254.169.254/latest/meta-data",
        "https://[::ffff:10.0.0.1]/",
        "https://0x0a000001/",
        "file:///etc/passwd",
        "http://public.example/",
        "ftp://127.0.0.1/",
    ] {
        server.serve(media_path(".wav"), redirection(bad));
        let error = fetched(&server, &AudioRequest::wav(recording())).await.expect_err(bad);
        assert_eq!(error.failure(), LATER, "{bad}");
        assert!(error.to_string().contains("not public"), "{bad}: {error}");
    }
    server.serve(media_path(".wav"), redirection(&format!("{}/round", other.url())));
    other.serve("/round", redirection("/round"));
    assert_eq!(failure(&server, &AudioRequest::wav(recording())).await, LATER);
    assert_eq!(other.seen().len(), 3, "it ends somewhere");
}

#[tokio::test]
async fn what_is_no_sound_or_too_much_of_it_is_not_taken() {
    let server = Server::start();
    let wanted = AudioRequest::wav(recording()).bytes_max(1000);
    let long = [WAV, &[0; 1000]].concat();
    server.serve(media_path(".wav"), reply(200, "", &long));
    assert_eq!(failure(&server, &wanted).await, Failure::Rejected, "too long, and it says so");
    let chunked = b"HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
    let chunk = [b"300\r\n".as_slice(), &[b'R'; 0x300], b"\r\n"].concat();
    server.serve(media_path(".wav"), [chunked, chunk.repeat(2)].concat());
    assert_eq!(failure(&server, &wanted).await, Failure::Rejected, "too long, and it does not say so");
    let cut = [b"HTTP/1.1 200 X\r\nContent-Length: 900\r\n\r\n".as_slice(), WAV].concat();
    server.serve(media_path(".wav"), cut);
    assert_eq!(failure(&server, &wanted).await, LATER, "a part is not the whole");
    for bad in [b"<html>no</html>".as_slice(), b"", b"{\"sid\":\"RE1\"}", b"\x1f\x8b\x08\x00", b"RIFF\0\0\0\0AVI "] {
        server.serve(media_path(".wav"), reply(200, "Content-Type: audio/x-wav\r\n", bad));
        assert_eq!(failure(&server, &wanted).await, LATER, "{bad:?}");
    }
    for (status, code, expected) in
        [(404, 20404, LATER), (400, 16113, Failure::Rejected), (401, 20003, LATER), (500, 20500, LATER)]
    {
        let problem = super::server::problem(code, status);
        server.serve(media_path(".wav"), reply(status, "", problem.as_bytes()));
        assert_eq!(failure(&server, &wanted).await, expected, "{status} {code}");
    }
}

#[tokio::test]
async fn sound_that_trickles_in_ends_at_the_deadline() {
    let server = Server::start();
    let head = [b"HTTP/1.1 200 X\r\nContent-Length: 900\r\n\r\n".as_slice(), WAV].concat();
    server.serve_as(media_path(".wav"), super::server::Reply::Drip(head));
    let wanted = AudioRequest::wav(recording()).deadline(Duration::from_millis(300));
    let began = std::time::Instant::now();
    assert_eq!(failure(&server, &wanted).await, LATER);
    assert!(began.elapsed() < Duration::from_secs(5), "it took {:?}", began.elapsed());
}

#[tokio::test]
async fn a_provider_that_links_its_sound_is_asked_where_it_is() {
    let (server, storage) = (Server::of(TELNYX), Server::start());
    let id = (TELNYX.other)("RE", 9);
    let path = format!("/v2/texml/Accounts/{ORGANISATION}/Recordings/{id}.json");
    storage.serve("/kept", reply(200, "", MP3));
    let linked = |link: &str| serde_json::json!({"sid": id, "media_url": link}).to_string();
    server.serve(path.clone(), reply(200, "", linked(&format!("{}/kept", storage.url())).as_bytes()));
    let audio = fetched(&server, &AudioRequest::mp3(id.clone())).await.expect("it is kept there");
    assert_eq!(audio.bytes, MP3);
    assert_eq!(server.seen()[0].header("authorization"), Some(TELNYX.authorization));
    assert_eq!(storage.seen()[0].header("authorization"), None, "the key left the provider");
    for bad in ["https://192.168.0.1/x", ""] {
        server.serve(path.clone(), reply(200, "", linked(bad).as_bytes()));
        assert_eq!(failure(&server, &AudioRequest::mp3(id.clone())).await, LATER, "{bad}");
    }
    assert_eq!(storage.seen().len(), 1);
}

#[test]
fn only_public_addresses_may_be_asked() {
    for public in ["8.8.8.8", "2606:4700::1111", "100.63.0.1", "172.15.0.1", "::ffff:8.8.8.8", "64:ff9b::808:808"] {
        assert!(is_public(public.parse().expect("an address")), "{public}");
    }
    for inner in [
        "0.0.0.0",
        "10.1.2.3",
        "100.64.0.1",
        "127.0.0.1",
        "169.254.1.1",
        "172.16.0.1",
        "192.0.0.1",
        "192.0.2.1",
        "192.168.1.1",
        "198.18.0.1",
        "198.51.100.1",
        "203.0.113.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::ffff:10.0.0.1",
        "64:ff9b::a00:1",
        "2002:a00:1::",
        "fe80::1",
        "fc00::1",
        "ff02::1",
        "2001:db8::1",
        "2001::1",
        "3fff::1",
        "::7f00:1",
    ] {
        assert!(!is_public(inner.parse().expect("an address")), "{inner}");
    }
    assert!(may_follow("https", "storage.example", false) && !may_follow("http", "storage.example", false));
    assert!(may_follow("http", "127.0.0.1", true) && !may_follow("http", "127.0.0.1", false));
    assert!(!may_follow("https", "localhost", false) && !may_follow("https", "[::1]", false));
    assert!(!may_follow("https", "", false) && !may_follow("gopher", "storage.example", true));
}
