use super::*;

fn voice(verbs: &str) -> World {
    let mut world = World::new();
    world.page("/voice", verbs);
    world
}

#[test]
fn each_bad_value_is_a_warning_of_its_own_code_and_the_default_holds() {
    let cases: &[(&str, &[u32])] = &[
        ("<Say loop=\"many\">x</Say>", &[13_510]),
        ("<Say voice=\"nobody\">x</Say>", &[13_511]),
        ("<Say language=\"english please\">x</Say>", &[13_512]),
        ("<Say> </Say>", &[13_520]),
        ("<Play loop=\"-1\">a.mp3</Play>", &[13_410]),
        ("<Play digits=\"12x\"/>", &[13_430, 11_100]),
        ("<Pause length=\"0\"/>", &[13_910]),
        ("<Redirect method=\"PUT\">/next</Redirect>", &[13_710]),
        ("<Reject reason=\"tired\"/>", &[13_810]),
        ("<Gather finishOnKey=\"x\"/>", &[13_310]),
        ("<Gather finishOnKey=\"12\"/>", &[13_311]),
        ("<Gather method=\"PUT\"/>", &[13_312]),
        ("<Gather timeout=\"0\"/>", &[13_313]),
        ("<Gather numDigits=\"0\"/>", &[13_314]),
        ("<Gather><Say voice=\"nobody\">x</Say></Gather>", &[13_321]),
        ("<Gather><Say loop=\"x\">x</Say></Gather>", &[13_322]),
        ("<Gather><Dial>+15550003000</Dial></Gather>", &[13_320]),
        ("<Gather input=\"smell\"/>", &[13_326]),
        ("<Gather speechTimeout=\"soon\"/>", &[13_327]),
        ("<Gather maxSpeechTime=\"x\"/>", &[13_328]),
        ("<Gather partialResultCallbackMethod=\"PUT\"/>", &[13_329]),
        ("<Gather language=\"?\"/>", &[13_331]),
        ("<Gather bargeIn=\"maybe\"/>", &[13_332]),
        ("<Gather profanityFilter=\"maybe\"/>", &[13_333]),
        ("<Gather speechModel=\"ears\"/>", &[13_334]),
        ("<Gather actionOnEmptyResult=\"maybe\"/>", &[13_338]),
        ("<Record method=\"PUT\"/>", &[13_610]),
        ("<Record timeout=\"x\"/>", &[13_611]),
        ("<Record maxLength=\"0\"/>", &[13_612]),
        ("<Record finishOnKey=\"x\"/>", &[13_613]),
        ("<Record transcribe=\"maybe\"/>", &[13_614]),
        ("<Record transcribe=\"true\" maxLength=\"200\"/>", &[13_615]),
        ("<Record playBeep=\"maybe\"/>", &[13_616]),
        ("<Record recordingStatusCallbackEvent=\"started\"/>", &[13_621]),
        ("<Record trim=\"maybe\"/>", &[13_699]),
        ("<Record recordingStatusCallback=\"ftp://x.test/\"/>", &[13_256]),
        ("<Dial method=\"PUT\">+15550003000</Dial>", &[13_210]),
        ("<Dial timeout=\"601\">+15550003000</Dial>", &[13_212]),
        ("<Dial hangupOnStar=\"maybe\">+15550003000</Dial>", &[13_213]),
        ("<Dial timeLimit=\"0\">+15550003000</Dial>", &[13_216]),
        ("<Dial record=\"maybe\">+15550003000</Dial>", &[13_217]),
        ("<Dial sequential=\"maybe\">+15550003000</Dial>", &[13_218]),
        ("<Dial answerOnBridge=\"maybe\">+15550003000</Dial>", &[13_219]),
        ("<Dial ringTone=\"xx\">+15550003000</Dial>", &[13_220]),
        ("<Dial><Number method=\"PUT\">+15550003000</Number></Dial>", &[13_221]),
        ("<Dial><Number sendDigits=\"x\">+15550003000</Number></Dial>", &[13_222]),
        ("<Dial><Conference muted=\"maybe\">x</Conference></Dial>", &[13_230]),
        ("<Dial><Conference endConferenceOnExit=\"maybe\">x</Conference></Dial>", &[13_231]),
        ("<Dial><Conference startConferenceOnEnter=\"maybe\">x</Conference></Dial>", &[13_232]),
        ("<Dial><Conference waitMethod=\"PUT\">x</Conference></Dial>", &[13_234]),
        ("<Dial><Conference beep=\"maybe\">x</Conference></Dial>", &[13_235]),
        ("<Dial><Conference trim=\"maybe\">x</Conference></Dial>", &[13_239]),
        ("<Enqueue method=\"PUT\">x</Enqueue>", &[14_201]),
        ("<Enqueue waitUrlMethod=\"PUT\">x</Enqueue>", &[14_206]),
        ("<Dial><Queue method=\"PUT\">x</Queue></Dial>", &[14_210]),
        ("<Start><Say>x</Say></Start>", &[14_300]),
        ("<Dial><Conference waitUrl=\"ftp://x.test/\">x</Conference></Dial>", &[13_233]),
        ("<Enqueue waitUrl=\"ftp://x.test/\">x</Enqueue>", &[14_202]),
        ("<Enqueue action=\"ftp://x.test/\">x</Enqueue>", &[14_203]),
        ("<Dial><Queue url=\"ftp://x.test/\">x</Queue></Dial>", &[14_211]),
        ("<Gather><Play digits=\"1\"/></Gather>", &[13_320]),
        ("<Pay><Say>x</Say></Pay>", &[12_200]),
        ("<Redirect>/next<Say>x</Say></Redirect>", &[12_200]),
        ("<Enqueue>x<Say>x</Say></Enqueue>", &[12_200]),
        ("<say>x</say>", &[12_200]),
        ("<Say Loop=\"2\">x</Say>", &[12_200]),
    ];
    for (verbs, codes) in cases {
        let mut world = voice(verbs);
        world.dials();
        assert_eq!(world.codes(), *codes, "{verbs}");
        assert!(!world.asked().contains(&"/fallback"), "{verbs} is no error");
    }
}

