//! A clip made ready for sending: every access unit already cut into RTP packets.
//!
//! Many simulated cameras share a machine with the server that is measured, so all cutting is done once. What
//! remains for a picture is one copy and, for each packet, its sequence number, time and source (RFC 3550, 5.1).
//! The packets are framed for one TCP connection (RFC 2326, 10.12) on channel 0.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::{BufMut, Bytes, BytesMut};

use super::clip::{AccessUnit, Clip};

/// Payload bytes of one RTP packet: what fits an Ethernet frame.
const PAYLOAD: usize = 1400;
/// Interleaved framing and RTP header.
const HEADER: usize = 4 + 12;
/// RTP payload type of the video.
pub(crate) const PAYLOAD_TYPE: u8 = 96;
/// RTP clock of video, Hz.
pub const RTP_CLOCK: u32 = 90_000;

const FU_A: u8 = 28;
const STAP_A: u8 = 24;
const NAL_TYPE: u8 = 0x1f;
const NAL_IMPORTANCE: u8 = 0xe0;

/// Marks the SEI message that carries the time of sending.
const STAMP_UUID: [u8; 16] = *b"pantau-send-time";
/// Length of the SEI payload: the mark and 16 hexadecimal digits.
const STAMP_PAYLOAD: u8 = 32;

/// Where a packet of a template begins, and whether it is the last.
#[derive(Debug, Clone)]
struct Template {
    bytes: Vec<u8>,
    packets: Vec<usize>,
    key: bool,
    stamp: Option<usize>,
}

/// A clip, cut into packets.
#[derive(Debug, Clone)]
pub struct Film {
    fps: u16,
    units: Vec<Template>,
    still: Vec<Template>,
    attributes: String,
}

/// The numbers that differ from sending to sending.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stamp {
    pub(crate) sequence: u16,
    pub(crate) timestamp: u32,
    pub(crate) source: u32,
    pub(crate) sent_micros: i64,
}

/// One picture on its way.
#[derive(Debug)]
pub(crate) struct Packets {
    pub(crate) bytes: Bytes,
    pub(crate) count: u16,
    pub(crate) octets: u32,
}

impl Film {
    /// Cuts a clip into packets. With `stamped`, each picture begins with an SEI message that
    /// [`sent_time`] reads: when it was sent, for measuring latency.
    #[must_use]
    pub fn new(clip: &Clip, stamped: bool) -> Self {
        let cut = |unit: &AccessUnit| Template::new(clip, unit, stamped);
        let still = if clip.still.is_empty() {
            // Without a standing picture, the first group again and again stands in for it.
            let rest = clip.units.iter().skip(1).take_while(|unit| !unit.key);
            clip.units.iter().take(1).chain(rest).map(cut).collect()
        } else {
            clip.units.iter().take(1).chain(&clip.still).map(cut).collect()
        };
        let level: String = clip.sps.iter().skip(1).take(3).map(|byte| format!("{byte:02X}")).collect();
        let attributes = format!(
            "a=rtpmap:{PAYLOAD_TYPE} H264/{RTP_CLOCK}\r\n\
             a=fmtp:{PAYLOAD_TYPE} packetization-mode=1;profile-level-id={level};sprop-parameter-sets={},{}\r\n\
             a=framerate:{}\r\n",
            STANDARD.encode(&clip.sps),
            STANDARD.encode(&clip.pps),
            clip.fps,
        );
        Self { fps: clip.fps, units: clip.units.iter().map(cut).collect(), still, attributes }
    }

    /// Pictures a second.
    #[must_use]
    pub const fn fps(&self) -> u16 {
        self.fps
    }

    /// The lines of a session description that belong to the video.
    pub(crate) fn attributes(&self) -> &str {
        &self.attributes
    }

    /// The place in the loop after `place`.
    pub(crate) fn after(&self, place: usize) -> usize {
        if place + 1 < self.units.len() { place + 1 } else { 0 }
    }

    /// The first key frame at or after `place`.
    pub(crate) fn key_from(&self, place: usize) -> usize {
        let later = self.units.iter().enumerate().skip(place).find(|(_, unit)| unit.key);
        later.map_or(0, |(place, _)| place)
    }

