//! Services beside and instead of the document, payments, and marked-up speech.

use super::*;

impl Dice {
    pub(super) fn service_verb(&mut self) -> Verb {
        match self.below(9) {
            0 | 1 => self.connect().into(),
            2 | 3 => self.start().into(),
            4 => self.stop().into(),
            5 => self.refer().into(),
            6 => self.pay().into(),
            7 => self.sms().into(),
            _ => Echo::new().into(),
        }
    }

    fn stream(&mut self, two_way: bool) -> Stream {
        let stream = Stream::new("wss://example.com/audio");
        let tracks: &[Track] = if two_way { &[Track::Inbound] } else { Track::ALL };
        maybe! { self, stream;
            name(self.name()); track(self.of(tracks)); status_callback("https://example.com/a?b&c");
            status_callback_method(self.of(Method::ALL)); connector_name(self.name()); audio_format(self.name());
            sample_rate("8000"); parameter(self.name(), self.of(&["a\r\n\tb", "", " x "]));
        }
        stream
    }

    fn siprec(&mut self) -> Siprec {
        let siprec = Siprec::named(self.name());
        maybe! { self, siprec;
            connector_name(self.name()); track(self.of(Track::ALL)); status_callback(self.url());
            status_callback_method(self.of(Method::ALL)); parameter(self.name(), self.name());
        }
        siprec
    }

    fn transcription(&mut self) -> Transcription {
        let transcription = Transcription::named(self.name());
        maybe! { self, transcription;
            status_callback_url("HTTPS://example.com"); status_callback_method(self.of(Method::ALL));
            language_code("de-DE"); track(self.of(Track::ALL)); inbound_track_label(self.name());
            outbound_track_label(self.name()); transcription_engine(self.of(TranscriptionEngine::ALL));
            speech_model(self.name()); partial_results(self.yes()); profanity_filter(self.yes());
            hints([self.name()]); enable_automatic_punctuation(self.yes()); enable_provider_data(self.yes());
            intelligence_service(self.name()); conversation_configuration(self.name()); conversation_id(self.name());
            config(self.name(), self.name()); parameter(self.name(), self.name());
        }
        transcription
    }

    fn recording(&mut self) -> Recording {
        let recording = Recording::named(self.name());
        maybe! { self, recording;
            recording_status_callback_url("http://example.com/r"); trim(self.of(Trim::ALL));
            recording_status_callback_method(self.of(Method::ALL)); track(self.of(RecordingTrack::ALL));
            recording_status_callback_event(self.set(RecordingEvent::ALL)); channels(self.of(Channels::ALL));
            recording_configuration_id(self.name());
        }
        recording
    }

    fn start(&mut self) -> Start {
        let start = match self.below(4) {
            0 => Start::new(self.stream(false)),
            1 => Start::new(self.siprec()),
            2 => Start::new(self.transcription()),
            _ => Start::new(self.recording()),
        };
        maybe! { self, start; action(self.url()); method(self.of(Method::ALL)); }
        start
    }

    fn stop(&mut self) -> Stop {
        match self.below(4) {
            0 => Stop::new(Stream::named(self.name())),
            1 => Stop::new(Siprec::named(self.name())),
            2 => Stop::new(Transcription::named(self.name())),
            _ => Stop::new(Recording::named(self.name())),
        }
    }

    fn relay(&mut self) -> ConversationRelay {
        let relay = ConversationRelay::new("wss://example.com/words?a=1&b=2");
        maybe! { self, relay;
            welcome_greeting(self.name()); welcome_greeting_interruptible(self.of(Interruption::ALL)); language("multi");
            tts_language("de-DE"); tts_provider(self.of(TtsProvider::ALL)); voice(self.name());
            transcription_language("en"); transcription_provider(self.of(TranscriptionProvider::ALL));
            speech_model(self.name()); interruptible(self.of(Interruption::ALL)); dtmf_detection(self.yes());
            interrupt_sensitivity(self.of(Sensitivity::ALL)); preemptible(self.yes()); hints([self.name()]);
            report_input_during_agent_speech(self.of(Interruption::ALL)); debug(self.set(RelayDebug::ALL));
            elevenlabs_text_normalization(self.of(TextNormalization::ALL)); intelligence_service(self.name());
            events(self.name()); partial_prompts(self.yes()); profanity_filter(self.yes());
            background_noise_reduction(self.name()); speech_timeout("900"); deepgram_smart_format("true");
            ignore_backchannel("true"); partial_prompt_on_hangup(self.yes()); eager_eot_threshold("0.45");
            asr_smart_format("true"); tts_text_normalization(self.of(TextNormalization::ALL));
            tts_language_text_normalization("en"); elevenlabs_language_text_normalization("en");
            include_in_prompt(self.set(PromptDetail::ALL)); customer_name(self.name()); turn_detection(self.yes());
            application_reconnect(self.yes()); echo_prompt_filtering(self.yes()); parameter(self.name(), self.name());
            other_language(RelayLanguage::new("sv-SE").voice(self.name()).hints([self.name()]).asr_smart_format("on"));
            other_language(self.language());
        }
        relay
    }