#[test]
fn what_only_the_execution_knows_is_judged_once() {
    let stream = |attributes: &str| format!("<Start><Stream url=\"wss://app.test/a\" {attributes}/></Start>");
    let number = |attributes: &str| format!("<Dial><Number {attributes}>+15550003000</Number></Dial>");
    let cases: &[(String, &[u32])] = &[
        ("<Dial callerId=\"a b\">+15550003000</Dial>".to_owned(), &[13_214]),
        ("<Dial><Conference coach=\"CA1\">x</Conference></Dial>".to_owned(), &[13_240]),
        ("<Enqueue workflowSid=\"x\"/>".to_owned(), &[14_220]),
        ("<Sms to=\"x\">y</Sms>".to_owned(), &[14_101]),
        ("<Sms from=\"x\">y</Sms>".to_owned(), &[14_102]),
        (number("machineDetection=\"Perhaps\" amdStatusCallback=\"/amd\""), &[21_234]),
        (number("machineDetection=\"Enable\" machineDetectionTimeout=\"90\" amdStatusCallback=\"/amd\""), &[21_234]),
        (stream("track=\"x\""), &[31_941]),
        (stream("statusCallback=\"/told\""), &[11_200]),
        ("<Start><Stream url=\"https://app.test/a\"/></Start>".to_owned(), &[11_100]),
        ("<Start><Recording recordingStatusCallback=\"/told\"/></Start>".to_owned(), &[11_200]),
        ("<Start><Transcription statusCallbackUrl=\"/told\"/></Start>".to_owned(), &[11_200]),
        ("<Stop><Stream/></Stop>".to_owned(), &[12_200]),
        ("<Connect><ConversationRelay url=\"wss://app.test/a\" interruptible=\"x\"/></Connect>".to_owned(), &[64_101]),
        ("<Connect><ConversationRelay url=\"https://app.test/a\"/></Connect>".to_owned(), &[64_102]),
        ("<Redirect>ftp://x.test/</Redirect>".to_owned(), &[11_100]),
        ("<Dial><Conference/></Dial>".to_owned(), &[13_237]),
        ("<Enqueue/>".to_owned(), &[14_204]),
        (format!("<Dial>{}</Dial>", "<Client>ana</Client>".repeat(11)), &[13_215]),
    ];
    for (verbs, codes) in cases {
        let mut world = voice(verbs);
        world.dials();
        assert_eq!(world.codes(), *codes, "{verbs}");
    }
}

