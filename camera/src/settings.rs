//! Every deadline and bound of this crate, with its default and its reason.

use std::time::Duration;

/// Deadlines and bounds. [`Settings::default`] is what a city runs with.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// Longest wait for old sessions of the stream to be torn down before a new one is asked for, so that
    /// they do not pile up on a camera that counts them. Default 2 s.
    pub settle: Duration,
    /// TCP must stand. Default 3 s; `RetinaSource` needs 2.9 s to tell an absent camera from a slow one.
    pub connect: Duration,
    /// DESCRIBE must be answered. Default 5 s.
    pub describe: Duration,
    /// SETUP must be answered. Default 5 s.
    pub setup: Duration,
    /// PLAY must be answered. Default 5 s.
    pub play: Duration,
    /// The first key frame must be here, counted from PLAY. Default 8 s: long GOPs last 4 s and more.
    pub first_key_frame: Duration,
    /// Silence beyond one frame interval after which the picture is `delayed`. Default 1 s.
    pub delayed: Duration,
    /// Silence beyond one frame interval after which it is `lost` (`stalled`) and the connection is given
    /// up. Default 1.9 s: noticed within 2 s and one frame interval, with room for the news to travel.
    pub stalled: Duration,
    /// First retry after a failure, before jitter. Default 250 ms.
    pub retry_first: Duration,
    /// Longest pause between tries while the outage is young. Default 2 s: a camera that is back is live
    /// again within 5 s, its own wait for a key frame included.
    pub retry_cap: Duration,
    /// How long an outage is young. Default 60 s.
    pub retry_young: Duration,
    /// Longest pause between tries of an old outage, and of faults that only people mend. Default 60 s.
    pub retry_cap_old: Duration,
    /// Pause after a refused password, doubled each time. Default 3 s: cameras that are still booting
    /// refuse at first, and a burst of refusals locks accounts.
    pub retry_unauthorized: Duration,
    /// A connection that was live this long was good: the pauses begin anew. Default 60 s.
    pub good: Duration,
    /// Connections that may end before they were good, at once. Default 40; then one per
    /// [`Settings::flap_refill`], or a flapping camera would get thousands of connections a day.
    pub flaps: u32,
    /// How long until one more short connection may be had. Default 60 s.
    pub flap_refill: Duration,
    /// Refusals of the password after which no more tries are made. Default 3.
    pub unauthorized: u32,
    /// Attempts that begin in one second, over all cameras. Default 50.
    pub attempts_per_second: u32,
    /// How long a stream stays open after its last viewer left. Default 10 s.
    pub keep_warm: Duration,
    /// Bytes a stream's ring may hold. Default 8 MiB.
    pub ring_bytes: usize,
    /// Access units a stream's ring may hold. Default 1,024.
    pub ring_frames: usize,
    /// A viewer further behind than this skips to a newer key frame if there is one. Default 1.5 s.
    pub lag: Duration,
    /// A key frame repeated this often, bit by bit, is a frozen picture. Default 2, within three GOPs.
    pub repeats: u32,
    /// … but not before the repetition lasted this long (streams of key frames only). Default 500 ms.
    pub repeats_last: Duration,
    /// RTP time standing still for this long while frames come is a frozen picture. Default 2 s.
    pub still: Duration,
    /// RTP time may jump this far forward. Default 10 s.
    pub jump_forward: Duration,
    /// RTP time may go back this far (frames are sent in decoding order). Default 1 s.
    pub jump_back: Duration,
    /// How often health is measured and reported. Default 1 s.
    pub health: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            settle: Duration::from_secs(2),
            connect: Duration::from_secs(3),
            describe: Duration::from_secs(5),
            setup: Duration::from_secs(5),
            play: Duration::from_secs(5),
            first_key_frame: Duration::from_secs(8),
            delayed: Duration::from_secs(1),
            stalled: Duration::from_millis(1_900),
            retry_first: Duration::from_millis(250),
            retry_cap: Duration::from_secs(2),
            retry_young: Duration::from_secs(60),
            retry_cap_old: Duration::from_secs(60),
            retry_unauthorized: Duration::from_secs(3),
            good: Duration::from_secs(60),
            flaps: 40,
            flap_refill: Duration::from_secs(60),
            unauthorized: 3,
            attempts_per_second: 50,
            keep_warm: Duration::from_secs(10),
            ring_bytes: 8 * 1024 * 1024,
            ring_frames: 1_024,
            lag: Duration::from_millis(1_500),
            repeats: 2,
            repeats_last: Duration::from_millis(500),
            still: Duration::from_secs(2),
            jump_forward: Duration::from_secs(10),
            jump_back: Duration::from_secs(1),
            health: Duration::from_secs(1),
        }
    }
}