    pub(crate) fn is_key(&self, place: usize) -> bool {
        self.units.get(place).is_some_and(|unit| unit.key)
    }

    /// The packets of a place in the loop.
    pub(crate) fn packets(&self, place: usize, stamp: Stamp) -> Option<Packets> {
        self.units.get(place).map(|unit| unit.packets(stamp))
    }

    /// The packets of a standing picture, and whether they are its key frame.
    pub(crate) fn standing(&self, place: usize, stamp: Stamp) -> Option<(Packets, bool)> {
        let unit = self.still.get(place.checked_rem(self.still.len())?)?;
        Some((unit.packets(stamp), unit.key))
    }
}

impl Template {
    fn new(clip: &Clip, unit: &AccessUnit, stamped: bool) -> Self {
        let mut template = Self { bytes: Vec::new(), packets: Vec::new(), key: unit.key, stamp: None };
        if unit.key {
            let mut sets = BytesMut::new();
            sets.put_u8(STAP_A | NAL_IMPORTANCE & clip.sps.first().copied().unwrap_or(0));
            for set in [&clip.sps, &clip.pps] {
                sets.put_u16(u16::try_from(set.len()).unwrap_or(u16::MAX));
                sets.put_slice(set);
            }
            template.packet(&[&sets]);
        }
        if stamped {
            let mut sei = vec![6, 5, STAMP_PAYLOAD];
            sei.extend(STAMP_UUID);
            template.stamp = Some(template.bytes.len() + HEADER + sei.len());
            sei.extend([b'0'; 16]);
            sei.push(0x80);
            template.packet(&[&sei]);
        }
        for nal in &unit.nals {
            template.nal(nal);
        }
        // The marker says that the access unit is complete.
        if let Some(last) = template.packets.last().and_then(|start| template.bytes.get_mut(start + 5)) {
            *last |= 0x80;
        }
        template
    }

    fn nal(&mut self, nal: &[u8]) {
        let Some((header, body)) = nal.split_first() else { return };
        if nal.len() <= PAYLOAD {
            self.packet(&[nal]);
            return;
        }
        let indicator = header & NAL_IMPORTANCE | FU_A;
        let mut parts = body.chunks(PAYLOAD - 2).peekable();
        let mut start = 0x80;
        while let Some(part) = parts.next() {
            let end = if parts.peek().is_none() { 0x40 } else { 0 };
            self.packet(&[&[indicator, start | end | header & NAL_TYPE], part]);
            start = 0;
        }
    }

    fn packet(&mut self, payload: &[&[u8]]) {
        self.packets.push(self.bytes.len());
        let length: usize = payload.iter().map(|part| part.len()).sum();
        self.bytes.extend([b'$', 0]);
        self.bytes.extend(u16::try_from(length + 12).unwrap_or(u16::MAX).to_be_bytes());
        self.bytes.extend([0x80, PAYLOAD_TYPE]);
        self.bytes.extend([0; 10]);
        for part in payload {
            self.bytes.extend(*part);
        }
    }

    fn packets(&self, stamp: Stamp) -> Packets {
        let mut bytes = self.bytes.clone();
        let mut put = |at: usize, value: &[u8]| {
            if let Some(place) = bytes.get_mut(at..at + value.len()) {
                place.copy_from_slice(value);
            }
        };
        let mut sequence = stamp.sequence;
        for start in &self.packets {
            put(start + 6, &sequence.to_be_bytes());
            put(start + 8, &stamp.timestamp.to_be_bytes());
            put(start + 12, &stamp.source.to_be_bytes());
            sequence = sequence.wrapping_add(1);
        }
        if let Some(at) = self.stamp {
            put(at, format!("{:016x}", stamp.sent_micros).as_bytes());
        }
        let count = self.packets.len();
        Packets {
            octets: u32::try_from(bytes.len() - count * HEADER).unwrap_or(u32::MAX),
            count: u16::try_from(count).unwrap_or(u16::MAX),
            bytes: bytes.into(),
        }
    }
}