#[test]
fn what_is_wrong_is_left_out_and_the_rest_is_done() {
    let mut world = voice("<Dial>+15550003000<Client>ana</Client></Dial>");
    world.dials();
    world.run(secs(1));
    let rung: Vec<String> = world.carrier.calls().into_iter().skip(1).map(|call| call.to).collect();
    assert_eq!((rung, world.codes()), (vec!["client:ana".to_owned()], vec![12_200]), "text beside nouns is none");
    let events = "recordingStatusCallback=\"/told\" recordingStatusCallbackEvent=\"done in-progress\"";
    let mut world = voice(&format!("<Record {events}/>"));
    world.dials();
    world.run(secs(1));
    assert_eq!((world.told("/told", "RecordingStatus"), world.codes()), (vec!["in-progress".to_owned()], vec![13_621]));
    let mut world = voice("<Enqueue waitUrl=\"/wait\">sales</Enqueue>");
    world.page("/wait", "<Dial>+15550003000</Dial><Reject/><Say>Please wait</Say>");
    let sid = world.dials();
    assert_eq!((world.hears(&sid), world.codes()), (say("Please wait"), vec![12_200, 12_200]));
    let mut world = voice("<Leave/><Say>Here</Say>");
    let sid = world.dials();
    assert_eq!((world.hears(&sid), world.codes()), (say("Here"), vec![12_200]), "there is no queue to leave");
}

#[test]
fn a_bad_value_leaves_the_default_in_force() {
    let mut world = voice("<Gather timeout=\"0\" finishOnKey=\"12\" action=\"/got\"/><Say>Over</Say>");
    let sid = world.dials();
    world.run(Duration::from_millis(4900));
    assert_eq!(world.hears(&sid), Hearing::Pause);
    world.carrier.presses(&sid, "1#");
    world.pump();
    assert_eq!(world.told("/got", "Digits"), ["1"]);
    let mut world = voice("<Dial timeout=\"601\" action=\"/dialled\">+15550003000</Dial>");
    world.script(BOB, Ring::RingsOut);
    world.dials();
    world.run(secs(36));
    assert_eq!(world.told("/dialled", "DialCallStatus"), ["no-answer"]);
}

const SIP: &str = "sip:ana@pbx.test";

#[test]
fn a_sip_leg_is_referred_and_the_action_learns_what_became_of_it() {
    for (declines_refer, status, code) in [(None, "completed", "202"), (Some(603), "failed", "603")] {
        let mut world = voice("<Refer action=\"/referred\"><Sip>sip:bob@pbx.test</Sip></Refer><Say>Not reached</Say>");
        world.page("/referred", "<Say>Still here</Say>");
        world.carrier.script(SIP, EndpointScript { declines_refer, ..EndpointScript::default() });
        let sid = world.carrier.caller_dials(SIP, LINE);
        world.run(secs(2));
        assert_eq!(world.told("/referred", "ReferCallStatus"), [status]);
        assert_eq!(world.told("/referred", "ReferSipResponseCode"), [code]);
        let notified = if declines_refer.is_none() { "200" } else { "" };
        assert_eq!(world.told("/referred", "NotifySipResponseCode"), [notified]);
        assert_eq!(world.carrier.transferred_to(&sid), declines_refer.is_none().then(|| "sip:bob@pbx.test".to_owned()));
        assert!(world.has_heard(&sid, "Still here") && !world.has_heard(&sid, "Not reached"));
    }
    let mut world = voice("<Refer><Sip>sip:bob@pbx.test</Sip></Refer>");
    let sid = world.carrier.caller_dials(SIP, LINE);
    world.run(secs(2));
    assert_eq!(world.status(&sid), "completed", "without an action the call is over");
}

