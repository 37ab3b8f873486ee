//! Every operation of the client once: bare, with what it cannot do without, or full, with every parameter it has.

use std::collections::BTreeMap;
use std::time::Duration;

use switchboard::telephony::twilio::api::*;

const URL: &str = "https://app.example/hook";
const ALICE: &str = "+15550002000";
const LINE: &str = "+15550001000";
const ROOM: &str = "a room";
const S: Duration = Duration::from_secs(1);
const MS: Duration = Duration::from_millis(1);

/// Ids of things by their prefix: made up, until something of the kind was created.
#[derive(Default)]
pub(crate) struct Ids(BTreeMap<String, String>);

impl Ids {
    fn of(&self, prefix: &str) -> String {
        self.0.get(prefix).cloned().unwrap_or_else(|| format!("{prefix}{:032x}", 0x51))
    }

    /// Remembers the thing that a body tells of.
    pub(crate) fn learn(&mut self, body: &[u8]) {
        let object = serde_json::from_slice::<serde_json::Value>(body).unwrap_or_default();
        if let Some(sid) = object["sid"].as_str().filter(|sid| sid.len() == 34 && sid.is_ascii()) {
            self.0.insert(sid[..2].to_owned(), sid.to_owned());
        }
    }
}

/// An operation, whatever it is answered with.
pub(crate) trait Asked: Send + Sync {
    fn request(&self, account: &AccountSid) -> Result<ApiRequest, Error>;
    /// Reads the answer; `Ok` when it could be.
    fn read(&self, answer: &Answer<'_>) -> Result<(), Error>;
}

struct Typed<O>(O);

impl<O: Operation + Send + Sync> Asked for Typed<O> {
    fn request(&self, account: &AccountSid) -> Result<ApiRequest, Error> {
        self.0.request(account)
    }

    fn read(&self, answer: &Answer<'_>) -> Result<(), Error> {
        self.0.read(answer).map(|_reply| ())
    }
}

struct Sound(recordings::Media);

impl Asked for Sound {
    fn request(&self, account: &AccountSid) -> Result<ApiRequest, Error> {
        self.0.request(account)
    }

    fn read(&self, answer: &Answer<'_>) -> Result<(), Error> {
        self.0.accept(answer)
    }
}

/// Makes one operation; full if told so.
pub(crate) type Make = fn(&Ids, bool) -> Box<dyn Asked>;

fn boxed<O: Operation + Send + Sync + 'static>(operation: O) -> Box<dyn Asked> {
    Box::new(Typed(operation))
}

/// `name: |ids| bare; full |o| what to add;`
macro_rules! operations {
    ($($module:ident::$name:ident: |$ids:ident| $bare:expr $(; |$o:ident| $full:expr)?;)*) => {
        vec![$((
            concat!(stringify!($module), "::", stringify!($name)),
            (|$ids: &Ids, _full: bool| {
                let _ = $ids;
                let operation = $bare;
                $(let operation = if _full {
                    let $o = operation;
                    $full
                } else {
                    operation
                };)?
                boxed(operation)
            }) as Make,
        )),*]
    };
}

/// Every operation with its name, in an order in which they can be tried: what is deleted is deleted last.
pub(crate) fn all() -> Vec<(&'static str, Make)> {
    let mut all = calls_and_rooms();
    all.extend(recorded());
    all.extend(beside_calls());
    all.extend(numbers_and_urls());
    all.extend(the_rest());
    all.extend(deleted());
    all
}