    fn language(&mut self) -> RelayLanguage {
        let language = RelayLanguage::new("de");
        maybe! { self, language;
            tts_provider(self.of(TtsProvider::ALL)); speech_model(self.name()); tts_language_text_normalization("de");
            transcription_provider(self.of(TranscriptionProvider::ALL));
            tts_text_normalization(self.of(TextNormalization::ALL));
        }
        language
    }

    fn connect(&mut self) -> Connect {
        let conversation = Conversation::new();
        maybe! { self, conversation;
            service_instance_sid(sid("IS")); inbound_autocreation(self.yes()); url(self.url());
            routing_assignment_timeout(self.seconds(1, 9)); inbound_timeout(self.seconds(1, 9));
            method(self.of(Method::ALL)); record(self.of(DialRecord::ALL)); trim(self.of(Trim::ALL));
            recording_status_callback_url(self.url()); recording_status_callback_method(self.of(Method::ALL));
            recording_status_callback_event(self.set(RecordingEvent::ALL)); status_callback_url(self.url());
            status_callback_method(self.of(Method::ALL)); status_callback_event(self.set(ConversationEvent::ALL));
        }
        let agent = VirtualAgent::new(self.name());
        maybe! { self, agent;
            language("en-US"); sentiment_analysis(self.yes()); status_callback(self.url());
            status_callback_method(self.of(Method::ALL)); config(self.name(), ""); parameter(self.name(), self.name());
        }
        let room = Room::new(self.name()).participant_identity(self.name());
        let session = ConversationRelaySession::new().connector(self.name()).session_configuration(self.name());
        let connect = match self.below(7) {
            0 => Connect::new(self.stream(true)),
            1 | 2 => Connect::new(self.relay()),
            3 => Connect::new(conversation),
            4 => Connect::new(agent),
            5 => Connect::new(room),
            _ if self.yes() => Connect::new(session),
            _ => Connect::new(AiSession::new().ai_connector(self.name()).ai_session_configuration(self.name())),
        };
        maybe! { self, connect; action(self.url()); method(self.of(Method::ALL)); }
        connect
    }

    pub(super) fn sip_choices(&mut self) -> Sip {
        let uri = Uri::new("sip:ana@example.com;transport=tls");
        maybe! { self, uri; priority(1u32); weight(0u32); username(self.name()); password(self.of(&["p&\"\n'", ""])); }
        let headers = (0..self.below(3)).map(|_| Header::new("X-Call", self.name())).collect::<Vec<_>>();
        Sip::choices([uri, Uri::new("sip:b@example.com")], headers)
    }

    pub(super) fn lone_noun(&mut self) -> Noun {
        let application = Application::new(sid("AP"));
        maybe! { self, application;
            url(self.url()); method(self.of(Method::ALL)); customer_id(self.name()); copy_parent_to(self.yes());
            status_callback(self.url(), self.set(CallEvent::ALL)); parameter(self.name(), self.name());
            status_callback_method(self.of(Method::ALL));
        }
        let whats_app = WhatsApp::new("+14155550100");
        maybe! { self, whats_app;
            url(self.url()); method(self.of(Method::ALL)); status_callback(self.url(), self.set(CallEvent::ALL));
            status_callback_method(self.of(Method::ALL));
        }
        match self.below(3) {
            0 => application.into(),
            1 => whats_app.into(),
            _ => Sim::new(sid("HS")).into(),
        }
    }

    fn refer(&mut self) -> Refer {
        let refer = Refer::new(Sip::new("sip:ana@example.com?x-a=1&x-b=2"));
        maybe! { self, refer; action(self.url()); method(self.of(Method::ALL)); }
        refer
    }

