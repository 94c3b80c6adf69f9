//! Files are read back by a walker that knows nothing of the writer.

use pantau_schemas::time::Timestamp;
use proptest::prelude::*;

use super::{Kind, Muxer, Unpackable};

/// avcC of Baseline 3.0 with one SPS and one PPS.
const AVCC: [u8; 25] = [
    1, 0x42, 0xc0, 0x1e, 0xff, 0xe1, 0, 9, 0x67, 0x42, 0xc0, 0x1e, 0xd9, 0, 0xa0, 0x47, 0xfe, 1, 0, 3, 0x68,
    0xce, 0x3c, 0x80, 0,
];
/// What is between a container's name and its first box, bytes.
const CONTAINERS: [(&str, usize); 13] = [
    ("moov", 0),
    ("trak", 0),
    ("mdia", 0),
    ("minf", 0),
    ("dinf", 0),
    ("dref", 8),
    ("stbl", 0),
    ("stsd", 8),
    ("avc1", 78),
    ("hvc1", 78),
    ("mvex", 0),
    ("moof", 0),
    ("traf", 0),
];

/// A box: its path and its content.
#[derive(Debug)]
struct Found {
    path: String,
    content: Vec<u8>,
}

/// Every box of a file, parents before children. Panics where lengths do not add up to the byte.
fn walk(bytes: &[u8]) -> Vec<Found> {
    let mut found = Vec::new();
    descend("", bytes, &mut found);
    found
}

fn descend(parent: &str, mut rest: &[u8], found: &mut Vec<Found>) {
    while !rest.is_empty() {
        let length = usize::try_from(be32(rest, 0)).unwrap();
        assert!(length >= 8 && length <= rest.len(), "a box of {length} in {} bytes of {parent}", rest.len());
        let name = String::from_utf8(rest[4..8].to_vec()).unwrap();
        let path = format!("{parent}/{name}");
        let content = &rest[8..length];
        found.push(Found { path: path.clone(), content: content.to_vec() });
        if let Some((_, skip)) = CONTAINERS.iter().find(|(known, _)| *known == name) {
            descend(&path, &content[*skip..], found);
        }
        rest = &rest[length..];
    }
}

fn content<'a>(found: &'a [Found], path: &str) -> &'a [u8] {
    let mut matching = found.iter().filter(|found| found.path == path);
    let first = matching.next().unwrap_or_else(|| panic!("no {path}"));
    assert!(matching.next().is_none(), "two {path}");
    &first.content
}

fn be32(bytes: &[u8], at: usize) -> u32 {
    u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap())
}

/// What a fragment says of its sample.
#[derive(Debug, Clone, Copy)]
struct Said {
    number: u32,
    decode: u64,
    duration: u32,
    flags: u32,
    shift: i32,
}

/// Reads a segment, and checks that it is exactly one sample whose bytes are `data`.
fn read(segment: &[u8], data: &[u8]) -> Said {
    let found = walk(segment);
    let paths: Vec<&str> = found.iter().map(|found| found.path.as_str()).collect();
    assert_eq!(
        paths,
        [
            "/moof",
            "/moof/mfhd",
            "/moof/traf",
            "/moof/traf/tfhd",
            "/moof/traf/tfdt",
            "/moof/traf/trun",
            "/mdat"
        ]
    );
    let (tfhd, tfdt) = (content(&found, "/moof/traf/tfhd"), content(&found, "/moof/traf/tfdt"));
    assert_eq!(tfhd, [0, 2, 0, 0, 0, 0, 0, 1], "default-base-is-moof, track 1, nothing else");
    assert_eq!((be32(tfdt, 0), tfdt.len()), (0x0100_0000, 12), "64 bit");
    let trun = content(&found, "/moof/traf/trun");
    assert_eq!((be32(trun, 0), be32(trun, 4), trun.len()), (0x0100_0f01, 1, 28));
    let offset = usize::try_from(be32(trun, 8)).unwrap();
    assert_eq!(usize::try_from(be32(trun, 16)).unwrap(), data.len());
    assert_eq!(&segment[offset..], data, "the offset counts from the moof");
    Said {
        number: be32(content(&found, "/moof/mfhd"), 4),
        decode: u64::from_be_bytes(tfdt[4..12].try_into().unwrap()),
        duration: be32(trun, 12),
        flags: be32(trun, 20),
        shift: i32::from_be_bytes(trun[24..28].try_into().unwrap()),
    }
}

fn muxer() -> Muxer {
    Muxer::new("avc1.42c01e", &AVCC, (640, 360), None).unwrap()
}

fn at(micros: i64) -> Timestamp {
    Timestamp::from_micros(micros)
}

const KEY: Kind = Kind { key: true, disposable: false, broken: false };
const DELTA: Kind = Kind { key: false, disposable: false, broken: false };

