use super::*;
use switchboard::sim::carrier::{CallStatus, Faults, RestFault};

/// SplitMix64.
pub(super) struct Dice(pub(super) u64);

impl Dice {
    pub(super) fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((z ^ (z >> 31)) % u64::try_from(sides).unwrap_or(1)).unwrap_or(0)
    }

    pub(super) fn pick<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.roll(of.len())]
    }
}

const VERBS: [&str; 17] = [
    "<Say>Hello</Say>",
    "<Play>/a.mp3</Play>",
    "<Pause length=\"2\"/>",
    "<Gather action=\"/b\" numDigits=\"1\"><Say>Key</Say></Gather>",
    "<Dial action=\"/c\">+15550003000</Dial>",
    "<Dial timeout=\"5\"><Client url=\"/d\">ana</Client><Number statusCallback=\"/status\">+15550003000</Number></Dial>",
    "<Dial sequential=\"true\" answerOnBridge=\"true\"><Client>ana</Client><Client>eve</Client></Dial>",
    "<Dial><Number>+15550001000</Number></Dial>",
    "<Dial action=\"/a\"><Conference waitUrl=\"/w\">room</Conference></Dial>",
    "<Dial><Conference endConferenceOnExit=\"true\" statusCallback=\"/room\" statusCallbackEvent=\"start end join leave\">room</Conference></Dial>",
    "<Dial timeout=\"9\" action=\"/d\"><Queue url=\"/w\">q</Queue></Dial>",
    "<Enqueue waitUrl=\"/w\" action=\"/b\">q</Enqueue>",
    "<Record timeout=\"3\" action=\"/a\"/>",
    "<Redirect>/c</Redirect>",
    "<Leave/>",
    "<Hangup/>",
    "<Reject/>",
];

fn document(dice: &mut Dice) -> String {
    (0..=dice.roll(3)).map(|_| VERBS[dice.roll(VERBS.len())]).collect()
}

fn disturb(world: &mut World, dice: &mut Dice) {
    let sids: Vec<String> =
        world.carrier.calls().into_iter().filter(|c| !c.status.is_over() || dice.roll(9) == 0).map(|c| c.sid).collect();
    let sid = if sids.is_empty() { "CA0".to_owned() } else { sids[dice.roll(sids.len())].clone() };
    let events =
        "&StatusCallback=https%3A%2F%2Fapp.test%2Fstatus&StatusCallbackEvent=initiated+ringing+answered+completed";
    let to = dice.pick(&["%2B15550003000", "client%3Aana", "client%3Aeve", "%2B15550001000"]);
    let form = format!("To={to}&From=%2B15550001000&Url=https%3A%2F%2Fapp.test%2Fa{events}");
    match dice.roll(14) {
        0 | 1 => drop(world.dials()),
        2 => drop(world.rest("POST", "Calls.json", &form)),
        3 => {
            drop(world.rest("POST", "Conferences/room/Participants.json", &format!("{form}&EndConferenceOnExit=true")))
        }
        4 => world.carrier.hangs_up(&sid),
        5 => world.carrier.presses(&sid, "1*#"),
        6 => drop(world.rest("POST", &format!("Calls/{sid}.json"), "Url=https://app.test/b")),
        7 => {
            drop(world.rest("POST", &format!("Calls/{sid}.json"), dice.pick(&["Status=completed", "Status=canceled"])))
        }
        8 => drop(world.rest("DELETE", &format!("Conferences/room/Participants/{sid}.json"), "")),
        9 => {
            let change = dice.pick(&["Hold=true", "Hold=false", "Muted=true", "AnnounceUrl=https://app.test/w"]);
            drop(world.rest("POST", &format!("Conferences/room/Participants/{sid}.json"), change));
        }
        10 => world.carrier.answers(&sid),
        11 => world.carrier.declines(&sid),
        12 => {
            let (_, list) = world.rest("GET", "Conferences.json?Status=in-progress", "");
            let room = text(&list["conferences"][0], "sid");
            drop(world.rest("POST", &format!("Conferences/{room}.json"), "Status=completed"));
        }
        _ => world.carrier.fault_next_rest(RestFault::LostAfter),
    }
    world.pump_some(400);
    let time = Duration::from_millis(u64::try_from(dice.roll(4000)).unwrap_or(0));
    world.run_some(time);
}

