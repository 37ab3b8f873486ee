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
    /// Where the last byte ends that may not stand for itself: `+` or `%`, or another one below `,`; 0 if there is none.
    /// With [`NAME_ESCAPED`] if the name has one.
    escaped: u32,
}

const NAME_ESCAPED: u32 = 1 << 31;

/// A name or value as written.
#[derive(Clone, Copy)]
pub(super) struct Part {
    pub(super) start: usize,
    pub(super) end: usize,
    /// Whether every byte stands for itself.
    pub(super) is_plain: bool,
}

impl Part {
    pub(super) fn of<'f>(&self, form: &'f [u8]) -> &'f [u8] {
        form.get(self.start..self.end).unwrap_or_default()
    }
}

impl Piece {
    #[inline(always)]
    pub(super) fn name(&self) -> Part {
        let is_plain = self.escaped & NAME_ESCAPED == 0;
        Part { start: self.start as usize, end: self.name_end as usize, is_plain }
    }

    #[inline(always)]
    pub(super) fn value(&self) -> Part {
        let start = (self.name_end + 1).min(self.end);
        Part { start: start as usize, end: self.end as usize, is_plain: self.escaped & !NAME_ESCAPED <= start }
    }

    /// Behind this every byte stands for itself.
    #[inline(always)]
    pub(super) fn escaped_end(&self) -> usize {
        (self.escaped & !NAME_ESCAPED) as usize
    }

    /// The first seven bytes of the decoded name as a number that sorts as they do; the lowest byte is left for others.
    #[inline(always)]
    fn prefix(&self, form: &[u8]) -> u64 {
        /// By how many bytes of the word belong to the name.
        const KEPT: [u64; 8] = {
            let mut kept = [0; 8];
            let mut bytes = 1;
            while bytes < 8 {
                kept[bytes] = u64::MAX << (64 - 8 * bytes);
                bytes += 1;
            }
            kept
        };
        let (start, length) = (self.start as usize, (self.name_end - self.start).min(7));
        match form.get(start..start + WORD_BYTES).and_then(<[u8]>::first_chunk) {
            Some(word) if self.escaped & NAME_ESCAPED == 0 => u64::from_be_bytes(*word) & KEPT[length as usize],
            _ => prefix_of(self.name().of(form)),
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
    match a.is_plain && b.is_plain {
        true => a.of(form).cmp(b.of(form)),
        false => Decoded::new(a.of(form)).cmp(Decoded::new(b.of(form))),
    }
}

/// More pairs than there was room for.
pub(super) struct Full;

/// What [`scan`] found.
#[derive(Clone, Copy)]
pub(super) struct Scanned {
    /// How many pairs there are.
    pub(super) count: usize,
    /// Whether the form is ASCII, as written.
    pub(super) is_ascii: bool,
}

pub(super) const WORD_BYTES: usize = 8;
const NONE: u32 = u32::MAX;

/// Puts the pairs of `form` into `pieces` in the order they were written, empty ones left out.
#[inline(never)]
pub(super) fn scan(form: &[u8], pieces: &mut [Piece]) -> Result<Scanned, Full> {
    let (words, rest) = form.as_chunks::<WORD_BYTES>();
    let mut last = [b'0'; WORD_BYTES];
    last.iter_mut().zip(rest).for_each(|(slot, byte)| *slot = *byte);
    let mut scan = Scan { pieces, count: 0, start: 0, name_end: NONE, escape: NONE, escaped: 0 };
    let mut at = 0;
    for word in words {
        scan.word(at, u64::from_le_bytes(*word))?;
        at += WORD_BYTES as u32;
    }
    scan.word(at, u64::from_le_bytes(last))?;
    scan.close(form.len() as u32)?;
    Ok(Scanned { count: scan.count, is_ascii: form.is_ascii() })
}

/// With as little as can be known of a pair of which the end has not been found: the loop is short of registers.
struct Scan<'p> {
    pieces: &'p mut [Piece],
    count: usize,
    start: u32,
    name_end: u32,
    /// Where the first byte is that may not stand for itself.
    escape: u32,
    /// Where the last one ends.
    escaped: u32,
}

impl Scan<'_> {
    #[inline(always)]
    fn word(&mut self, at: u32, word: u64) -> Result<(), Full> {
        let ascii = word & !HIGH;
        // The high bit of each byte that is neither `=` nor below `,`: no byte carries into the next one.
        let others = ((ascii ^ (EACH * 0x3d)) + !HIGH) & (ascii + (HIGH - EACH * 0x2c));
        let mut marks = !(others | word) & HIGH;
        while marks != 0 {
            let bit = marks.trailing_zeros();
            let at = at + bit / 8;
            marks &= marks - 1;
            // One test after the other, what is most likely first: a table of jumps is slower.
            let byte = (word >> (bit & !7)) as u8;
            if byte == b'=' {
                self.name_end = self.name_end.min(at);
            } else if byte == b'&' {
                self.close(at)?;
            } else {
                // `+` or `%`, or a byte such as NUL that needs a second look and is in no ordinary form.
                (self.escape, self.escaped) = (self.escape.min(at), at + 1);
            }
        }
        Ok(())
    }

