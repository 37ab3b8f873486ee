//! The call centre's own commands say nothing that the client does not know. What that knows is compared with the
//! provider's description by `scripts/interop`.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use switchboard::conformance::telephony::{Answer, ScriptedProvider, Thing, samples};
use switchboard::telephony::twilio::request::request;
use switchboard::telephony::twilio::{Account, Profile};
use switchboard::telephony::{Action, Command, Telephony};
use switchboard::time::Timestamp;

use super::operations::{Ids, all};
use super::{ACCOUNT, account, sid};

/// Names things as Twilio does, and is asked for nothing else.
struct Names;

impl ScriptedProvider for Names {
    fn telephony(&self) -> &dyn Telephony {
        unreachable!("only its ids are asked for")
    }

    fn answer_next(&self, _: Answer) {}

    fn id(&self, of: Thing, number: u8) -> String {
        let prefix = match of {
            Thing::Leg => "CA",
            Thing::Conference => "CF",
            Thing::Recording => "RE",
            Thing::Transcription => "GT",
            Thing::Stream => "MZ",
            Thing::Siprec => "SR",
            Thing::Queue => "QU",
            other => panic!("what is {other:?} called?"),
        };
        sid(prefix, number.into())
    }

    fn can(&self, _: &Action) -> bool {
        true
    }

    fn commands_received(&self) -> usize {
        0
    }

    fn legs_placed(&self) -> usize {
        0
    }

    fn now(&self) -> Timestamp {
        Timestamp::from_secs(0)
    }
}

/// The path without what names one thing, which is every other part: `Calls/{}/Recordings/{}.json`.
fn shape(path: &str) -> String {
    let parts = path.split('/').enumerate().map(|(at, part)| match part.strip_suffix(".json") {
        _ if at < 5 || at % 2 == 0 => part,
        Some(_) => "{}.json",
        None => "{}",
    });
    parts.collect::<Vec<_>>().join("/")
}

#[test]
fn every_command_uses_only_parameters_that_the_client_knows() {
    let mut known: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
    for (_, make) in all() {
        let request = make(&Ids::default(), true).request(&account()).expect("a request");
        let names = request.pairs().into_iter().map(|(name, _)| name);
        known.entry((request.method.to_string(), shape(request.path()))).or_default().extend(names);
    }
    let ours = Account::new(Profile::twilio(), ACCOUNT).expect("an account");
    let actions = samples(&Names);
    assert!(actions.len() >= 30, "{}", actions.len());
    let mut sent = 0;
    for action in actions {
        let command = Command { id: "c-1".to_owned(), deadline: Duration::from_secs(3), action };
        // What Twilio cannot do is refused, and never sent.
        let Ok(request) = request(&ours, &command) else { continue };
        sent += 1;
        let place = (request.method.to_string(), shape(request.path()));
        let names = known.get(&place).unwrap_or_else(|| panic!("the client never asks {place:?}"));
        for (name, _) in request.pairs() {
            assert!(names.contains(&name), "{name} of {:?} is not known at {place:?}", command.action);
        }
    }
    assert!(sent >= 28, "{sent} commands were sent");
}
