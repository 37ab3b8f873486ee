//! What is put into a document comes out of it, whatever the words are; what Twilio refuses is not built.

/// Sets each attribute or leaves it out.
macro_rules! maybe {
    ($dice:ident, $part:ident; $($set:ident($($value:expr),+);)*) => {
        $(let $part = if $dice.yes() { $part.$set($($value),+) } else { $part };)*
    };
}

pub(crate) mod carrier;
pub(crate) mod documents;
mod forgiving;
mod reading;
mod refusals;
mod services;

use std::sync::LazyLock;
use std::time::Duration;

use proptest::prelude::*;
use quick_xml::events::Event;
use switchboard::twiml::*;

/// Words of callers, agents and configuration that have broken somebody's XML before.
const NASTY: &[&str] = &[
    "Tom & Jerry",
    "\"><Dial>+15005550006</Dial><Say x=\"",
    "</Say></Response>",
    "]]>",
    "<![CDATA[x]]>",
    "<!-- x -->",
    "&#0;&amp;&lol;",
    "\u{0}\u{1}\u{8}\u{b}\u{1f}\u{7f}\u{85}",
    "a\rb\r\nc\td",
    "\u{FFFE}\u{FFFF}",
    "\u{202E}abc\u{2067}def\u{2069}\u{200F}",
    " space at the ends ",
    "' onload='",
    "<break time=\"10s\"/>",
    "😀 Ünïcode",
    "javascript:alert(1)",
    "//evil.example/x",
    "/a?b=c&d=e",
];

/// The names of elements and attributes in their order, as an independent reader sees them.
fn skeleton(text: &str) -> Vec<String> {
    let mut reader = quick_xml::Reader::from_str(text);
    reader.config_mut().check_comments = true;
    let mut found = Vec::new();
    loop {
        match reader.read_event().expect("well formed") {
            Event::Start(start) => {
                found.push(format!("<{}", start.name().as_ref()));
                found.extend(start.attributes().map(|a| a.expect("attribute").key.as_ref().to_owned()));
            }
            Event::Empty(start) => {
                found.push(format!("<{}/", start.name().as_ref()));
                found.extend(start.attributes().map(|a| a.expect("attribute").key.as_ref().to_owned()));
                found.push("/>".to_owned());
            }
            Event::End(_) => found.push("/>".to_owned()),
            Event::Text(text) => assert!(!text.contains(['<', '>', '&']), "{text:?}"),
            Event::GeneralRef(name) => assert!(
                matches!(&*name, "amp" | "lt" | "gt" | "quot" | "#13" | "#10" | "#9" | "#39"),
                "{name:?} came from outside"
            ),
            Event::Decl(_) => {}
            Event::Eof => return found,
            other => panic!("{other:?} came from outside"),
        }
    }
}

/// Documents with the words in each place that takes words.
fn places(words: &str) -> Vec<Response> {
    let w = || words.to_owned();
    let doc = Response::new;
    let conference = || Conference::new("room");
    let client = || Client::new("ana");
    let sip = || Sip::new("sip:ana@example.com");
    let dial = |noun: Noun| doc().dial(Dial::new().noun(noun));
    vec![
        doc().say(Say::new(w())),
        doc().say(Say::new("a").voice(w())),
        doc().say(Say::new("a").language(w())),
        doc().play(Play::new(w())),
        doc().play(Play::keys(w())),
        doc().redirect(Redirect::new(w())),
        doc().gather(Gather::new().say(Say::new(w())).pause(Pause::new(Duration::from_secs(1)))),
        doc().gather(Gather::new().action(w())),
        doc().gather(Gather::new().hints([w(), "sales".to_owned()])),
        doc().gather(Gather::new().language(w())),
        doc().gather(Gather::new().finish_on_key(w())),
        doc().gather(Gather::new().partial_result_callback(w())),
        doc().enqueue(Enqueue::new(w())),
        doc().enqueue(Enqueue::new("q").wait_url(w())),
        doc().enqueue(Enqueue::workflow(w(), Task::new("{}"))),
        doc().enqueue(Enqueue::workflow(sid("WW"), Task::new(w()))),
        doc().enqueue(Enqueue::workflow(sid("WW"), Task::new(serde_json::json!({ "x": words }).to_string()))),
        doc().record(Record::new().action(w())),
        doc().record(Record::new().recording_configuration_id(w())),
        doc().dial(Dial::new().caller_id(w()).client(client())),
        doc().dial(Dial::new().action(w()).client(client())),
        doc().dial(Dial::new().passports(w()).client(client())),
        dial(Number::new(w()).into()),
        dial(Number::new("+14155550100").send_digits(w()).into()),
        dial(Number::new("+14155550100").byoc(w()).into()),
        dial(Client::new(w()).into()),
        dial(Client::new(w()).parameter("a", w()).into()),
        dial(client().parameter(w(), "b").into()),
        dial(Sip::new(w()).into()),
        dial(sip().username(w()).password(w()).into()),
        dial(sip().url(w()).into()),
        dial(Queue::new(w()).into()),
        dial(Conference::new(w()).into()),
        dial(conference().label(w()).into()),
        dial(conference().wait_url(w()).into()),
        dial(conference().coach(w()).into()),
        dial(conference().status_callback(w(), [ConferenceEvent::Join]).into()),
        doc().connect(Connect::new(Stream::new(w()))),
        doc().connect(Connect::new(ConversationRelay::new("wss://a.example").welcome_greeting(w()))),
        doc().connect(Connect::new(VirtualAgent::new("a").config("a", w()))),
        doc().start(Start::new(Stream::new("wss://a.example").parameter("a", w()))),
        doc().stop(Stop::new(Siprec::named(w()))),
        doc().refer(Refer::new(Sip::new(w()))),
        doc().pay(Pay::new().description(w())),
        doc().sms(Sms::new(w())),
        doc().say(Say::new(Speech::new().markup(Emphasis::new(w())).words("a").markup(Sub::new(w(), w())))),
    ]
}