    #[inline(always)]
    fn close(&mut self, end: u32) -> Result<(), Full> {
        if end != self.start {
            let name_end = self.name_end.min(end);
            let flag = if self.escape < name_end { NAME_ESCAPED } else { 0 };
            *self.pieces.get_mut(self.count).ok_or(Full)? =
                Piece { start: self.start, name_end, end, escaped: self.escaped | flag };
            self.count += 1;
        }
        (self.start, self.name_end, self.escape, self.escaped) = (end + 1, NONE, NONE, 0);
        Ok(())
    }
}

/// One of each byte.
const EACH: u64 = 0x0101_0101_0101_0101;
/// The high bit of each byte.
pub(super) const HIGH: u64 = 0x80 * EACH;

/// The high bit of each byte of `word` that is below `limit`, which is ASCII; the other bits mean nothing.
#[inline(always)]
pub(super) fn below(word: u64, limit: u8) -> u64 {
    // With the high bit set no byte borrows from the next one.
    !((word | HIGH) - EACH * u64::from(limit)) & !word
}

/// The high bit of each byte of `word` that is `byte`, which is ASCII; the other bits mean nothing.
#[inline(always)]
pub(super) fn equal(word: u64, byte: u8) -> u64 {
    // Without the high bit no byte carries into the next one.
    !(((word & !HIGH) ^ (EACH * u64::from(byte))) + !HIGH) & !word
}

/// How many pairs [`scan`] can need room for, though not more than one above `pairs_max`.
pub(super) fn count_at_most(form: &[u8], pairs_max: usize) -> usize {
    let ends = form.iter().filter(|byte| **byte == b'&').count();
    (ends + 1).min(pairs_max.saturating_add(1))
}

/// [`scan`] for a form that has more pairs than fit on the stack.
#[cold]
pub(super) fn scan_many(form: &[u8], pairs_max: usize) -> Result<(Vec<Piece>, Scanned), TooManyPairs> {
    let mut pieces = vec![Piece::default(); count_at_most(form, pairs_max)];
    let scanned = scan(form, &mut pieces).map_err(|Full| TooManyPairs { pairs_max })?;
    if scanned.count > pairs_max {
        return Err(TooManyPairs { pairs_max });
    }
    pieces.truncate(scanned.count);
    Ok((pieces, scanned))
}

/// Puts the places of `pieces` into `order`, which has room for them, as they are signed, and says how many they are: by the
/// bytes of the decoded name, then of the value, each pair once (twilio-python and twilio-node: the values of a repeated
/// name are made unique and sorted).
#[inline(never)]
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
    let piece = |key: u64| pieces.get((key & PLACE) as usize);
    let (mut compared, mut before) = (0, u64::MAX);
    for at in 0..order.len() {
        if order[at] ^ before > PLACE {
            before = order[at];
            continue;
        }
        let mut at = at;
        while at > 0 && order[at] ^ order[at - 1] <= PLACE {
            compared += 1;
            match piece(order[at]).zip(piece(order[at - 1])).map(|(this, before)| compare(form, this, before)) {
                Some(Ordering::Less) if compared <= 2 * pieces.len() => order.swap(at, at - 1),
                Some(Ordering::Greater) => break,
                // A repeated pair, or a form that was made to be slow to sort so.
                _ => return signing_order_of_many(form, pieces, order),
            }
            at -= 1;
        }
    }
    order.iter_mut().for_each(|key| *key &= PLACE);
    order.len()
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
    let mut pieces = scan_many(form, usize::MAX).map(|(pieces, _)| pieces).unwrap_or_default();
    pieces.sort_by(|a, b| compare_parts(form, a.name(), b.name()));
    pieces
}
