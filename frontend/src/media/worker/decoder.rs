//! One WebCodecs decoder.

use js_sys::{Function, Uint8Array};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{
    CodecState, EncodedVideoChunk, EncodedVideoChunkInit, EncodedVideoChunkType, VideoDecoder,
    VideoDecoderConfig, VideoDecoderInit, VideoFrame,
};

use crate::browser::best_effort;

/// What a decoder needs to know before its first frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct StreamConfig {
    /// RFC 6381.
    pub(super) codec: String,
    /// Decoder configuration record.
    pub(super) description: Vec<u8>,
    /// Width and height of the picture, pixels.
    pub(super) size: (u32, u32),
}

/// A decoder; closed when dropped.
pub(super) struct Decoder(VideoDecoder);

impl Decoder {
    /// Opens a decoder. Failures that show only later go to `error`.
    pub(super) fn open(
        config: &StreamConfig,
        output: impl FnMut(VideoFrame) + 'static,
        error: impl FnMut(JsValue) + 'static,
    ) -> Result<Self, JsValue> {
        let output: Function = Closure::<dyn FnMut(VideoFrame)>::new(output).into_js_value().unchecked_into();
        let error: Function = Closure::<dyn FnMut(JsValue)>::new(error).into_js_value().unchecked_into();
        let decoder = VideoDecoder::new(&VideoDecoderInit::new(&error, &output))?;
        let options = VideoDecoderConfig::new(&config.codec);
        if !config.description.is_empty() {
            options.set_description_u8_array(&Uint8Array::from(config.description.as_slice()));
        }
        options.set_optimize_for_latency(true);
        let this = Self(decoder);
        this.0.configure(&options)?;
        Ok(this)
    }

    /// Gives it an access unit.
    pub(super) fn decode(&self, data: &[u8], stamp: u32, key: bool) -> Result<(), JsValue> {
        let kind = if key { EncodedVideoChunkType::Key } else { EncodedVideoChunkType::Delta };
        let init = EncodedVideoChunkInit::new_with_u8_array(&Uint8Array::from(data), 0, kind);
        init.set_timestamp_f64(f64::from(stamp));
        self.0.decode(&EncodedVideoChunk::new(&init)?)
    }

    /// Access units that it has not begun.
    pub(super) fn backlog(&self) -> u32 {
        self.0.decode_queue_size()
    }
}

impl Drop for Decoder {
    fn drop(&mut self) {
        // Closing twice throws; a decoder that failed is closed already.
        if self.0.state() != CodecState::Closed {
            best_effort(self.0.close());
        }
    }
}