    fn pay(&mut self) -> Pay {
        let prompt = PayPrompt::new(self.of(PromptFor::ALL)).prompt(self.say());
        maybe! { self, prompt;
            error_type(self.set(PromptError::ALL)); card_type(self.set(CardType::ALL)); attempt([1u32, 2]);
            require_matching_inputs(self.yes()); prompt(Play::new(self.url()));
        }
        let pay = Pay::new();
        maybe! { self, pay;
            input(PayInput::Dtmf); action(self.url()); method(self.of(Method::ALL)); status_callback(self.url());
            status_callback_method(self.of(Method::ALL)); timeout(self.seconds(1, 9)); max_attempts(3u32);
            security_code(self.yes()); postal_code(self.of(&["true", "94105"])); min_postal_code_length(4u32);
            payment_connector(self.name()); token_type(self.of(TokenType::ALL)); charge_amount("9.99"); currency("usd");
            description(self.name()); valid_card_types(self.set(CardType::ALL)); language("en-US"); prompt(prompt);
            payment_method(PaymentMethod::CreditCard); parameter(self.name(), self.name());
        }
        let account = self.of(BankAccountType::ALL);
        if self.yes() { pay.payment_method(PaymentMethod::AchDebit).bank_account_type(account) } else { pay }
    }

    fn sms(&mut self) -> Sms {
        let sms = Sms::new(self.name());
        maybe! { self, sms;
            to("+14155550100"); from("+14155550101"); action(self.url()); method(self.of(Method::ALL));
            status_callback(self.url());
        }
        sms
    }

    pub(super) fn speech(&mut self, depth: usize) -> Speech {
        let words = self.words() + "a";
        let mut speech = Speech::new().words(self.words()).words(words);
        for _ in 0..self.below(3) {
            speech = speech.markup(self.markup(depth)).words(self.words());
        }
        speech
    }

    fn markup(&mut self, depth: usize) -> Ssml {
        let inner = if depth == 0 { Speech::from(self.words() + "a") } else { self.speech(depth - 1) };
        let plain = || Speech::from("a");
        match self.below(10) {
            0 => Break::new().strength(self.of(BreakStrength::ALL)).time(BreakTime::from_millis(200)).into(),
            1 => Emphasis::new(plain()).level(self.of(EmphasisLevel::ALL)).into(),
            2 => Lang::new("fr-FR", inner).into(),
            3 => Paragraph::new(Speech::new().markup(Sentence::new(self.name()))).into(),
            4 => Sentence::new(plain().markup(Word::new(self.name()).role("amazon:VB"))).into(),
            5 => Phoneme::new(self.name(), self.name()).alphabet(self.of(PhoneticAlphabet::ALL)).into(),
            6 => Prosody::new(inner).volume("+6dB").rate("90%").pitch("x-low").into(),
            7 => SayAs::new(self.name(), InterpretAs::Date).format(self.of(DateFormat::ALL)).into(),
            8 => SayAs::new(self.name(), self.of(InterpretAs::ALL)).into(),
            _ => Sub::new(self.name(), self.name()).into(),
        }
    }
}

/// The refusals' places, below the verb.
#[track_caller]
fn refused(verb: impl Into<Verb>, places: &[&str]) {
    let all = Response::new().verb(verb).check();
    let found: Vec<_> = all.iter().map(|one| one.place.trim_start_matches("Response/")).collect();
    assert_eq!(found, places, "{all:?}");
}

#[test]
fn a_two_way_stream_is_written_as_documented() {
    let relay = ConversationRelay::new("wss://example.com/a").dtmf_detection(true).parameter("a", "b");
    let document = Response::new()
        .start(Start::new(Recording::new().channels(Channels::Dual)))
        .connect(Connect::new(relay.other_language(RelayLanguage::new("sv-SE"))).action("/after"))
        .stop(Stop::new(Stream::named("fork")));
    let expected = "<Start><Recording channels=\"dual\"/></Start><Connect action=\"/after\"><ConversationRelay \
                    url=\"wss://example.com/a\" dtmfDetection=\"true\"><Parameter name=\"a\" value=\"b\"/><Language \
                    code=\"sv-SE\"/></ConversationRelay></Connect><Stop><Stream name=\"fork\"/></Stop></Response>";
    let text = document.build().expect("allowed").into_string();
    assert!(text.ends_with(expected), "{text}");
}

