//! What is remembered between requests: cookies within a call, documents by ETag.

use super::*;

fn page(verbs: &str) -> HttpReply {
    HttpReply::twiml(format!("<Response>{verbs}</Response>"))
}

/// `Cookie` of the requests to these paths of one call, which sets `cookies` at `/app/voice`.
fn cookies_at(cookies: &[&str], hops: &[&str]) -> Vec<Option<String>> {
    let mut world = asked_at("https://app.test/app/voice");
    let next =
        |at: usize| hops.get(at).map_or_else(|| "<Pause/>".to_owned(), |to| format!("<Redirect>{to}</Redirect>"));
    let first = cookies.iter().fold(page(&next(0)), |reply, cookie| reply.with_header("Set-Cookie", *cookie));
    world.reply("/app/voice", Ok(first));
    let paths: Vec<&str> = hops.iter().map(|url| url.split_once(".test").map_or(*url, |(_, path)| path)).collect();
    for (at, path) in paths.iter().enumerate() {
        world.reply(path, Ok(page(&next(at + 1))));
    }
    world.dials();
    assert_eq!(world.log.len(), hops.len() + 1, "{:?}", world.asked());
    assert_eq!(header(&world.log[0], "Cookie"), None);
    world.log[1..].iter().map(|hook| header(hook, "Cookie").map(str::to_owned)).collect()
}

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

#[test]
fn cookies_come_back_where_they_belong() {
    assert_eq!(cookies_at(&["a=1", "b=2; HttpOnly"], &["/app/x", "/app/x/y"]), [some("a=1; b=2"), some("a=1; b=2")]);
    assert_eq!(cookies_at(&["a=1"], &["/elsewhere", "/apple"]), [None, None], "the path is that of the document");
    assert_eq!(cookies_at(&["a=1; Path=/"], &["/elsewhere"]), [some("a=1")]);
    assert_eq!(cookies_at(&["a=1; Path=/; Secure"], &["http://app.test/x"]), [None]);
    assert_eq!(cookies_at(&["a=1; Path=/"], &["https://sub.app.test/x", "https://app.test/y"]), [None, some("a=1")]);
    assert_eq!(cookies_at(&["a=1; Path=/; Domain=.app.test"], &["https://sub.app.test/x"]), [some("a=1")]);
    assert_eq!(cookies_at(&["a=1; Path=/; Domain=other.test"], &["https://other.test/x"]), [None]);
    assert_eq!(cookies_at(&["a=1", "a=2"], &["/app/x"]), [some("a=2")]);
    assert_eq!(cookies_at(&["a=1", "a=; Max-Age=0"], &["/app/x"]), [None]);
    assert_eq!(cookies_at(&["a=1; Expires=Wed, 21 Oct 2015 07:28:00 GMT"], &["/app/x"]), [None]);
    assert_eq!(cookies_at(&["a=1; Expires=Wed, 21 Oct 2115 07:28:00 GMT"], &["/app/x"]), [some("a=1")]);
    assert_eq!(cookies_at(&["no cookie", "=x", "a=1; Path=/", "b=2; Path=/app"], &["/app/x"]), [some("b=2; a=1")]);
}

#[test]
fn cookies_end_with_their_time_and_with_their_call() {
    let mut world = asked_at("https://app.test/voice");
    let again = "<Pause length=\"10\"/><Redirect>/voice</Redirect>";
    world.reply("/voice", Ok(page(again).with_header("Set-Cookie", "a=1; Max-Age=15")));
    world.dials();
    world.page("/voice", again);
    world.run(secs(25));
    let sent: Vec<Option<&str>> = world.requests("/voice").iter().map(|hook| header(hook, "Cookie")).collect();
    assert_eq!(sent, [None, Some("a=1"), None]);
    world.reply("/voice", Ok(page(again).with_header("Set-Cookie", "a=2")));
    world.dials();
    world.dials();
    assert_eq!(world.log.last().and_then(|hook| header(hook, "Cookie")), None, "another call has another jar");
}

