//! Why a connection ends, what is said then, and what becomes of the last will.

use rumqttc::v5::mqttbytes::v5::DisconnectReasonCode as Reason;

/// Why a connection ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// DISCONNECT came; `will` says whether the last will is to be published all the same.
    Left { will: bool, expiry: Option<u32> },
    /// The other side is gone.
    Broken,
    /// The client broke the protocol.
    Violation(Reason),
    /// Nothing came for too long.
    Silent,
    /// Nothing was taken for too long.
    Stalled,
    /// A message will not become durable, so it has to come again.
    Unanswered,
    /// The same client has connected again; `clean` if it begins a session of its own.
    TakenOver { clean: bool },
    /// The server stops, or nobody takes deliveries any more.
    Stopping,
}

impl End {
    /// What a MQTT 5 client is told.
    pub(crate) const fn reason(self) -> Option<Reason> {
        match self {
            Self::Left { .. } | Self::Broken => None,
            Self::Violation(reason) => Some(reason),
            Self::Silent => Some(Reason::KeepAliveTimeout),
            // It has its chance to read that too.
            Self::Stalled => Some(Reason::UnspecifiedError),
            Self::Unanswered => Some(Reason::ServerBusy),
            Self::TakenOver { .. } => Some(Reason::SessionTakenOver),
            Self::Stopping => Some(Reason::ServerShuttingDown),
        }
    }

    /// Whether a will with this delay is published (MQTT 5 §3.1.2.5, MQTT-3.1.2-8; the note on taking over in
    /// §3.1.4).
    ///
    /// Not when we stop, although the letter of MQTT asks for it: at every restart a whole city would be lost.
    pub(crate) const fn publishes_will(self, delay: u32) -> bool {
        match self {
            Self::Left { will, .. } => will,
            Self::TakenOver { clean } => clean || delay == 0,
            Self::Stopping => false,
            Self::Broken | Self::Violation(_) | Self::Silent | Self::Stalled | Self::Unanswered => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_end_that_was_not_meant_publishes_the_will() {
        assert!(!End::Left { will: false, expiry: None }.publishes_will(0));
        assert!(End::Left { will: true, expiry: None }.publishes_will(0));
        assert!(End::Broken.publishes_will(5));
        assert!(End::TakenOver { clean: false }.publishes_will(0));
        assert!(!End::TakenOver { clean: false }.publishes_will(5));
        assert!(End::TakenOver { clean: true }.publishes_will(5));
        assert!(!End::Stopping.publishes_will(0));
    }
}
