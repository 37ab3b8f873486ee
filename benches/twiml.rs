//! Documents: what writing one costs, with all its checks, next to a writer made by hand for just this document.
//!
//! Each line is one JSON object. `ours` and `floor` are nanoseconds of CPU time of this thread for one document, `ratio`
//! is the median of the ratios of rounds that take turns, and `allocations` counts the heap blocks that one document of
//! ours asks for, the text itself included.
//!
//! `menu` and `fifty_verbs` write documents that are there already. What may have to be escaped in an attribute was looked
//! at when the attribute was set, so that the floor, which looks at every text it writes, can be the slower one.
//! `menu_built` therefore also makes the document, which copies each text; its floor still only writes.
#![allow(unsafe_code, reason = "counting allocations needs an allocator")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::fs;
use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use switchboard::twiml::{
    CallEvent, Dial, Enqueue, Gather, Input, Method, Number, Pause, Play, Record, Redirect, Response, Say, Twiml,
};

const ROUNDS: usize = 101;
/// What one side of a round lasts about.
const ROUND_NS: f64 = 5e6;

fn main() {
    let words = Words::example();
    let menu = words.menu();
    case("menu", || build(&menu), || words.menu_by_hand(), Some(1));
    let rows = Row::examples();
    let fifty = fifty(&rows);
    assert_eq!(fifty.verbs.len(), 50);
    case("fifty_verbs", || build(&fifty), || fifty_by_hand(&rows), Some(1));
    case("menu_built", || build(&words.menu()), || words.menu_by_hand(), None);
}

fn build(document: &Response) -> Twiml {
    black_box(document).build().expect("every value is allowed")
}

/// What a caller's menu says, as an application has it.
struct Words {
    action: &'static str,
    prompt: &'static str,
    silence: &'static str,
    voice: &'static str,
    language: &'static str,
    again: &'static str,
    digits: u32,
    timeout_secs: u64,
}

impl Words {
    fn example() -> Self {
        Self {
            action: "https://calls.example.com/voice/menu?call=7f3c2a&step=1",
            prompt: "Thank you for calling Tom & Jerry's. For sales, press 1. For support, press 2. To hear this again, \
                     press star.",
            silence: "Sorry, we did not get that.",
            voice: "Polly.Joanna-Neural",
            language: "en-US",
            again: "https://calls.example.com/voice/menu?call=7f3c2a&step=2",
            digits: 1,
            timeout_secs: 7,
        }
    }

    fn menu(&self) -> Response {
        let say = |words: &str| Say::new(words).voice(self.voice).language(self.language);
        Response::new()
            .gather(
                Gather::new()
                    .action(self.action)
                    .method(Method::Post)
                    .input(Input::Dtmf)
                    .timeout(Duration::from_secs(self.timeout_secs))
                    .num_digits(self.digits)
                    .say(say(self.prompt)),
            )
            .say(say(self.silence))
            .redirect(Redirect::new(self.again))
    }

    fn menu_by_hand(&self) -> String {
        let mut out = String::with_capacity(1024);
        out.push_str("<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response><Gather action=\"");
        attribute(&mut out, self.action);
        out.push_str("\" method=\"POST\" input=\"dtmf\" timeout=\"");
        number(&mut out, self.timeout_secs);
        out.push_str("\" numDigits=\"");
        number(&mut out, u64::from(self.digits));
        out.push_str("\"><Say voice=\"");
        attribute(&mut out, self.voice);
        out.push_str("\" language=\"");
        attribute(&mut out, self.language);
        out.push_str("\">");
        text(&mut out, self.prompt);
        out.push_str("</Say></Gather><Say voice=\"");
        attribute(&mut out, self.voice);
        out.push_str("\" language=\"");
        attribute(&mut out, self.language);
        out.push_str("\">");
        text(&mut out, self.silence);
        out.push_str("</Say><Redirect>");
        text(&mut out, self.again);
        out.push_str("</Redirect></Response>");
        out
    }
}