#[test]
fn the_initialisation_segment_is_what_a_media_source_asks_for() {
    let muxer = muxer();
    let found = walk(muxer.init());
    let paths: Vec<&str> = found.iter().map(|found| found.path.as_str()).collect();
    let expected = "/ftyp /moov /moov/mvhd /moov/trak /moov/trak/tkhd /moov/trak/mdia /moov/trak/mdia/mdhd \
        /moov/trak/mdia/hdlr /moov/trak/mdia/minf /moov/trak/mdia/minf/vmhd /moov/trak/mdia/minf/dinf \
        /moov/trak/mdia/minf/dinf/dref /moov/trak/mdia/minf/dinf/dref/url  /moov/trak/mdia/minf/stbl \
        /moov/trak/mdia/minf/stbl/stsd /moov/trak/mdia/minf/stbl/stsd/avc1 \
        /moov/trak/mdia/minf/stbl/stsd/avc1/avcC /moov/trak/mdia/minf/stbl/stts /moov/trak/mdia/minf/stbl/stsc \
        /moov/trak/mdia/minf/stbl/stsz /moov/trak/mdia/minf/stbl/stco /moov/mvex /moov/mvex/trex";
    assert_eq!(paths.join(" "), expected);
    let lengths = |path: &str| content(&found, path).len();
    assert_eq!(lengths("/moov/mvhd"), 100);
    assert_eq!(lengths("/moov/trak/tkhd"), 84);
    assert_eq!(lengths("/moov/trak/mdia/mdhd"), 24);
    assert_eq!(lengths("/moov/trak/mdia/hdlr"), 25);
    assert_eq!(lengths("/moov/trak/mdia/minf/vmhd"), 12);
    assert_eq!(lengths("/moov/trak/mdia/minf/stbl/stsz"), 12);
    assert_eq!(lengths("/moov/mvex/trex"), 24);
    assert_eq!(content(&found, "/moov/trak/mdia/minf/stbl/stsd/avc1/avcC"), AVCC);
    let (mvhd, mdhd) = (content(&found, "/moov/mvhd"), content(&found, "/moov/trak/mdia/mdhd"));
    assert_eq!((be32(mvhd, 12), be32(mvhd, 16)), (1_000_000, 0), "timescale, and no duration: live");
    assert_eq!((be32(mdhd, 12), be32(mdhd, 16)), (1_000_000, 0));
    let tkhd = content(&found, "/moov/trak/tkhd");
    assert_eq!((be32(tkhd, 12), be32(tkhd, 76) >> 16, be32(tkhd, 80) >> 16), (1, 640, 360));
    let entry = content(&found, "/moov/trak/mdia/minf/stbl/stsd/avc1");
    assert_eq!(be32(entry, 24), 640 << 16 | 360);
    assert_eq!(be32(content(&found, "/moov/mvex/trex"), 4), 1);
}

#[test]
fn the_codec_is_named_as_browsers_know_it() {
    assert_eq!(muxer().mime(), "video/mp4; codecs=\"avc1.42c01e\"");
    let hevc = Muxer::new("hev1.1.6.L93.B0", &[1, 2, 3], (1920, 1080), None).unwrap();
    assert_eq!(hevc.mime(), "video/mp4; codecs=\"hvc1.1.6.L93.B0\"");
    let found = walk(hevc.init());
    assert_eq!(content(&found, "/moov/trak/mdia/minf/stbl/stsd/hvc1/hvcC"), [1, 2, 3]);
    for (codec, description) in
        [("vp09.00.10.08", &AVCC[..]), ("avc1.42c01e", &[]), ("av", &AVCC), ("", &AVCC)]
    {
        assert_eq!(Muxer::new(codec, description, (1, 1), None).err(), Some(Unpackable), "{codec}");
    }
}

#[test]
fn a_segment_says_what_may_be_left_out() {
    let mut muxer = muxer();
    let mut flags = |kind| read(&muxer.pack(kind, at(0), b"abc").bytes, b"abc").flags;
    assert_eq!(flags(KEY), 0x0200_0000);
    assert_eq!(flags(DELTA), 0x0101_0000);
    assert_eq!(flags(Kind { disposable: true, ..DELTA }), 0x0181_0000);
}

/// Packs pictures taken at these times, the first one a key frame; gives what the segments say.
fn pack(muxer: &mut Muxer, captures: &[i64]) -> Vec<Said> {
    let kind = |n: usize| if n == 0 { KEY } else { DELTA };
    captures
        .iter()
        .enumerate()
        .map(|(n, capture)| read(&muxer.pack(kind(n), at(*capture), b"x").bytes, b"x"))
        .collect()
}

