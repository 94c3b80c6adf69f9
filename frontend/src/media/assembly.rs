//! Puts the chunks of a frame together, one assembler per tile.

use pantau_schemas::media::Header;

/// Largest frame, bytes: a 4K key frame at the highest quality is below 2 MiB.
pub const MAX_FRAME: usize = 4 * 1024 * 1024;

/// A whole access unit.
#[derive(Debug, PartialEq, Eq)]
pub struct Frame {
    /// Header of its first chunk, with the flags that hold for the whole.
    pub header: Header,
    /// Length-prefixed NAL units.
    pub data: Vec<u8>,
}

/// What a chunk led to.
#[derive(Debug, PartialEq, Eq)]
pub enum Assembled {
    /// The frame is not complete yet.
    Waiting,
    /// The frame is complete.
    Whole(Frame),
    /// Chunks do not fit together: the frame is lost, and so are those that depend on it.
    Broken,
}

/// Collects the chunks of one frame at a time.
#[derive(Debug, Default)]
pub struct Assembler {
    partial: Option<Frame>,
}

impl Assembler {
    /// Takes the next chunk of this tile.
    pub fn take(&mut self, header: Header, payload: &[u8]) -> Assembled {
        let offset = usize::try_from(header.offset).unwrap_or(usize::MAX);
        let mut frame = match self.partial.take() {
            None if offset == 0 => Frame { header, data: Vec::with_capacity(payload.len()) },
            None => return Assembled::Broken,
            // A new frame before the old one ended: the old one is lost, the new one may be whole.
            Some(old) if old.header.sequence != header.sequence && offset == 0 => {
                let mut header = header;
                header.flags.discontinuity = true;
                Frame { header, data: Vec::with_capacity(payload.len()) }
            }
            Some(old) if old.header.sequence == header.sequence && old.data.len() == offset => old,
            Some(_) => return Assembled::Broken,
        };
        if frame.data.len() + payload.len() > MAX_FRAME {
            return Assembled::Broken;
        }
        frame.data.extend_from_slice(payload);
        frame.header.flags.more = header.flags.more;
        if header.flags.more {
            self.partial = Some(frame);
            return Assembled::Waiting;
        }
        Assembled::Whole(frame)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pantau_schemas::media::Flags;
    use pantau_schemas::time::Timestamp;

    fn header(sequence: u32, offset: u32, more: bool) -> Header {
        Header {
            flags: Flags { more, key: true, ..Flags::default() },
            tile: 1,
            sequence,
            capture: Timestamp::EPOCH,
            received: Timestamp::EPOCH,
            payload_len: 0,
            offset,
        }
    }

    #[test]
    fn chunks_become_the_frame_they_were() {
        let mut assembler = Assembler::default();
        assert_eq!(assembler.take(header(7, 0, true), b"abc"), Assembled::Waiting);
        assert_eq!(assembler.take(header(7, 3, true), b"de"), Assembled::Waiting);
        let Assembled::Whole(frame) = assembler.take(header(7, 5, false), b"f") else { panic!("not whole") };
        assert_eq!((frame.data.as_slice(), frame.header.flags.key), (b"abcdef".as_slice(), true));
    }

    #[test]
    fn a_frame_that_never_ended_is_seen_by_the_next_one() {
        let mut assembler = Assembler::default();
        assert_eq!(assembler.take(header(7, 0, true), b"abc"), Assembled::Waiting);
        let Assembled::Whole(frame) = assembler.take(header(8, 0, false), b"x") else { panic!("not whole") };
        assert!(frame.header.flags.discontinuity, "the decoder would show a smear");
    }

    #[test]
    fn a_missing_chunk_breaks_the_frame_and_only_that() {
        let mut assembler = Assembler::default();
        assert_eq!(assembler.take(header(7, 0, true), b"abc"), Assembled::Waiting);
        assert_eq!(assembler.take(header(7, 9, false), b"x"), Assembled::Broken);
        assert_eq!(assembler.take(header(8, 4, false), b"x"), Assembled::Broken);
        assert!(matches!(assembler.take(header(9, 0, false), b"x"), Assembled::Whole(_)));
    }

    #[test]
    fn a_frame_without_end_does_not_eat_the_memory() {
        let mut assembler = Assembler::default();
        let chunk = vec![0; 1024 * 1024];
        let results: Vec<bool> = (0..5_u32)
            .map(|n| assembler.take(header(1, n * 1024 * 1024, true), &chunk) == Assembled::Waiting)
            .collect();
        assert_eq!(results, [true, true, true, true, false]);
    }
}