#[test]
fn no_cookie_is_kept_when_its_call_and_the_last_request_about_it_are_over() {
    let mut world = asked_at("https://app.test/voice");
    let waits = page("<Dial action=\"/bye\">+15550003000</Dial>").with_header("Set-Cookie", "a=1");
    world.reply("/voice", Ok(waits));
    world.reply("/bye", Ok(page("").with_header("Set-Cookie", "b=2")));
    let kept = |world: &World| !format!("{:?}", world.carrier).contains("jars: {}");
    let sid = world.dials();
    assert!(kept(&world));
    world.carrier.hangs_up(&sid);
    assert!(kept(&world), "the action is still asked, with the cookie");
    world.pump();
    assert_eq!(world.requests("/bye").iter().map(|hook| header(hook, "Cookie")).collect::<Vec<_>>(), [Some("a=1")]);
    assert!(!kept(&world));
}

#[test]
fn status_callbacks_have_the_cookies_of_their_call_where_the_rule_says_so() {
    for (rule, sent) in [(false, None), (true, Some("a=1"))] {
        let mut config = CarrierConfig::default();
        config.rules.wire.callbacks_have_cookies = rule;
        let mut world = World::with(config);
        world.reply("/out", Ok(page("<Pause/>").with_header("Set-Cookie", "a=1")));
        world.places(BOB, "&StatusCallback=https%3A%2F%2Fapp.test%2Fstatus");
        world.run(secs(10));
        assert_eq!(header(world.requests("/status")[0], "Cookie"), sent);
    }
}

/// Two requests for one document, the second answered with 304; what is heard the second time.
fn asked_twice(first: HttpReply, method: &str, change: impl FnOnce(&mut CarrierConfig)) -> (Webhook, Hearing) {
    let mut world = with_rules("https://app.test/voice", change);
    // The parameters are in the URL of a GET, so only requests that say the same are for the same document.
    world.page("/voice", "<Say>Hello</Say><Pause length=\"60\"/>");
    let sid = world.dials();
    let form = format!("Url=https%3A%2F%2Fapp.test%2Fstatic&Method={method}");
    for reply in [first, HttpReply { status: 304, ..HttpReply::default() }] {
        world.reply("/static", Ok(reply));
        assert_eq!(world.rest("POST", &format!("Calls/{sid}.json"), &form).0, 200);
    }
    let hears = world.hears(&sid);
    (world.requests("/static").last().map(|hook| (*hook).clone()).expect("a request"), hears)
}

#[test]
fn a_document_that_still_holds_is_executed_again() {
    let document = || page("<Gather timeout=\"60\"><Say>Static</Say></Gather>");
    let both = document().with_header("etag", "\"v1\"").with_header("Last-Modified", "Wed, 21 Oct 2015 07:28:00 GMT");
    let (hook, hears) = asked_twice(both.clone(), "GET", |_| {});
    assert_eq!(header(&hook, "If-None-Match"), Some("\"v1\""));
    assert_eq!(header(&hook, "If-Modified-Since"), Some("Wed, 21 Oct 2015 07:28:00 GMT"));
    assert_eq!(hears, say("Static"));

    let unconditional =
        |hook: &Webhook| ["If-None-Match", "If-Modified-Since"].iter().all(|name| header(hook, name).is_none());
    let no_store = both.clone().with_header("Cache-Control", "private, no-store");
    for (reply, method, cached) in
        [(both.clone(), "POST", true), (no_store, "GET", true), (document(), "GET", true), (both, "GET", false)]
    {
        let (hook, hears) = asked_twice(reply, method, |c| c.rules.wire.documents_cached = cached);
        assert!(unconditional(&hook), "{method} {cached}");
        assert_eq!(hears, say("Fallback"), "a 304 to what was not conditional is no document");
    }
}
