//! `<Stream>`: the audio of a leg over a socket, one way under `<Start>`, both ways under `<Connect>` (Twilio docs, TwiML
//! Stream; Media Streams, WebSocket messages).

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use super::Carrier;
use super::callback::pair;
use super::form::{Pairs, is_web_url, split_fragment};
use super::socket::{SocketDue, SocketFault};
use super::state::{Due, Sid, Target};
use super::stream_rest::Record;
use super::types::Hearing;
use super::webhook::Purpose;
use super::xml::Element;
use crate::media::g711::{self, FRAME_BYTES, FRAME_MS, SILENCE};
use crate::media::stream::{
    Chunk, Command, Connected, Dtmf, Event, Key, MarkName, Marked, Media, MediaFormat, Start, StartDetail, Stop,
    StopDetail, Track,
};
use crate::time::Timestamp;

/// Twilio docs, error 31931: more than ten minutes of audio are not buffered.
const BUFFER_MAX: usize = 600 * 8000;
/// Twilio docs, TwiML Stream: name and value of a parameter are shorter than this together.
const PARAMETER_CHARS: usize = 500;

/// A stream that is asked for by a document or by REST. What `audioFormat` and `sampleRate` of new libraries mean is not
/// documented: all audio is G.711 here.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) url: String,
    pub(super) name: Option<String>,
    pub(super) track: Option<String>,
    pub(super) callback: Option<Target>,
    pub(super) parameters: Pairs,
    pub(super) two_way: bool,
}

/// A stream, from the first moment to the last.
#[derive(Debug)]
pub(super) struct Stream {
    pub(super) sid: Sid,
    pub(super) name: String,
    pub(super) tracks: Vec<Track>,
    two_way: bool,
    parameters: BTreeMap<String, String>,
    callback: Option<Target>,
    /// Messages sent, but for the first.
    sequence: u64,
    chunks: u64,
    frames: u64,
    /// Warnings that are given once in a stream.
    warned: BTreeSet<u32>,
    pub(super) playback: Playback,
}

/// What a server has sent to be played.
#[derive(Debug, Default)]
pub(super) struct Playback {
    queue: VecDeque<Item>,
    bytes: usize,
    /// Since when the first item of the queue is played.
    since: Option<Timestamp>,
    /// Which item it is.
    pub(super) serial: u64,
}

#[derive(Debug)]
enum Item {
    Audio(Vec<u8>),
    Mark(String),
}

/// Why a stream is over.
#[derive(Clone, Copy, Debug)]
pub(super) enum StreamEnd {
    /// A document, REST or the end of the leg stopped it.
    Stopped,
    /// The server closed the connection.
    Closed(Option<u16>),
    /// The connection did not come about, or broke.
    Failed(SocketFault),
}

/// Who is told about a stream, and by which names.
struct Named {
    callback: Option<Target>,
    sid: Sid,
    name: String,
}

impl Stream {
    fn named(&self) -> Named {
        Named { callback: self.callback.clone(), sid: self.sid.clone(), name: self.name.clone() }
    }

    fn next_number(&mut self) -> u64 {
        self.sequence += 1;
        self.sequence
    }
}

impl Carrier {
    /// `<Start><Stream>`: a fork that goes on in the background.
    pub(super) fn start_fork(&mut self, sid: &str, noun: &Element, url: &str) {
        let asked = self.asked(sid, noun, false, url);
        if let Err((code, message)) = self.begin_stream(sid, asked) {
            self.notify(code, Some(sid), message, url);
        }
    }

    /// `<Connect><Stream>`: its socket, for which the document waits.
    pub(super) fn connect_stream(&mut self, sid: &str, noun: &Element, url: &str) -> Result<u64, Pairs> {
        let asked = self.asked(sid, noun, true, url);
        self.begin_stream(sid, asked).map(|(socket, _)| socket).map_err(|(code, message)| {
            self.notify(code, Some(sid), message, url);
            Vec::new()
        })
    }

