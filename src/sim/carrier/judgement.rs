//! What is left of a document when it arrives: [`twiml`](crate::twiml) says what is wrong with it, as to anybody else,
//! and what depends on the execution stays in it, for the verb that does it to judge.

use super::state::Role;
use super::xml::{self, Element};
use crate::twiml::{BridgeResponse, QueueResponse, Response, ScreenResponse, Subject, WaitResponse, Warning};

/// Elements that are judged as a whole only when they are executed: a Dial without anybody to ring has an action all the
/// same, a queue without a name leads to the fallback, a stream that cannot begin has a code of its own.
const EXECUTED: &[&str] = &[
    "Application",
    "Client",
    "Conference",
    "Connect",
    "ConversationRelay",
    "Dial",
    "Enqueue",
    "Header",
    "Headers",
    "Language",
    "Number",
    "Queue",
    "Recording",
    "Redirect",
    "Refer",
    "Sim",
    "Sip",
    "Siprec",
    "Sms",
    "Start",
    "Stop",
    "Stream",
    "Task",
    "Transcription",
    "Uri",
    "WhatsApp",
];

/// Values that are judged only when they are used, under codes of the session, leg or message.
fn is_used(element: &str, attribute: &str) -> bool {
    match element {
        "ConversationRelay" | "Language" => true,
        "Conference" => attribute == "coach",
        "Dial" => attribute == "callerId",
        "Enqueue" => attribute == "workflowSid",
        "Header" => matches!(attribute, "name" | "value"),
        "Number" | "Sip" => attribute.starts_with("machineDetection"),
        "Recording" => attribute == "recordingStatusCallback",
        "Sms" => matches!(attribute, "to" | "from"),
        "Stream" => matches!(attribute, "url" | "name" | "track" | "statusCallback"),
        "Transcription" => attribute == "statusCallbackUrl",
        _ => false,
    }
}

/// The verbs of a document for this role, and what is wrong with the text; or code and sentence of why nothing in it can
/// be executed.
pub(super) fn judged(role: &Role, text: &str) -> Result<(Vec<Element>, Vec<Warning>), (u32, String)> {
    let mut root = xml::parse(text)?;
    let read = match role {
        Role::Main => Response::interpret(text).map(|read| read.warnings),
        Role::Screen => ScreenResponse::interpret(text).map(|read| read.warnings),
        Role::QueueScreen(_) => BridgeResponse::interpret(text).map(|read| read.warnings),
        Role::Wait => QueueResponse::interpret(text).map(|read| read.warnings),
        Role::Music | Role::Announce => WaitResponse::interpret(text).map(|read| read.warnings),
    };
    let mut warnings = read.map_err(|error| (error.code, error.to_string()))?;
    warnings.retain(|warning| leaves_out(&mut root, warning));
    prune(&mut root);
    Ok((root.children, warnings))
}

/// Takes out what the warning is about; `false`: it stays, to be judged when it is executed.
fn leaves_out(root: &mut Element, warning: &Warning) -> bool {
    let found = warning.path.iter().try_fold(root, |element, at| element.children.get_mut(*at));
    let Some(element) = found else { return true };
    match &warning.subject {
        Subject::Value(name) | Subject::PartOfValue(name) if is_used(&element.name, name) => return false,
        Subject::Element if EXECUTED.contains(&element.name.as_str()) => return false,
        Subject::UnknownAttribute(name) | Subject::Value(name) => element.attributes.retain(|(n, _)| n != name),
        Subject::UnknownElement | Subject::Element => element.name.clear(),
        Subject::Text => element.text.clear(),
        // Whoever reads the rest of the value, or the text, passes over what is wrong.
        _ => {}
    }
    true
}

/// Removes the elements without a name.
fn prune(element: &mut Element) {
    element.children.retain(|child| !child.name.is_empty());
    element.children.iter_mut().for_each(prune);
}
