//! The audio of recordings, over sockets.

use std::time::{Duration, Instant};

use futures_util::TryStreamExt as _;
use switchboard::telephony::twilio::api::ErrorKind;
use switchboard::telephony::twilio::api::recordings::{Format, Media};

use super::super::twilio_client_over_a_socket::server::{ACCOUNT, Reply, Server, problem};
use super::sid;
use super::sockets::{client, settings};

fn wav() -> Media {
    Media::new(sid("RE", 1), Format::Wav)
}

fn audio(kind: &str, body: &str) -> Reply {
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    Reply::Close(head.into_bytes())
}

fn sent_on(to: &str) -> Reply {
    let head =
        format!("HTTP/1.1 307 Temporary Redirect\r\nLocation: {to}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
    Reply::Close(head.into_bytes())
}

#[tokio::test]
async fn audio_arrives_as_bytes_from_an_address_made_of_ids() {
    let server = Server::start();
    server.answer_question(audio("audio/x-wav", "RIFF....WAVE"));
    let arriving = client(&server).media(&wav().requested_channels(2)).await.expect("audio");
    assert_eq!((arriving.content_type(), arriving.length()), (Some("audio/x-wav"), Some(12)));
    assert_eq!(arriving.bytes(12).await.expect("all of it"), b"RIFF....WAVE");
    let seen = server.seen();
    let path = format!("/2010-04-01/Accounts/{ACCOUNT}/Recordings/{}.wav?RequestedChannels=2", sid("RE", 1));
    assert_eq!(seen[0].line, format!("GET {path} HTTP/1.1"));
    assert!(seen[0].header("authorization").is_some());
    server.answer_question(audio("audio/mpeg", "abcdef"));
    let arriving = client(&server).media(&Media::new(sid("RE", 1), Format::Mp3)).await.expect("audio");
    let pieces: Vec<Vec<u8>> = arriving.into_stream().try_collect().await.expect("all of it");
    assert_eq!(pieces.concat(), b"abcdef");
}

#[tokio::test]
async fn storage_elsewhere_is_gone_to_without_credentials() {
    let (server, storage) = (Server::start(), Server::start());
    server.answer_question(sent_on("/elsewhere"));
    server.answer_question(sent_on(&format!("{}/bucket/a.wav?signature=x", storage.url())));
    storage.answer_question(audio("audio/x-wav", "RIFF"));
    let arriving = client(&server).media(&wav()).await.expect("audio");
    assert_eq!(arriving.bytes(100).await.expect("all of it"), b"RIFF");
    let (home, away) = (server.seen(), storage.seen());
    assert_eq!((home.len(), home[1].line.as_str()), (2, "GET /elsewhere HTTP/1.1"));
    assert!(home[1].header("authorization").is_some(), "it is Twilio's own host");
    assert_eq!(away[0].line, "GET /bucket/a.wav?signature=x HTTP/1.1");
    assert_eq!(
        (away[0].header("authorization"), away[0].header("referer"), away[0].header("cookie")),
        (None, None, None)
    );
}

#[tokio::test]
async fn a_redirection_to_anywhere_else_or_in_a_circle_is_an_error() {
    let server = Server::start();
    let with_user = server.url().replace("http://", "http://user:word@");
    for place in ["http://storage.example/a.wav", "ftp://127.0.0.1/a", "file:///etc/passwd", with_user.as_str()] {
        server.answer_question(sent_on(place));
        let error = client(&server).media(&wav()).await.expect_err(place);
        assert_eq!(error.kind(), ErrorKind::Astray, "{place}");
        assert!(!format!("{error:?}").contains("word"), "{error:?}");
    }
    let before = server.seen().len();
    for _ in 0..9 {
        server.answer_question(sent_on("/again"));
    }
    assert_eq!(client(&server).media(&wav()).await.expect_err("a circle").kind(), ErrorKind::Astray);
    assert_eq!(server.seen().len() - before, 4, "the first and three more");
}

#[tokio::test]
async fn what_is_no_audio_is_not_handed_out() {
    let server = Server::start();
    for kind in ["text/html", "application/json", "image/svg+xml"] {
        server.answer_question(audio(kind, "<script>"));
        let error = client(&server).media(&wav()).await.expect_err(kind);
        assert_eq!(error.kind(), ErrorKind::Unreadable, "{kind}");
    }
    server.answer_question(Reply::Full(404, None, problem(20404, 404)));
    let error = client(&server).media(&wav()).await.expect_err("not ready");
    assert_eq!((error.code(), error.is_not_found()), (Some(20404), true));
    server.answer_question(Reply::Full(400, None, problem(16113, 400)));
    let error = client(&server).media(&wav().requested_channels(2)).await.expect_err("one channel");
    assert!(error.to_string().ends_with("two channels were asked for, but the recording has one"), "{error}");
}

#[tokio::test]
async fn audio_has_a_size_and_a_time() {
    let server = Server::start();
    server.answer_question(audio("audio/x-wav", "0123456789"));
    let arriving = client(&server).media(&wav()).await.expect("audio");
    assert_eq!(arriving.bytes(9).await.expect_err("ten bytes").kind(), ErrorKind::TooLarge);
    let endless = b"HTTP/1.1 200 OK\r\nContent-Type: audio/x-wav\r\nContent-Length: 50000\r\n\r\nR".to_vec();
    server.answer_question(Reply::Drip(endless.clone()));
    let short = Duration::from_millis(300);
    let hurried = settings(&server).media_timeout(short).build().expect("right");
    let began = Instant::now();
    let arriving = hurried.media(&wav()).await.expect("it begins");
    assert_eq!(arriving.bytes(1 << 20).await.expect_err("it never ends").kind(), ErrorKind::TimedOut);
    assert!(began.elapsed() < Duration::from_secs(5));
    server.answer_question(Reply::Stall(endless));
    let idle = settings(&server).timeout(short).build().expect("right");
    let arriving = idle.media(&wav()).await.expect("it begins");
    assert_eq!(arriving.bytes(1 << 20).await.expect_err("silence").kind(), ErrorKind::TimedOut);
    server.answer_question(Reply::Close(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nRIFF".to_vec()));
    let arriving = client(&server).media(&wav()).await.expect("it begins");
    assert_eq!(arriving.bytes(1 << 20).await.expect_err("half of it").kind(), ErrorKind::Broken);
}
