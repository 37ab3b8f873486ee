//! The simulator's sockets over real connections, with servers that a user would write.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use axum::response::IntoResponse;
use axum::routing::post;
use futures_util::{SinkExt, StreamExt};
use switchboard::media::g711::SILENCE;
use switchboard::media::{relay, stream};
use switchboard::sim::carrier::{CarrierConfig, EndpointScript, Hearing, NumberConfig};
use switchboard::simulator::{Simulator, SimulatorConfig};
use switchboard::webhook::{Method, Verifier, WebhookRequest};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::tungstenite::http::StatusCode;

use super::world::{ANN, LINE, ms};

const DEADLINE: Duration = Duration::from_secs(60);

/// A listener, and the address that a document names.
async fn listen() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address").to_string();
    (listener, address)
}

fn verifier(address: &str, token: &str) -> Verifier {
    let builder = Verifier::builder().public_base(format!("https://{address}")).auth_token(token);
    builder.account(CarrierConfig::default().account_sid).build().expect("it is whole")
}

/// Takes one connection, if its signature is right: what stands in a user's server before anything is read.
async fn accept(listener: TcpListener, verifier: Arc<Verifier>) -> Option<WebSocketStream<TcpStream>> {
    let (tcp, _) = listener.accept().await.expect("somebody connects");
    #[expect(clippy::result_large_err, reason = "the type is the library's")]
    let check = |request: &Request, response: Response| -> Result<Response, ErrorResponse> {
        let headers: Vec<(&str, &str)> =
            request.headers().iter().filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?))).collect();
        let target = request.uri().path_and_query().map_or("/", |target| target.as_str());
        let request = WebhookRequest { method: Method::Get, target, headers: &headers, body: b"", websocket: true };
        match verifier.verify(&request) {
            Ok(_) => Ok(response),
            Err(refusal) => {
                let mut response = ErrorResponse::new(Some(refusal.to_string()));
                *response.status_mut() = StatusCode::FORBIDDEN;
                Err(response)
            }
        }
    };
    tokio_tungstenite::accept_hdr_async(tcp, check).await.ok()
}

