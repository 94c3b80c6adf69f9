//! English.

use pantau_schemas::dead_letter::Reason;

use super::Letters;

/// English.
pub static EN: Letters = Letters {
    title: "Dead letters",
    hint: "Messages that could not be used. Kept as they came until the cause is mended; then they can be replayed.",
    none: "No dead letters",
    none_found: "No dead letter fits this filter",
    only_here: "Dead letters may hold personal data: they can be opened only at the server itself.",
    unread: "The dead letters could not be read",
    waiting: "Waiting",
    replayed: "Replayed",
    dropped: "Dropped",
    quota: |source, device| {
        format!("At most {source} letters per way in and {device} per device; the oldest go first.")
    },
    dropped_some: |count| format!("{count} messages were dropped because the quota was full"),
    reasons: "Reason",
    all_reasons: "all",
    device: "Device",
    show_replayed: "Show those that were replayed",
    choose_all: "Choose all shown",
    choose: |what| format!("Choose {what}"),
    replay: "Replay",
    replay_chosen: |count| format!("Replay the chosen ({count})"),
    replay_all: "Replay all",
    replay_reason: |reason| format!("Replay all: {reason}"),
    stop: "Stop",
    keys: "Keyboard: ↑ ↓ moves, ⏎ opens, X chooses, R replays.",
    more: "Show more",
    going: |read, total| match total {
        Some(total) => format!("Replaying: {read} of {total}"),
        None => format!("Replaying: {read}"),
    },
    over: "Done",
    stopped: "Stopped",
    failed: |why| format!("Ended early: {why}"),
    no_answer: "the server does not answer, or history is not being saved; try again, what is done is not done twice",
    sum: |stored, known, still| format!("{stored} stored · {known} known · {still} still dead letters"),
    times: |count| format!("{count} times"),
    to_do: |reason| match reason {
        Reason::Utf8 => "The sender uses another encoding. Have the device send UTF-8.",
        Reason::Json => {
            "This is no valid JSON. Look at the sending program, or at a connection that cuts messages off."
        }
        Reason::Schema => {
            "What stands at that place has another shape than it must. Mend the sender; replay once a new version of Pantau knows it."
        }
        Reason::Topic => "The topic is outside pantau/1/{city}/{class}/{id}/…. Mend the topic in the device.",
        Reason::UnknownDevice => {
            "Register this device and reload: its letters are replayed by themselves, in the order in which they came."
        }
        Reason::UnknownAgency => {
            "Register this agency and reload: its letters are replayed by themselves, in the order in which they came."
        }
        Reason::Identity => {
            "It names somebody else than its topic or its login, or another class. Mend the registry, the login's rights or the device, and replay."
        }
        Reason::ClockSkew => {
            "The device's clock is wrong. Set it (NTP); old history is to be marked as backfill."
        }
        Reason::TooBig => {
            "The message is above the limit, so it was not kept whole. Have it sent again in smaller ones."
        }
        Reason::Unit => "The unit does not measure this quantity. Mend it in the device.",
        Reason::Conflict => {
            "This id was received before with another body; the first stands. The sender must use a new id."
        }
        Reason::Source => "The sender may not speak for this source. See [[events.sender]].",
        Reason::Other => "A reason of another version. Read the detail.",
    },
    to_do_title: "What to do",
    place: "Place",
    stands: |what| format!("there stands {what}"),
    stands_nothing: "there is nothing there",
    came: "Came",
    from_to: |first, last| format!("{first} to {last}"),
    speaker: "Brought by",
    size: "Size",
    bytes: |count| format!("{count} bytes"),
    cut: "only the first 64 KiB were kept, so it cannot be replayed",
    no_text: "No UTF-8 text: the bytes as they are",
    tries: "Replays",
    tried: |count, at| format!("{count} times, last {at}"),
    understood: |at| format!("taken in {at}"),
};
