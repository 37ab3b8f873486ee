//! Speech in Gather.

use super::*;

fn ms(n: u64) -> Duration {
    Duration::from_millis(n)
}

/// A caller who says each of these texts at a time after dialling.
fn caller_says(world: &mut World, says: &[(u64, &str)]) {
    let says = says.iter().map(|(at, words)| (ms(*at), (*words).to_owned())).collect();
    world.carrier.script(ANN, EndpointScript { says, ..EndpointScript::default() });
}

#[test]
fn spoken_words_are_the_input_and_end_with_the_silence_after_them() {
    let mut world = World::new();
    let verb = "<Gather input=\"speech\" action=\"/said\" speechTimeout=\"2\"><Say>How can we help you today?</Say></Gather><Say>Nothing</Say>";
    world.page("/voice", verb);
    world.page("/said", "<Say>I see</Say>");
    caller_says(&mut world, &[(1000, "my modem"), (2500, "is broken")]);
    let sid = world.dials();
    world.run(ms(1100));
    assert_eq!(world.hears(&sid), Hearing::Pause, "speech cuts the prompt");
    // The last word is over 0.6 s after it began.
    world.run(ms(3990));
    assert!(world.told("/said", "SpeechResult").is_empty());
    world.run(ms(20));
    assert_eq!(world.told("/said", "SpeechResult"), ["my+modem+is+broken".replace('+', " ")]);
    assert_eq!(world.told("/said", "Confidence"), ["0.9"]);
    let hook = world.log.iter().find(|h| path_of(h) == "/said").cloned().expect("asked");
    assert_eq!((field(&hook, "Digits"), field(&hook, "Language")), (None, None));
    assert_eq!(world.hears(&sid), say("I see"));
}

#[test]
fn partial_results_come_word_by_word_with_a_sequence_number() {
    let mut world = World::new();
    let verb = "<Gather input=\"speech\" action=\"/said\" speechTimeout=\"auto\" partialResultCallback=\"/partial\"/>";
    world.page("/voice", verb);
    world.page("/partial", "<Say>Ignored</Say>");
    caller_says(&mut world, &[(500, "one two three")]);
    let sid = world.dials();
    world.run(secs(3));
    assert_eq!(world.told("/partial", "SequenceNumber"), ["0", "1", "2"]);
    assert_eq!(world.told("/partial", "UnstableSpeechResult"), ["one", "one two", "one two three"]);
    assert_eq!(world.told("/partial", "StableSpeechResult"), ["", "one", "one two"]);
    assert_eq!(world.told("/said", "SpeechResult"), ["one two three"]);
    assert!(!world.has_heard(&sid, "Ignored"));
}

#[test]
fn of_keys_and_speech_the_first_wins() {
    let cases = [(1000, 2000, "Digits", "12"), (2000, 1000, "SpeechResult", "twelve")];
    for (keys_at, words_at, name, value) in cases {
        let mut world = World::new();
        world.page("/voice", "<Gather input=\"dtmf speech\" action=\"/got\" timeout=\"3\"/>");
        let script = EndpointScript {
            says: vec![(ms(words_at), "twelve".to_owned())],
            presses: vec![(ms(keys_at), "12".to_owned())],
            ..EndpointScript::default()
        };
        world.carrier.script(ANN, script);
        world.dials();
        world.run(secs(9));
        assert_eq!(world.told("/got", name), [value]);
        let other = if name == "Digits" { "SpeechResult" } else { "Digits" };
        let hook = world.log.iter().find(|h| path_of(h) == "/got").cloned().expect("asked");
        assert_eq!(field(&hook, other), None);
    }
    let mut world = World::new();
    world.page("/voice", "<Gather action=\"/got\" timeout=\"3\"/><Say>Keys only</Say>");
    caller_says(&mut world, &[(500, "twelve")]);
    let sid = world.dials();
    world.run(ms(3100));
    assert_eq!(world.hears(&sid), say("Keys only"));
}

