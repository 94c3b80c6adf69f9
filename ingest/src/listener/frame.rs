//! From a stream of bytes to whole packets. Pure; it knows lengths, and nothing of what is inside.
//!
//! A message above the limit is no reason to end a session: of a PUBLISH up to the ceiling the first part is
//! kept, for its dead letter, and the rest is thrown away as it comes. So a connection never holds more than
//! one packet of the limit.

use bytes::{Buf, Bytes, BytesMut};

/// What is kept of a message above the limit: the longest topic, the raw bytes of a dead letter, and room for
/// properties.
pub(crate) const KEPT: usize = 192 * 1024;
/// Most bytes of a fixed header: the type, and four of the length (MQTT 5 §2.1).
const HEADER_MAX: usize = 5;
/// The type PUBLISH.
const PUBLISH: u8 = 3;

/// A packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Frame {
    /// The first byte: type and flags.
    pub(crate) first: u8,
    /// Length of the fixed header.
    pub(crate) header: usize,
    /// The packet from its first byte on; cut where `size` is larger.
    pub(crate) bytes: Bytes,
    /// Bytes of the whole packet.
    pub(crate) size: usize,
}

impl Frame {
    /// The packet's type, 0 to 15.
    pub(crate) const fn kind(&self) -> u8 {
        self.first >> 4
    }

    /// Bytes after the fixed header, of those that were kept.
    pub(crate) fn remaining(&self) -> usize {
        self.bytes.len().saturating_sub(self.header)
    }

    /// Only the beginning was kept.
    pub(crate) fn is_cut(&self) -> bool {
        self.bytes.len() < self.size
    }
}

/// A packet of which not everything has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Begun {
    /// What is held of it in memory, bytes.
    pub(crate) kept: usize,
    /// The whole packet, bytes.
    pub(crate) size: usize,
}

/// Why a stream is not one of packets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FrameFault {
    /// A length of more than four bytes.
    Malformed,
    /// A packet above its limit.
    TooLarge,
}

/// Cuts a stream into packets.
#[derive(Debug)]
pub(crate) struct Framer {
    /// Largest packet that is kept whole.
    limit: usize,
    /// Largest PUBLISH that is read at all.
    ceiling: usize,
    /// The packet of which the rest is thrown away, and how much is to come.
    skipping: Option<(Frame, usize)>,
    /// The packet that has begun, once its length is known.
    begun: Option<Begun>,
}

impl Framer {
    pub(crate) const fn new(limit: usize, ceiling: usize) -> Self {
        Self { limit, ceiling, skipping: None, begun: None }
    }

    /// Other bounds from the next packet on.
    pub(crate) fn widen(&mut self, limit: usize, ceiling: usize) {
        (self.limit, self.ceiling) = (limit, ceiling);
    }

    /// The packet that has begun; `None` between packets and while its length is unknown.
    pub(crate) const fn begun(&self) -> Option<Begun> {
        self.begun
    }

    /// The next packet, taken off `buffer`; `None` until more has come.
    ///
    /// # Errors
    /// [`FrameFault`]; nothing after it can be told apart any more.
    pub(crate) fn next(&mut self, buffer: &mut BytesMut) -> Result<Option<Frame>, FrameFault> {
        if let Some((frame, rest)) = self.skipping.take() {
            let here = rest.min(buffer.len());
            buffer.advance(here);
            if here < rest {
                self.skipping = Some((frame, rest - here));
                return Ok(None);
            }
            self.begun = None;
            return Ok(Some(frame));
        }
        let Some((first, header, remaining)) = fixed_header(buffer)? else { return Ok(None) };
        let size = header + remaining;
        let kept = if size <= self.limit {
            size
        } else if first >> 4 == PUBLISH && size <= self.ceiling {
            size.min(KEPT)
        } else {
            return Err(FrameFault::TooLarge);
        };
        if buffer.len() < kept {
            self.begun = Some(Begun { kept, size });
            return Ok(None);
        }
        self.begun = None;
        let frame = Frame { first, header, bytes: buffer.split_to(kept).freeze(), size };
        if kept < size {
            // What is kept is copied: it may wait for a while, and must not hold the buffer that is read into.
            let frame = Frame { bytes: Bytes::copy_from_slice(&frame.bytes), ..frame };
            self.begun = Some(Begun { kept, size });
            self.skipping = Some((frame, size - kept));
            return self.next(buffer);
        }
        Ok(Some(frame))
    }
}

