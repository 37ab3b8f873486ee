//! What a client of the simulator's REST API gets of a recording.
#![cfg(feature = "simulator")]

use super::*;
use switchboard::simulator::{Simulator, SimulatorConfig};
use switchboard::telephony::twilio::api::recordings::{Format, Media};
use switchboard::telephony::twilio::rest::Client;

/// Ten seconds of a call that is recorded; gives its RE sid and its RecordingUrl.
fn a_recorded_call(carrier: &mut Carrier) -> (String, String) {
    let config = CarrierConfig::default();
    let token =
        base64::engine::general_purpose::STANDARD.encode(format!("{}:{}", config.account_sid, config.auth_token));
    let header = format!("Basic {token}");
    let base = format!("/2010-04-01/Accounts/{}", config.account_sid);
    let form = "To=%2B15550003000&From=%2B15550001000&Record=true&RecordingChannels=dual&Trim=do-not-trim\
                &Twiml=%3CResponse%3E%3CSay%3EHello%3C%2FSay%3E%3CPause+length%3D%2260%22%2F%3E%3C%2FResponse%3E";
    carrier.script(BOB, EndpointScript { then: Some(secs(10)), ..EndpointScript::default() });
    let placed = carrier.rest("POST", &format!("{base}/Calls.json"), Some(&header), form.as_bytes());
    assert_eq!(placed.status, 201, "{}", placed.body);
    carrier.advance(carrier.now() + secs(30));
    let list = carrier.rest("GET", &format!("{base}/Recordings.json"), Some(&header), b"");
    let list: Value = serde_json::from_str(&list.body).expect("JSON");
    (text(&list["recordings"][0], "sid"), text(&list["recordings"][0], "media_url"))
}

#[tokio::test]
async fn its_url_leads_to_the_simulator_and_its_audio_comes_with_kind_and_length() {
    let simulator = Simulator::start(SimulatorConfig::default()).await.expect("a simulator");
    let (re, url) = simulator.with(a_recorded_call);
    assert!(url.starts_with(&simulator.base_url()), "{url}");
    let config = CarrierConfig::default();
    let client = Client::builder()
        .account_sid(config.account_sid)
        .auth_token(config.auth_token)
        .base_url(simulator.base_url())
        .build()
        .expect("right");
    for (format, kind, length) in
        [(Format::Wav, "audio/x-wav", 44 + 10 * 32_000), (Format::Mp3, "audio/mpeg", 139 * 288)]
    {
        let audio = client.media(&Media::new(&re, format)).await.expect("audio");
        assert_eq!((audio.content_type(), audio.length()), (Some(kind), Some(length)));
        let bytes = audio.bytes(1_000_000).await.expect("all of it");
        assert_eq!(u64::try_from(bytes.len()).ok(), Some(length));
    }
    let one = client.media(&Media::new(&re, Format::Wav).requested_channels(1)).await.expect("audio");
    assert_eq!(one.length(), Some(44 + 10 * 16_000));
    assert!(client.media(&Media::new(format!("RE{}", "0".repeat(32)), Format::Wav)).await.is_err());
}
