//! What a `Dial` reaches by itself besides conferences and queues.

use super::check::Report;
use super::dial::status_callback;
use super::element::{Content, Value, element};
use super::parameter::{Parameter, check_named, read_named, write_named};
use super::parse::ParseError;
use super::place::Place;
use super::reading::Reading;
use super::text::{DialledNumber, Plain, Sid, Url, kind, name};
use super::tree::Element;
use super::values::Events;
use super::words::{CallEvent, Method};
use super::write::Writer;

element! {
    /// An application of an account (Twilio docs: TwiML `<Application>`).
    Application (
        /// Which.
        target: ApplicationTarget
    ) {
        /// The document the called side hears before the two are connected, a `ScreenResponse`; none by default.
        url: Url = "url";
        /// How `url` is requested; `POST` by default.
        method: Method = "method";
        /// Who is told about the leg; nobody by default.
        status_callback_url: Url = "statusCallback";
        /// How that URL is requested; `POST` by default.
        status_callback_method: Method = "statusCallbackMethod";
        /// What is told about; `completed` by default.
        status_callback_event: Events<CallEvent> = "statusCallbackEvent";
        /// Who is served, 1 to 256 characters; the account's own sid by default.
        customer_id: Plain = "customerId" if |text: &Plain| name(text.as_str(), 256);
        /// Whether the application learns the caller's parent; false by default.
        copy_parent_to: bool = "copyParentTo";
    }
}

/// Which application is asked, and what it is told.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ApplicationTarget {
    /// The application's sid.
    pub sid: Sid,
    /// The custom parameters, in the order given.
    pub parameters: Vec<Parameter>,
}

impl Application {
    /// The application with this sid.
    #[must_use]
    pub fn new(sid: impl Into<Sid>) -> Self {
        Self::bare(ApplicationTarget { sid: sid.into(), parameters: Vec::new() })
    }

    /// Gives the application one more custom parameter.
    #[must_use]
    pub fn parameter(mut self, name: impl Into<Plain>, value: impl Into<Plain>) -> Self {
        self.target.parameters.push(Parameter::new(name, value));
        self
    }
}

impl Content for ApplicationTarget {
    fn write(&self, out: &mut Writer) {
        write_named(&self.sid, ("<ApplicationSid", "</ApplicationSid>"), &self.parameters, out);
    }

    fn read(element: &mut Element, place: &Place<'_>, reading: &mut Reading) -> Result<Option<Self>, ParseError> {
        let read = read_named(element, "ApplicationSid", place, reading)?;
        Ok(read.map(|(sid, parameters)| Self { sid, parameters }))
    }

    fn check(&self, place: &Place<'_>, report: &mut Report) {
        check_named(&self.sid, &self.parameters, place, report);
        if Value::check(&self.sid).is_ok()
            && let Err(why) = kind("AP")(&self.sid)
        {
            report.refuse(place, why);
        }
    }
}

element! {
    /// A Super SIM of the account (Twilio docs: TwiML `<Sim>`).
    Sim (
        /// Its sid.
        sid: Sid
    ) {}
}

impl Sim {
    /// The SIM with this sid.
    #[must_use]
    pub fn new(sid: impl Into<Sid>) -> Self {
        Self::bare(sid.into())
    }
}

element! {
    /// A WhatsApp user (Twilio docs: TwiML `<WhatsApp>`).
    WhatsApp (
        /// The user's number.
        number: DialledNumber
    ) {
        /// The document the called side hears before the two are connected, a `ScreenResponse`; none by default.
        url: Url = "url";
        /// How `url` is requested; `POST` by default.
        method: Method = "method";
        /// Who is told about the leg; nobody by default.
        status_callback_url: Url = "statusCallback";
        /// How that URL is requested; `POST` by default.
        status_callback_method: Method = "statusCallbackMethod";
        /// What is told about; `completed` by default.
        status_callback_event: Events<CallEvent> = "statusCallbackEvent";
    }
}

impl WhatsApp {
    /// The WhatsApp user with this number, in E.164 form.
    #[must_use]
    pub fn new(number: impl Into<DialledNumber>) -> Self {
        Self::bare(number.into())
    }
}

status_callback!(Application WhatsApp);
