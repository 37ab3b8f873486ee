//! Documents that need not be sent again: replies to GET by ETag and Last-Modified (Twilio docs, TwiML: caching).

use std::collections::BTreeMap;

use super::types::HttpReply;

/// How many documents are kept; the one that was put in first goes.
const DOCUMENTS_MAX: usize = 256;

#[derive(Clone, Debug)]
struct Cached {
    serial: u64,
    reply: HttpReply,
}

/// Documents by the whole URL they came from.
#[derive(Clone, Debug, Default)]
pub(super) struct Cache {
    documents: BTreeMap<String, Cached>,
    serial: u64,
}

impl Cache {
    /// Keeps the reply if it says how to ask whether it still holds, and may be kept.
    pub(super) fn keep(&mut self, url: &str, reply: &HttpReply) {
        let no_store = reply
            .header("Cache-Control")
            .is_some_and(|rules| rules.split(',').any(|rule| rule.trim().eq_ignore_ascii_case("no-store")));
        let known = reply.header("ETag").is_some() || reply.header("Last-Modified").is_some();
        if reply.status != 200 || no_store || !known {
            self.documents.remove(url);
            return;
        }
        self.serial += 1;
        self.documents.insert(url.to_owned(), Cached { serial: self.serial, reply: reply.clone() });
        if self.documents.len() > DOCUMENTS_MAX {
            let oldest = self.documents.iter().min_by_key(|(_, cached)| cached.serial).map(|(url, _)| url.clone());
            oldest.map(|url| self.documents.remove(&url));
        }
    }

    /// What was kept of this URL.
    pub(super) fn get(&self, url: &str) -> Option<&HttpReply> {
        self.documents.get(url).map(|cached| &cached.reply)
    }

    /// Headers that ask whether it still holds.
    pub(super) fn conditions(&self, url: &str) -> Vec<(String, String)> {
        let Some(reply) = self.get(url) else { return Vec::new() };
        [("ETag", "If-None-Match"), ("Last-Modified", "If-Modified-Since")]
            .into_iter()
            .filter_map(|(said, asked)| Some((asked.to_owned(), reply.header(said)?.to_owned())))
            .collect()
    }
}