/// What five verbs are made of.
struct Row {
    words: String,
    url: String,
    number: String,
    queue: String,
    seconds: u64,
}

impl Row {
    fn examples() -> Vec<Self> {
        let row = |i: u64| Self {
            words: format!("You are number {i} in line. Ms. O'Neil of \"Research & Development\" will be with you."),
            url: format!("https://calls.example.com/voice/step/{i}?call=7f3c2a"),
            number: format!("+1415555010{i}"),
            queue: format!("support-{i}"),
            seconds: 5 + 7 * i,
        };
        (0..10).map(row).collect()
    }
}

fn fifty(rows: &[Row]) -> Response {
    rows.iter().fold(Response::new(), |document, row| {
        let wait = Duration::from_secs(row.seconds);
        let events = [CallEvent::Answered, CallEvent::Completed];
        let number = Number::new(&row.number).url(&row.url).status_callback(&row.url, events);
        let document = document
            .say(Say::new(&row.words).voice("alice").language("en-GB"))
            .gather(Gather::new().action(&row.url).num_digits(1u32).say(Say::new(&row.words)).pause(Pause::new(wait)))
            .dial(Dial::new().action(&row.url).timeout(wait).answer_on_bridge(true).number(number))
            .play(Play::new(&row.url).loops(2u32));
        if row.seconds.is_multiple_of(2) {
            document.record(Record::new().action(&row.url).max_length(wait).play_beep(false))
        } else {
            document.enqueue(Enqueue::new(&row.queue).action(&row.url).wait_url(&row.url))
        }
    })
}

fn fifty_by_hand(rows: &[Row]) -> String {
    let mut out = String::with_capacity(16 * 1024);
    out.push_str("<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response>");
    for row in rows {
        row_by_hand(&mut out, row);
    }
    out.push_str("</Response>");
    out
}

fn row_by_hand(out: &mut String, row: &Row) {
    out.push_str("<Say voice=\"");
    attribute(out, "alice");
    out.push_str("\" language=\"");
    attribute(out, "en-GB");
    out.push_str("\">");
    text(out, &row.words);
    out.push_str("</Say><Gather action=\"");
    attribute(out, &row.url);
    out.push_str("\" numDigits=\"");
    number(out, 1);
    out.push_str("\"><Say>");
    text(out, &row.words);
    out.push_str("</Say><Pause length=\"");
    number(out, row.seconds);
    out.push_str("\"/></Gather><Dial action=\"");
    attribute(out, &row.url);
    out.push_str("\" timeout=\"");
    number(out, row.seconds);
    out.push_str("\" answerOnBridge=\"true\"><Number url=\"");
    attribute(out, &row.url);
    out.push_str("\" statusCallback=\"");
    attribute(out, &row.url);
    out.push_str("\" statusCallbackEvent=\"answered completed\">");
    text(out, &row.number);
    out.push_str("</Number></Dial><Play loop=\"");
    number(out, 2);
    out.push_str("\">");
    text(out, &row.url);
    if row.seconds.is_multiple_of(2) {
        out.push_str("</Play><Record action=\"");
        attribute(out, &row.url);
        out.push_str("\" maxLength=\"");
        number(out, row.seconds);
        out.push_str("\" playBeep=\"false\"/>");
    } else {
        out.push_str("</Play><Enqueue action=\"");
        attribute(out, &row.url);
        out.push_str("\" waitUrl=\"");
        attribute(out, &row.url);
        out.push_str("\">");
        text(out, &row.queue);
        out.push_str("</Enqueue>");
    }
}

/// Escapes as XML 1.0 asks for between tags, and leaves runs of other characters whole.
fn text(out: &mut String, words: &str) {
    escape(out, words, |byte| matches!(byte, 0..=8 | 0xB..0x20 | b'&' | b'<' | b'>'));
}

/// Escapes as XML 1.0 asks for between quotes.
fn attribute(out: &mut String, words: &str) {
    escape(out, words, |byte| matches!(byte, 0..0x20 | b'&' | b'<' | b'>' | b'"' | b'\''));
}