/// A simulator with Ann's number, whose documents are these.
async fn simulator(pages: &[(&'static str, String)]) -> Simulator {
    let (listener, address) = listen().await;
    let mut app = axum::Router::new();
    for (path, verbs) in pages {
        let document = format!("<Response>{verbs}</Response>");
        let page = move || async move { ([("content-type", "text/xml")], document).into_response() };
        app = app.route(path, post(page));
    }
    tokio::spawn(async move { axum::serve(listener, app).await });
    let simulator = Simulator::start(SimulatorConfig::default()).await.expect("it starts");
    let voice_url = format!("http://{address}/voice");
    simulator.number(NumberConfig { number: LINE.to_owned(), voice_url, ..NumberConfig::default() });
    simulator
}

async fn in_time<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(DEADLINE, what).await.expect("it takes a minute or more")
}

/// Looks every few milliseconds whether it is so.
async fn until(simulator: &Simulator, is_so: impl Fn(&mut switchboard::sim::carrier::Carrier) -> bool) {
    let mut looks = tokio::time::interval(ms(5));
    in_time(async {
        while !simulator.with(&is_so) {
            looks.tick().await;
        }
    })
    .await;
}

fn says(simulator: &Simulator, says: &[(u64, &str)]) -> String {
    let says = says.iter().map(|(at, words)| (ms(*at), (*words).to_owned())).collect();
    simulator.with(|carrier| {
        carrier.script(ANN, EndpointScript { says, ..EndpointScript::default() });
        carrier.caller_dials(ANN, LINE)
    })
}

/// Sends back what it hears of the caller's voice, marks the end of it, then drops a long silence and closes.
async fn echo(listener: TcpListener, verifier: Arc<Verifier>, told: mpsc::UnboundedSender<stream::Event>) {
    let mut socket = accept(listener, verifier).await.expect("the signature is right");
    let mut session = stream::Session::new();
    let mut echoed = 0;
    while let Some(Ok(message)) = socket.next().await {
        let Message::Text(frame) = message else { continue };
        let event = session.receive(&frame).expect("the carrier keeps the protocol");
        let mut answers = Vec::new();
        match &event {
            stream::Event::Media(media) if echoed < 20 && media.media.payload.iter().any(|byte| *byte != SILENCE) => {
                echoed += 1;
                answers.push(session.play(&media.media.payload));
                if echoed == 20 {
                    answers.push(session.mark("echoed"));
                }
            }
            stream::Event::Mark(mark) if mark.mark.name == "echoed" => {
                answers.extend([session.play(&[1; 80_000]), session.mark("dropped"), session.clear()]);
            }
            stream::Event::Mark(_) => break,
            _ => {}
        }
        for answer in answers {
            socket.send(Message::text(answer.expect("it has started"))).await.expect("the carrier is there");
        }
        told.send(event).expect("somebody listens");
    }
    socket.close(None).await.expect("the carrier is there");
    while socket.next().await.is_some() {}
}

#[tokio::test]
async fn the_caller_hears_what_a_server_sends_back() {
    let (listener, address) = listen().await;
    let connect = format!(r#"<Connect><Stream url="wss://{address}/audio"/></Connect><Say>Goodbye to you.</Say>"#);
    let simulator = simulator(&[("/voice", connect)]).await;
    let (told, mut events) = mpsc::unbounded_channel();
    let server = tokio::spawn(echo(listener, Arc::new(verifier(&address, "12345")), told));
    let ann = says(&simulator, &[(300, "Can you hear me well enough?")]);
    in_time(server).await.expect("it went well");
    let mut voice = Vec::new();
    while let Some(event) = events.recv().await {
        if let stream::Event::Media(media) = event
            && media.media.payload.iter().any(|byte| *byte != SILENCE)
            && voice.len() < 3200
        {
            voice.extend(media.media.payload);
        }
    }
    until(&simulator, |carrier| carrier.heard(&ann).iter().any(|heard| matches!(heard.what, Hearing::Say(_)))).await;
    let (played, codes) = simulator.with(|carrier| (carrier.audio_played(&ann), carrier.notifications()));
    assert_eq!(voice.len(), 3200);
    assert_eq!(played.get(..3200), Some(&voice[..]), "her own voice came back to her");
    assert!(played.len() < 3200 + 80_000, "the rest was dropped");
    assert!(played[3200..].iter().all(|byte| *byte == 1));
    assert!(codes.is_empty(), "{codes:?}");
}

/// Answers the first thing that is said and hands the caller over when a person is asked for.
async fn converse(listener: TcpListener, verifier: Arc<Verifier>) -> Vec<String> {
    let mut socket = accept(listener, verifier).await.expect("the signature is right");
    let mut session = relay::Session::new();
    let mut prompts = Vec::new();
    while let Some(Ok(message)) = socket.next().await {
        let Message::Text(frame) = message else { continue };
        let event = session.receive(&frame).expect("the carrier keeps the protocol");
        let answers = match event {
            relay::Event::Prompt(prompt) if prompt.voice_prompt.contains("person") => {
                prompts.push(prompt.voice_prompt);
                vec![session.last("Ana will help you."), session.end(Some(r#"{"agent":"ana"}"#))]
            }
            relay::Event::Prompt(prompt) => {
                prompts.push(prompt.voice_prompt);
                vec![session.token("Until "), session.token("six. "), session.last("Anything else?")]
            }
            _ => Vec::new(),
        };
        for answer in answers {
            socket.send(Message::text(answer.expect("it is set up"))).await.expect("the carrier is there");
        }
    }
    prompts
}

#[tokio::test]
async fn a_caller_who_wants_a_person_is_joined_with_an_agent() {
    let (listener, address) = listen().await;
    let connect = format!(
        r#"<Connect action="/after"><ConversationRelay url="wss://{address}/talk" welcomeGreeting="Acme."/></Connect>"#
    );
    let dial = "<Dial><Client>ana</Client></Dial>".to_owned();
    let simulator = simulator(&[("/voice", connect), ("/after", dial)]).await;
    let server = tokio::spawn(converse(listener, Arc::new(verifier(&address, "12345"))));
    let ann = says(&simulator, &[(800, "Open?"), (4_200, "Get me a person.")]);
    let prompts = in_time(server).await.expect("it went well");
    assert_eq!(prompts, ["Open?", "Get me a person."]);
    until(&simulator, |carrier| {
        let legs = carrier.calls();
        let agent = legs.iter().find(|leg| leg.to == "client:ana").map(|leg| leg.sid.clone());
        let is_pair = |a: &str, b: &str| a == ann && Some(b) == agent.as_deref();
        carrier.joined().iter().any(|j| j.to.is_none() && (is_pair(&j.a, &j.b) || is_pair(&j.b, &j.a)))
    })
    .await;
    let (heard, codes) = simulator.with(|carrier| (carrier.heard(&ann), carrier.notifications()));
    let said: Vec<String> =
        heard.into_iter().filter_map(|h| if let Hearing::Say(words) = h.what { Some(words) } else { None }).collect();
    assert_eq!(said, ["Acme.", "Until six.", "Anything else?", "Ana will help you."]);
    assert!(codes.is_empty(), "{codes:?}");
    let trace = simulator.trace(&ann);
    let action = trace.iter().find(|entry| entry.request.ends_with("/after")).expect("the action is asked");
    let handoff = action.params.iter().find(|(name, _)| name == "HandoffData").map(|(_, value)| value.as_str());
    assert_eq!(handoff, Some(r#"{"agent":"ana"}"#));
}

#[tokio::test]
async fn a_server_that_knows_another_token_refuses_the_handshake() {
    let (listener, address) = listen().await;
    let connect = format!(r#"<Connect><Stream url="wss://{address}/audio"/></Connect><Say>Goodbye to you.</Say>"#);
    let simulator = simulator(&[("/voice", connect)]).await;
    let server = tokio::spawn(accept(listener, Arc::new(verifier(&address, "another"))));
    let ann = says(&simulator, &[]);
    assert!(in_time(server).await.expect("it went well").is_none());
    until(&simulator, |carrier| !carrier.notifications().is_empty()).await;
    let (notes, heard) = simulator.with(|carrier| (carrier.notifications(), carrier.heard(&ann)));
    assert_eq!((notes[0].code, notes[0].message.contains("403")), (31_920, true), "{notes:?}");
    assert!(heard.iter().any(|heard| heard.what == Hearing::Say("Goodbye to you.".to_owned())), "{heard:?}");
}

#[tokio::test]
async fn a_frame_beyond_the_limit_ends_the_stream_and_not_the_call() {
    let (listener, address) = listen().await;
    let connect = format!(r#"<Connect><Stream url="wss://{address}/audio"/></Connect><Say>Goodbye to you.</Say>"#);
    let simulator = simulator(&[("/voice", connect)]).await;
    let server = tokio::spawn(async move {
        let mut socket = accept(listener, Arc::new(verifier(&address, "12345"))).await.expect("signed");
        // The carrier may have gone before the last byte is written.
        let _ = socket.send(Message::text("x".repeat(switchboard::media::FRAME_BYTES_MAX + 1))).await;
        while let Some(Ok(_)) = socket.next().await {}
    });
    let ann = says(&simulator, &[]);
    until(&simulator, |carrier| !carrier.notifications().is_empty()).await;
    let (notes, heard) = simulator.with(|carrier| (carrier.notifications(), carrier.heard(&ann)));
    assert_eq!(notes.iter().map(|note| note.code).collect::<Vec<_>>(), [31_924]);
    assert!(heard.iter().any(|heard| heard.what == Hearing::Say("Goodbye to you.".to_owned())), "{heard:?}");
    in_time(server).await.expect("the connection is gone");
}

#[tokio::test]
async fn nothing_beyond_this_machine_is_connected_to() {
    for url in ["wss://example.com/audio", "wss://127.0.0.1.example.com/", "wss://10.0.0.1/", "wss://localhost.x/"] {
        let connect = format!(r#"<Connect><Stream url="{url}"/></Connect><Say>Goodbye to you.</Say>"#);
        let simulator = simulator(&[("/voice", connect)]).await;
        says(&simulator, &[]);
        until(&simulator, |carrier| !carrier.notifications().is_empty()).await;
        assert_eq!(simulator.with(|carrier| carrier.notifications())[0].code, 31_902, "{url}");
    }
}

#[tokio::test]
async fn hanging_up_closes_the_connection() {
    let (listener, address) = listen().await;
    let connect = format!(r#"<Connect><Stream url="wss://{address}/audio"/></Connect>"#);
    let simulator = simulator(&[("/voice", connect)]).await;
    let server = tokio::spawn(async move {
        let mut socket = accept(listener, Arc::new(verifier(&address, "12345"))).await.expect("signed");
        let (mut session, mut close) = (stream::Session::new(), None);
        while let Some(Ok(message)) = socket.next().await {
            match message {
                Message::Text(frame) => drop(session.receive(&frame).expect("the carrier keeps the protocol")),
                Message::Close(frame) => close = frame.map(|frame| u16::from(frame.code)),
                _ => {}
            }
        }
        (session.is_over(), session.missed(), close)
    });
    let ann = says(&simulator, &[]);
    until(&simulator, |carrier| carrier.call(&ann).is_some_and(|leg| leg.hearing == Hearing::Pause)).await;
    simulator.with(|carrier| carrier.hangs_up(&ann));
    assert_eq!(in_time(server).await.expect("it went well"), (true, 0, Some(1000)));
    assert!(simulator.with(|carrier| carrier.notifications()).is_empty());
}
