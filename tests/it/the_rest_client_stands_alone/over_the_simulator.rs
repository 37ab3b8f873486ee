//! The client on the simulator's REST API, as an application uses it: over HTTP, in time.

use std::time::Duration;

use switchboard::sim::carrier::{CarrierConfig, NumberConfig};
use switchboard::simulator::{SPEED_MAX, Simulator, SimulatorConfig};
use switchboard::telephony::twilio::api::*;
use switchboard::telephony::twilio::rest::Client;

const LINE: &str = "+15550001000";
const BOB: &str = "+15550003000";

/// Asks until the answer is as wanted.
async fn until<O: Operation + Clone>(client: &Client, operation: O, wanted: impl Fn(&O::Reply) -> bool) -> O::Reply {
    loop {
        let reply = client.send(operation.clone()).await.expect("it is there");
        if wanted(&reply) {
            return reply;
        }
    }
}

async fn records_a_call(client: &Client) {
    let document = "<Response><Say>Hello, and thank you for calling.</Say><Pause length=\"20\"/></Response>";
    let placed = client.send(calls::Create::new(BOB, LINE).twiml(document).record(true)).await.expect("it is placed");
    // It ends by itself: how long it lasts is not up to how fast this machine is.
    until(client, calls::Fetch::new(&placed.sid), |call| call.status == Some(CallStatus::Completed)).await;
    let is_ready = |page: &Page<recordings::Recording>| {
        page.items.first().is_some_and(|recording| recording.status == Some(RecordingStatus::Completed))
    };
    let page = until(client, recordings::ListOfCall::new(&placed.sid), is_ready).await;
    let recording = &page.items[0];
    assert_eq!(recording.source, Some(RecordingSource::OutboundApi));
    let wav = recordings::Media::new(&recording.sid, recordings::Format::Wav);
    let audio = client.media(&wav).await.expect("audio");
    assert!(audio.content_type().is_some_and(|kind| kind.starts_with("audio/")), "{audio:?}");
    let length = audio.length();
    let bytes = audio.bytes(50 << 20).await.expect("all of it");
    assert_eq!((&bytes[..4], &bytes[8..12]), (&b"RIFF"[..], &b"WAVE"[..]));
    assert_eq!(length, Some(bytes.len() as u64));
    let error = client.media(&wav.requested_channels(2)).await.expect_err("it has one channel");
    assert_eq!(error.status(), Some(400), "{error}");
    let absent = recordings::Media::new(format!("RE{:032x}", 9), recordings::Format::Mp3);
    assert!(client.media(&absent).await.expect_err("there is none").is_not_found());
}

#[tokio::test]
async fn a_call_is_placed_recorded_and_listened_to() {
    let carrier = CarrierConfig::default();
    let (account, token) = (carrier.account_sid.clone(), carrier.auth_token.clone());
    let config = SimulatorConfig { carrier, speed: SPEED_MAX, ..SimulatorConfig::default() };
    let simulator = Simulator::start(config).await.expect("it runs");
    simulator.number(NumberConfig { number: LINE.to_owned(), ..NumberConfig::default() });
    let client = Client::builder().account_sid(account).auth_token(token).base_url(simulator.base_url());
    let client = client.build().expect("the settings are right");
    let in_time = tokio::time::timeout(Duration::from_secs(90), records_a_call(&client)).await;
    assert!(in_time.is_ok(), "it is never ready: {:?}", simulator.with(|carrier| carrier.calls()));
}
