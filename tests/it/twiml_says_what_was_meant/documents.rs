//! Whole documents, compared with the text Twilio would get.

use super::*;

fn golden(document: &Response, expected: &str) {
    let text = document.build().expect("allowed");
    assert_eq!(text.as_str(), expected.trim_end());
    assert_eq!(parse(expected).as_ref(), Ok(document));
}

#[test]
fn a_menu() {
    let menu = Response::new()
        .gather(
            Gather::new()
                .num_digits(1u32)
                .timeout(Duration::from_secs(7))
                .finish_on_key("")
                .action("/calls/1?step=menu&lang=de")
                .input(Input::DtmfSpeech)
                .hints(["sales", "support"])
                .say(Say::new("Tom & Jerry: press 1 > 0").voice("Polly.Vicki").language("de-DE"))
                .play(Play::new("https://example.com/menu.mp3").loops(2u32))
                .pause(Pause::new(Duration::from_secs(3))),
        )
        .redirect(Redirect::new("/calls/1?again=1").method(Method::Get));
    golden(&menu, include_str!("../../data/twiml/menu.xml"));
}

#[test]
fn an_agent_in_a_conference() {
    let agent = Response::new()
        .dial(
            Dial::new().action("/after").hangup_on_star(false).conference(
                Conference::new("call-7")
                    .start_on_enter(true)
                    .end_on_exit(false)
                    .beep(Beep::False)
                    .label("agent-ana")
                    .wait_url(WaitUrl::Silence)
                    .status_callback("/conference", [ConferenceEvent::Leave, ConferenceEvent::Start])
                    .status_callback_method(Method::Post),
            ),
        )
        .hangup(Hangup::new());
    golden(&agent, include_str!("../../data/twiml/agent_in_conference.xml"));
}

#[test]
fn a_ring_of_all_kinds() {
    let ring = Response::new().dial(
        Dial::new()
            .timeout(Duration::from_secs(20))
            .record(DialRecord::FromAnswerDual)
            .recording_status_callback("/recording", [RecordingEvent::Completed, RecordingEvent::Absent])
            .number(
                Number::new("+14155550100")
                    .status_callback("/leg", [CallEvent::Answered, CallEvent::Ringing])
                    .machine_detection(MachineDetection::DetectMessageEnd)
                    .machine_detection_speech_threshold(2400u32),
            )
            .client(Client::new("ana").parameter("customer", "\"A&B\"\n"))
            .client(Client::new("ben").url("/screen"))
            .sip(Sip::new("sip:cy@example.com;transport=tls?X-Call=7&X-Q=1").username("cy")),
    );
    golden(&ring, include_str!("../../data/twiml/ring.xml"));
}

#[test]
fn queues_and_the_short_verbs() {
    let queues = Response::new()
        .reject(Reject::new().reason(Reason::Busy))
        .enqueue(Enqueue::new("support").wait_url("/wait").action("/left"))
        .enqueue(Enqueue::workflow(sid("WW"), Task::new(r#"{"lang":"de"}"#).priority(5u32)))
        .leave(Leave::new())
        .dial(Dial::new().queue(Queue::new("support").url("/hello")))
        .record(Record::new().max_length(Duration::from_secs(60)).play_beep(true).finish_on_key("#*"))
        .play(Play::keys("ww1"))
        .reject(Reject::new())
        .hangup(Hangup::new());
    golden(&queues, include_str!("../../data/twiml/queues.xml"));
}

#[test]
fn a_document_without_verbs() {
    golden(&Response::new(), "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response/>");
}

#[test]
fn what_is_not_set_is_not_written() {
    let text = Response::new().gather(Gather::new()).record(Record::new()).build().expect("allowed").into_string();
    assert!(text.ends_with("<Response><Gather/><Record/></Response>"), "{text}");
}

#[test]
fn unwritable_characters_are_marked_and_others_survive() {
    let say = |words: &str| Response::new().say(Say::new(words)).build().expect("allowed").into_string();
    assert!(say("a\u{0}b\u{FFFE}c\u{1b}").contains("<Say>a\u{FFFD}b\u{FFFD}c\u{FFFD}</Say>"));
    assert!(say("a\r\n]]>\u{202E}").contains("<Say>a&#13;\n]]&gt;\u{202E}</Say>"));
    assert!(say("<break/>").contains("<Say>&lt;break/&gt;</Say>"));
}

#[test]
fn the_other_documents_read_back_too() {
    let wait = WaitResponse::new()
        .say(Say::new("Please hold"))
        .play(Play::new("/music.mp3"))
        .pause(Pause::new(Duration::from_secs(1)))
        .redirect(Redirect::new("/wait"));
    assert_eq!(WaitResponse::parse(wait.build().expect("allowed").as_str()), Ok(wait));
    let queue = QueueResponse::new().gather(Gather::new().say(Say::new("1 to leave"))).leave(Leave::new());
    assert_eq!(QueueResponse::parse(queue.build().expect("allowed").as_str()), Ok(queue));
    let screen = ScreenResponse::new().gather(Gather::new().say(Say::new("1 to accept"))).hangup(Hangup::new());
    assert_eq!(ScreenResponse::parse(screen.build().expect("allowed").as_str()), Ok(screen));
}
