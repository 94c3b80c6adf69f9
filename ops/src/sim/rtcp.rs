//! Sender reports: which moment of the wall clock an RTP timestamp stands for (RFC 3550, 6.4.1).

use bytes::{BufMut, Bytes, BytesMut};
use pantau_schemas::time::Timestamp;

/// Seconds from 1900, where NTP begins, to 1970.
const NTP_OFFSET: i64 = 2_208_988_800;
const NAME: &[u8] = b"kamera@pantau";

/// What a report says.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Report {
    /// SSRC.
    pub(crate) source: u32,
    /// The wall clock at the moment of sending.
    pub(crate) now: Timestamp,
    /// The RTP time of the same moment.
    pub(crate) timestamp: u32,
    /// RTP packets sent so far.
    pub(crate) packets: u32,
    /// Payload bytes sent so far.
    pub(crate) octets: u32,
}

impl Report {
    /// Seconds since 1900 in the high half, parts of a second in the low half.
    fn ntp(&self) -> u64 {
        let seconds = u64::try_from(self.now.micros().div_euclid(1_000_000) + NTP_OFFSET).unwrap_or(0);
        let micros = u64::try_from(self.now.micros().rem_euclid(1_000_000)).unwrap_or(0);
        (seconds << 32) | ((micros << 32) / 1_000_000)
    }

    /// The compound packet (report and name), framed for channel 1 of a TCP connection.
    pub(crate) fn packet(&self) -> Bytes {
        let mut body = BytesMut::with_capacity(64);
        body.put_slice(&[0x80, 200]);
        body.put_u16(6);
        body.put_u32(self.source);
        body.put_u64(self.ntp());
        for number in [self.timestamp, self.packets, self.octets] {
            body.put_u32(number);
        }
        // One chunk: source, item CNAME, and zeros up to a multiple of four.
        let item = 2 + NAME.len();
        let padded = (item / 4 + 1) * 4;
        body.put_slice(&[0x81, 202]);
        body.put_u16(u16::try_from(1 + padded / 4).unwrap_or(u16::MAX));
        body.put_u32(self.source);
        body.put_slice(&[1, u8::try_from(NAME.len()).unwrap_or(u8::MAX)]);
        body.put_slice(NAME);
        body.put_bytes(0, padded - item);

        let mut framed = BytesMut::with_capacity(body.len() + 4);
        framed.put_slice(b"$\x01");
        framed.put_u16(u16::try_from(body.len()).unwrap_or(u16::MAX));
        framed.put_slice(&body);
        framed.freeze()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_maps_rtp_time_to_the_wall_clock() {
        let now: Timestamp = "2026-11-22T04:11:09.5Z".parse().unwrap();
        let packet = Report { source: 1, now, timestamp: 90_000, packets: 2, octets: 3 }.packet();
        let long = |at: usize| u32::from_be_bytes(packet[at..at + 4].try_into().unwrap());
        assert_eq!(usize::from(u16::from_be_bytes([packet[2], packet[3]])), packet.len() - 4);
        assert_eq!(packet.len() % 4, 0);
        assert_eq!(i64::from(long(12)) - NTP_OFFSET, now.millis() / 1000);
        assert_eq!((long(16), long(20), long(24), long(28)), (1 << 31, 90_000, 2, 3));
        let name = packet.windows(NAME.len()).position(|window| window == NAME);
        assert_eq!(name, Some(4 + 28 + 4 + 4 + 2));
    }
}
