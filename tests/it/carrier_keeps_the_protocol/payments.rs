//! `<Pay>` and `<Prompt>`.

use super::*;

const VISA: &str = "4111111111111111";

fn pay(attributes: &str, prompts: &str) -> World {
    let mut world = World::new();
    world.page(
        "/voice",
        &format!(
            "<Pay action=\"/paid\" statusCallback=\"/progress\" {attributes}>{prompts}</Pay><Say>Not reached</Say>"
        ),
    );
    world.page("/paid", "<Say>Thank you</Say><Pause length=\"600\"/>");
    world
}

fn keys(world: &mut World, sid: &str, keys: &str) {
    world.carrier.presses(sid, keys);
    world.pump();
}

fn fields(world: &World, path: &str) -> BTreeMap<String, String> {
    let hook = world.log.iter().rfind(|h| path_of(h) == path).cloned().expect("asked");
    let names = hook.body.split('&').filter_map(|p| p.split_once('=')).map(|(name, _)| name.to_owned());
    names.map(|name| (name.clone(), field(&hook, &name).unwrap_or_default())).collect()
}

#[test]
fn a_card_is_keyed_in_piece_by_piece_and_the_application_learns_only_its_end() {
    let mut world = pay("chargeAmount=\"20.45\"", "");
    let sid = world.dials();
    assert_eq!(world.hears(&sid), say("Please enter your credit card number."));
    keys(&mut world, &sid, VISA);
    assert!(matches!(world.hears(&sid), Hearing::Say(words) if words.contains("expiration")), "a key stops the prompt");
    keys(&mut world, &sid, "1230");
    keys(&mut world, &sid, "987");
    keys(&mut world, &sid, "94105#");
    assert_eq!(world.hears(&sid), Hearing::Pause);
    world.run(secs(3));
    assert!(world.has_heard(&sid, "Thank you") || world.hears(&sid) == say("Thank you"));
    let told = fields(&world, "/paid");
    let expected = [
        ("Result", "success"),
        ("PaymentMethod", "credit-card"),
        ("PaymentCardNumber", "xxxxxxxxxxxx1111"),
        ("PaymentCardType", "visa"),
        ("ExpirationDate", "1230"),
        ("SecurityCode", "xxx"),
        ("PaymentCardPostalCode", "94105"),
    ];
    for (name, value) in expected {
        assert_eq!(told.get(name).map(String::as_str), Some(value), "{name}");
    }
    assert!(told.contains_key("PaymentConfirmationCode") && told.contains_key("ProfileId"));
    assert!(!told.contains_key("PaymentToken"), "it was charged, not tokenized");
    let asked = ["payment-card-number", "expiration-date", "security-code", "postal-code", ""];
    assert_eq!(world.told("/progress", "For"), asked);
    assert!(world.told("/progress", "PaymentSid").iter().all(|sid| sid.starts_with("PK")));
}

#[test]
fn no_log_holds_the_number_or_the_code() {
    let mut world = pay("", "");
    let sid = world.dials();
    keys(&mut world, &sid, "4111111111111112");
    keys(&mut world, &sid, &format!("{VISA}1230"));
    keys(&mut world, &sid, "987");
    let halfway = format!("{:?}", world.carrier);
    keys(&mut world, &sid, "94105#");
    world.run(secs(3));
    let everything = format!(
        "{halfway}{:?}{:?}{:?}{:?}",
        world.carrier,
        world.log,
        world.carrier.notifications(),
        world.carrier.heard(&sid)
    );
    for canary in [VISA, "4111111111111112", "411111", "987\"", "(987", "987&"] {
        assert!(!everything.contains(canary), "{canary}");
    }
    assert_eq!(fields(&world, "/paid").get("Result").map(String::as_str), Some("success"));
    assert!(fields(&world, "/paid").contains_key("PaymentToken"));
}

#[test]
fn what_is_wrong_is_asked_for_again_with_the_prompt_for_that_error_until_there_were_too_many_attempts() {
    let prompts = "<Prompt for=\"payment-card-number\"><Say>Card</Say></Prompt>\
                   <Prompt for=\"payment-card-number\" errorType=\"invalid-card-number timeout\"><Say>Wrong card</Say></Prompt>\
                   <Prompt for=\"payment-card-number\" errorType=\"invalid-card-type\" attempt=\"3\"><Say>Last try</Say></Prompt>";
    let mut world = pay("maxAttempts=\"3\" validCardTypes=\"visa amex\"", prompts);
    let sid = world.dials();
    assert_eq!(world.hears(&sid), say("Card"));
    keys(&mut world, &sid, "4111111111111112");
    assert_eq!(world.hears(&sid), say("Wrong card"));
    keys(&mut world, &sid, "5555555555554444");
    assert_eq!(world.hears(&sid), say("Last try"));
    world.run(secs(7));
    assert_eq!(
        world.told("/progress", "ErrorType"),
        ["invalid-card-number", "invalid-card-type", "timeout", "timeout"]
    );
    assert_eq!(world.told("/progress", "Attempt"), ["1", "2", "3", ""]);
    assert_eq!(fields(&world, "/paid").get("Result").map(String::as_str), Some("too-many-failed-attempts"));
}

