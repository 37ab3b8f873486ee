//! A request's query and form, decoded into one text: first the query's pairs, then room for the URL, then the form's pairs
//! in signing order. The URL is written in front of the pairs, so that what is signed lies in one piece.

use std::ops::Range;

use super::form::{self, Decoded, TooManyPairs};
use super::pieces::{self, Piece};
use super::signature::PADDING_BYTES;

/// How much text there is room for at first: an incoming call of Twilio has 0.5 to 0.8 KiB of it.
const TEXT_FEW: usize = 1024;
/// How much text takes no memory from the heap: parameters of 2 KiB as they are sent, as with a `CallToken` or a
/// `StirPassportToken`, and a URL.
const TEXT_MORE: usize = 2048 + 384 + SLACK;
/// How many pairs there is room for at first: a status callback of Twilio has about 25 parameters.
const PAIRS_FEW: usize = 40;
/// How many pairs take no memory from the heap: an incoming call with everything that a trunk adds to it has about 40.
const PAIRS_MORE: usize = 64;
const ACCOUNT: &[u8; 10] = b"AccountSid";
/// Short texts are copied in steps of this many bytes, over the end of what was asked for.
const STEP: usize = 16;
const TWO_STEPS: usize = 2 * STEP;
/// Room behind the text, for the padding of the hash and for copies that go over the end.
const SLACK: usize = PADDING_BYTES;

/// Several `T`, on the heap only if they are many: more than `MORE`. Room that is not needed is not cleared either.
struct Several<T, const FEW: usize, const MORE: usize> {
    room: Room<T, FEW, MORE>,
    count: usize,
}

enum Room<T, const FEW: usize, const MORE: usize> {
    Few([T; FEW]),
    More([T; MORE]),
    Many(Vec<T>),
}

impl<T: Copy + Default, const FEW: usize, const MORE: usize> Several<T, FEW, MORE> {
    #[inline(always)]
    fn new() -> Self {
        Self { room: Room::Few([T::default(); FEW]), count: 0 }
    }

    /// Makes them `count`; the new ones are defaults if there were not as many before.
    #[inline]
    fn resize(&mut self, count: usize) {
        let room = match &self.room {
            Room::Few(_) => FEW,
            Room::More(_) => MORE,
            Room::Many(many) => many.len(),
        };
        if count > room {
            self.grow(count);
        }
        self.count = count;
    }

    #[cold]
    fn grow(&mut self, count: usize) {
        let mut grown = if count <= MORE {
            Self { room: Room::More([T::default(); MORE]), count }
        } else {
            Self { room: Room::Many(vec![T::default(); count]), count }
        };
        grown.get_mut().iter_mut().zip(self.get()).for_each(|(slot, kept)| *slot = *kept);
        *self = grown;
    }

    #[inline]
    fn get(&self) -> &[T] {
        let room = match &self.room {
            Room::Few(few) => &few[..],
            Room::More(more) => &more[..],
            Room::Many(many) => many,
        };
        room.get(..self.count).unwrap_or_default()
    }

    #[inline]
    fn get_mut(&mut self) -> &mut [T] {
        let room = match &mut self.room {
            Room::Few(few) => &mut few[..],
            Room::More(more) => &mut more[..],
            Room::Many(many) => many,
        };
        room.get_mut(..self.count).unwrap_or_default()
    }
}

/// Where a name ends and, in the upper half, where its value ends; the next name begins there.
#[derive(Clone, Copy)]
struct Ends {
    name: u32,
    value: u32,
}

impl Ends {
    #[inline(always)]
    fn of(packed: u64) -> Self {
        Self { name: packed as u32, value: (packed >> 32) as u32 }
    }

    /// As one number: where the ends of a pair are written, its place in the order stood.
    #[inline(always)]
    fn packed(self) -> u64 {
        u64::from(self.value) << 32 | u64::from(self.name)
    }
}