/// When a picture was sent, microseconds since 1970: reads the SEI message of a stamped [`Film`] out of NAL
/// units or a whole access unit.
#[must_use]
pub fn sent_time(access_unit: &[u8]) -> Option<i64> {
    let at = access_unit.windows(STAMP_UUID.len()).position(|window| window == STAMP_UUID)?;
    let digits = access_unit.get(at + STAMP_UUID.len()..at + STAMP_UUID.len() + 16)?;
    i64::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::synthetic::synthetic;

    const STAMP: Stamp =
        Stamp { sequence: 65_535, timestamp: 7, source: 0xdead_beef, sent_micros: 1_795_320_669_482_001 };

    /// Packets back to NAL units, as a receiver does it (RFC 6184), with their sequence numbers and markers.
    fn receive(bytes: &[u8]) -> (Vec<Vec<u8>>, Vec<u16>, Vec<bool>) {
        let (mut nals, mut numbers, mut markers) = (Vec::<Vec<u8>>::new(), Vec::new(), Vec::new());
        let mut rest = bytes;
        while !rest.is_empty() {
            assert_eq!(&rest[..2], [b'$', 0]);
            let length = usize::from(u16::from_be_bytes([rest[2], rest[3]]));
            let (packet, after) = rest[4..].split_at(length);
            rest = after;
            assert_eq!((packet[0], &packet[4..12]), (0x80, [0, 0, 0, 7, 0xde, 0xad, 0xbe, 0xef].as_slice()));
            numbers.push(u16::from_be_bytes([packet[2], packet[3]]));
            markers.push(packet[1] & 0x80 != 0);
            let payload = &packet[12..];
            match payload[0] & NAL_TYPE {
                STAP_A => {
                    let mut sets = &payload[1..];
                    while !sets.is_empty() {
                        let length = usize::from(u16::from_be_bytes([sets[0], sets[1]]));
                        nals.push(sets[2..2 + length].to_vec());
                        sets = &sets[2 + length..];
                    }
                }
                FU_A => {
                    if payload[1] & 0x80 != 0 {
                        nals.push(vec![payload[0] & NAL_IMPORTANCE | payload[1] & NAL_TYPE]);
                    }
                    nals.last_mut().unwrap().extend(&payload[2..]);
                }
                _ => nals.push(payload.to_vec()),
            }
        }
        (nals, numbers, markers)
    }

    #[test]
    fn a_receiver_gets_back_what_the_encoder_made() {
        let clip = synthetic(640, 360, 15, 800_000);
        let film = Film::new(&clip, false);
        let key = film.packets(0, STAMP).unwrap();
        let (nals, numbers, markers) = receive(&key.bytes);
        let expected: Vec<_> =
            [&clip.sps, &clip.pps].into_iter().chain(&clip.units[0].nals).map(|nal| nal.to_vec()).collect();
        assert_eq!(nals, expected);
        assert_eq!(numbers[..3], [65_535, 0, 1]);
        assert_eq!(markers.iter().filter(|marker| **marker).count(), 1);
        assert_eq!(markers.last(), Some(&true));
        assert_eq!(usize::from(key.count), numbers.len());

        let other = film.packets(1, STAMP).unwrap();
        assert_eq!(receive(&other.bytes).0, [clip.units[1].nals[0].to_vec()]);
    }

    #[test]
    fn the_time_of_sending_travels_inside_the_picture() {
        let film = Film::new(&synthetic(640, 360, 15, 800_000), true);
        for place in 0..2 {
            let (nals, _, _) = receive(&film.packets(place, STAMP).unwrap().bytes);
            assert_eq!(sent_time(&nals.concat()), Some(STAMP.sent_micros));
        }
    }

    #[test]
    fn a_standing_picture_repeats_its_key_frame() {
        let film = Film::new(&synthetic(640, 360, 15, 800_000), false);
        let (first, key) = film.standing(0, STAMP).unwrap();
        assert!(key);
        let again = (1..100).find_map(|place| film.standing(place, STAMP).filter(|(_, key)| *key)).unwrap();
        assert_eq!(first.bytes, again.0.bytes);
    }
}
