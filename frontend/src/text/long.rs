//! Indonesian, made 40 % longer by rule: a language that nobody speaks, to see what breaks when words are longer.
//!
//! Reached by `?lang=id-x-long` alone and on a wall alone, which is read from afar; offered nowhere, remembered nowhere.
//! Names and texts of strangers stay as they are: only what comes from the catalogue grows.

use std::sync::{LazyLock, Mutex, PoisonError};

use super::{ID, Text};

/// Its code: a private use of Indonesian's.
pub(super) const CODE: &str = "id-x-long";

/// A text whose words are 40 % longer, by letters of their own. Numbers stay.
pub(super) fn stretched(text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 3 / 2);
    let mut word: Vec<char> = Vec::new();
    for letter in text.chars().map(Some).chain([None]) {
        match letter {
            Some(letter) if letter.is_alphabetic() => word.push(letter),
            other => {
                out.extend(&word);
                // Rounded up: a short word grows, too.
                out.extend(word.iter().rev().take((word.len() * 2).div_ceil(5)));
                word.clear();
                out.extend(other);
            }
        }
    }
    out
}

/// A word of the catalogue, longer; each is made once.
pub(super) fn long(word: &'static str) -> &'static str {
    static MADE: Mutex<Vec<(&str, &str)>> = Mutex::new(Vec::new());
    let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
    let known = made.iter().find(|(short, _)| *short == word).map(|(_, long)| *long);
    known.unwrap_or_else(|| {
        let long = stretched(word).leak();
        made.push((word, long));
        long
    })
}

/// The catalogue.
pub(super) static LONG: LazyLock<Text> = LazyLock::new(|| Text {
    code: CODE,
    time_separator: ID.time_separator,
    thousands: ID.thousands,
    decimal: ID.decimal,
    weekdays: ID.weekdays.map(long),
    months: ID.months.map(long),
    second: long(ID.second),
    minute: long(ID.minute),
    hour: long(ID.hour),
    day: long(ID.day),
    ago: |a| stretched(&(ID.ago)(a)),
    tagline: long(ID.tagline),
    open_wall: long(ID.open_wall),
    open_wall_hint: long(ID.open_wall_hint),
    open_desk: long(ID.open_desk),
    open_desk_hint: long(ID.open_desk_hint),
    open_ops: long(ID.open_ops),
    open_ops_hint: long(ID.open_ops_hint),
    other_language: "Bahasa Indonesia",
    other_code: ID.code,
    loading: long(ID.loading),
    wall: long(ID.wall),
    connected: long(ID.connected),
    connecting: long(ID.connecting),
    disconnected: long(ID.disconnected),
    link_lost: |a| stretched(&(ID.link_lost)(a)),
    caught_up: long(ID.caught_up),
    behind: |a| stretched(&(ID.behind)(a)),
    store_ok: long(ID.store_ok),
    store_down: long(ID.store_down),
    store_down_since: |a| stretched(&(ID.store_down_since)(a)),
    sources: long(ID.sources),
    clock_off: |a| stretched(&(ID.clock_off)(a)),
    other_category: long(ID.other_category),
    more_cameras: |a| stretched(&(ID.more_cameras)(a)),
    no_cameras: long(ID.no_cameras),
    no_cameras_hint: long(ID.no_cameras_hint),
    tile_connecting: long(ID.tile_connecting),
    tile_live: long(ID.tile_live),
    tile_delayed: |a| stretched(&(ID.tile_delayed)(a)),
    tile_frozen: long(ID.tile_frozen),
    tile_lost: long(ID.tile_lost),
    tile_forbidden: long(ID.tile_forbidden),
    tile_masked: long(ID.tile_masked),
    pinned: long(ID.pinned),
    level: |value| long((ID.level)(value)),
    since: |a| stretched(&(ID.since)(a)),
    needs_secure: long(ID.needs_secure),
    needs_secure_hint: long(ID.needs_secure_hint),
    needs_player: long(ID.needs_player),
    needs_player_hint: long(ID.needs_player_hint),
    cannot_decode: long(ID.cannot_decode),
    no_new_picture: long(ID.no_new_picture),
    stream_cause: |value| long((ID.stream_cause)(value)),
    stream_state: |value| long((ID.stream_state)(value)),
    cameras: long(ID.cameras),
    infrastructure: long(ID.infrastructure),
    key_figures: long(ID.key_figures),
    domain: |value| long((ID.domain)(value)),
    domain_empty: long(ID.domain_empty),
    domain_normal: long(ID.domain_normal),
    domain_down: |a| stretched(&(ID.domain_down)(a)),
    domain_alert: |a| stretched(&(ID.domain_alert)(a)),
    domain_unheard: |a| stretched(&(ID.domain_unheard)(a)),
    figure_cameras: long(ID.figure_cameras),
    figure_aps: long(ID.figure_aps),
    figure_sensors: long(ID.figure_sensors),
    figure_agencies: long(ID.figure_agencies),
    figure_apps: long(ID.figure_apps),
    apps_ministry: long(ID.apps_ministry),
    apps_online: long(ID.apps_online),
    apps_local: long(ID.apps_local),
    figure_complaints: long(ID.figure_complaints),
    figure_clients: long(ID.figure_clients),
    readings: long(ID.readings),
    oldest: |a| stretched(&(ID.oldest)(a)),
    no_readings: long(ID.no_readings),
    trouble: long(ID.trouble),
    trouble_none: long(ID.trouble_none),
    more: |a| stretched(&(ID.more)(a)),
    device_state: |value| long((ID.device_state)(value)),
    device_reason: |value| long((ID.device_reason)(value)),
    feed: long(ID.feed),
    feed_empty: long(ID.feed_empty),
    complaint_step: |value| long((ID.complaint_step)(value)),
    ops: long(ID.ops),
    as_of: |a| stretched(&(ID.as_of)(a)),
    status_failed: long(ID.status_failed),
    sum: long(ID.sum),
    sum_hint: long(ID.sum_hint),
    source: long(ID.source),
    received: long(ID.received),
    stored: long(ID.stored),
    duplicate: long(ID.duplicate),
    dead_lettered: long(ID.dead_lettered),
    state: long(ID.state),
    since_column: long(ID.since_column),
    sum_holds: long(ID.sum_holds),
    sum_broken: |a| stretched(&(ID.sum_broken)(a)),
    total: long(ID.total),
    source_name: |value| (ID.source_name)(value).map(long),
    status_word: |value| (ID.status_word)(value).map(long),
    server: long(ID.server),
    build: long(ID.build),
    epoch: long(ID.epoch),
    last_entry: long(ID.last_entry),
    last_durable: long(ID.last_durable),
    live_readers: long(ID.live_readers),
    media_readers: long(ID.media_readers),
    store: long(ID.store),
    listener: long(ID.listener),
    connections: long(ID.connections),
    acknowledged: long(ID.acknowledged),
    refused_connections: long(ID.refused_connections),
    unauthorized: long(ID.unauthorized),
    queues: long(ID.queues),
    queue: long(ID.queue),
    fill: long(ID.fill),
    policy: long(ID.policy),
    acted: long(ID.acted),
    policy_word: |value| (ID.policy_word)(value).map(long),
    streams: long(ID.streams),
    camera: long(ID.camera),
    stream: long(ID.stream),
    cause: long(ID.cause),
    fps: long(ID.fps),
    bitrate: long(ID.bitrate),
    loss: long(ID.loss),
    jitter: long(ID.jitter),
    skew: long(ID.skew),
    reconnects: long(ID.reconnects),
    streams_none: long(ID.streams_none),
    time: long(ID.time),
    topic: long(ID.topic),
    reason: long(ID.reason),
    detail: long(ID.detail),
    raw: long(ID.raw),
    dead_letter_reason: |value| long((ID.dead_letter_reason)(value)),
    nothing: long(ID.nothing),
    tile_still: long(ID.tile_still),
    rung_reference: long(ID.rung_reference),
    connection_full: long(ID.connection_full),
    decoders_full: long(ID.decoders_full),
    partly_covered: long(ID.partly_covered),
    screen: long(ID.screen),
    screen_silent: long(ID.screen_silent),
    screen_silent_why: long(ID.screen_silent_why),
    screens: long(ID.screens),
    screen_unseen: long(ID.screen_unseen),
    heard: long(ID.heard),
    moving_pictures: long(ID.moving_pictures),
    drawn: long(ID.drawn),
    alarm: long(ID.alarm),
    alarm_over: long(ID.alarm_over),
    glass_to_glass: long(ID.glass_to_glass),
    rung_key_frames: |a| stretched(&(ID.rung_key_frames)(a)),
    rung_still: |a| stretched(&(ID.rung_still)(a)),
    more_alarms: |a| stretched(&(ID.more_alarms)(a)),
    missing: long(ID.missing),
    missing_hint: long(ID.missing_hint),
    missing_device: long(ID.missing_device),
    missing_count: long(ID.missing_count),
    missing_numbers: long(ID.missing_numbers),
    missing_after: long(ID.missing_after),
    missing_before: long(ID.missing_before),
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_at_least_two_fifths_longer_and_no_number_changes() {
        assert_eq!(stretched("PADAM"), "PADAMMA");
        assert_eq!(stretched("tertunda 12 dtk"), "tertundaadnu 12 dtkkt");
        assert_eq!(stretched("■ 3 padam – 14.02.10"), "■ 3 padamma – 14.02.10");
        for (long, short) in [(LONG.tile_lost, ID.tile_lost), (LONG.alarm_over, ID.alarm_over)] {
            assert!(long.chars().count() * 10 >= short.chars().count() * 13, "{long}");
        }
        assert_eq!((LONG.since)("14.02.10"), "sejakka 14.02.10");
        assert!(std::ptr::eq(long(ID.tile_lost), long(ID.tile_lost)), "a word is made once");
    }

    #[test]
    fn it_is_reached_by_its_code_alone() {
        use super::super::{of, of_wall};
        assert!(!of_wall(CODE).is_spoken() && of(CODE).is_spoken());
        assert!(of_wall("id").is_spoken() && of_wall("id-ID").is_spoken());
    }
}
