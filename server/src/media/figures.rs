//! What windows of pictures count, for `/metrics` and the operations page.

use prometheus_client::metrics::counter::Counter;
use prometheus_client::registry::Registry;

use super::latency::Latency;

/// Shared by all windows; clones are the same.
#[derive(Debug, Clone, Default)]
pub(crate) struct Figures {
    /// How old pictures are when they are shown.
    pub(crate) latency: Latency,
    /// Steps of tiles down the ladder because a socket took too little.
    pub(super) down: Counter,
    /// Steps up again.
    pub(super) up: Counter,
    /// Frames that were not sent because of the rung a tile stood on.
    pub(super) left_out: Counter,
    /// Frames that were not sent because a window had fallen behind.
    pub(super) skipped: Counter,
}

impl Figures {
    /// Puts them where `/metrics` is written from.
    pub(crate) fn register(&self, registry: &mut Registry) {
        self.latency.register(registry);
        let counters = [
            ("pantau_media_ladder_down", "Tiles that were given less because a socket took less", &self.down),
            ("pantau_media_ladder_up", "Tiles that were given more again", &self.up),
            ("pantau_media_left_out", "Frames not sent because of the rung a tile stood on", &self.left_out),
            ("pantau_media_skipped", "Frames not sent because a window had fallen behind", &self.skipped),
        ];
        for (name, help, counter) in counters {
            registry.register(name, help, counter.clone());
        }
    }
}