    /// `<Stop><Stream name>`: whether there was such a fork.
    pub(super) fn stop_fork(&mut self, sid: &str, name: Option<&str>) -> bool {
        let named = |(_, stream): &(u64, &Stream)| Some(stream.name.as_str()) == name && !stream.two_way;
        let found = self.streams_of(sid).find(named).map(|(id, _)| id);
        if let Some(id) = found {
            self.stream_over(id, StreamEnd::Stopped);
        }
        found.is_some()
    }

    fn asked(&mut self, sid: &str, noun: &Element, two_way: bool, url: &str) -> Asked {
        let callback = noun.attr("statusCallback").filter(|v| !v.trim().is_empty()).map(|reference| {
            let target = Target::new(reference.trim(), noun.attr("statusCallbackMethod"));
            (is_web_url(&target.url), target)
        });
        if let Some((false, target)) = &callback {
            // Seen in the field: a relative one gives 11200 and no callback.
            self.notify(11_200, Some(sid), format!("statusCallback {:?} is not absolute; ignored", target.url), url);
        }
        let given = |name: &str| noun.attr(name).map(str::trim).filter(|v| !v.is_empty()).map(str::to_owned);
        Asked {
            url: given("url").unwrap_or_default(),
            name: given("name"),
            track: given("track"),
            callback: callback.filter(|(absolute, _)| *absolute).map(|(_, target)| target),
            parameters: parameters(noun),
            two_way,
        }
    }

    /// Opens the stream's socket; gives its id and the stream's sid, or the code under which the stream is refused. What
    /// is wrong only in part is told as a warning.
    pub(super) fn begin_stream(&mut self, sid: &str, asked: Asked) -> Result<(u64, Sid), (u32, String)> {
        let url = self.socket_url(&asked.url).map_err(|why| (11_100, why))?;
        // Twilio docs, TwiML Stream: query parameters are not supported; values are sent as parameters.
        let bare = url.split('?').next().unwrap_or_default().to_owned();
        if bare != url {
            self.notify(12_200, Some(sid), "the url of a Stream takes no query; left out", &url);
        }
        let tracks = match (asked.track.as_deref().unwrap_or("inbound_track"), asked.two_way) {
            ("inbound_track", _) => vec![Track::Inbound],
            ("outbound_track", false) => vec![Track::Outbound],
            ("both_tracks", false) => vec![Track::Inbound, Track::Outbound],
            // Twilio docs, error 31941.
            (other, _) => return Err((31_941, format!("track {other:?} is not streamed here"))),
        };
        let taken: usize = self.streams_of(sid).map(|(_, stream)| stream.tracks.len()).sum();
        if taken + tracks.len() > self.config.rules.sockets.tracks_per_call {
            // The code for too many tracks is not known: this is the one for tracks that cannot be had.
            return Err((31_941, format!("{taken} tracks of the call are streamed already")));
        }
        let stream_sid = self.sid("MZ");
        let name = asked.name.unwrap_or_else(|| stream_sid.clone());
        if self.streams_of(sid).any(|(_, stream)| stream.name == name) {
            // Twilio docs, TwiML Stream: a name is unique in its call. The code is not known.
            return Err((12_200, format!("a stream of the call is named {name:?} already")));
        }
        let (good, long): (Pairs, Pairs) = asked
            .parameters
            .into_iter()
            .partition(|(name, value)| name.chars().count() + value.chars().count() < PARAMETER_CHARS);
        for (name, _) in long {
            let message =
                format!("parameter {name:?} has {PARAMETER_CHARS} characters or more with its value; left out");
            self.notify(12_200, Some(sid), message, &url);
        }
        let stream = Stream {
            sid: stream_sid.clone(),
            name: name.clone(),
            tracks,
            two_way: asked.two_way,
            parameters: good.into_iter().collect(),
            callback: asked.callback,
            sequence: 0,
            chunks: 0,
            frames: 0,
            warned: BTreeSet::new(),
            playback: Playback::default(),
        };
        self.sockets.records.push(Record::new(&stream_sid, sid, &name, self.now));
        Ok((self.open_stream(sid, &bare, stream), stream_sid))
    }

