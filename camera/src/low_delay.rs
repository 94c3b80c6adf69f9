//! Tells decoders that no picture is shown later than it comes, where that is proven.
//!
//! Many cameras do not write into their SPS how far pictures are reordered (`bitstream_restriction`, H.264 annex E).
//! A decoder must then assume the worst that the level allows, and holds up to sixteen pictures back. Where the
//! stream proves that nothing is reordered, the SPS that viewers get says so. What the camera sent is not changed
//! otherwise, and the camera's own SPS is back with the first picture that comes out of order.
//!
//! Only H.264: in H.265 every SPS says how far pictures are reordered.

mod order;
mod sps;

use std::sync::Arc;

use bytes::Bytes;

use self::order::{Order, Verdict};
use self::sps::Sps;
use crate::frame::StreamParameters;

/// The parameters of one stream, over all its sessions: what was proven of the same SPS stays proven.
#[derive(Debug, Default)]
pub(crate) struct LowDelay {
    told: Option<Told>,
}

/// What a camera told of its stream.
#[derive(Debug)]
struct Told {
    original: Arc<StreamParameters>,
    /// Where rewriting is possible and of use: how, and what is known of the order.
    rewriting: Option<(Arc<StreamParameters>, Order)>,
}

impl LowDelay {
    /// The camera tells its parameters: what viewers are to be told. The same parameters are the same object.
    pub(crate) fn parameters(&mut self, parameters: StreamParameters) -> Arc<StreamParameters> {
        match &self.told {
            Some(told) if *told.original == parameters => {}
            _ => self.told = Some(Told::new(parameters.clone())),
        }
        self.current().unwrap_or_else(|| Arc::new(parameters))
    }

    /// A picture came. `lost`: not all that came before it did.
    pub(crate) fn frame(&mut self, key: bool, lost: bool, data: &Bytes) {
        if let Some((_, order)) = self.told.as_mut().and_then(|told| told.rewriting.as_mut()) {
            order.frame(key, lost, data);
        }
    }

    /// What viewers are to be told now; a change of it holds from the next key frame on.
    pub(crate) fn current(&self) -> Option<Arc<StreamParameters>> {
        let told = self.told.as_ref()?;
        let current = match &told.rewriting {
            Some((rewritten, order)) if order.verdict() == Verdict::Proven => rewritten,
            _ => &told.original,
        };
        Some(Arc::clone(current))
    }
}

impl Told {
    fn new(parameters: StreamParameters) -> Self {
        let rewriting = Sps::of(&parameters).and_then(|sps| {
            let description = sps.without_reordering()?;
            Some((Arc::new(StreamParameters { description, ..parameters.clone() }), Order::new(&sps)))
        });
        Self { original: Arc::new(parameters), rewriting }
    }
}

#[cfg(test)]
mod tests;