impl World {
    pub(super) fn pump_some(&mut self, most: usize) {
        for _ in 0..most {
            let hooks = self.carrier.take_webhooks();
            if hooks.is_empty() {
                return;
            }
            for hook in hooks {
                let reply = self.pages.get(path_of(&hook)).cloned().unwrap_or_else(|| Ok(HttpReply::empty()));
                self.carrier.webhook_result(hook.id, reply);
                self.log.push(hook);
            }
        }
    }

    fn run_some(&mut self, time: Duration) {
        let until = self.carrier.now() + time;
        for _ in 0..400 {
            let Some(due) = self.carrier.next_due().filter(|due| *due <= until) else { break };
            self.carrier.advance(due);
            self.pump_some(20);
        }
        self.carrier.advance(until);
        self.pump_some(20);
    }
}

pub(super) fn check(world: &World, seed: u64) {
    let over: Vec<CallView> = world.carrier.calls().into_iter().filter(|c| c.status.is_over()).collect();
    for call in &over {
        assert_eq!((&call.hearing, &call.in_conference), (&Hearing::Nothing, &None), "seed {seed}: {call:?}");
        assert!(call.ended_at.is_some() && call.end_cause.is_some(), "seed {seed}: {call:?}");
        assert_eq!(call.status == CallStatus::Completed, call.answered_at.is_some(), "seed {seed}: {call:?}");
    }
    for joined in world.carrier.joined().iter().filter(|j| j.to.is_none()) {
        assert!(!over.iter().any(|c| c.sid == joined.a || c.sid == joined.b), "seed {seed}: {joined:?}");
    }
    for call in world.carrier.calls() {
        let heard = world.carrier.heard(&call.sid);
        for (one, next) in heard.iter().zip(heard.iter().skip(1)) {
            assert!(
                one.to == Some(next.from) && one.from < next.from && one.what != next.what,
                "seed {seed}: {heard:?}"
            );
        }
        let live = !call.status.is_over() && call.answered_at.is_some();
        assert!(!live || call.hearing != Hearing::Nothing, "seed {seed}: a live leg hears something: {call:?}");
    }
    let terminal = |hook: &&Webhook| path_of(hook) == "/status" && field(hook, "CallDuration").is_some();
    let mut ends: Vec<Option<String>> = world.log.iter().filter(terminal).map(|h| h.call_sid.clone()).collect();
    let all = ends.len();
    ends.sort();
    ends.dedup();
    assert_eq!(ends.len(), all, "seed {seed}: one terminal callback for each call");
}

#[test]
fn whatever_people_documents_and_rest_do_the_world_stays_sound() {
    for seed in 0..60 {
        let mut dice = Dice(seed);
        let mut world = World::with(CarrierConfig { seed, ..CarrierConfig::default() });
        for path in ["/voice", "/a", "/b", "/c", "/d", "/w", "/fallback"] {
            let verbs = document(&mut dice);
            world.page(path, &verbs);
        }
        if dice.roll(4) == 0 {
            world.reply("/b", Err(HttpFault::ReadTimeout));
        }
        world.script("client:ana", [Ring::Manual, Ring::Busy, Ring::Declines { after: secs(2) }][dice.roll(3)]);
        world.script("client:eve", [Ring::RingsOut, Ring::Fails, Ring::Answers { after: secs(1) }][dice.roll(3)]);
        for _ in 0..40 {
            disturb(&mut world, &mut dice);
            check(&world, seed);
        }
    }
}

#[test]
fn faults_are_decided_by_the_seed_alone() {
    let run = |seed| {
        let faults = Faults { callback_lost: 300, callback_doubled: 300, rest_429: 300, ..Faults::default() };
        let mut world = World::with(CarrierConfig { seed, faults, ..CarrierConfig::default() });
        world.page("/out", "<Pause length=\"3\"/>");
        let path = format!("/2010-04-01/Accounts/{}/Calls.json", CarrierConfig::default().account_sid);
        let replies: Vec<u16> = (0..20).map(|_| world.rest("GET", &path, "").0).collect();
        world.dials();
        world.run(secs(10));
        (replies, world.log)
    };
    let (replies, _) = run(3);
    assert!(replies.contains(&429) && replies.contains(&200), "{replies:?}");
    assert_eq!(run(3), run(3));
    assert_ne!(run(3), run(4));
}