    /// The URL of a socket without fragment, if it is one.
    pub(super) fn socket_url(&self, url: &str) -> Result<String, String> {
        let url = split_fragment(url.trim()).0;
        let rest = match (url.strip_prefix("wss://"), url.strip_prefix("ws://")) {
            (Some(rest), _) => rest,
            (_, Some(rest)) if self.config.rules.sockets.plain_urls => rest,
            _ => return Err(format!("{url:?} is no wss:// URL")),
        };
        let host = rest.split(['/', '?']).next().unwrap_or_default();
        if host.is_empty() || url.contains(|c: char| c.is_whitespace() || c.is_control()) {
            return Err(format!("{url:?} names no host"));
        }
        Ok(url.to_owned())
    }

    pub(super) fn stream_opened(&mut self, id: u64) {
        let Some(call) = self.socket_call(id) else { return };
        let account_sid = self.config.account_sid.clone();
        let Some(stream) = self.stream_at(id) else { return };
        let connected = Connected { protocol: "Call".to_owned(), version: "1.0.0".to_owned() };
        let start = Start {
            sequence_number: stream.next_number(),
            start: StartDetail {
                account_sid,
                stream_sid: stream.sid.clone(),
                call_sid: call.clone(),
                tracks: stream.tracks.clone(),
                media_format: MediaFormat::default(),
                custom_parameters: stream.parameters.clone(),
                other: BTreeMap::new(),
            },
            stream_sid: stream.sid.clone(),
        };
        let (two_way, named) = (stream.two_way, stream.named());
        self.socket_says(id, Event::Connected(connected).write());
        self.socket_says(id, Event::Start(start).write());
        self.tell_stream(&call, named, "stream-started", None);
        if two_way {
            self.hear(&call, Hearing::Pause);
        }
        self.after(Duration::from_millis(FRAME_MS), Due::Socket(id, SocketDue::Frame));
    }

    /// Another 20 ms have gone over the leg.
    pub(super) fn stream_frame(&mut self, id: u64) {
        let Some(call) = self.socket_call(id) else { return };
        let Some(stream) = self.stream_at(id) else { return };
        let frame = stream.frames;
        stream.frames += 1;
        for track in stream.tracks.clone() {
            let payload = self.audio(&call, &track, frame);
            let is_taken = self.socket_takes_audio(id);
            let Some(stream) = self.stream_at(id) else { return };
            stream.chunks += 1;
            let media = Chunk { track, chunk: stream.chunks, timestamp: frame * FRAME_MS, payload };
            let (sequence_number, stream_sid) = (stream.next_number(), stream.sid.clone());
            if is_taken {
                self.socket_says(id, Event::Media(Media { sequence_number, media, stream_sid }).write());
            } else {
                self.stream_warns(id, 31_930, "the server does not take the audio fast enough; some is left out");
            }
        }
        self.after(Duration::from_millis(FRAME_MS), Due::Socket(id, SocketDue::Frame));
    }

    /// A warning that is given once in a stream.
    pub(super) fn stream_warns(&mut self, id: u64, code: u32, message: &str) {
        let is_new = self.stream_at(id).is_some_and(|stream| stream.warned.insert(code));
        if is_new {
            let call = self.socket_call(id);
            self.notify(code, call.as_deref(), message, "");
        }
    }

    pub(super) fn stream_text(&mut self, id: u64, text: &str) {
        let Some(stream) = self.stream_at(id) else { return };
        let own = stream.sid.clone();
        if !stream.two_way {
            return self.stream_warns(id, 31_951, "a message to a stream under <Start>, which only listens");
        }
        let command = match Command::read(text) {
            Ok(command) => command,
            Err(error) => return self.stream_warns(id, 31_951, &error.to_string()),
        };
        let (sid, item) = match command {
            Command::Media(play) => (play.stream_sid, Some(Item::Audio(play.media.payload))),
            Command::Mark(mark) => (mark.stream_sid, Some(Item::Mark(mark.mark.name))),
            Command::Clear(clear) => (clear.stream_sid, None),
            Command::Unknown(_) => {
                return self.stream_warns(id, 31_951, "only media, mark and clear are sent to a stream");
            }
        };
        if sid != own {
            return self.stream_warns(id, 31_951, &format!("streamSid {sid:?} is not the one of this stream"));
        }
        match item {
            None => self.stream_clears(id),
            Some(item) => self.stream_queues(id, item),
        }
    }

