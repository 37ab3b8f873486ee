//! Webhooks that carry a valid signature and nonsense.

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use switchboard::webhook::{Algorithm, form, sign};

use super::{ACCOUNT, CUSTOMER, HOST, NUMBER, TWILIO_TOKEN, app, authorized, json, request, send, text};

const SID: &str = "CA0123456789abcdef0123456789abcdef";

fn signed(target: &str, params: &[(&str, &str)]) -> Request<Body> {
    let signature = sign(&format!("{HOST}{target}"), params, TWILIO_TOKEN, Algorithm::HmacSha1);
    request("POST", target)
        .header("Content-Type", "application/x-www-form-urlencoded")
        .header("X-Twilio-Signature", signature)
        .body(Body::from(form::encode(params.iter().copied())))
        .unwrap()
}

async fn calls(app: &Router) -> usize {
    let page = send(app, authorized("GET", "/api/v1/calls").body(Body::empty()).unwrap()).await;
    json(page).await["calls"].as_array().unwrap().len()
}

#[tokio::test]
async fn an_arrival_without_what_every_arrival_has_begins_no_call() {
    let app = app();
    let huge = "x".repeat(20_000);
    for params in [
        &[("AccountSid", ACCOUNT)][..],
        &[("AccountSid", ACCOUNT), ("To", NUMBER), ("From", CUSTOMER)],
        &[("AccountSid", ACCOUNT), ("CallSid", SID), ("From", CUSTOMER)],
        &[("AccountSid", ACCOUNT), ("CallSid", ""), ("To", NUMBER), ("From", CUSTOMER)],
        &[("AccountSid", ACCOUNT), ("CallSid", "CA 1\u{0}"), ("To", NUMBER), ("From", CUSTOMER)],
        &[("AccountSid", ACCOUNT), ("CallSid", "CA/../../x"), ("To", NUMBER), ("From", CUSTOMER)],
        &[("AccountSid", ACCOUNT), ("CallSid", &huge), ("To", NUMBER), ("From", CUSTOMER)],
    ] {
        let response = send(&app, signed("/hooks/voice", params)).await;
        assert_eq!(response.status(), StatusCode::BAD_REQUEST, "{:.100}", format!("{params:?}"));
    }
    assert_eq!(calls(&app).await, 0);
}

#[tokio::test]
async fn whoever_calls_under_an_odd_name_is_answered() {
    let app = app();
    let huge = "9".repeat(20_000);
    let odd = ["", "anonymous", "<Say>&\"'", "\u{202e}\u{0}\u{7}+1", "+266696687", &huge, "client:ana?x=%00"];
    for (at, from) in odd.into_iter().enumerate() {
        let sid = format!("CA{at:032x}");
        let params = [("AccountSid", ACCOUNT), ("CallSid", &*sid), ("To", NUMBER), ("From", from)];
        let response = send(&app, signed("/hooks/voice", &params)).await;
        assert_eq!(response.status(), StatusCode::OK, "{from:.40}");
        let document = text(response).await;
        assert!(document.contains("Thanks for calling.") && !document.contains("<Say>&"), "{document}");
    }
    assert_eq!(calls(&app).await, 7);
}

#[tokio::test]
async fn numbers_that_are_not_ours_and_urls_that_we_never_gave_change_nothing() {
    let app = app();
    for to in ["", "+1", "+14155559999", "client:ana", "<Dial/>"] {
        let params = [("AccountSid", ACCOUNT), ("CallSid", SID), ("To", to), ("From", CUSTOMER)];
        let response = send(&app, signed("/hooks/voice", &params)).await;
        assert!(!response.status().is_server_error(), "{to}: {}", response.status());
        assert!(!text(response).await.contains("Thanks"), "{to}");
    }
    let id = "01890000000070008000000000000000";
    for target in [
        "/hooks/".to_owned(),
        "/hooks/unknown".to_owned(),
        "/hooks/voice/more".to_owned(),
        "/hooks/%FF%FE".to_owned(),
        format!("/hooks/hop/{id}/1/1/99999999999/AAAAAAAAAAAAAAAAAAAAAA"),
        format!("/hooks/hop/{id}/99999999999999999999/1/-1/"),
        format!("/hooks/leg/{id}/1/{}", "A".repeat(5000)),
        format!("/hooks/room/{id}/1/%00"),
    ] {
        let params = [("AccountSid", ACCOUNT), ("CallSid", SID), ("CallStatus", "completed"), ("Digits", "1")];
        let status = send(&app, signed(&target, &params)).await.status();
        assert!(matches!(status, StatusCode::FORBIDDEN | StatusCode::NOT_FOUND), "{target:.60}: {status}");
    }
    for status in ["", "exploded", "completed", "COMPLETED"] {
        let params = [("AccountSid", ACCOUNT), ("CallSid", "CAunknown"), ("CallStatus", status)];
        assert!(send(&app, signed("/hooks/status", &params)).await.status().is_success(), "{status}");
    }
    assert_eq!(calls(&app).await, 0);
}