fn sid(prefix: &str) -> String {
    format!("{prefix}0123456789abcdef0123456789abcdef")
}

/// The shapes each place has with harmless words.
fn harmless_shapes() -> Vec<Vec<String>> {
    let mut shapes: Vec<Vec<String>> = Vec::new();
    let sids = ["WW", "BY", "CA"].map(sid);
    let words = ["a", "man", "en", "/a", "1", "{}", "+14155550100", "sip:a@b.example", "wss://a.example"];
    for words in words.into_iter().chain(sids.iter().map(String::as_str)) {
        for (i, document) in places(words).into_iter().enumerate() {
            shapes.resize(shapes.len().max(i + 1), Vec::new());
            let Ok(text) = document.build() else { continue };
            let shape = skeleton(text.as_str());
            assert!(shapes[i].is_empty() || shapes[i] == shape, "place {i} with {words:?}: {text}");
            shapes[i] = shape;
        }
    }
    assert!(shapes.iter().all(|shape| !shape.is_empty()), "each place takes some harmless words");
    shapes
}

/// Each document is either refused, or reads back as it was and has the shape it has with harmless words.
fn says_what_was_meant(words: &str) -> usize {
    static SHAPES: LazyLock<Vec<Vec<String>>> = LazyLock::new(harmless_shapes);
    let mut built = 0;
    for (i, document) in places(words).into_iter().enumerate() {
        let Ok(text) = document.build() else { continue };
        built += 1;
        assert_eq!(parse(text.as_str()).as_ref(), Ok(&document), "place {i}: {text}");
        assert_eq!(skeleton(text.as_str()), SHAPES[i], "place {i}: {text}");
    }
    built
}

#[test]
fn no_words_change_the_structure() {
    for words in NASTY {
        // Speech is never refused for its characters, and user names and passwords only for unwritable ones.
        assert!(says_what_was_meant(words) >= 2, "{words:?}");
    }
}

proptest! {
    #[test]
    fn arbitrary_words_change_nothing(words in any::<String>()) {
        says_what_was_meant(&words);
    }

    #[test]
    fn marked_up_words_change_nothing(parts in prop::collection::vec(prop::sample::select(NASTY), 1..5)) {
        says_what_was_meant(&parts.concat());
    }

    #[test]
    fn a_built_tree_reads_back_as_itself(seed in any::<u64>()) {
        let document = Dice(seed).document();
        let text = document.build().map_err(|refused| TestCaseError::fail(format!("{refused:?}")))?;
        prop_assert_eq!(parse(text.as_str()), Ok(document));
    }

    #[test]
    fn reading_never_panics(text in any::<String>(), seed in any::<u64>(), cut in any::<prop::sample::Index>()) {
        let _ = parse(&text);
        let _ = parse(&format!("<Response>{text}</Response>"));
        let whole = Dice(seed).document().build().expect("allowed").into_string();
        let at = cut.index(whole.len());
        let head = whole.char_indices().map(|(i, _)| i).take_while(|i| *i <= at).last().unwrap_or(0);
        prop_assert!(parse(&whole[..head]).is_err());
        let _ = parse(&format!("{}{text}{}", &whole[..head], &whole[head..]));
    }
}