    fn stream_queues(&mut self, id: u64, item: Item) {
        let Some(stream) = self.stream_at(id) else { return };
        let playback = &mut stream.playback;
        let bytes = if let Item::Audio(audio) = &item { audio.len() } else { 0 };
        if playback.bytes + bytes > BUFFER_MAX {
            return self.stream_warns(id, 31_931, "more than ten minutes of audio wait to be played; this is left out");
        }
        playback.bytes += bytes;
        playback.queue.push_back(item);
        if playback.since.is_none() {
            self.stream_plays(id);
        }
    }

    /// Plays what is first in the queue; marks before it come back at once.
    fn stream_plays(&mut self, id: u64) {
        let (Some(call), now) = (self.socket_call(id), self.now) else { return };
        loop {
            let Some(stream) = self.stream_at(id) else { return };
            match stream.playback.queue.front() {
                Some(Item::Audio(audio)) if !audio.is_empty() => {
                    let length = g711::duration(audio.len());
                    stream.playback.since = Some(now);
                    stream.playback.serial += 1;
                    let (sid, serial) = (stream.sid.clone(), stream.playback.serial);
                    self.hear(&call, Hearing::Stream(sid));
                    return self.after(length, Due::Socket(id, SocketDue::Played(serial)));
                }
                Some(_) => {
                    if let Some(Item::Mark(name)) = stream.playback.queue.pop_front() {
                        self.stream_marks(id, name);
                    }
                }
                None => {
                    stream.playback.since = None;
                    return self.hear(&call, Hearing::Pause);
                }
            }
        }
    }

    fn stream_marks(&mut self, id: u64, name: String) {
        let Some(stream) = self.stream_at(id) else { return };
        let (sequence_number, stream_sid) = (stream.next_number(), stream.sid.clone());
        self.socket_says(id, Event::Mark(Marked { sequence_number, stream_sid, mark: MarkName { name } }).write());
    }

    /// The first item of the queue has been played.
    pub(super) fn stream_played(&mut self, id: u64) {
        let Some(call) = self.socket_call(id) else { return };
        let Some(stream) = self.stream_at(id) else { return };
        if let Some(Item::Audio(audio)) = stream.playback.queue.pop_front() {
            stream.playback.bytes -= audio.len();
            self.remember_played(&call, &audio);
        }
        self.stream_plays(id);
    }

    /// Twilio docs, Media Streams: the buffer is emptied, and its marks come back.
    fn stream_clears(&mut self, id: u64) {
        let (Some(call), now) = (self.socket_call(id), self.now) else { return };
        let Some(stream) = self.stream_at(id) else { return };
        let playback = std::mem::take(&mut stream.playback);
        // What timers wait for is not there any more.
        stream.playback.serial = playback.serial + 1;
        self.remember_played(&call, playback.so_far(now));
        for item in playback.queue {
            if let Item::Mark(name) = item {
                self.stream_marks(id, name);
            }
        }
        self.hear(&call, Hearing::Pause);
    }

    /// The frame of a server's audio that has just been played to the leg.
    pub(super) fn stream_audio(&self, sid: &str) -> Vec<u8> {
        let playing = self.streams_of(sid).find(|(_, stream)| stream.playback.since.is_some());
        let so_far = playing.map_or(&[][..], |(_, stream)| stream.playback.so_far(self.now));
        let mut frame = so_far.get(so_far.len().saturating_sub(FRAME_BYTES)..).unwrap_or_default().to_vec();
        frame.resize(FRAME_BYTES, SILENCE);
        frame
    }