#[test]
fn a_key_pressed_after_speech_neither_counts_nor_delays_its_end() {
    let mut world = World::new();
    world.page("/voice", "<Gather input=\"dtmf speech\" action=\"/got\" timeout=\"3\" numDigits=\"1\"/>");
    let script = EndpointScript {
        says: vec![(ms(1000), "x".repeat(15))],
        presses: vec![(ms(3000), "1".to_owned())],
        ..EndpointScript::default()
    };
    world.carrier.script(ANN, script);
    world.dials();
    world.run(ms(4990));
    assert!(world.told("/got", "SpeechResult").is_empty(), "3 s of silence end it");
    world.run(ms(20));
    assert_eq!(world.told("/got", "SpeechResult"), ["x".repeat(15)]);
}

#[test]
fn nobody_who_speaks_is_no_input() {
    let mut world = World::new();
    world.page("/voice", "<Gather input=\"speech\" action=\"/said\" timeout=\"3\"/><Say>Nothing</Say>");
    let sid = world.dials();
    world.run(ms(3100));
    assert_eq!(world.hears(&sid), say("Nothing"));
    world.page("/voice", "<Gather input=\"speech\" action=\"/said\" timeout=\"3\" actionOnEmptyResult=\"true\"/>");
    world.dials();
    world.run(ms(3100));
    assert_eq!(world.told("/said", "Digits"), [""]);
}

#[test]
fn without_barge_in_the_prompt_is_finished_and_what_was_said_over_it_is_lost() {
    let mut world = World::new();
    let prompt = "x".repeat(45);
    world.page("/voice", &format!("<Gather input=\"speech\" bargeIn=\"false\" action=\"/said\" speechTimeout=\"1\"><Say>{prompt}</Say></Gather>"));
    caller_says(&mut world, &[(500, "lost"), (2800, "half lost and half heard")]);
    let sid = world.dials();
    world.run(ms(2900));
    assert_eq!(world.hears(&sid), say(&prompt));
    world.run(secs(4));
    assert_eq!(
        world.told("/said", "SpeechResult"),
        ["half lost and half heard"],
        "its first word ends after the prompt"
    );
}

#[test]
fn speech_is_heard_for_sixty_seconds_at_most() {
    let mut world = World::new();
    world.page("/voice", "<Gather input=\"speech\" action=\"/said\"/>");
    caller_says(&mut world, &[(1000, &"blah ".repeat(300))]);
    world.dials();
    world.run(ms(60_900));
    assert!(world.told("/said", "SpeechResult").is_empty());
    world.run(ms(200));
    let words = world.told("/said", "SpeechResult").remove(0);
    assert_eq!(words.split(' ').count(), 180, "three words a second");
}

#[test]
fn what_is_hinted_at_is_understood_better_and_the_language_is_told_where_the_rule_says_so() {
    let mut config = CarrierConfig::default();
    config.rules.voice.gather_tells_language = true;
    let mut world = World::with(config);
    world.page(
        "/voice",
        "<Gather input=\"speech\" language=\"de-DE\" hints=\"Modem, Router\" action=\"/said\" speechTimeout=\"1\"/>",
    );
    caller_says(&mut world, &[(1000, "das modem")]);
    world.dials();
    world.run(secs(4));
    assert_eq!(world.told("/said", "Confidence"), ["0.97"]);
    assert_eq!(world.told("/said", "Language"), ["de-DE"]);
}

#[test]
fn an_explicit_model_does_not_go_with_an_automatic_end() {
    let mut world = World::new();
    world.page(
        "/voice",
        "<Gather input=\"speech\" speechModel=\"phone_call\" speechTimeout=\"auto\" timeout=\"4\" action=\"/said\"/>",
    );
    caller_says(&mut world, &[(1000, "hi")]);
    world.dials();
    world.run(ms(5200));
    assert_eq!((world.codes(), world.told("/said", "SpeechResult").len()), (vec![13_335], 0), "the timeout holds");
    world.run(ms(200));
    assert_eq!(world.told("/said", "SpeechResult"), ["hi"]);
}
