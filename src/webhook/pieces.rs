//! Where the pairs of a form lie and in which order they are signed; nothing of the form is copied for it.

use std::cmp::Ordering;

use super::form::{Decoded, TooManyPairs};

/// One pair as written, by offsets into its form, which is shorter than 2 GiB.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Piece {
    start: u32,
    /// Without [`NAME_ESCAPED`].
    name_end: u32,
    end: u32,
    /// Where the last `+` or `%` ends; 0 if there is none. With [`NAME_ESCAPED`] if the name has one.
    escaped: u32,
}

const NAME_ESCAPED: u32 = 1 << 31;

/// A name or value as written.
#[derive(Clone, Copy)]
pub(super) struct Part {
    pub(super) start: usize,
    pub(super) end: usize,
    /// From here on every byte stands for itself.
    pub(super) plain_from: usize,
}

impl Part {
    pub(super) fn of<'f>(&self, form: &'f [u8]) -> &'f [u8] {
        form.get(self.start..self.end).unwrap_or_default()
    }

    #[inline(always)]
    pub(super) fn is_plain(&self) -> bool {
        self.plain_from <= self.start
    }
}

impl Piece {
    #[inline(always)]
    pub(super) fn name(&self) -> Part {
        let plain_from = if self.escaped & NAME_ESCAPED == 0 { 0 } else { self.name_end };
        Part { start: self.start as usize, end: self.name_end as usize, plain_from: plain_from as usize }
    }

    #[inline(always)]
    pub(super) fn value(&self) -> Part {
        let start = (self.name_end + 1).min(self.end);
        let plain_from = self.escaped & !NAME_ESCAPED;
        Part { start: start as usize, end: self.end as usize, plain_from: plain_from as usize }
    }

    /// The first seven bytes of the decoded name as a number that sorts as they do; the lowest byte is left for others.
    #[inline(always)]
    fn prefix(&self, form: &[u8]) -> u64 {
        let name = self.name();
        let length = (name.end - name.start).min(7);
        match form.get(name.start..).and_then(<[u8]>::first_chunk) {
            Some(word) if name.is_plain() && length > 0 => u64::from_be_bytes(*word) & (u64::MAX << (64 - 8 * length)),
            _ => prefix_of(name.of(form)),
        }
    }
}

#[cold]
fn prefix_of(name: &[u8]) -> u64 {
    let mut bytes = [0; 8];
    bytes.iter_mut().take(7).zip(Decoded::new(name)).for_each(|(slot, byte)| *slot = byte);
    u64::from_be_bytes(bytes)
}

/// Compares the decoded bytes of two pairs: first the names, then the values.
fn compare(form: &[u8], a: &Piece, b: &Piece) -> Ordering {
    compare_parts(form, a.name(), b.name()).then_with(|| compare_parts(form, a.value(), b.value()))
}

fn compare_parts(form: &[u8], a: Part, b: Part) -> Ordering {
    match a.is_plain() && b.is_plain() {
        true => a.of(form).cmp(b.of(form)),
        false => Decoded::new(a.of(form)).cmp(Decoded::new(b.of(form))),
    }
}

/// More pairs than there was room for.
pub(super) struct Full;

/// Puts the pairs of `form` into `pieces` in the order they were written, empty ones left out, and says how many they are.
#[inline(never)]
pub(super) fn scan(form: &[u8], pieces: &mut [Piece]) -> Result<usize, Full> {
    const WORD_BYTES: usize = 8;
    let (words, rest) = form.as_chunks::<WORD_BYTES>();
    let mut last = [b'0'; WORD_BYTES];
    last.iter_mut().zip(rest).for_each(|(slot, byte)| *slot = *byte);

    let mut count = 0;
    let mut open = Open::at(0);
    for (at, word) in words.iter().chain([&last]).enumerate() {
        let mut marks = marks(word);
        while marks != 0 {
            let at = at * WORD_BYTES + (marks.trailing_zeros() / 8) as usize;
            marks &= marks - 1;
            let Some(&mark) = form.get(at) else { continue };
            // One test after the other: what is most likely first, and no table of jumps.
            if mark == b'=' && open.name_end == NONE {
                open.name_end = at as u32;
                open.name_escaped = open.escaped;
            } else if mark == b'&' {
                count += usize::from(open.close(at, pieces.get_mut(count))?);
                open = Open::at(at + 1);
            } else if mark == b'%' || mark == b'+' {
                open.escaped = at as u32 + 1;
            }
        }
    }
    count += usize::from(open.close(form.len(), pieces.get_mut(count))?);
    Ok(count)
}

const NONE: u32 = u32::MAX;

/// A pair of which the end has not been found.
struct Open {
    start: u32,
    name_end: u32,
    name_escaped: u32,
    escaped: u32,
}

impl Open {
    #[inline(always)]
    fn at(start: usize) -> Self {
        Self { start: start as u32, name_end: NONE, name_escaped: 0, escaped: 0 }
    }