#[test]
fn markup_stands_where_it_was_put_and_words_are_never_markup() {
    let speech = Speech::new()
        .words("<b>")
        .markup(Break::new().time(BreakTime::from_millis(1500)))
        .words("b ")
        .markup(Emphasis::new("c").level(EmphasisLevel::Strong));
    assert_eq!(speech.text(), "<b>b c");
    let text = Response::new().say(Say::new(speech)).build().expect("allowed").into_string();
    let expected = "<Say>&lt;b&gt;<break time=\"1500ms\"/>b <emphasis level=\"strong\">c</emphasis></Say></Response>";
    assert!(text.ends_with(expected), "{text}");
    assert_eq!(
        parse("<Response><Say><break time=\"2s\"/></Say></Response>"),
        Ok(Response::new().say(Say::new(Speech::new().markup(Break::new().time(BreakTime::from_millis(2000))))))
    );
    for bad in ["time=\"2\"", "time=\"+2s\"", "time=\"9999999s\"", "strength=\"loud\""] {
        assert!(parse(&format!("<Response><Say><break {bad}/></Say></Response>")).is_err(), "{bad}");
    }
}

#[test]
fn services_that_twilio_could_not_begin_are_refused() {
    let stream = |url: &str| Connect::new(Stream::new(url));
    for url in ["https://a.example", "ws://a.example", "/a", "wss://", "wss://a.example/?b=c", "wss://a_b.example"] {
        refused(stream(url), &["Connect[0]/Stream[0]@url"]);
    }
    refused(stream("wss://a.example"), &[]);
    let both = Stream::new("wss://a.example").track(Track::Both);
    refused(Connect::new(both.clone()), &["Connect[0]/Stream[0]@track"]);
    refused(Start::new(both.clone()), &[]);
    refused(Start::new(both.clone().status_callback("/a")), &["Start[0]/Stream[0]@statusCallback"]);
    refused(Start::new(both.clone().parameter("a", "b".repeat(498))), &[]);
    refused(Start::new(both.parameter("a", "b".repeat(499))), &["Start[0]/Stream[0]/Parameter[0]"]);
    refused(Start::new(Stream::named("a")), &["Start[0]/Stream[0]"]);
    refused(Stop::new(Stream::new("wss://a.example")), &["Stop[0]/Stream[0]"]);
    refused(Stop::new(Recording::new()), &["Stop[0]/Recording[0]"]);
    let recording = Recording::new().recording_status_callback_url("/a");
    refused(Start::new(recording), &["Start[0]/Recording[0]@recordingStatusCallback"]);
    let transcription = Transcription::new().status_callback_url("a");
    refused(Start::new(transcription), &["Start[0]/Transcription[0]@statusCallbackUrl"]);
    let relay = || ConversationRelay::new("wss://a.example");
    for bad in ["0.29", "0.91", "-1", "nan", ""] {
        let place = "Connect[0]/ConversationRelay[0]@eagerEotThreshold";
        refused(Connect::new(relay().eager_eot_threshold(bad)), &[place]);
    }
    refused(Connect::new(relay().eager_eot_threshold("0.3")), &[]);
    refused(Connect::new(Room::new("")), &["Connect[0]/Room[0]"]);
    for (inside, place) in [
        ("<Connect/>", "Connect[0]"),
        ("<Start/>", "Start[0]"),
        ("<Stop/>", "Stop[0]"),
        ("<Refer/>", "Refer[0]"),
        ("<Connect><VirtualAgent/></Connect>", "Connect[0]/VirtualAgent[0]"),
        ("<Connect><ConversationRelay/></Connect>", "Connect[0]/ConversationRelay[0]"),
        ("<Dial><Sip><Headers/></Sip></Dial>", "Dial[0]/Sip[0]"),
        ("<Say><lang>a</lang></Say>", "Say[0]/lang[0]@xml:lang"),
        ("<Say><say-as>a</say-as></Say>", "Say[0]/say-as[0]@interpret-as"),
    ] {
        let document = parse(&format!("<Response>{inside}</Response>")).expect(inside);
        assert_eq!(document.check().first().map(|one| one.place.clone()), Some(format!("Response/{place}")));
    }
}

#[test]
fn payments_messages_and_lone_nouns_are_checked() {
    refused(Pay::new().charge_amount("9,99").currency("dollar"), &["Pay[0]@chargeAmount", "Pay[0]@currency"]);
    refused(Pay::new().bank_account_type(BankAccountType::ConsumerSavings), &["Pay[0]@bankAccountType"]);
    refused(Pay::new().max_attempts(0u32).timeout(Duration::ZERO), &["Pay[0]@timeout", "Pay[0]@maxAttempts"]);
    refused(Sms::new("a".repeat(160)), &[]);
    refused(Sms::new("a".repeat(161)), &["Sms[0]"]);
    refused(Dial::new().application(Application::new("AP1")), &["Dial[0]/Application[0]"]);
    refused(Dial::new().application(Application::new(sid("CA"))), &["Dial[0]/Application[0]"]);
    refused(Dial::new().sim(Sim::new(sid("HS"))).number(Number::new("+14155550100")), &["Dial[0]"]);
    refused(Dial::new().whats_app(WhatsApp::new("1")), &["Dial[0]/WhatsApp[0]"]);
    let header = Header::new("X-A", "b".repeat(1024));
    let sip = Sip::choices([Uri::new("sip:a@b.example")], [header]);
    refused(Dial::new().sip(sip), &["Dial[0]/Sip[0]/Headers[1]/Header[0]@value"]);
    refused(Refer::new(Sip::new("a")), &["Refer[0]/Sip[0]"]);
}