#[test]
fn only_a_sip_leg_can_be_referred() {
    let mut world = voice("<Refer action=\"/referred\"><Sip>sip:bob@pbx.test</Sip></Refer>");
    world.dials();
    assert_eq!((world.codes(), world.told("/referred", "ReferCallStatus")), (vec![13_801], vec!["failed".to_owned()]));
}

#[test]
fn a_callee_who_sends_a_refer_leaves_and_the_refer_url_drives_the_caller() {
    let mut world = voice(&format!("<Dial referUrl=\"/transfer\"><Sip>{SIP}</Sip></Dial><Say>Not reached</Say>"));
    world.page("/transfer", "<Dial>+15550003000</Dial>");
    let refers = Some((secs(10), "sip:bob@pbx.test".to_owned()));
    world.carrier.script(SIP, EndpointScript { refers, ..EndpointScript::default() });
    let sid = world.dials();
    world.run(secs(11));
    assert_eq!(world.hears(&sid), Hearing::Party);
    world.run(secs(5));
    assert_eq!(world.told("/transfer", "ReferTransferTarget"), ["sip:bob%40pbx.test"]);
    assert_eq!(world.told("/transfer", "CallSid"), std::slice::from_ref(&sid));
    assert_eq!((world.status(&world.leg_to(SIP)), world.status(&world.leg_to(BOB))), ("completed", "in-progress"));
    let joined = world.carrier.joined();
    assert_eq!((joined.len(), joined[1].to), (2, None), "the caller talks to the one transferred to");

    let mut world = voice(&format!("<Dial referUrl=\"/transfer\"><Sip>{SIP}</Sip></Dial>"));
    world.script(SIP, Ring::Manual);
    world.dials();
    world.run(secs(5));
    world.carrier.refers(&world.leg_to(SIP), "sip:bob@pbx.test");
    world.pump();
    assert!(!world.asked().contains(&"/transfer"), "one that only rings transfers nobody");

    let mut world = voice(&format!("<Dial><Sip>{SIP}</Sip></Dial>"));
    let sid = world.dials();
    world.run(secs(5));
    world.carrier.refers(&world.leg_to(SIP), "sip:bob@pbx.test");
    assert_eq!((world.codes(), world.hears(&sid)), (vec![13_802], Hearing::Party));
}

#[test]
fn an_echo_lasts_until_the_caller_hangs_up() {
    let mut world = voice("<Echo/><Say>Not reached</Say>");
    let sid = world.dials();
    world.run(secs(3600));
    assert_eq!((world.hears(&sid), world.status(&sid)), (Hearing::Echo, "in-progress"));
}

#[test]
fn a_text_is_sent_to_the_caller_and_its_callback_and_action_are_told() {
    let mut world = voice("<Sms action=\"/sent\" statusCallback=\"/sms\">Your ticket is 7</Sms><Say>Not reached</Say>");
    world.page("/sent", "<Say>Sent</Say>");
    let sid = world.dials();
    world.run(secs(5));
    assert_eq!(world.told("/sent", "SmsStatus"), ["sent"]);
    assert!(world.told("/sent", "SmsSid")[0].starts_with("SM") && world.has_heard(&sid, "Sent"));
    let told = world.log.iter().find(|h| path_of(h) == "/sms").cloned().expect("told");
    assert_eq!((field(&told, "To").as_deref(), field(&told, "From").as_deref()), (Some(ANN), Some(LINE)));
    for (verb, code) in
        [("<Sms to=\"nobody\">x</Sms>", 14_101), ("<Sms from=\"+15559990000\">x</Sms>", 14_102), ("<Sms/>", 14_103)]
    {
        let mut world = voice(&format!("{verb}<Say>Next</Say>"));
        let sid = world.dials();
        assert_eq!((world.codes(), world.hears(&sid)), (vec![code], say("Next")), "{verb}");
    }
}