#[rustfmt::skip]
fn calls_and_rooms() -> Vec<(&'static str, Make)> {
    operations! {
        account::Fetch: |_ids| account::Fetch::new();
        account::FetchBalance: |_ids| account::FetchBalance::new();
        account::CreateToken: |_ids| account::CreateToken::new(); |o| o.ttl(S * 3600);
        calls::Create: |_ids| calls::Create::new(ALICE, LINE).url(URL); |o| o
            .method(Method::Get).twiml("<Response/>").application_sid(format!("AP{:032x}", 1))
            .fallback_url(URL).fallback_method(Method::Post)
            .status_callback(URL).status_callback_method(Method::Post)
            .status_callback_event([CallEvent::Initiated, CallEvent::Ringing, CallEvent::Answered, CallEvent::Completed])
            .send_digits("ww1#").timeout(S * 20).time_limit(S * 600)
            .record(true).recording_channels(RecordingChannels::Dual).recording_track(RecordingTrack::Both)
            .trim(Trim::Nothing).recording_status_callback(URL).recording_status_callback_method(Method::Post)
            .recording_status_callback_event([RecordingEvent::InProgress, RecordingEvent::Completed])
            .machine_detection(MachineDetection::DetectMessageEnd).machine_detection_timeout(S * 30)
            .machine_detection_speech_threshold(MS * 2400).machine_detection_speech_end_threshold(MS * 1200)
            .machine_detection_silence_timeout(MS * 5000)
            .async_amd(true).async_amd_status_callback(URL).async_amd_status_callback_method(Method::Post)
            .caller_id(LINE).call_reason("your order").call_token("token").byoc(format!("BY{:032x}", 1))
            .sip_auth_username("user").sip_auth_password("word").client_notification_url(URL).passports("e30.e30.AA")
            .recording_configuration_id("settings");
        calls::Fetch: |ids| calls::Fetch::new(ids.of("CA"));
        calls::List: |_ids| calls::List::new(); |o| o.to(ALICE).from(LINE).parent_call_sid(format!("CA{:032x}", 1))
            .status(CallStatus::Completed).start_time("2026-11-24").start_time_before("2026-11-25")
            .start_time_after("2026-11-23").end_time("2026-11-24").end_time_before("2026-11-25")
            .end_time_after("2026-11-23").page_size(20).limit(50);
        calls::Events: |ids| calls::Events::new(ids.of("CA")).page_size(20);
        calls::Update: |ids| calls::Update::new(ids.of("CA")).url(URL); |o| o.method(Method::Post).twiml("<Response/>")
            .status(CallEnd::Completed).fallback_url(URL).fallback_method(Method::Get).status_callback(URL)
            .status_callback_method(Method::Get).time_limit(S * 60);
        participants::Create: |_ids| participants::Create::new(ROOM, ALICE, LINE); |o| o
            .status_callback(URL).status_callback_method(Method::Post)
            .status_callback_event([CallEvent::Ringing, CallEvent::Completed])
            .label("ana").timeout(S * 20).time_limit(S * 600).muted(false).coaching(true)
            .call_sid_to_coach(format!("CA{:032x}", 1)).beep(Beep::OnEnter).start_conference_on_enter(true)
            .end_conference_on_exit(false).early_media(true).max_participants(10)
            .jitter_buffer_size(JitterBufferSize::Small).region("us1").wait_url(URL).wait_method(Method::Get)
            .record(true).recording_channels(RecordingChannels::Mono).recording_track(RecordingTrack::Inbound)
            .trim(Trim::Silence).recording_status_callback(URL).recording_status_callback_method(Method::Post)
            .recording_status_callback_event([RecordingEvent::Completed])
            .conference_record(ConferenceRecord::FromStart).conference_trim(Trim::Nothing)
            .conference_recording_status_callback(URL).conference_recording_status_callback_method(Method::Post)
            .conference_recording_status_callback_event([RecordingEvent::Absent])
            .conference_status_callback(URL).conference_status_callback_method(Method::Post)
            .conference_status_callback_event([ConferenceEvent::Start, ConferenceEvent::Join, ConferenceEvent::Leave])
            .caller_id(LINE).caller_display_name("Acme").call_reason("your order").call_token("token")
            .byoc(format!("BY{:032x}", 1)).sip_auth_username("user").sip_auth_password("word")
            .client_notification_url(URL).machine_detection(MachineDetection::Enable)
            .machine_detection_timeout(S * 30).machine_detection_speech_threshold(MS * 2400)
            .machine_detection_speech_end_threshold(MS * 1200).machine_detection_silence_timeout(MS * 5000)
            .amd_status_callback(URL).amd_status_callback_method(Method::Post)
            .passports("e30.e30.AA").recording_configuration_id("settings")
            .emergency_caller_position("37.8 -122.4").emergency_caller_location("2nd floor").emergency_name("Acme")
            .emergency_address("1 Main St").emergency_zip_code("62701").emergency_city("Springfield")
            .emergency_state("IL").emergency_country("US");
        conferences::List: |_ids| conferences::List::new(); |o| o.date_created("2026-11-24")
            .date_created_before("2026-11-25").date_created_after("2026-11-23").date_updated("2026-11-24")
            .date_updated_before("2026-11-25").date_updated_after("2026-11-23").friendly_name(ROOM)
            .status(ConferenceStatus::InProgress).page_size(5);
        conferences::Fetch: |ids| conferences::Fetch::new(ids.of("CF"));
        conferences::Announce: |ids| conferences::Announce::new(ids.of("CF"), URL); |o| o.announce_method(Method::Get);
        participants::List: |_ids| participants::List::new(ROOM); |o| o.muted(true).hold(false).coaching(false).page_size(5);
        participants::Fetch: |ids| participants::Fetch::new(ids.of("CF"), ids.of("CA"));
        participants::Update: |ids| participants::Update::new(ids.of("CF"), "ana b/c").muted(true); |o| o.hold(true)
            .hold_url(URL).hold_method(Method::Get).wait_url(URL).wait_method(Method::Post).beep_on_exit(false)
            .end_conference_on_exit(true).coaching(true).call_sid_to_coach(ids.of("CA"));
        participants::Announce: |ids| participants::Announce::new(ROOM, ids.of("CA"), URL);
            |o| o.announce_method(Method::Post);
        conferences::End: |ids| conferences::End::new(ids.of("CF"));
        queues::Create: |_ids| queues::Create::new("support"); |o| o.max_size(100);
        queues::List: |_ids| queues::List::new(); |o| o.page_size(5);
        queues::Fetch: |ids| queues::Fetch::new(ids.of("QU"));
        queues::Update: |ids| queues::Update::new(ids.of("QU")).max_size(50); |o| o.friendly_name("sales");
        queues::ListMembers: |ids| queues::ListMembers::new(ids.of("QU")); |o| o.page_size(5);
        queues::FetchMember: |ids| queues::FetchMember::new(ids.of("QU"), ids.of("CA"));
        queues::Dequeue: |ids| queues::Dequeue::new(ids.of("QU"), queues::FRONT, URL); |o| o.method(Method::Get);
    }
}