#[test]
fn markup_that_no_voice_could_say_is_refused() {
    let say = |markup: Ssml| Say::new(Speech::new().markup(markup));
    refused(say(Break::new().into()).voice("alice"), &["Say[0]"]);
    refused(say(Break::new().into()).voice("Polly.Joanna"), &[]);
    refused(say(Paragraph::new("").into()), &["Say[0]/p[0]"]);
    let nested = Paragraph::new(Speech::new().markup(Paragraph::new("a")));
    refused(say(nested.into()), &["Say[0]/p[0]"]);
    let nested = Sentence::new(Speech::new().markup(Paragraph::new("a")));
    refused(say(nested.into()), &["Say[0]/s[0]"]);
    refused(say(SayAs::new("a", InterpretAs::Time).format(DateFormat::Y).into()), &["Say[0]/say-as[0]@format"]);
    refused(say(Prosody::new("a").rate("90 %").into()), &["Say[0]/prosody[0]@rate"]);
    let deep =
        |levels| (1..levels).fold(Speech::new().markup(Break::new()), |s, _| Speech::new().markup(Prosody::new(s)));
    let document = Response::new().say(Say::new(deep(10)));
    assert_eq!(parse(document.build().expect("ten levels").as_str()), Ok(document));
    assert_eq!(Response::new().say(Say::new(deep(11))).check().len(), 1);
}

#[test]
fn google_counts_tags_and_polly_does_not() {
    // Each <break/> has eight characters.
    let marked = |words: usize| (0..100).fold(Speech::from("a".repeat(words)), |speech, _| speech.markup(Break::new()));
    let faults = |words, voice| Response::new().say(Say::new(marked(words)).voice(voice)).check().len();
    assert_eq!(faults(4200, "Google.en-US-Standard-A"), 0);
    assert_eq!(faults(4201, "Google.en-US-Standard-A"), 1);
    assert_eq!(faults(3000, "Polly.Joanna"), 0);
    assert_eq!(faults(3001, "Polly.Joanna"), 1);
}

trait ConnectTo {
    fn connect_to(self, url: &str) -> Self;
}

impl ConnectTo for Response {
    /// The same document with this server for its only relay.
    fn connect_to(mut self, url: &str) -> Self {
        let Some(Verb::Connect(connect)) = self.verbs.first_mut() else { panic!("no Connect") };
        let Some(Service::ConversationRelay(relay)) = connect.services.first_mut() else { panic!("no relay") };
        relay.url = Some(url.into());
        self
    }
}

#[test]
fn an_attribute_keeps_the_spelling_of_the_library_that_wrote_it() {
    let relay = ConversationRelay::new("wss://a.example").speech_timeout(Spelled::new("900", Spelling::Lower));
    let document = Response::new().connect(Connect::new(relay.ignore_backchannel("true")));
    let text = document.build().expect("allowed").into_string();
    assert!(text.contains(" speechtimeout=\"900\" ignoreBackchannel=\"true\""), "{text}");
    assert_eq!(parse(&text), Ok(document));
}

#[test]
fn both_spellings_of_the_libraries_are_read() {
    let with =
        |name: &str| parse(&format!("<Response><Connect><ConversationRelay {name}=\"a\"/></Connect></Response>"));
    for name in ["backgroundNoiseReduction", "speechTimeout", "deepgramSmartFormat", "ignoreBackchannel"] {
        for (name, other) in [(name.to_owned(), name.to_lowercase()), (name.to_lowercase(), name.to_owned())] {
            let text =
                with(&name).expect("TwiML").connect_to("wss://a.example").build().expect("allowed").into_string();
            assert!(text.contains(&format!(" {name}=\"a\"")) && !text.contains(&other), "{text}");
        }
    }
    assert!(with("DTMFDETECTION").is_err());
    assert!(with("speechTimeout=\"b\" speechtimeout").is_err());
}
