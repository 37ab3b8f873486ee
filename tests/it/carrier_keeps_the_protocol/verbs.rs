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