#[test]
fn a_task_for_task_router_is_judged_and_not_queued() {
    let workflow = format!("WW{}", "0".repeat(32));
    let cases = [
        ("x".to_owned(), "{}", 14_220),
        (workflow.clone(), "{broken", 14_221),
        (workflow, "{\"skill\":\"sales\"}", 14_226),
    ];
    for (workflow, task, code) in cases {
        let mut world =
            voice(&format!("<Enqueue workflowSid=\"{workflow}\"><Task>{task}</Task></Enqueue><Say>Next</Say>"));
        let sid = world.dials();
        assert_eq!((world.codes(), world.hears(&sid)), (vec![code], say("Next")));
    }
    let long = "x".repeat(65);
    for (verb, code) in [
        (format!("<Enqueue>{long}</Enqueue>"), "14205"),
        (format!("<Dial><Queue>{long}</Queue></Dial>"), "14213"),
        ("<Dial><Queue/></Dial>".to_owned(), "14212"),
    ] {
        let mut world = voice(&verb);
        world.dials();
        assert_eq!(world.told("/fallback", "ErrorCode"), [code]);
    }
}

#[test]
fn a_callee_is_sent_its_digits_before_anything_else() {
    let mut world = voice("<Dial><Number sendDigits=\"wW12#\" url=\"/screen\">+15550003000</Number></Dial>");
    world.page("/screen", "<Say>A call for you</Say>");
    let sid = world.dials();
    world.run(Duration::from_millis(2200));
    let child = world.leg_to(BOB);
    assert_eq!((world.hears(&child), world.hears(&sid)), (Hearing::Play("digits:wW12#".to_owned()), Hearing::Ringback));
    world.run(Duration::from_millis(2100));
    assert_eq!(world.hears(&child), say("A call for you"));
    world.run(secs(2));
    assert_eq!((world.hears(&child), world.hears(&sid)), (Hearing::Party, Hearing::Party));
}

#[test]
fn devices_get_their_parameters_and_headers() {
    let client = "<Client><Identity>ana</Identity><Parameter name=\"ticket\" value=\"7\"/></Client>";
    let sip = "<Sip>sip:x@pbx.test?x-one=1&amp;subject=no<Headers><Header name=\"X-Two\" value=\"2\"/></Headers></Sip>";
    let mut world = voice(&format!("<Dial>{client}{sip}</Dial>"));
    world.dials();
    world.run(secs(1));
    let parameters = world.carrier.custom_parameters(&world.leg_to("client:ana"));
    assert_eq!(parameters, [("ticket".to_owned(), "7".to_owned())]);
    let leg = world.carrier.calls().into_iter().find(|c| c.to.starts_with("sip:")).expect("a leg").sid;
    let headers = world.carrier.custom_parameters(&leg);
    assert_eq!(headers, [("x-one".to_owned(), "1".to_owned()), ("X-Two".to_owned(), "2".to_owned())]);
    let why = "an address beside its headers should be in a Uri, and what is no custom header is not sent";
    assert_eq!(world.codes(), [12_200, 13_252], "{why}");
}