fn escape(out: &mut String, words: &str, special: impl Fn(u8) -> bool) {
    let mut from = 0;
    for (at, byte) in words.bytes().enumerate() {
        if !special(byte) {
            continue;
        }
        out.push_str(&words[from..at]);
        out.push_str(match byte {
            b'&' => "&amp;",
            b'<' => "&lt;",
            b'>' => "&gt;",
            b'"' => "&quot;",
            b'\'' => "&#39;",
            b'\t' => "&#9;",
            b'\n' => "&#10;",
            b'\r' => "&#13;",
            _ => "\u{FFFD}",
        });
        from = at + 1;
    }
    out.push_str(&words[from..]);
}

fn number(out: &mut String, number_: u64) {
    if number_ >= 10 {
        number(out, number_ / 10);
    }
    out.push(char::from(b'0' + (number_ % 10) as u8));
}

/// Measures both, and says so.
fn case<F: AsRef<str>>(name: &str, ours: impl Fn() -> Twiml, floor: impl Fn() -> F, allocations: Option<u64>) {
    assert_eq!(ours().as_str(), floor().as_ref(), "{name}: both write the same");
    let before = ALLOCATIONS.load(Relaxed);
    drop(black_box(ours()));
    let counted = ALLOCATIONS.load(Relaxed) - before;
    assert!(allocations.is_none_or(|most| counted <= most), "{name}: {counted} allocations");

    let size = |once: f64| ((ROUND_NS / once).ceil() as u32).max(1);
    let (of_ours, of_floor) = (size(timed(&ours, 1000)), size(timed(&floor, 1000)));
    let mut rounds: Vec<(f64, f64)> = Vec::with_capacity(ROUNDS);
    for round in 0..ROUNDS {
        // Whoever goes first may find a colder cache.
        let pair = if round % 2 == 0 {
            let first = timed(&ours, of_ours);
            (first, timed(&floor, of_floor))
        } else {
            let first = timed(&floor, of_floor);
            (timed(&ours, of_ours), first)
        };
        rounds.push(pair);
    }
    let ours = median(rounds.iter().map(|pair| pair.0).collect());
    let floor = median(rounds.iter().map(|pair| pair.1).collect());
    let ratio = median(rounds.iter().map(|pair| pair.0 / pair.1).collect());
    println!(
        "{{\"case\":\"{name}\",\"ours\":{ours:.0},\"floor\":{floor:.0},\"ratio\":{ratio:.3},\"unit\":\"ns\",\
         \"allocations\":{counted}}}"
    );
}

/// Nanoseconds of CPU time of one call.
fn timed<T>(run: &impl Fn() -> T, times: u32) -> f64 {
    let started = Clock::now();
    for _ in 0..times {
        black_box(run());
    }
    started.elapsed_ns() / f64::from(times)
}

fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers[numbers.len() / 2]
}

/// This thread's CPU time where the system tells it, and the time of day elsewhere.
enum Clock {
    Cpu(u64),
    Wall(Instant),
}

impl Clock {
    fn now() -> Self {
        cpu_ns().map_or_else(|| Self::Wall(Instant::now()), Self::Cpu)
    }

    fn elapsed_ns(&self) -> f64 {
        match self {
            Self::Cpu(then) => (cpu_ns().expect("it was told before") - then) as f64,
            Self::Wall(then) => then.elapsed().as_secs_f64() * 1e9,
        }
    }
}

fn cpu_ns() -> Option<u64> {
    // Linux counts up when the thread is rescheduled, and at a tick otherwise.
    std::thread::yield_now();
    let line = fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    line.split_whitespace().next()?.parse().ok()
}

static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);

/// The system's allocator, with a counter.
struct Counting;

// SAFETY: every call goes to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Relaxed);
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Relaxed);
        // SAFETY: the caller keeps the contract of `realloc`.
        unsafe { System.realloc(block, layout, size) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps the contract of `dealloc`.
        unsafe { System.dealloc(block, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;
