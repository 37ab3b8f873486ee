//! Redirects by HTTP: followed ten times, each hop signed for where it goes.

use super::*;

fn redirected(status: u16, change: impl FnOnce(&mut CarrierConfig)) -> (Webhook, Webhook) {
    let mut world = with_rules("https://app.test/voice?a=1", change);
    world.reply("/voice", Ok(HttpReply::redirect(status, "https://other.test/there?b=2")));
    world.page("/there", "<Say>There</Say>");
    let sid = world.dials();
    assert_eq!((world.hears(&sid), world.codes()), (say("There"), vec![]), "{status}");
    assert_eq!(world.log.len(), 2);
    (world.log[0].clone(), world.log[1].clone())
}

#[test]
fn a_post_becomes_a_get_or_stays_one_as_the_status_says() {
    for (status, keeps, method) in [
        (301, false, "GET"),
        (302, false, "GET"),
        (303, false, "GET"),
        (307, false, "POST"),
        (301, true, "POST"),
        (302, true, "POST"),
        (303, true, "GET"),
        (307, true, "POST"),
    ] {
        let (first, hop) = redirected(status, |c| c.rules.wire.redirect_keeps_post = keeps);
        assert_eq!(hop.method, method, "{status}");
        assert_eq!(hop.url, "https://other.test/there?b=2");
        assert_eq!(hop.body, if method == "POST" { first.body.clone() } else { String::new() });
        assert_eq!(header(&hop, "Content-Type").is_some(), method == "POST");
        assert_eq!(judged("https://other.test", "12345", &hop), Ok(()), "the hop is signed for where it goes");
        assert_ne!(header(&hop, "X-Twilio-Signature"), header(&first, "X-Twilio-Signature"));
        let token = |hook: &Webhook| header(hook, "I-Twilio-Idempotency-Token").map(str::to_owned);
        assert_eq!(token(&first), token(&hop));
    }
}

#[test]
fn the_parameters_of_a_post_that_became_a_get_are_dropped_or_carried() {
    let (_, dropped) = redirected(302, |_| {});
    assert_eq!(field(&dropped, "CallSid"), None);
    let (first, carried) = redirected(302, |c| c.rules.wire.redirect_carries_params = true);
    assert_eq!(carried.url, format!("https://other.test/there?b=2&{}", first.body));
    assert_eq!(judged("https://other.test", "12345", &carried), Ok(()));
}

#[test]
fn ten_redirects_are_followed_and_an_eleventh_is_an_error() {
    let chain = |hops: usize| {
        let mut world = asked_at("https://app.test/0");
        for hop in 0..hops {
            world.reply(&format!("/{hop}"), Ok(HttpReply::redirect(307, format!("/{}", hop + 1))));
        }
        world.page(&format!("/{hops}"), "<Say>There</Say>");
        let sid = world.dials();
        (world.hears(&sid), world.codes(), world.log.len())
    };
    assert_eq!(chain(10), (say("There"), vec![], 11));
    assert_eq!(chain(11), (say("Fallback"), vec![11_215], 12));
}

#[test]
fn a_redirect_that_is_none_is_an_error() {
    let nowhere = HttpReply { status: 302, ..HttpReply::default() };
    for reply in [
        nowhere,
        HttpReply::redirect(300, "/there"),
        HttpReply::redirect(304, "/there"),
        HttpReply::redirect(305, "/there"),
        HttpReply::redirect(308, "/there"),
        HttpReply::redirect(302, "ftp://app.test/there"),
        HttpReply::redirect(302, "https://my_host.test/there"),
    ] {
        let mut world = asked_at("https://app.test/voice");
        let status = reply.status;
        world.reply("/voice", Ok(reply));
        let sid = world.dials();
        assert_eq!((world.codes(), world.hears(&sid)), (vec![11_216], say("Fallback")), "{status}");
    }
}

#[test]
fn urls_in_a_document_are_relative_to_where_it_came_from() {
    let mut world = asked_at("https://app.test/voice");
    world.reply("/voice", Ok(HttpReply::redirect(307, "https://other.test/deep/there#ignored")));
    world.page("/deep/there", "<Redirect>next</Redirect>");
    world.page("/deep/next", "<Say>Next</Say>");
    let sid = world.dials();
    assert_eq!(world.hears(&sid), say("Next"));
    assert_eq!(world.log.last().map(|hook| hook.url.as_str()), Some("https://other.test/deep/next"));
}

#[test]
fn a_redirect_has_no_more_time_than_the_request() {
    let mut world = asked_at("https://app.test/voice#tt=5000");
    world.carrier.caller_dials(ANN, LINE);
    let hook = world.carrier.take_webhooks().remove(0);
    world.carrier.advance(world.carrier.now() + secs(3));
    world.carrier.webhook_result(hook.id, Ok(HttpReply::redirect(307, "/there")));
    let hop = world.carrier.take_webhooks().remove(0);
    assert_eq!((path_of(&hop), hop.timeout), ("/there", secs(2)));
    world.carrier.advance(world.carrier.now() + secs(2));
    assert_eq!(world.codes(), [11_203]);
}

#[test]
fn a_hop_that_fails_to_connect_is_tried_again_where_it_goes() {
    let mut world = asked_at("https://app.test/voice");
    world.reply("/voice", Ok(HttpReply::redirect(307, "/there")));
    world.reply("/there", Err(HttpFault::Refused));
    world.dials();
    assert_eq!(world.asked(), ["/voice", "/there", "/there", "/fallback"]);
    assert_eq!(world.told("/fallback", "ErrorUrl"), ["https://app.test/there"]);
}

#[test]
fn callbacks_are_redirected_too() {
    let mut world = World::new();
    world.reply("/status", Ok(HttpReply::redirect(307, "/elsewhere")));
    world.calls_back("https://app.test/status", "");
    assert_eq!((world.told("/elsewhere", "CallStatus"), world.codes()), (vec!["completed".to_owned()], vec![]));
    let mut world = World::new();
    world.reply("/status", Ok(HttpReply::redirect(307, "/status")));
    world.calls_back("https://app.test/status", "");
    assert_eq!((world.requests("/status").len(), world.codes()), (11, vec![15_003]));
}