    /// Twilio docs, Media Streams: keys are told to two-way streams.
    pub(super) fn stream_key(&mut self, id: u64, key: char) {
        let Some(stream) = self.stream_at(id).filter(|stream| stream.sequence > 0) else { return };
        let dtmf = Key { track: "inbound_track".to_owned(), digit: key.to_string() };
        let (sequence_number, stream_sid) = (stream.next_number(), stream.sid.clone());
        self.socket_says(id, Event::Dtmf(Dtmf { stream_sid, sequence_number, dtmf }).write());
    }

    /// The stream is over; a document that waited for it goes on. Nothing happens when it is over already.
    pub(super) fn stream_over(&mut self, id: u64, end: StreamEnd) {
        let Some(call) = self.socket_call(id) else { return };
        let (account_sid, now) = (self.config.account_sid.clone(), self.now);
        let Some(stream) = self.stream_at(id) else { return };
        let has_started = stream.sequence > 0;
        if let (StreamEnd::Stopped, true) = (end, has_started) {
            let (sequence_number, stream_sid) = (stream.next_number(), stream.sid.clone());
            let stop = StopDetail { account_sid, call_sid: call.clone() };
            self.socket_says(id, Event::Stop(Stop { sequence_number, stream_sid, stop }).write());
        }
        let code = matches!(end, StreamEnd::Stopped).then_some(1000);
        let Some((_, _, stream)) = self.drop_stream(id, code) else { return };
        if let Some(record) = self.sockets.records.iter_mut().rfind(|record| record.sid == stream.sid) {
            record.stops(now);
        }
        self.remember_played(&call, stream.playback.so_far(now));
        let fault = match end {
            StreamEnd::Failed(fault) => Some((fault.code(), fault.why())),
            // Twilio docs, error 31921. That the server closes in its own time is how a two-way stream ends.
            StreamEnd::Closed(code) if !stream.two_way || code.is_some_and(|code| code != 1000) => {
                let code = code.map_or_else(|| "without a code".to_owned(), |code| format!("with code {code}"));
                Some((31_921, format!("the server closed the connection {code}")))
            }
            StreamEnd::Stopped | StreamEnd::Closed(_) => None,
        };
        if let Some((code, why)) = fault {
            self.notify(code, Some(&call), why.clone(), "");
            self.tell_stream(&call, stream.named(), "stream-error", Some(format!("{code}: {why}")));
        }
        if has_started {
            self.tell_stream(&call, stream.named(), "stream-stopped", None);
        }
        if stream.two_way {
            self.connect_over(&call, id, Vec::new());
        }
    }

    /// Twilio docs, TwiML Stream: the status callback.
    fn tell_stream(&mut self, call: &str, stream: Named, event: &str, error: Option<String>) {
        let Named { callback: Some(to), sid, name } = stream else { return };
        let mut pairs = vec![
            pair("AccountSid", &self.config.account_sid),
            pair("CallSid", call),
            pair("StreamSid", sid),
            pair("StreamName", name),
            pair("StreamEvent", event),
            pair("Timestamp", self.now.to_string()),
        ];
        pairs.extend(error.map(|error| pair("StreamError", error)));
        self.send(&to, &pairs, Some(call), Purpose::Callback(11_200));
    }
}

impl Playback {
    /// What has been played of the first item.
    fn so_far(&self, now: Timestamp) -> &[u8] {
        let (Some(since), Some(Item::Audio(audio))) = (self.since, self.queue.front()) else { return &[] };
        let bytes = usize::try_from(now.since(since).as_micros() / 125).unwrap_or(usize::MAX);
        audio.get(..bytes).unwrap_or(audio)
    }
}

/// The `<Parameter>`s of a noun.
pub(super) fn parameters(noun: &Element) -> Pairs {
    let named = noun.children.iter().filter(|child| child.name == "Parameter");
    named.filter_map(|child| Some((child.attr("name")?.to_owned(), child.attr("value")?.to_owned()))).collect()
}