#[rustfmt::skip]
fn recorded() -> Vec<(&'static str, Make)> {
    let mut recorded = operations! {
        recordings::Start: |ids| recordings::Start::new(ids.of("CA")); |o| o.recording_status_callback(URL)
            .recording_status_callback_method(Method::Post).recording_status_callback_event([RecordingEvent::Completed])
            .trim(Trim::Silence).recording_channels(RecordingChannels::Dual).recording_track(RecordingTrack::Both)
            .recording_configuration_id("settings");
        recordings::UpdateOfCall: |ids| recordings::UpdateOfCall::new(ids.of("CA"), recordings::CURRENT, RecordingAction::Pause);
            |o| o.pause_behavior(PauseBehavior::Skip);
        recordings::FetchOfCall: |ids| recordings::FetchOfCall::new(ids.of("CA"), ids.of("RE"));
        recordings::ListOfCall: |ids| recordings::ListOfCall::new(ids.of("CA")); |o| o.date_created("2026-11-24")
            .date_created_before("2026-11-25").date_created_after("2026-11-23").page_size(5);
        recordings::ListOfConference: |ids| recordings::ListOfConference::new(ids.of("CF")); |o| o
            .date_created("2026-11-24").date_created_before("2026-11-25").date_created_after("2026-11-23").page_size(5);
        recordings::FetchOfConference: |ids| recordings::FetchOfConference::new(ids.of("CF"), ids.of("RE"));
        recordings::UpdateOfConference: |ids| recordings::UpdateOfConference::new(ids.of("CF"), ids.of("RE"), "in-progress");
            |o| o.pause_behavior(PauseBehavior::Silence);
        recordings::List: |_ids| recordings::List::new(); |o| o.date_created("2026-11-24")
            .date_created_before("2026-11-25").date_created_after("2026-11-23").call_sid(format!("CA{:032x}", 1))
            .conference_sid(format!("CF{:032x}", 1)).include_soft_deleted(true).page_size(5);
        recordings::Fetch: |ids| recordings::Fetch::new(ids.of("RE")); |o| o.include_soft_deleted(true);
        transcriptions::List: |_ids| transcriptions::List::new().page_size(5);
        transcriptions::Fetch: |ids| transcriptions::Fetch::new(ids.of("TR"));
        transcriptions::ListOfRecording: |ids| transcriptions::ListOfRecording::new(ids.of("RE")).page_size(5);
        transcriptions::FetchOfRecording: |ids| transcriptions::FetchOfRecording::new(ids.of("RE"), ids.of("TR"));
    };
    recorded.push(("recordings::Media", |ids, full| {
        let media = recordings::Media::new(ids.of("RE"), recordings::Format::Wav);
        Box::new(Sound(if full { media.requested_channels(2) } else { media }))
    }));
    recorded
}