/// Query and form of one request, decoded.
///
/// It is large, so that nothing of an ordinary request takes memory from the heap, and is therefore filled where it stands.
pub(super) struct Reading {
    text: Several<u8, TEXT_FEW, TEXT_MORE>,
    /// The [`Ends`] of each pair.
    pairs: Several<u64, PAIRS_FEW, PAIRS_MORE>,
    query_pairs: usize,
    form_start: usize,
    form_end: usize,
    /// Whether all pairs are ASCII without NUL.
    is_plain: bool,
    /// Whether the form names another account.
    is_another: bool,
}

/// What is seen of pairs while they are written.
struct Notes<'v> {
    account: &'v [u8],
    is_another: bool,
    is_plain: bool,
}

impl Reading {
    #[inline(always)]
    pub(super) fn new() -> Self {
        Self {
            text: Several::new(),
            pairs: Several::new(),
            query_pairs: 0,
            form_start: 0,
            form_end: 0,
            is_plain: true,
            is_another: false,
        }
    }

    /// Makes room for `query`, for a URL of `url_bytes` and for a form of `form_bytes`, and decodes the query. Once.
    #[inline]
    pub(super) fn read_query(
        &mut self,
        query: &[u8],
        url_bytes: usize,
        form_bytes: usize,
        pairs_max: usize,
    ) -> Result<(), TooManyPairs> {
        self.form_start = query.len() + url_bytes;
        self.form_end = self.form_start;
        self.text.resize(self.form_start + form_bytes + SLACK);
        if query.is_empty() {
            return Ok(());
        }
        with_pieces(query, pairs_max, |pieces, mut is_plain| {
            self.pairs.resize(pieces.len());
            let text = self.text.get_mut();
            let mut at = 0;
            for (slot, piece) in self.pairs.get_mut().iter_mut().zip(pieces) {
                let ends = write_pair(text, at, query, piece, &mut is_plain);
                (*slot, at) = (ends.packed(), ends.value as usize);
            }
            self.is_plain &= is_plain;
            self.query_pairs = pieces.len();
        })
    }

    /// Decodes `form` into the room kept for it. Once.
    #[inline(never)]
    pub(super) fn read_form(&mut self, form: &[u8], account: &str, pairs_max: usize) -> Result<(), TooManyPairs> {
        with_pieces(form, pairs_max, |pieces, is_plain| {
            self.pairs.resize(self.query_pairs + pieces.len());
            let order = self.pairs.get_mut().get_mut(self.query_pairs..).unwrap_or_default();
            let count = pieces::signing_order(form, pieces, order);
            let order = order.get_mut(..count).unwrap_or_default();
            let mut notes = Notes { account: account.as_bytes(), is_another: false, is_plain };
            self.form_end = write_in_order(self.text.get_mut(), self.form_start, form, pieces, order, &mut notes);
            self.pairs.count = self.query_pairs + count;
            self.is_plain &= notes.is_plain;
            self.is_another = notes.is_another;
        })
    }

    /// The text with the form's pairs in it, and where they lie: before them is room for a URL, behind them for padding.
    #[inline]
    pub(super) fn signed_text(&mut self) -> (&mut [u8], Range<usize>) {
        (self.text.get_mut(), self.form_start..self.form_end)
    }