#[test]
fn nouns_of_every_kind_are_rung_and_bad_ones_are_not() {
    let sim = format!("DE{}", "0".repeat(32));
    let app = format!("AP{}", "a".repeat(32));
    let cases = [
        (format!("<Sim>{sim}</Sim>"), format!("sim:{sim}")),
        ("<WhatsApp>+15550003000</WhatsApp>".to_owned(), "whatsapp:+15550003000".to_owned()),
        (
            format!("<Application customerId=\"c1\"><ApplicationSid>{app}</ApplicationSid><Parameter name=\"k\" value=\"v\"/></Application>"),
            format!("app:{app}?k=v&customerId=c1"),
        ),
        (
            "<Sip><Uri priority=\"2\">sip:b@pbx.test</Uri><Uri priority=\"1\" weight=\"1\">sip:c@pbx.test</Uri><Uri priority=\"1\" weight=\"9\">sip:a@pbx.test</Uri></Sip>".to_owned(),
            "sip:a@pbx.test".to_owned(),
        ),
    ];
    for (noun, to) in cases {
        let mut world = voice(&format!("<Dial>{noun}</Dial>"));
        world.dials();
        world.run(secs(1));
        let rung: Vec<String> = world.carrier.calls().into_iter().skip(1).map(|c| c.to).collect();
        assert_eq!((rung.first(), world.codes()), (Some(&to), Vec::new()), "{noun}");
    }
    let bad = [
        ("<Sip>ana</Sip>", 13_243),
        ("<Client/>", 13_223),
        ("<Application>AP1</Application>", 21_218),
        ("<Sim>x</Sim>", 13_223),
        ("<WhatsApp>ana</WhatsApp>", 13_223),
        ("<Telex>1</Telex>", 13_215),
    ];
    for (noun, code) in bad {
        let mut world = voice(&format!("<Dial action=\"/dialled\">{noun}</Dial>"));
        world.dials();
        assert_eq!(
            (world.codes(), world.told("/dialled", "DialCallStatus")),
            (vec![code], vec!["failed".to_owned()]),
            "{noun}"
        );
    }
    let mut world = voice(&format!("<Dial><Application>{app}</Application><Client>ana</Client></Dial>"));
    world.dials();
    assert_eq!(world.told("/fallback", "ErrorCode"), ["13000"]);
}

#[test]
fn a_dialled_application_is_a_call_of_its_own_that_its_documents_drive() {
    for (copy, to) in [("", None), ("copyParentTo=\"true\"", Some(LINE))] {
        let mut world = World::new();
        let form = "FriendlyName=desk&VoiceUrl=https://app.test/desk&StatusCallback=https://app.test/desk-status";
        let app = text(&world.rest("POST", "Applications.json", form).1, "sid");
        let noun = format!(
            "<Application {copy} customerId=\"c1\"><ApplicationSid>{app}</ApplicationSid><Parameter name=\"ticket\" value=\"7\"/></Application>"
        );
        world.page("/voice", &format!("<Dial action=\"/dialled\">{noun}</Dial>"));
        world.page("/desk", "<Say>The desk is closed today, please call again</Say>");
        let sid = world.dials();
        world.run(Duration::from_millis(500));
        assert_eq!(world.hears(&sid), Hearing::Party, "the caller hears what the application says");
        assert_eq!(world.told("/desk", "To"), [to.unwrap_or(&app)]);
        assert_eq!(
            (world.told("/desk", "ticket"), world.told("/desk", "customerId")),
            (vec!["7".to_owned()], vec!["c1".to_owned()])
        );
        world.run(secs(5));
        assert_eq!(world.told("/dialled", "DialCallStatus"), ["completed"]);
        assert_eq!(world.told("/desk-status", "CallStatus"), ["completed"]);
    }
    let app = format!("AP{}", "a".repeat(32));
    let mut world = voice(&format!("<Dial action=\"/dialled\"><Application>{app}</Application></Dial>"));
    world.dials();
    world.run(secs(1));
    assert_eq!(world.told("/dialled", "DialCallStatus"), ["failed"], "there is none of this sid");
}