#[rustfmt::skip]
fn beside_calls() -> Vec<(&'static str, Make)> {
    operations! {
        streams::Start: |ids| streams::Start::new(ids.of("CA"), "wss://app.example/audio"); |o| o.name("audio")
            .track(Track::Both).status_callback(URL).status_callback_method(Method::Post)
            .parameter("agent", "ana").parameter("queue", "sales");
        streams::Stop: |ids| streams::Stop::new(ids.of("CA"), ids.of("MZ"));
        siprec::Start: |ids| siprec::Start::new(ids.of("CA")); |o| o.name("copy").connector_name("recorder")
            .track(Track::Inbound).status_callback(URL).status_callback_method(Method::Get).parameter("agent", "ana");
        siprec::Stop: |ids| siprec::Stop::new(ids.of("CA"), "copy");
        live_transcriptions::Start: |ids| live_transcriptions::Start::new(ids.of("CA")); |o| o.name("words")
            .track(Track::Outbound).status_callback_url(URL).status_callback_method(Method::Post)
            .inbound_track_label("caller").outbound_track_label("agent").partial_results(true).language_code("en-US")
            .transcription_engine("google").profanity_filter(false).speech_model("telephony").hints("Acme, order")
            .enable_automatic_punctuation(true).intelligence_service(format!("GA{:032x}", 1))
            .transcription_configuration_id("settings").conversation_id("talk").conversation_configuration("settings")
            .enable_provider_data(true);
        live_transcriptions::Stop: |ids| live_transcriptions::Stop::new(ids.of("CA"), ids.of("GT"));
        user_messages::Create: |ids| user_messages::Create::new(ids.of("CA"), "{\"order\":7}"); |o| o.idempotency_key("k1");
        user_messages::Subscribe: |ids| user_messages::Subscribe::new(ids.of("CA"), URL); |o| o.idempotency_key("k2")
            .method(Method::Post);
        user_messages::Unsubscribe: |ids| user_messages::Unsubscribe::new(ids.of("CA"), ids.of("ZY"));
        payments::Start: |ids| payments::Start::new(ids.of("CA"), "k3", URL); |o| o.charge_amount("12.50")
            .currency("usd").description("an order").input("dtmf").min_postal_code_length(5).parameter("{}")
            .payment_connector("Default").payment_method(payments::PaymentMethod::CreditCard)
            .bank_account_type(payments::BankAccountType::ConsumerChecking).postal_code(true).security_code(true)
            .timeout(S * 5).token_type(payments::PaymentTokenType::OneTime).valid_card_types("visa amex")
            .require_matching_inputs("postal-code").confirmation(true);
        payments::Update: |ids| payments::Update::new(ids.of("CA"), ids.of("PK"), "k4", URL);
            |o| o.capture(payments::PaymentCapture::CardNumber).status(payments::PaymentEnd::Complete);
    }
}

