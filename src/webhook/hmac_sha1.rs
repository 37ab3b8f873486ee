//! HMAC-SHA1 (RFC 2104) over a text that lies in one piece: all its blocks are hashed in one step, and nothing is copied.
//! The blocks are the crate `sha1`'s to hash; only the padding around them is done here.

use std::ops::Range;

use sha1::block_api::compress;
use sha1::{Digest, Sha1};

const BLOCK_BYTES: usize = 64;
/// How many bytes behind the text are overwritten at most: one, up to a block, and the length.
pub(super) const PADDING_BYTES: usize = BLOCK_BYTES + LENGTH_BYTES + 1;
const LENGTH_BYTES: usize = 8;

/// FIPS 180-4 §5.3.1.
const START: [u32; 5] = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0];

/// A key, hashed already into the two states from which each code begins.
#[derive(Clone)]
pub(super) struct HmacSha1 {
    inner: [u32; 5],
    outer: [u32; 5],
}

impl HmacSha1 {
    pub(super) fn new(secret: &[u8]) -> Self {
        let mut block = [0; BLOCK_BYTES];
        if secret.len() > block.len() {
            block.iter_mut().zip(Sha1::digest(secret)).for_each(|(slot, byte)| *slot = byte);
        } else {
            block.iter_mut().zip(secret).for_each(|(slot, byte)| *slot = *byte);
        }
        let keyed = |pad: u8| {
            let mut state = START;
            compress(&mut state, &[block.map(|byte| byte ^ pad)]);
            state
        };
        Self { inner: keyed(0x36), outer: keyed(0x5c) }
    }

    /// The code of `text[message]`; overwrites up to [`PADDING_BYTES`] behind it. `None` if there are fewer.
    #[inline(always)]
    pub(super) fn mac(&self, text: &mut [u8], message: Range<usize>) -> Option<[u8; CODE_BYTES]> {
        let length = message.len();
        // As much as there may be to fill, for that is faster than what there is.
        *text.get_mut(message.end..)?.first_chunk_mut()? = PADDING;
        let padded = (length + 1 + LENGTH_BYTES).div_ceil(BLOCK_BYTES) * BLOCK_BYTES;
        let text = text.get_mut(message.start..)?.get_mut(..padded)?;
        *text.last_chunk_mut()? = bits(length);
        let mut inner = self.inner;
        compress(&mut inner, text.as_chunks().0);

        let mut block = CODE_PADDED;
        write(&inner, &mut block);
        let mut outer = self.outer;
        compress(&mut outer, &[block]);
        let mut code = [0; CODE_BYTES];
        write(&outer, &mut code);
        Some(code)
    }
}

const CODE_BYTES: usize = 20;
/// FIPS 180-4 §5.1.1: one bit, zeros, and the length in bits.
const PADDING: [u8; PADDING_BYTES] = {
    let mut padding = [0; PADDING_BYTES];
    padding[0] = 0x80;
    padding
};
/// A block with room for a code, and its padding.
const CODE_PADDED: [u8; BLOCK_BYTES] = {
    let mut block = [0; BLOCK_BYTES];
    block[CODE_BYTES] = 0x80;
    if let Some(end) = block.last_chunk_mut() {
        *end = bits(CODE_BYTES);
    }
    block
};

/// The length in bits of what is hashed: a message, and the block of the key in front of it.
const fn bits(length: usize) -> [u8; LENGTH_BYTES] {
    ((BLOCK_BYTES as u64 + length as u64) * 8).to_be_bytes()
}

fn write(state: &[u32; 5], into: &mut [u8]) {
    for (word, bytes) in state.iter().zip(into.chunks_exact_mut(4)) {
        bytes.copy_from_slice(&word.to_be_bytes());
    }
}