    /// Whether there is a pair; it is in `slot` then.
    #[inline(always)]
    fn close(&self, end: usize, slot: Option<&mut Piece>) -> Result<bool, Full> {
        let end = end as u32;
        if end == self.start {
            return Ok(false);
        }
        let name_escaped = if self.name_end == NONE { self.escaped } else { self.name_escaped };
        let flag = if name_escaped == 0 { 0 } else { NAME_ESCAPED };
        let name_end = self.name_end.min(end);
        *slot.ok_or(Full)? = Piece { start: self.start, name_end, end, escaped: self.escaped | flag };
        Ok(true)
    }
}

/// The high bit of each byte of `word` that is `=` or below `,`: that is `%`, `&`, `+` and few others. All eight at once.
#[inline(always)]
fn marks(word: &[u8; 8]) -> u64 {
    const EACH: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x80 * EACH;
    let word = u64::from_le_bytes(*word);
    let low = word & !HIGH;
    // With the high bit set no byte borrows from the next one, and without it none carries into it.
    let not_below = (low | HIGH) - EACH * 0x2c;
    let not_equals = (low ^ (EACH * 0x3d)) + !HIGH;
    !(not_below & not_equals) & !word & HIGH
}

/// How many pairs [`scan`] can need room for, though not more than one above `pairs_max`.
pub(super) fn count_at_most(form: &[u8], pairs_max: usize) -> usize {
    let ends = form.iter().filter(|byte| **byte == b'&').count();
    (ends + 1).min(pairs_max.saturating_add(1))
}

/// [`scan`] for a form that has more pairs than fit on the stack.
#[cold]
pub(super) fn scan_many(form: &[u8], pairs_max: usize) -> Result<Vec<Piece>, TooManyPairs> {
    let mut pieces = vec![Piece::default(); count_at_most(form, pairs_max)];
    let count = scan(form, &mut pieces).map_err(|Full| TooManyPairs { pairs_max })?;
    if count > pairs_max {
        return Err(TooManyPairs { pairs_max });
    }
    pieces.truncate(count);
    Ok(pieces)
}

/// Puts the places of `pieces` into `order`, which has room for them, as they are signed, and says how many they are: by the
/// bytes of the decoded name, then of the value, each pair once (twilio-python and twilio-node: the values of a repeated
/// name are made unique and sorted).
#[inline(always)]
pub(super) fn signing_order(form: &[u8], pieces: &[Piece], order: &mut [u64]) -> usize {
    const PLACE: u64 = 0xff;
    if pieces.len() > PLACE as usize {
        return signing_order_of_many(form, pieces, order);
    }
    // A number of the first bytes and the place sorts faster than the texts; where the first bytes agree, the texts decide.
    let order = order.get_mut(..pieces.len()).unwrap_or_default();
    for (place, (key, piece)) in order.iter_mut().zip(pieces).enumerate() {
        *key = piece.prefix(form) | place as u64;
    }
    order.sort_unstable();
    let is_alike = |pair: &[u64]| matches!(pair, [a, b] if (a ^ b) <= PLACE);
    let count = if order.windows(2).any(is_alike) { settle(form, pieces, order) } else { order.len() };
    order.iter_mut().for_each(|key| *key &= PLACE);
    count
}

/// Sorts those of `order` of which the first bytes are alike by everything, and leaves repeated pairs out.
fn settle(form: &[u8], pieces: &[Piece], order: &mut [u64]) -> usize {
    const PLACE: u64 = 0xff;
    let piece = |key: u64| pieces.get((key & PLACE) as usize);
    let compare = |a: u64, b: u64| piece(a).zip(piece(b)).map_or(Ordering::Equal, |(a, b)| compare(form, a, b));
    let mut repeats = false;
    for alike in order.chunk_by_mut(|a, b| (a ^ b) <= PLACE) {
        match alike {
            [_] => {}
            [a, b] => match compare(*a, *b) {
                Ordering::Less => {}
                Ordering::Equal => repeats = true,
                Ordering::Greater => std::mem::swap(a, b),
            },
            many => {
                many.sort_unstable_by(|a, b| compare(*a, *b));
                repeats |= many.windows(2).any(|pair| matches!(pair, [a, b] if compare(*a, *b).is_eq()));
            }
        }
    }
    if !repeats {
        return order.len();
    }
    let mut kept = order.to_vec();
    kept.dedup_by(|a, b| (*a ^ *b) <= PLACE && compare(*a, *b).is_eq());
    order.iter_mut().zip(&kept).for_each(|(slot, key)| *slot = *key);
    kept.len()
}

#[cold]
fn signing_order_of_many(form: &[u8], pieces: &[Piece], order: &mut [u64]) -> usize {
    let mut pieces: Vec<(&Piece, u64)> = pieces.iter().zip(0..).collect();
    pieces.sort_unstable_by(|(a, _), (b, _)| compare(form, a, b));
    pieces.dedup_by(|(a, _), (b, _)| compare(form, a, b).is_eq());
    order.iter_mut().zip(&pieces).for_each(|(slot, (_, place))| *slot = *place);
    pieces.len()
}

/// The pairs of `form` by the bytes of the decoded name alone: the values of a repeated name stay as they were sent.
pub(super) fn by_name(form: &[u8]) -> Vec<Piece> {
    let mut pieces = scan_many(form, usize::MAX).unwrap_or_default();
    pieces.sort_by(|a, b| compare_parts(form, a.name(), b.name()));
    pieces
}
