//! Pictures of a simulated camera: H.264 that plays in a loop.
//!
//! A clip is a file of our own (`.pclip`), because a raw elementary stream does not say its frame rate and must
//! be searched for boundaries. All numbers are big-endian:
//!
//! | bytes | content |
//! |---|---|
//! | 6 | `PCLIP1` |
//! | 2, 2, 2 | width, height, pictures a second |
//! | 2, 2 | number of access units of the loop, and of those of the standing picture |
//! | 2 + n | SPS, its length before it; then the PPS in the same way |
//! | … | the access units of the loop, then those of the standing picture |
//!
//! An access unit is one byte of flags (1: key frame), four bytes of length, and that many bytes of NAL units,
//! each with its length in four bytes before it. The first access unit of the loop is a key frame. The standing
//! picture is what an encoder makes of a picture that no longer changes after that first key frame: without it a
//! frozen camera could only be shown as a stream of nothing but key frames.

use bytes::{Buf, BufMut, Bytes, BytesMut};

const MAGIC: &[u8; 6] = b"PCLIP1";
const KEY: u8 = 1;

/// One picture, encoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessUnit {
    /// It can be decoded without any before it.
    pub key: bool,
    /// Its NAL units, without start codes and without parameter sets.
    pub nals: Vec<Bytes>,
}

impl AccessUnit {
    /// Bytes of all NAL units together.
    #[must_use]
    pub fn len(&self) -> usize {
        self.nals.iter().map(Bytes::len).sum()
    }
    /// It has no NAL unit.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.nals.is_empty()
    }
}

/// Pictures that play in a loop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clip {
    /// Width in pixels.
    pub width: u16,
    /// Height in pixels.
    pub height: u16,
    /// Pictures a second, at least 1.
    pub fps: u16,
    /// Sequence parameter set.
    pub sps: Bytes,
    /// Picture parameter set.
    pub pps: Bytes,
    /// The loop; the first is a key frame.
    pub units: Vec<AccessUnit>,
    /// What follows the first key frame while the picture stands still; may be empty.
    pub still: Vec<AccessUnit>,
}

/// Why bytes are no clip.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ClipError {
    /// Other bytes at the start.
    #[error("does not begin like a clip")]
    Magic,
    /// The end comes too early.
    #[error("ends in the middle")]
    Short,
    /// Bytes after the end.
    #[error("goes on after its end")]
    Long,
    /// The loop is empty, begins with no key frame, or has no frame rate.
    #[error("cannot be played in a loop")]
    Loop,
    /// A part is longer than its length can say.
    #[error("has a part that is too large")]
    TooLarge,
}

impl Clip {
    /// Reads a clip.
    ///
    /// # Errors
    /// [`ClipError`] says what is wrong with the bytes.
    pub fn decode(mut file: Bytes) -> Result<Self, ClipError> {
        if take(&mut file, MAGIC.len())? != MAGIC.as_slice() {
            return Err(ClipError::Magic);
        }
        let mut number = || file.try_get_u16().or(Err(ClipError::Short));
        let (width, height, fps) = (number()?, number()?, number()?);
        let (units, still) = (number()?, number()?);
        let sps = usize::from(number()?);
        let sps = take(&mut file, sps)?;
        let pps = usize::from(file.try_get_u16().or(Err(ClipError::Short))?);
        let pps = take(&mut file, pps)?;
        let units = (0..units).map(|_| unit(&mut file)).collect::<Result<Vec<_>, _>>()?;
        let still = (0..still).map(|_| unit(&mut file)).collect::<Result<Vec<_>, _>>()?;
        if file.has_remaining() {
            return Err(ClipError::Long);
        }
        if fps == 0 || !units.first().is_some_and(|first| first.key) {
            return Err(ClipError::Loop);
        }
        Ok(Self { width, height, fps, sps, pps, units, still })
    }

    /// Writes a clip.
    ///
    /// # Errors
    /// [`ClipError::TooLarge`] when a part is longer than the format can say.
    pub fn encode(&self) -> Result<Bytes, ClipError> {
        let mut file = BytesMut::new();
        file.put_slice(MAGIC);
        for number in [self.width, self.height, self.fps, short(self.units.len())?, short(self.still.len())?]
        {
            file.put_u16(number);
        }
        for set in [&self.sps, &self.pps] {
            file.put_u16(short(set.len())?);
            file.put_slice(set);
        }
        for unit in self.units.iter().chain(&self.still) {
            file.put_u8(if unit.key { KEY } else { 0 });
            file.put_u32(long(unit.len() + 4 * unit.nals.len())?);
            for nal in &unit.nals {
                file.put_u32(long(nal.len())?);
                file.put_slice(nal);
            }
        }
        Ok(file.freeze())
    }

    /// How long the loop is, in microseconds.
    #[must_use]
    pub fn micros(&self) -> u64 {
        u64::try_from(self.units.len()).unwrap_or(u64::MAX).saturating_mul(1_000_000)
            / u64::from(self.fps.max(1))
    }
}

fn short(length: usize) -> Result<u16, ClipError> {
    u16::try_from(length).or(Err(ClipError::TooLarge))
}

fn long(length: usize) -> Result<u32, ClipError> {
    u32::try_from(length).or(Err(ClipError::TooLarge))
}

fn take(file: &mut Bytes, length: usize) -> Result<Bytes, ClipError> {
    if file.remaining() < length {
        return Err(ClipError::Short);
    }
    Ok(file.split_to(length))
}

fn unit(file: &mut Bytes) -> Result<AccessUnit, ClipError> {
    let flags = file.try_get_u8().or(Err(ClipError::Short))?;
    let length = file.try_get_u32().or(Err(ClipError::Short))?;
    let mut body = take(file, usize::try_from(length).or(Err(ClipError::Short))?)?;
    let mut nals = Vec::new();
    while body.has_remaining() {
        let length = body.try_get_u32().or(Err(ClipError::Short))?;
        nals.push(take(&mut body, usize::try_from(length).or(Err(ClipError::Short))?)?);
    }
    Ok(AccessUnit { key: flags & KEY != 0, nals })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn small() -> Clip {
        let unit = |key, byte: u8| AccessUnit {
            key,
            nals: vec![Bytes::from(vec![byte; 9]), Bytes::from_static(&[6])],
        };
        Clip {
            width: 640,
            height: 360,
            fps: 15,
            sps: Bytes::from_static(&[0x67, 1]),
            pps: Bytes::from_static(&[0x68, 2, 3]),
            units: vec![unit(true, 0x65), unit(false, 0x41)],
            still: vec![unit(false, 0x42)],
        }
    }

    #[test]
    fn a_clip_survives_its_file() {
        let clip = small();
        assert_eq!(Clip::decode(clip.encode().unwrap()).unwrap(), clip);
    }

    #[test]
    fn a_cut_file_is_refused_wherever_it_is_cut() {
        let file = small().encode().unwrap();
        for length in 0..file.len() {
            assert!(Clip::decode(file.slice(..length)).is_err(), "{length} bytes were taken");
        }
    }

    #[test]
    fn a_clip_that_cannot_loop_is_refused() {
        let mut clip = small();
        clip.units.remove(0);
        assert_eq!(Clip::decode(clip.encode().unwrap()), Err(ClipError::Loop));
    }
}
