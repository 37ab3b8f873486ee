//! Whatever is asked, there is an answer in Twilio's form.

use proptest::prelude::*;

use super::*;

/// A world with one of everything, and the paths to it.
fn full() -> (World, Vec<String>) {
    let mut world = World::new();
    world.page("/voice", "<Dial><Conference>room</Conference></Dial>");
    world.page("/queue", "<Enqueue>q</Enqueue>");
    world.carrier.number(NumberConfig {
        number: FAR.to_owned(),
        voice_url: "https://app.test/queue".to_owned(),
        ..NumberConfig::default()
    });
    let call = world.dials();
    world.carrier.caller_dials(BOB, FAR);
    world.pump();
    let room = listed(&mut world, "Conferences.json", "conferences", "sid").remove(0);
    let queue = listed(&mut world, "Queues.json", "queues", "sid").remove(0);
    let number = listed(&mut world, "IncomingPhoneNumbers.json", "incoming_phone_numbers", "sid").remove(0);
    let app = made(&mut world, "Applications.json", "VoiceUrl=https%3A%2F%2Fapp.test%2Fvoice");
    let text = made(&mut world, "Messages.json", "To=%2B15550003000&From=%2B15550001000&MediaUrl=https://app.test/a");
    let key = made(&mut world, "Keys.json", "");
    let paths = [
        format!("Calls/{call}"),
        format!("Conferences/{room}"),
        format!("Conferences/{room}/Participants/{call}"),
        format!("Queues/{queue}"),
        format!("Queues/{queue}/Members/Front"),
        format!("IncomingPhoneNumbers/{number}"),
        format!("Applications/{app}"),
        format!("Messages/{text}"),
        format!("Messages/{text}/Media"),
        format!("Messages/{text}/Feedback"),
        format!("Keys/{key}"),
    ];
    let parts = ["Events", "Notifications", "Streams", "Siprec", "Transcriptions", "UserDefinedMessages", "Recordings"];
    let paths = paths.into_iter().chain(parts.map(|part| format!("Calls/{call}/{part}")));
    let lists = [
        "Calls",
        "Conferences",
        "Conferences/room/Participants",
        "Queues",
        "IncomingPhoneNumbers",
        "IncomingPhoneNumbers/TollFree",
        "AvailablePhoneNumbers/US/Local",
        "AvailablePhoneNumbers/GB/Mobile",
        "Applications",
        "OutgoingCallerIds",
        "Messages",
        "SigningKeys",
        "Balance",
        "Tokens",
        "Usage/Records",
        "Usage/Records/Daily",
        "Notifications",
        "Transcriptions",
        "Recordings",
    ];
    (world, paths.chain(lists.map(str::to_owned)).collect())
}

const NAMES: [&str; 44] = [
    "To",
    "From",
    "Url",
    "Twiml",
    "Status",
    "Method",
    "FriendlyName",
    "MaxSize",
    "PhoneNumber",
    "AreaCode",
    "Body",
    "MediaUrl",
    "SendAt",
    "ScheduleType",
    "MessagingServiceSid",
    "StatusCallback",
    "StatusCallbackEvent",
    "SendDigits",
    "Timeout",
    "TimeLimit",
    "CallerId",
    "CallToken",
    "ApplicationSid",
    "Label",
    "Coaching",
    "CallSidToCoach",
    "WaitUrl",
    "HoldUrl",
    "Hold",
    "Muted",
    "VoiceUrl",
    "TrunkSid",
    "Ttl",
    "CallDelay",
    "Content",
    "Contains",
    "PageSize",
    "Page",
    "PageToken",
    "StartDate",
    "EndDate",
    "Category",
    "StartTime>",
    "Parameter1.Name",
];

fn value() -> impl Strategy<Value = String> {
    let known = prop::sample::select(vec![
        "",
        "true",
        "false",
        "0",
        "1",
        "-1",
        "99999999999999999999",
        "+15550001000",
        "+15550003000",
        "client:ana?x=%&y",
        "app:AP",
        "https://app.test/voice",
        "https://",
        "completed",
        "canceled",
        "stopped",
        "fixed",
        "9999-12-31T23:59:59Z",
        "2025-01-01",
        "-99999999999days",
        "0001-01-01",
        "{}",
        "<Response/>",
        "ww1#",
        "PA.",
        "PAé.1",
    ]);
    prop_oneof![4 => known.prop_map(str::to_owned), 1 => "\\PC{0,12}"]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_asked_is_answered(
        steps in prop::collection::vec(
            (any::<prop::sample::Index>(), prop::sample::select(vec!["GET", "POST", "POST", "POST", "DELETE", "PUT"]),
             prop::collection::vec((prop::sample::select(NAMES.to_vec()), value()), 0..6)),
            1..24,
        )
    ) {
        let (mut world, paths) = full();
        for (path, method, fields) in steps {
            let fields: Vec<String> = fields
                .iter()
                .map(|(name, value)| {
                    let bytes = value.bytes().map(|b| format!("%{b:02X}"));
                    format!("{}={}", name.replace('>', "%3E"), bytes.collect::<String>())
                })
                .collect();
            let (path, form) = (path.get(&paths), fields.join("&"));
            let target = if method == "GET" { format!("{path}.json?{form}") } else { format!("{path}.json") };
            let (status, json) = world.rest(method, &target, if method == "GET" { "" } else { &form });
            let told = json["code"].is_u64() && json["message"].is_string() && json["status"] == status;
            prop_assert!(matches!(status, 200 | 201 | 204) || ((400..500).contains(&status) && told), "{status} {json}");
            world.run(secs(1));
        }
    }
}
