//! What is written can be read, whatever it is; what is read cannot hurt.

use pantau_schemas::ids::{CityCode, Epoch, ScreenId, Seq};
use pantau_schemas::ladder::Rung;
use pantau_schemas::media::{
    Flags, HEADER_LEN, Header, HeaderError, MediaNotice, MediaRequest, Priority, Tile, VERSION,
};
use pantau_schemas::time::Timestamp;
use pantau_schemas::wire::{Head, LiveMessage, LiveRequest, ScreenBeat, StoreState};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use crate::draw;

fn seq() -> impl Strategy<Value = Seq> {
    any::<u64>().prop_map(Seq)
}

fn epoch() -> impl Strategy<Value = Epoch> {
    "[a-zA-Z0-9][a-zA-Z0-9._-]{0,63}".prop_map(|text| Epoch::new(&text).unwrap())
}

fn live_request() -> impl Strategy<Value = LiveRequest> {
    prop_oneof![
        (option::of(epoch()), option::of(seq())).prop_map(|(epoch, seq)| LiveRequest::Hello { epoch, seq }),
        vec(draw::series(), 0..5).prop_map(|series| LiveRequest::Watch { series }),
        ("[a-z]{1,8}", "[ -~]{0,12}", any::<(u16, u16, u32, u32)>()).prop_map(|(screen, build, numbers)| {
            let (tiles, live, drawn_per_s, paint_ms) = numbers;
            let screen = ScreenId::new(&screen).unwrap();
            LiveRequest::Screen(ScreenBeat { screen, build, tiles, live, drawn_per_s, paint_ms })
        }),
        Just(LiveRequest::Pong),
        Just(LiveRequest::Unknown),
    ]
}

fn live_message() -> impl Strategy<Value = LiveMessage> {
    let head = (draw::series(), draw::moment(), draw::finite()).prop_map(|(series, time, value)| Head {
        series,
        time,
        value,
    });
    let store = select(vec![StoreState::Ok, StoreState::Down, StoreState::Unknown]);
    prop_oneof![
        (epoch(), seq(), any::<String>(), draw::moment(), any::<bool>()).prop_map(
            |(epoch, seq, build, now, resumed)| LiveMessage::Welcome {
                epoch,
                seq,
                city: CityCode::new("metro").unwrap(),
                build,
                now,
                resumed,
            }
        ),
        draw::journal(5).prop_map(|entries| LiveMessage::Entries { entries }),
        vec(head, 0..5).prop_map(|heads| LiveMessage::Heads { heads }),
        (seq(), store, option::of(draw::moment())).prop_map(|(seq, store, since)| LiveMessage::Settled {
            seq,
            store,
            since
        }),
        (draw::moment(), any::<u64>()).prop_map(|(now, behind_ms)| LiveMessage::Tick { now, behind_ms }),
        (any::<String>(), any::<String>()).prop_map(|(code, text)| LiveMessage::Notice { code, text }),
        Just(LiveMessage::Unknown),
    ]
}

fn rung() -> impl Strategy<Value = Rung> {
    select(vec![Rung::Full, Rung::Reference, Rung::KeyFrames, Rung::Still, Rung::Unknown])
}

fn media_request() -> impl Strategy<Value = MediaRequest> {
    let priority = select(vec![Priority::Focus, Priority::Alarm, Priority::Visible, Priority::Hidden]);
    let tile = (any::<u16>(), draw::device(), any::<u32>(), any::<u32>(), priority)
        .prop_map(|(tile, camera, width, height, priority)| Tile { tile, camera, width, height, priority });
    prop_oneof![
        vec(tile, 0..5).prop_map(|tiles| MediaRequest::Tiles { tiles }),
        any::<(u16, u32, i64)>().prop_map(|(tile, sequence, capture_us)| MediaRequest::Shown {
            tile,
            sequence,
            capture_us
        }),
        (any::<u16>(), rung()).prop_map(|(tile, rung)| MediaRequest::Limit { tile, rung }),
        Just(MediaRequest::Unknown),
    ]
}

fn media_notice() -> impl Strategy<Value = MediaNotice> {
    prop_oneof![
        (any::<u16>(), draw::stream_kind(), any::<String>(), any::<String>(), any::<(u32, u32)>()).prop_map(
            |(tile, quality, codec, description, (width, height))| MediaNotice::Stream {
                tile,
                quality,
                codec,
                description,
                width,
                height,
            }
        ),
        (any::<u16>(), draw::stream_state(), draw::moment(), draw::stream_cause())
            .prop_map(|(tile, state, since, cause)| MediaNotice::State { tile, state, since, cause }),
        any::<(u16, u64)>().prop_map(|(tile, frames)| MediaNotice::Skipped { tile, frames }),
        (any::<u16>(), rung()).prop_map(|(tile, rung)| MediaNotice::Rung { tile, rung }),
        (any::<String>(), any::<String>()).prop_map(|(code, text)| MediaNotice::Notice { code, text }),
        Just(MediaNotice::Unknown),
    ]
}