    /// The query's decoded pairs, in their order.
    #[inline]
    pub(super) fn query_pairs(&self) -> Pairs<'_> {
        Pairs { text: self.text.get(), ends: self.pairs.get().get(..self.query_pairs).unwrap_or_default(), start: 0 }
    }

    /// The form's decoded pairs, in signing order, each once.
    #[inline]
    pub(super) fn form_pairs(&self) -> Pairs<'_> {
        let ends = self.pairs.get().get(self.query_pairs..).unwrap_or_default();
        Pairs { text: self.text.get(), ends, start: self.form_start }
    }

    /// Makes every name and value text as [`form`] says: what is not UTF-8 becomes U+FFFD, and NUL is left out. Only then
    /// may it be read as text.
    #[inline]
    pub(super) fn make_text(&mut self, account: &str) {
        if !self.is_plain {
            self.rewrite();
            self.is_another = self.form_pairs().any(|(name, value)| name == ACCOUNT && value != account.as_bytes());
        }
    }

    /// Whether an `AccountSid` of the form, as text, names another account than the one it was read for.
    #[inline]
    pub(super) fn names_another_account(&self) -> bool {
        self.is_another
    }

    #[cold]
    fn rewrite(&mut self) {
        let (mut text, mut pairs) = (Vec::new(), Vec::new());
        let mut push = |(name, value): (&[u8], &[u8])| {
            text.extend_from_slice(form::text(name.into()).as_bytes());
            let name = text.len() as u32;
            text.extend_from_slice(form::text(value.into()).as_bytes());
            pairs.push(Ends { name, value: text.len() as u32 }.packed());
        };
        self.query_pairs().for_each(&mut push);
        self.form_pairs().for_each(&mut push);
        let query_end = self.query_pairs.checked_sub(1).and_then(|last| pairs.get(last));
        self.form_start = query_end.map_or(0, |ends| Ends::of(*ends).value as usize);
        self.form_end = text.len();
        (self.text.count, self.pairs.count) = (text.len(), pairs.len());
        (self.text.room, self.pairs.room) = (Room::Many(text), Room::Many(pairs));
    }
}

/// Calls `then` with the pairs of `form` as they were written, and with whether they are ASCII as written, unless they are more than `pairs_max`.
#[inline(always)]
fn with_pieces(form: &[u8], pairs_max: usize, then: impl FnOnce(&[Piece], bool)) -> Result<(), TooManyPairs> {
    let mut few = [Piece::default(); PAIRS_FEW];
    match pieces::scan(form, &mut few) {
        Ok(scanned) if scanned.count <= pairs_max => {
            then(few.get(..scanned.count).unwrap_or_default(), scanned.is_ascii);
            Ok(())
        }
        _ => with_more_pieces(form, pairs_max, then),
    }
}

#[cold]
#[inline(never)]
fn with_more_pieces(form: &[u8], pairs_max: usize, then: impl FnOnce(&[Piece], bool)) -> Result<(), TooManyPairs> {
    let mut more = [Piece::default(); PAIRS_MORE];
    match pieces::scan(form, &mut more) {
        Ok(scanned) if scanned.count <= pairs_max => {
            then(more.get(..scanned.count).unwrap_or_default(), scanned.is_ascii);
        }
        _ => {
            let (many, scanned) = pieces::scan_many(form, pairs_max)?;
            then(&many, scanned.is_ascii);
        }
    }
    Ok(())
}

/// Decoded names and values.
pub(super) struct Pairs<'r> {
    text: &'r [u8],
    /// The [`Ends`] of each.
    ends: &'r [u64],
    start: usize,
}

impl<'r> Pairs<'r> {
    /// Calls `with` with the value of each pair called `name`, until it says that this is enough.
    #[inline(always)]
    pub(super) fn each_named(&self, name: &str, mut with: impl FnMut(&'r [u8]) -> bool) {
        let name = name.as_bytes();
        let (name_bytes, mut start) = (name.len() as u32, self.start as u32);
        for ends in self.ends {
            let ends = Ends::of(*ends);
            let place = start as usize..ends.name as usize;
            if ends.name - start == name_bytes && self.text.get(place) == Some(name) {
                let value = self.text.get(ends.name as usize..ends.value as usize).unwrap_or_default();
                if with(value) {
                    return;
                }
            }
            start = ends.value;
        }
    }
}

impl<'r> Iterator for Pairs<'r> {
    type Item = (&'r [u8], &'r [u8]);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let (ends, rest) = self.ends.split_first()?;
        let ends = Ends::of(*ends);
        let name = self.text.get(self.start..ends.name as usize).unwrap_or_default();
        let value = self.text.get(ends.name as usize..ends.value as usize).unwrap_or_default();
        (self.ends, self.start) = (rest, ends.value as usize);
        Some((name, value))
    }
}