/// A generator of allowed documents.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % n
    }
    fn of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }
    fn yes(&mut self) -> bool {
        self.below(2) == 1
    }
    fn seconds(&mut self, least: u64, more: usize) -> Duration {
        Duration::from_secs(least + self.below(more) as u64)
    }
    fn words(&mut self) -> String {
        format!("{}{}", self.of(NASTY), self.of(NASTY))
    }
    fn name(&mut self) -> &'static str {
        self.of(&["room", "Tom & Jerry", "a\"b'c<d>", "]]>", "\u{202E}x", "😀", "a b"])
    }
    fn url(&mut self) -> &'static str {
        self.of(&[
            "/a",
            "a?b=c&d='e'",
            "https://example.com/x?y=1&z=2",
            "http://u:p@example.com:8080",
            "https://[::1]/a",
        ])
    }
    fn set<T: Copy + Ord>(&mut self, all: &[T]) -> Events<T> {
        let first = self.of(all);
        (0..3).map(|_| self.of(all)).chain([first]).collect()
    }
}

impl Dice {
    fn document(&mut self) -> Response {
        (0..self.below(5)).fold(Response::new(), |document, _| document.verb(self.any_verb()))
    }

    fn any_verb(&mut self) -> Verb {
        match self.below(15) {
            0 => self.say().into(),
            1 => self.play().into(),
            2 => Pause::new(self.seconds(1, 90)).into(),
            3 => self.gather().into(),
            4 | 5 => self.dial().into(),
            6 => self.enqueue().into(),
            7 => Leave::new().into(),
            8 => Redirect::new(self.url()).method(self.of(Method::ALL)).into(),
            9 => self.record().into(),
            11.. => self.service_verb(),
            _ if self.yes() => Hangup::new().into(),
            _ => Reject::new().reason(self.of(Reason::ALL)).into(),
        }
    }

    fn say(&mut self) -> Say {
        let marked = self.yes();
        let say = if marked { Say::new(self.speech(2)) } else { Say::new(self.words()) };
        let voices = ["Polly.Joanna-Neural", "Google.en-US-Chirp3-HD-Aoede", "man", "alice"];
        let voices = if marked { voices.get(..2).unwrap_or_default() } else { &voices };
        maybe! { self, say;
            voice(self.of(voices));
            language(self.of(&["en-US", "de", "zh-Hans-CN"]));
            loops(self.of(&[0u32, 1, 1000]));
        }
        say
    }

    fn play(&mut self) -> Play {
        let play = if self.yes() { Play::new(self.url()) } else { Play::keys("wW19#*AD") };
        maybe! { self, play; loops(self.of(&[0u32, 7])); }
        play
    }

    fn gather(&mut self) -> Gather {
        let gather = Gather::new().input(Input::DtmfSpeech);
        let gather = (0..self.below(3)).fold(gather, |gather, _| gather.say(self.say()));
        maybe! { self, gather;
            action(self.url()); method(self.of(Method::ALL)); input(self.of(&[Input::Speech, Input::DtmfSpeech]));
            timeout(self.of(&[GatherTimeout::Auto, GatherTimeout::After(Duration::from_secs(1))]));
            num_digits(self.of(&[1u32, 9])); finish_on_key(self.of(&["", "#", "0", "*"]));
            action_on_empty_result(self.yes()); language("de-DE"); profanity_filter(self.yes()); barge_in(self.yes());
            hints(vec![self.name(), "$OOV_CLASS"]); partial_result_callback(self.url());
            partial_result_callback_method(self.of(Method::ALL)); max_speech_time(self.seconds(1, 60)); debug(self.yes());
            play(Play::new(self.url())); pause(Pause::new(self.seconds(1, 3)));
        }
        match self.below(3) {
            0 => gather.speech_model(SpeechModel::PhoneCall).enhanced(self.yes()),
            1 => gather.speech_model(self.of(SpeechModel::ALL)).speech_timeout(self.seconds(1, 9)),
            _ => gather.speech_timeout(GatherTimeout::Auto),
        }
    }