fn header() -> impl Strategy<Value = Header> {
    let flags = any::<[bool; 4]>().prop_map(|[key, disposable, discontinuity, more]| Flags {
        key,
        disposable,
        discontinuity,
        more,
    });
    (flags, any::<(u16, u32, u32)>(), draw::moment(), draw::moment()).prop_map(
        |(flags, (tile, sequence, offset), capture, received)| Header {
            flags,
            tile,
            sequence,
            capture,
            received,
            payload_len: 0,
            offset,
        },
    )
}

proptest! {
    #![proptest_config(draw::cases(256))]

    #[test]
    fn every_live_request_is_read_as_it_was_written(request in live_request()) {
        let text = serde_json::to_string(&request).unwrap();
        prop_assert_eq!(serde_json::from_str::<LiveRequest>(&text).unwrap(), request);
    }

    #[test]
    fn every_live_message_is_read_as_it_was_written(message in live_message()) {
        let text = serde_json::to_string(&message).unwrap();
        prop_assert_eq!(serde_json::from_str::<LiveMessage>(&text).unwrap(), message);
    }

    #[test]
    fn every_media_request_is_read_as_it_was_written(request in media_request()) {
        let text = serde_json::to_string(&request).unwrap();
        prop_assert_eq!(serde_json::from_str::<MediaRequest>(&text).unwrap(), request);
    }

    #[test]
    fn every_media_notice_is_read_as_it_was_written(notice in media_notice()) {
        let text = serde_json::to_string(&notice).unwrap();
        prop_assert_eq!(serde_json::from_str::<MediaNotice>(&text).unwrap(), notice);
    }

    #[test]
    fn every_frame_arrives_with_its_header(header in header(), payload in vec(any::<u8>(), 0..200)) {
        let header = Header { payload_len: u32::try_from(payload.len()).unwrap(), ..header };
        let mut message = header.encode().to_vec();
        message.extend(&payload);
        prop_assert_eq!(Header::decode(&message), Ok((header, payload.as_slice())));
        message.push(0);
        let got = payload.len() + 1;
        prop_assert_eq!(Header::decode(&message), Err(HeaderError::Length { got, said: header.payload_len }));
    }

    #[test]
    fn no_bytes_make_the_reader_of_frames_panic(mut bytes in vec(any::<u8>(), 0..80), honest in any::<bool>()) {
        if honest && bytes.len() >= HEADER_LEN {
            // Otherwise nearly every draw would stop at the version or the length.
            let said = u32::try_from(bytes.len() - HEADER_LEN).unwrap();
            bytes[0] = VERSION;
            bytes[24..28].copy_from_slice(&said.to_le_bytes());
        }
        match Header::decode(&bytes) {
            Ok((header, payload)) => {
                let mut again = header.encode().to_vec();
                again.extend(payload);
                prop_assert_eq!(Header::decode(&again), Ok((header, payload)));
            }
            Err(HeaderError::Short(len)) => prop_assert!(len < HEADER_LEN),
            Err(HeaderError::Version(version)) => prop_assert_ne!(version, VERSION),
            Err(HeaderError::Length { got, said }) => prop_assert_ne!(got, said as usize),
        }
    }

    #[test]
    fn every_time_survives_its_text(micros in any::<i64>(), offset_minutes in -1_439i64..=1_439) {
        let time = Timestamp::from_micros(micros);
        prop_assert_eq!(time.to_string().parse::<Timestamp>(), Ok(time));
        prop_assert_eq!(Timestamp::from_micros(time.micros()), time);
        // The same moment on somebody else's clock, where that is still within the years that can be written.
        let local = Timestamp::from_micros(time.micros().saturating_add(offset_minutes * 60_000_000));
        if local.micros() - time.micros() == offset_minutes * 60_000_000 {
            let (sign, minutes) = (if offset_minutes < 0 { '-' } else { '+' }, offset_minutes.abs());
            let text = format!(
                "{}{sign}{:02}:{:02}", local.to_string().trim_end_matches('Z'), minutes / 60, minutes % 60
            );
            prop_assert_eq!(text.parse::<Timestamp>(), Ok(time), "{}", text);
        }
    }
}