#[test]
fn dates_codes_and_postal_codes_are_judged() {
    let cases = [("1224", "invalid-date"), ("1330", "invalid-date"), ("0125", "")];
    for (date, error) in cases {
        let mut world = pay("securityCode=\"false\" postalCode=\"false\"", "");
        let sid = world.dials();
        keys(&mut world, &sid, VISA);
        keys(&mut world, &sid, date);
        assert_eq!(world.told("/progress", "ErrorType")[1], error, "{date}: it is January 2025");
    }
    let mut world = pay("minPostalCodeLength=\"5\"", "");
    let sid = world.dials();
    keys(&mut world, &sid, "378282246310005");
    keys(&mut world, &sid, "1230");
    keys(&mut world, &sid, "123#");
    keys(&mut world, &sid, "1234");
    keys(&mut world, &sid, "941#");
    let errors = ["", "", "invalid-security-code", "", "invalid-postal-code"];
    assert_eq!(world.told("/progress", "ErrorType"), errors, "an amex has a code of four digits");
}

#[test]
fn a_star_or_a_hang_up_ends_it_and_the_action_is_told() {
    let mut world = pay("", "");
    let sid = world.dials();
    keys(&mut world, &sid, &VISA[..6]);
    keys(&mut world, &sid, "*");
    assert_eq!(world.told("/paid", "Result"), ["caller-interrupted-with-star"]);
    assert_eq!(world.hears(&sid), say("Thank you"));
    let other = world.dials();
    keys(&mut world, &other, VISA);
    world.carrier.hangs_up(&other);
    world.pump();
    assert_eq!(world.told("/paid", "Result")[1], "caller-hung-up");
    assert_eq!(world.told("/paid", "PaymentCardNumber")[1], "xxxxxxxxxxxx1111");
}

#[test]
fn a_connector_that_declines_is_told_and_without_an_action_the_next_verb_runs() {
    let mut config = CarrierConfig::default();
    config.rules.voice.payments_succeed = false;
    let mut world = World::with(config);
    let prompt = "<Prompt for=\"payment-processing\"><Say>One moment</Say></Prompt>";
    world.page("/voice", &format!("<Pay postalCode=\"94105\" securityCode=\"false\" statusCallback=\"/progress\">{prompt}</Pay><Say>Next</Say>"));
    let sid = world.dials();
    keys(&mut world, &sid, &format!("{VISA}1230"));
    assert_eq!(world.hears(&sid), say("One moment"));
    world.run(secs(3));
    assert!(world.has_heard(&sid, "Next"));
    let told = fields(&world, "/progress");
    assert_eq!(told.get("Result").map(String::as_str), Some("payment-connector-error"));
    assert_eq!(told.get("PaymentCardPostalCode").map(String::as_str), Some("94105"));
}

#[test]
fn a_bank_account_may_have_to_be_keyed_in_twice() {
    let prompts = "<Prompt for=\"bank-account-number\" requireMatchingInputs=\"true\"><Say>Account</Say></Prompt>";
    let mut world = pay("paymentMethod=\"ach-debit\"", prompts);
    let sid = world.dials();
    keys(&mut world, &sid, "110000001");
    keys(&mut world, &sid, "110000001");
    assert_eq!(world.told("/paid", "Result"), ["too-many-failed-attempts"], "the check sum is wrong");
    let sid = world.dials();
    keys(&mut world, &sid, "122000247");
    keys(&mut world, &sid, "12345678#");
    assert_eq!(world.hears(&sid), say("Account"));
    keys(&mut world, &sid, "12345679#");
    assert_eq!(world.told("/progress", "ErrorType").pop().as_deref(), Some("input-matching-failed"));
    keys(&mut world, &sid, "12345678#");
    keys(&mut world, &sid, "12345678#");
    world.run(secs(3));
    let told = fields(&world, "/paid");
    assert_eq!(told.get("Result").map(String::as_str), Some("success"));
    assert_eq!(told.get("BankAccountNumber").map(String::as_str), Some("xxxx5678"));
    assert_eq!(told.get("BankRoutingNumber").map(String::as_str), Some("122000247"));
}