    fn enqueue(&mut self) -> Enqueue {
        let task = Task::new(r#"{"a":"<&\"]]>"}"#).priority(3u32).timeout(self.seconds(1, 9));
        let enqueue = if self.yes() { Enqueue::new(self.name()) } else { Enqueue::workflow(sid("WW"), task) };
        maybe! { self, enqueue;
            action(self.url()); method(self.of(Method::ALL)); wait_url(self.url()); wait_url(WaitUrl::Silence);
            wait_url_method(self.of(Method::ALL)); max_queue_size(5000u32);
        }
        enqueue
    }

    fn record(&mut self) -> Record {
        let record = Record::new();
        maybe! { self, record;
            action(self.url()); method(self.of(Method::ALL)); timeout(self.seconds(0, 9)); finish_on_key("1#*");
            max_length(self.seconds(2, 100)); play_beep(self.yes()); trim(self.of(Trim::ALL)); transcribe(self.yes());
            recording_status_callback(self.url(), self.set(RecordingEvent::ALL)); transcribe_callback(self.url());
            recording_status_callback_method(self.of(Method::ALL)); recording_configuration_id(self.name());
        }
        record
    }

    fn dial(&mut self) -> Dial {
        let dial = Dial::new();
        maybe! { self, dial;
            action(self.url()); method(self.of(Method::ALL)); timeout(self.seconds(5, 595)); time_limit(self.seconds(1, 9));
            caller_id(self.of(&["+14155550100", "client:ana", "ana.b"])); answer_on_bridge(self.yes());
            hangup_on_star(self.yes()); record(self.of(DialRecord::ALL)); trim(self.of(Trim::ALL));
            recording_track(self.of(RecordingTrack::ALL)); ring_tone(self.of(RingTone::ALL)); sequential(self.yes());
            recording_status_callback(self.url(), self.set(RecordingEvent::ALL)); refer_url(self.url());
            recording_status_callback_method(self.of(Method::ALL)); refer_method(self.of(Method::ALL));
            recording_configuration_id(self.name()); events([DialEvent::CallProgress]); passports(self.name());
        }
        match self.below(5) {
            2 => dial.noun(self.lone_noun()),
            0 => dial.conference(self.conference()),
            1 => dial.queue(self.queue()),
            _ => (0..=self.below(9)).fold(dial, |dial, _| self.ring(dial)),
        }
    }

    fn ring(&mut self, dial: Dial) -> Dial {
        let number = Number::new("+14155550100");
        maybe! { self, number;
            send_digits("ww1#"); url(self.url()); method(self.of(Method::ALL)); byoc(sid("BY"));
            status_callback(self.url(), self.set(CallEvent::ALL)); status_callback_method(self.of(Method::ALL));
            machine_detection(self.of(MachineDetection::ALL)); machine_detection_timeout(self.seconds(3, 57));
            machine_detection_speech_threshold(1000u32); machine_detection_speech_end_threshold(500u32);
            machine_detection_silence_timeout(10_000u32); amd_status_callback(self.url());
            amd_status_callback_method(self.of(Method::ALL));
        }
        let client = Client::new(self.name());
        maybe! { self, client; parameter(self.name(), self.of(&["a\r\n\tb", "", " x "])); parameter("b", self.name());
            client_notification_url(self.url()); status_callback(self.url(), self.set(CallEvent::ALL));
            url(self.url()); method(self.of(Method::ALL)); status_callback_method(self.of(Method::ALL));
        }
        let sip = Sip::new("sip:ana@example.com;transport=tls?x-a=1&x-b=2");
        maybe! { self, sip; username(self.name()); password(self.of(&["p&\"\n'", ""])); url(self.url());
            machine_detection(self.of(MachineDetection::ALL)); status_callback(self.url(), self.set(CallEvent::ALL));
            method(self.of(Method::ALL)); status_callback_method(self.of(Method::ALL));
            machine_detection_timeout(self.seconds(3, 57)); machine_detection_speech_threshold(6000u32);
            machine_detection_speech_end_threshold(5000u32); machine_detection_silence_timeout(2000u32);
            amd_status_callback(self.url()); amd_status_callback_method(self.of(Method::ALL));
        }
        match self.below(4) {
            3 => dial.sip(self.sip_choices()),
            0 => dial.number(number),
            1 => dial.client(client),
            _ => dial.sip(sip),
        }
    }

    fn queue(&mut self) -> Queue {
        let queue = Queue::new(self.name());
        maybe! { self, queue;
            url(self.url()); method(self.of(Method::ALL)); reservation_sid(sid("WR")); post_work_activity_sid(sid("WA"));
        }
        queue
    }

    fn conference(&mut self) -> Conference {
        let conference = Conference::new(self.name());
        maybe! { self, conference;
            muted(self.yes()); beep(self.of(Beep::ALL)); start_on_enter(self.yes()); end_on_exit(self.yes());
            label(self.of(&["agent-1", "a & b"])); jitter_buffer_size(self.of(JitterBuffer::ALL)); wait_url(self.url());
            wait_url(WaitUrl::Silence); wait_method(self.of(Method::ALL)); max_participants(self.of(&[2u32, 250]));
            record(self.of(ConferenceRecord::ALL)); trim(self.of(Trim::ALL)); region(self.of(Region::ALL));
            coach(sid("CA")); status_callback(self.url(), self.set(ConferenceEvent::ALL));
            status_callback_method(self.of(Method::ALL)); event_callback_url(self.url());
            recording_status_callback(self.url(), self.set(RecordingEvent::ALL));
            recording_status_callback_method(self.of(Method::ALL)); recording_configuration_id(self.name());
        }
        conference
    }
}