/// The pairs of `form`, decoded and one after the other, by name alone: repeated ones as they were sent.
pub(super) fn in_order_of_names(form: &[u8]) -> Vec<u8> {
    let mut text = Vec::with_capacity(form.len());
    for piece in pieces::by_name(form) {
        [piece.name(), piece.value()].iter().for_each(|part| text.extend(Decoded::new(part.of(form))));
    }
    text
}

/// Writes the pairs of `form` that are at the places of `order`, decoded, into `text` from `at` on, and says where they end.
/// Each place in `order` gives way to the pair's [`Ends`].
#[inline(never)]
fn write_in_order(
    text: &mut [u8],
    at: usize,
    form: &[u8],
    pieces: &[Piece],
    order: &mut [u64],
    notes: &mut Notes<'_>,
) -> usize {
    let mut at = at;
    for slot in order {
        if let Some(piece) = pieces.get(*slot as usize) {
            let start = at;
            let ends = write_pair(text, at, form, piece, &mut notes.is_plain);
            *slot = ends.packed();
            let name_end = ends.name as usize;
            at = ends.value as usize;
            // Compared as an array, which takes no call.
            if name_end - start == ACCOUNT.len()
                && text.get(start..name_end).and_then(<[u8]>::first_chunk) == Some(ACCOUNT)
            {
                notes.is_another |= text.get(name_end..at) != Some(notes.account);
            }
        }
    }
    at
}

/// Writes a pair of `form`, decoded, into `text` from `at` on, and says where it ends; `is_plain` becomes false if what was
/// escaped is not ASCII or is NUL. There is room for the pair as it is in the form, and [`SLACK`] behind it, and decoding
/// makes nothing longer.
#[inline(always)]
fn write_pair(text: &mut [u8], at: usize, form: &[u8], piece: &Piece, is_plain: &mut bool) -> Ends {
    let (name, value) = (piece.name(), piece.value());
    let name_end = match name.is_plain {
        true => copy(text, at, form, name.start, name.end),
        false => write_escaped(text, at, form, (name.start, name.end), name.end, is_plain),
    };
    let end = match value.is_plain {
        true => copy(text, name_end, form, value.start, value.end),
        false => write_escaped(text, name_end, form, (value.start, value.end), piece.escaped_end(), is_plain),
    };
    Ends { name: name_end as u32, value: end as u32 }
}

/// Not inlined: the loop over the pairs is faster without it.
#[inline(never)]
fn write_escaped(
    text: &mut [u8],
    at: usize,
    form: &[u8],
    (start, end): (usize, usize),
    plain_from: usize,
    is_plain: &mut bool,
) -> usize {
    let mut at = at;
    let mut decoded = Decoded::new(form.get(start..end).unwrap_or_default());
    while start + decoded.read_bytes() < plain_from
        && let Some(byte) = decoded.next()
        && let Some(slot) = text.get_mut(at)
    {
        *slot = byte;
        at += 1;
        *is_plain &= matches!(byte, 1..0x80);
    }
    copy(text, at, form, start + decoded.read_bytes(), end)
}

/// Copies `form[start..end]`, mostly of a few bytes, for which a fixed number of bytes is faster than an exact one.
#[inline(always)]
fn copy(text: &mut [u8], at: usize, form: &[u8], start: usize, end: usize) -> usize {
    let length = end - start;
    let is_done = if length <= STEP {
        copy_step::<STEP>(text, at, form, start)
    } else {
        length <= TWO_STEPS && copy_step::<TWO_STEPS>(text, at, form, start)
    };
    if !is_done {
        text[at..at + length].copy_from_slice(&form[start..end]);
    }
    at + length
}

/// Whether there was room for it: in the form, for which its end is near.
#[inline(always)]
fn copy_step<const N: usize>(text: &mut [u8], at: usize, form: &[u8], start: usize) -> bool {
    let from = form.get(start..start + N).and_then(<[u8]>::first_chunk::<N>);
    let to = text.get_mut(at..at + N).and_then(<[u8]>::first_chunk_mut::<N>);
    match (from, to) {
        (Some(from), Some(to)) => {
            *to = *from;
            true
        }
        _ => false,
    }
}