/// The line has no gap and no step back.
fn is_gapless(said: &[Said]) -> bool {
    said.windows(2).all(|two| two[1].decode == two[0].decode + u64::from(two[0].duration))
}

#[test]
fn a_steady_camera_is_followed_to_the_microsecond() {
    let captures: Vec<i64> = (0..100).map(|n| 1_795_320_672_000_000 + n * 66_667).collect();
    let said = pack(&mut muxer(), &captures);
    assert!(is_gapless(&said));
    for (n, said) in said.iter().enumerate().skip(2) {
        assert_eq!(i64::from(said.duration), 66_667, "picture {n}");
        assert_eq!(i64::try_from(said.decode).unwrap(), captures[n] - captures[0], "picture {n}");
        assert_eq!((said.shift, usize::try_from(said.number).unwrap()), (0, n + 1));
    }
}

#[test]
fn a_slow_camera_keeps_its_pace() {
    let captures: Vec<i64> = (0..10).map(|n| n * 3_000_000).collect();
    let said = pack(&mut muxer(), &captures);
    assert!(said.iter().skip(1).all(|said| said.duration == 3_000_000), "{said:?}");
}

#[test]
fn a_hole_or_a_clock_that_jumps_is_no_duration() {
    let mut captures: Vec<i64> = (0..50).map(|n| n * 40_000).collect();
    for offset in [60_000_000, -86_400_000_000, 1_795_320_672_000_000] {
        captures.extend((0..50).map(|n| offset + n * 40_000));
    }
    let said = pack(&mut muxer(), &captures);
    assert!(is_gapless(&said));
    assert!(said.iter().all(|said| (20_000..=160_000).contains(&said.duration)), "{said:?}");
    let end = said.last().map(|said| said.decode).unwrap();
    assert!((7_500_000..9_000_000).contains(&end), "200 pictures of 40 ms, not {end} µs");
}

#[test]
fn pictures_that_are_reordered_are_shown_when_they_were_taken() {
    // I P B B P B B …, in decode order.
    let mut order = vec![0_i64];
    for group in 0..40 {
        order.extend([3, 1, 2].map(|n| group * 3 + n));
    }
    let captures: Vec<i64> = order.iter().map(|n| n * 40_000).collect();
    let said = pack(&mut muxer(), &captures);
    assert!(is_gapless(&said));
    let shown: Vec<i64> =
        said.iter().map(|said| i64::try_from(said.decode).unwrap() + i64::from(said.shift)).collect();
    // Once the order is known, showing times differ by what the captures differ by.
    for n in 10..shown.len() {
        assert_eq!(shown[n] - shown[10], captures[n] - captures[10], "picture {n}");
    }
}

#[test]
fn another_stream_goes_on_where_the_first_one_ended() {
    let mut first = muxer();
    let before = pack(&mut first, &[0, 40_000, 80_000]);
    let mut second = Muxer::new("avc1.64001f", &AVCC, (1280, 720), Some(first)).unwrap();
    let after = pack(&mut second, &[5, 40_005]);
    assert_eq!(after[0].decode, before[2].decode + u64::from(before[2].duration));
    assert_eq!(after[0].number, 4);
}

proptest! {
    #[test]
    fn boxes_nest_and_time_never_goes_back_whatever_comes(
        units in prop::collection::vec(
            (prop::collection::vec(any::<u8>(), 0..300), any::<i64>(), any::<[bool; 3]>()), 1..40),
    ) {
        let mut muxer = muxer();
        let mut said = Vec::new();
        for (data, capture, [key, disposable, broken]) in &units {
            let kind = Kind { key: *key, disposable: *disposable, broken: *broken };
            let segment = muxer.pack(kind, at(*capture), data);
            let read = read(&segment.bytes, data);
            prop_assert_eq!(segment.start, read.decode.saturating_add_signed(read.shift.into()));
            said.push(read);
        }
        prop_assert!(is_gapless(&said));
        prop_assert!(said.iter().all(|said| said.duration > 0));
    }

    #[test]
    fn the_sum_of_durations_follows_the_capture_times(
        interval in 15_000_i64..200_000,
        jitter in prop::collection::vec(-0.4_f64..0.4, 30..200),
    ) {
        #[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "test data")]
        let captures: Vec<i64> = jitter
            .iter()
            .enumerate()
            .map(|(n, part)| i64::try_from(n).unwrap() * interval + (interval as f64 * part) as i64)
            .collect();
        let said = pack(&mut muxer(), &captures);
        prop_assert!(is_gapless(&said));
        for (n, said) in said.iter().enumerate().skip(20) {
            let line = i64::try_from(said.decode).unwrap() - (captures[n] - captures[0]);
            // The first guess of the interval may be off; never by more than two pictures, and it does not grow.
            prop_assert!(line.abs() <= interval * 2, "picture {}: {} µs off", n, line);
        }
    }
}
