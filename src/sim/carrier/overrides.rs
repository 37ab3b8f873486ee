//! Connection overrides: what a webhook URL says after its `#` (Twilio docs, webhooks connection overrides).

use std::time::Duration;

use super::form::decode_pairs;

/// The hard cap on anything about a call.
const CAP: Duration = Duration::from_secs(15);
/// Twilio docs, connection overrides: where requests may come from.
const EDGES: [&str; 8] = ["ashburn", "dublin", "frankfurt", "sao-paulo", "singapore", "sydney", "tokyo", "umatilla"];

/// How a request is to be made.
#[derive(Clone, Debug)]
pub(super) struct Overrides {
    pub(super) connect: Duration,
    pub(super) read: Duration,
    pub(super) total: Duration,
    pub(super) retries: u32,
    pub(super) on_4xx: bool,
    pub(super) on_5xx: bool,
    pub(super) on_connect: bool,
    pub(super) on_read: bool,
    pub(super) sni: bool,
    edges: Vec<String>,
    pub(super) faults: Vec<OverrideFault>,
}

/// What is wrong with an override.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct OverrideFault {
    pub(super) code: u32,
    pub(super) message: String,
    /// Whether Twilio's dictionary calls it an error, which fails the request. A number out of range has no code of its
    /// own there: it is told under 11243, and the default holds. Unverified.
    pub(super) is_error: bool,
}

impl Overrides {
    /// `interconnect`: whether the account may use private edges.
    pub(super) fn of(fragment: &str, interconnect: bool) -> Self {
        let mut it = Self {
            connect: Duration::from_secs(5),
            read: CAP,
            total: CAP,
            retries: 1,
            on_4xx: false,
            on_5xx: false,
            on_connect: true,
            on_read: false,
            sni: true,
            edges: vec!["ashburn".to_owned()],
            faults: Vec::new(),
        };
        for (key, value) in decode_pairs(fragment.as_bytes()) {
            match key.as_str() {
                "ct" => it.connect = it.millis("ct", &value, 10_000).unwrap_or(it.connect),
                "rt" => it.read = it.millis("rt", &value, 15_000).unwrap_or(it.read),
                "tt" => it.total = it.millis("tt", &value, 15_000).unwrap_or(it.total),
                "rc" => match value.parse() {
                    Ok(retries @ 0..=5) => it.retries = retries,
                    _ => it.out_of_range("rc", &value, "0 to 5"),
                },
                "sni" => match value.as_str() {
                    "y" => it.sni = true,
                    "n" => it.sni = false,
                    _ => it.out_of_range("sni", &value, "y or n"),
                },
                "rp" => it.policy(&value),
                "e" => it.leave_by(&value, interconnect),
                _ => {}
            }
        }
        it
    }

    fn millis(&mut self, key: &str, value: &str, most: u64) -> Option<Duration> {
        let ms = value.parse().ok().filter(|ms| (100..=most).contains(ms));
        if ms.is_none() {
            self.out_of_range(key, value, &format!("100 to {most} ms"));
        }
        ms.map(Duration::from_millis)
    }

    fn out_of_range(&mut self, key: &str, value: &str, allowed: &str) {
        let message = format!("the connection override {key}={value} is not {allowed}; the default holds");
        self.faults.push(OverrideFault { code: 11_243, message, is_error: false });
    }

    fn policy(&mut self, value: &str) {
        let parts: Vec<&str> = value.split(',').map(str::trim).collect();
        if let Some(bad) = parts.iter().find(|part| !matches!(**part, "4xx" | "5xx" | "ct" | "rt" | "all")) {
            let message = format!("the retry policy {bad:?} is none of 4xx, 5xx, ct, rt, all");
            self.faults.push(OverrideFault { code: 11_243, message, is_error: true });
            return;
        }
        let has = |what: &str| parts.contains(&what) || parts.contains(&"all");
        (self.on_4xx, self.on_5xx, self.on_connect, self.on_read) = (has("4xx"), has("5xx"), has("ct"), has("rt"));
    }

    fn leave_by(&mut self, value: &str, interconnect: bool) {
        let edges: Vec<String> = value.split(',').map(|edge| edge.trim().to_owned()).collect();
        for edge in &edges {
            let is_word = !edge.is_empty() && edge.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
            let (code, what) = match () {
                () if !is_word => (11_240, "is not the name of an edge"),
                () if edge.ends_with("-ix") && interconnect => continue,
                () if edge.ends_with("-ix") => (11_242, "is a private edge, which this account may not use"),
                () if !EDGES.contains(&edge.as_str()) => (11_241, "is not an edge that webhooks come from"),
                () => continue,
            };
            let message = format!("the connection override e={edge}: it {what}");
            self.faults.push(OverrideFault { code, message, is_error: true });
            return;
        }
        self.edges = edges;
    }

    /// Where a try comes from: the edges take turns.
    pub(super) fn edge(&self, tries: u32) -> String {
        let turn = usize::try_from(tries).unwrap_or(0) % self.edges.len().max(1);
        self.edges.get(turn).cloned().unwrap_or_default()
    }
}