/// First byte, length of the header, and length of what follows; `None` until more has come.
fn fixed_header(buffer: &[u8]) -> Result<Option<(u8, usize, usize)>, FrameFault> {
    let Some((first, lengths)) = buffer.split_first() else { return Ok(None) };
    let mut remaining = 0usize;
    for (place, byte) in lengths.iter().take(HEADER_MAX - 1).enumerate() {
        remaining |= usize::from(byte & 0x7f) << (7 * place);
        if byte & 0x80 == 0 {
            return Ok(Some((*first, place + 2, remaining)));
        }
    }
    if lengths.len() >= HEADER_MAX - 1 { Err(FrameFault::Malformed) } else { Ok(None) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn packet(first: u8, remaining: usize) -> Vec<u8> {
        let mut bytes = vec![first];
        let mut left = remaining;
        loop {
            let low = u8::try_from(left % 128).unwrap();
            left /= 128;
            bytes.push(if left > 0 { low | 0x80 } else { low });
            if left == 0 {
                break;
            }
        }
        bytes.extend((0..remaining).map(|n| u8::try_from(n % 251).unwrap()));
        bytes
    }

    /// Feeds `bytes` in pieces and gives what comes out.
    fn feed(bytes: &[u8], pieces: &[usize], framer: &mut Framer) -> Result<Vec<Frame>, FrameFault> {
        let (mut buffer, mut frames) = (BytesMut::new(), Vec::new());
        let mut rest = bytes;
        let mut pieces = pieces.iter().copied().cycle();
        while !rest.is_empty() {
            let (piece, later) = rest.split_at(pieces.next().unwrap_or(1).clamp(1, rest.len()));
            buffer.extend_from_slice(piece);
            rest = later;
            while let Some(frame) = framer.next(&mut buffer)? {
                frames.push(frame);
            }
            assert!(buffer.len() <= framer.limit.max(KEPT) + piece.len(), "the buffer grows");
        }
        Ok(frames)
    }

    #[test]
    fn a_message_above_the_limit_is_cut_and_the_next_one_is_whole() {
        let mut bytes = packet(0x32, 3 * KEPT);
        let next = packet(0xc0, 0);
        bytes.extend_from_slice(&next);
        let mut framer = Framer::new(1_024, 4 * KEPT);
        let frames = feed(&bytes, &[10_000], &mut framer).unwrap();
        assert_eq!(frames.len(), 2);
        assert_eq!((frames[0].bytes.len(), frames[0].size), (KEPT, 3 * KEPT + 4));
        assert!(frames[0].is_cut());
        assert_eq!(frames[0].bytes, bytes[..KEPT]);
        assert_eq!(frames[1].bytes, next);
    }

    #[test]
    fn what_is_above_the_ceiling_or_no_message_ends_it() {
        let fault = |bytes: &[u8]| feed(bytes, &[1], &mut Framer::new(100, 200)).unwrap_err();
        assert_eq!(fault(&packet(0x32, 201)), FrameFault::TooLarge);
        assert_eq!(fault(&packet(0x82, 101)), FrameFault::TooLarge);
        assert_eq!(fault(&[0x30, 0xff, 0xff, 0xff, 0xff, 0x01]), FrameFault::Malformed);
    }

    proptest! {
        #[test]
        fn packets_come_out_as_they_went_in_however_they_are_cut(
            lengths in prop::collection::vec((0u8..16, 0usize..700), 1..8),
            pieces in prop::collection::vec(1usize..300, 1..10),
        ) {
            let packets: Vec<_> = lengths.iter().map(|(kind, length)| packet(kind << 4, *length)).collect();
            let frames = feed(&packets.concat(), &pieces, &mut Framer::new(1_000, 2_000)).unwrap();
            prop_assert_eq!(frames.len(), packets.len());
            for (frame, packet) in frames.iter().zip(&packets) {
                prop_assert_eq!(&frame.bytes[..], &packet[..]);
                prop_assert_eq!((frame.kind(), frame.is_cut()), (packet[0] >> 4, false));
                prop_assert_eq!(frame.header + frame.remaining(), packet.len());
            }
        }
    }
}