#[rustfmt::skip]
fn numbers_and_urls() -> Vec<(&'static str, Make)> {
    macro_rules! with_settings {
        ($o:expr) => { $o.friendly_name("main line").voice_url(URL).voice_method(Method::Post).voice_fallback_url(URL)
            .voice_fallback_method(Method::Get).voice_application_sid(format!("AP{:032x}", 1))
            .voice_caller_id_lookup(false).voice_receive_mode(VoiceReceiveMode::Voice).status_callback(URL)
            .status_callback_method(Method::Post).trunk_sid(format!("TK{:032x}", 1)).sms_url(URL)
            .sms_method(Method::Post).sms_fallback_url(URL).sms_fallback_method(Method::Get)
            .sms_application_sid(format!("AP{:032x}", 1)).address_sid(format!("AD{:032x}", 1))
            .identity_sid(format!("RI{:032x}", 1)).bundle_sid(format!("BU{:032x}", 1))
            .emergency_status(EmergencyStatus::Inactive).emergency_address_sid(format!("AD{:032x}", 1))
            .api_version("2010-04-01") };
    }
    macro_rules! with_urls {
        ($o:expr) => { $o.friendly_name("agents").voice_url(URL).voice_method(Method::Post).voice_fallback_url(URL)
            .voice_fallback_method(Method::Get).voice_caller_id_lookup(true).status_callback(URL)
            .status_callback_method(Method::Post).sms_url(URL).sms_method(Method::Post).sms_fallback_url(URL)
            .sms_fallback_method(Method::Get).sms_status_callback(URL).message_status_callback(URL)
            .public_application_connect_enabled(false).api_version("2010-04-01") };
    }
    operations! {
        available_numbers::ListCountries: |_ids| available_numbers::ListCountries::new(); |o| o.page_size(5);
        available_numbers::FetchCountry: |_ids| available_numbers::FetchCountry::new("US");
        available_numbers::Search: |_ids| available_numbers::Search::new("US", AvailableKind::Local); |o| o
            .area_code(415).contains("555****").sms_enabled(true).mms_enabled(true).voice_enabled(true)
            .fax_enabled(false).exclude_all_address_required(true).exclude_local_address_required(true)
            .exclude_foreign_address_required(true).beta(false).near_number(LINE).near_lat_long("37.8,-122.4")
            .distance(50).in_postal_code("94107").in_region("CA").in_rate_center("SNFC").in_lata("722")
            .in_locality("San Francisco").page_size(5);
        numbers::Create: |_ids| numbers::Create::new().phone_number("+15550007000");
            |o| with_settings!(o).area_code("415");
        numbers::CreateOfKind: |_ids| numbers::CreateOfKind::new(NumberKind::Local, "+15550007001");
            |o| with_settings!(o);
        numbers::List: |_ids| numbers::List::new(); |o| o.phone_number("+1555*").friendly_name("main line")
            .origin("twilio").beta(true).page_size(5);
        numbers::ListOfKind: |_ids| numbers::ListOfKind::new(NumberKind::TollFree); |o| o.phone_number("+1800*")
            .friendly_name("main line").origin("twilio").beta(true).page_size(5);
        numbers::Fetch: |ids| numbers::Fetch::new(ids.of("PN"));
        numbers::Update: |ids| numbers::Update::new(ids.of("PN")).voice_url(URL);
            |o| with_settings!(o).account_sid(format!("AC{:032x}", 1));
        applications::Create: |_ids| applications::Create::new(); |o| with_urls!(o);
        applications::List: |_ids| applications::List::new(); |o| o.friendly_name("agents").page_size(5);
        applications::Fetch: |ids| applications::Fetch::new(ids.of("AP"));
        applications::Update: |ids| applications::Update::new(ids.of("AP")).voice_url(URL); |o| with_urls!(o);
        caller_ids::Validate: |_ids| caller_ids::Validate::new("+15550009000"); |o| o.friendly_name("shop")
            .call_delay(S * 5).extension("12").status_callback(URL).status_callback_method(Method::Post);
        caller_ids::List: |_ids| caller_ids::List::new(); |o| o.phone_number("+15550009000").friendly_name("shop")
            .page_size(5);
        caller_ids::Fetch: |ids| caller_ids::Fetch::new(ids.of("PN"));
        caller_ids::Update: |ids| caller_ids::Update::new(ids.of("PN")).friendly_name("shop 2");
    }
}

#[rustfmt::skip]
fn the_rest() -> Vec<(&'static str, Make)> {
    operations! {
        messages::Create: |_ids| messages::Create::new(ALICE).from(LINE).body("Hello, 100% & more"); |o| o
            .messaging_service_sid(format!("MG{:032x}", 1)).fallback_from(LINE).media_url([URL, URL])
            .content_sid(format!("HX{:032x}", 1)).content_variables("{}").status_callback(URL)
            .application_sid(format!("AP{:032x}", 1)).max_price("0.05").provide_feedback(true).attempt(1)
            .validity_period(S * 600).force_delivery(false).content_retention(messages::ContentRetention::Discard)
            .address_retention(messages::AddressRetention::Obfuscate).smart_encoded(true)
            .persistent_action(["geo:37.8,-122.4"]).traffic_type(messages::TrafficType::Free).shorten_urls(false)
            .schedule_type(messages::ScheduleType::Fixed).send_at("2026-11-25T00:00:00Z").send_as_mms(false)
            .message_intent("otp").risk_check(messages::RiskCheck::Disable);
        messages::List: |_ids| messages::List::new(); |o| o.to(ALICE).from(LINE).date_sent("2026-11-24")
            .date_sent_before("2026-11-25").date_sent_after("2026-11-23").page_size(5);
        messages::Fetch: |ids| messages::Fetch::new(ids.of("SM"));
        messages::Update: |ids| messages::Update::new(ids.of("SM")).body(""); |o| o.status(MessageEnd::Canceled);
        messages::TellOutcome: |ids| messages::TellOutcome::new(ids.of("SM")); |o| o.outcome(messages::Outcome::Confirmed);
        messages::ListMedia: |ids| messages::ListMedia::new(ids.of("SM")); |o| o.date_created("2026-11-24")
            .date_created_before("2026-11-25").date_created_after("2026-11-23").page_size(5);
        messages::FetchMedium: |ids| messages::FetchMedium::new(ids.of("SM"), ids.of("ME"));
        keys::Create: |_ids| keys::Create::new(); |o| o.friendly_name("night shift");
        keys::List: |_ids| keys::List::new().page_size(5);
        keys::Fetch: |ids| keys::Fetch::new(ids.of("SK"));
        keys::Update: |ids| keys::Update::new(ids.of("SK")).friendly_name("day shift");
        keys::CreateSigningKey: |_ids| keys::CreateSigningKey::new(); |o| o.friendly_name("browsers");
        keys::ListSigningKeys: |_ids| keys::ListSigningKeys::new().page_size(5);
        keys::FetchSigningKey: |ids| keys::FetchSigningKey::new(ids.of("SK"));
        keys::UpdateSigningKey: |ids| keys::UpdateSigningKey::new(ids.of("SK")).friendly_name("apps");
        usage::List: |_ids| usage::List::new(); |o| o.category("calls").start_date("2026-11-01")
            .end_date("2026-11-24").include_subaccounts(false).page_size(5);
        usage::ListOfPeriod: |_ids| usage::ListOfPeriod::new(usage::Period::ThisMonth); |o| o.category("calls")
            .start_date("-30days").end_date("2026-11-24").include_subaccounts(true).page_size(5);
        notifications::List: |_ids| notifications::List::new(); |o| o.log(Log::Error).message_date("2026-11-24")
            .message_date_before("2026-11-25").message_date_after("2026-11-23").page_size(5);
        notifications::Fetch: |ids| notifications::Fetch::new(ids.of("NO"));
        notifications::ListOfCall: |ids| notifications::ListOfCall::new(ids.of("CA")); |o| o.log(Log::Warning)
            .message_date("2026-11-24").message_date_before("2026-11-25").message_date_after("2026-11-23").page_size(5);
        notifications::FetchOfCall: |ids| notifications::FetchOfCall::new(ids.of("CA"), ids.of("NO"));
        custom::Get: |_ids| custom::Get::new("/SIP/Domains.json"); |o| o.parameter("PageSize", "5");
        custom::Post: |_ids| custom::Post::new("/Addresses.json").parameter("CustomerName", "Acme")
            .parameter("Street", "1 Main St").parameter("City", "Springfield").parameter("Region", "IL")
            .parameter("PostalCode", "62701").parameter("IsoCountry", "US");
    }
}

#[rustfmt::skip]
fn deleted() -> Vec<(&'static str, Make)> {
    operations! {
        participants::Delete: |ids| participants::Delete::new(ids.of("CF"), ids.of("CA"));
        queues::Delete: |ids| queues::Delete::new(ids.of("QU"));
        transcriptions::DeleteOfRecording: |ids| transcriptions::DeleteOfRecording::new(ids.of("RE"), ids.of("TR"));
        transcriptions::Delete: |ids| transcriptions::Delete::new(ids.of("TR"));
        recordings::DeleteOfCall: |ids| recordings::DeleteOfCall::new(ids.of("CA"), ids.of("RE"));
        recordings::DeleteOfConference: |ids| recordings::DeleteOfConference::new(ids.of("CF"), ids.of("RE"));
        recordings::Delete: |ids| recordings::Delete::new(ids.of("RE"));
        messages::DeleteMedium: |ids| messages::DeleteMedium::new(ids.of("SM"), ids.of("ME"));
        messages::Delete: |ids| messages::Delete::new(ids.of("SM"));
        caller_ids::Delete: |ids| caller_ids::Delete::new(ids.of("PN"));
        numbers::Delete: |ids| numbers::Delete::new(ids.of("PN"));
        applications::Delete: |ids| applications::Delete::new(ids.of("AP"));
        keys::DeleteSigningKey: |ids| keys::DeleteSigningKey::new(ids.of("SK"));
        keys::Delete: |ids| keys::Delete::new(ids.of("SK"));
        calls::Delete: |ids| calls::Delete::new(ids.of("CA"));
        custom::Delete: |ids| custom::Delete::new(format!("/Addresses/{}.json", ids.of("AD")));
    }
}
