//! One media source with one source buffer, from its opening to its end.

use js_sys::ArrayBuffer;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{DomException, HtmlVideoElement, MediaSource, MediaSourceReadyState, SourceBuffer, Url};

use crate::browser::best_effort;

/// Why something could not be appended.
pub(super) enum Refused {
    /// No room: something must be given back first.
    Full,
    /// This source is of no use any more.
    Broken,
}

/// A source on its `<video>`.
pub(super) struct Source {
    media: MediaSource,
    url: String,
    /// There once the source is open.
    buffer: Option<SourceBuffer>,
    /// What the buffer was last told to expect.
    mime: String,
    /// Rings whenever there is something to do: open, or done with the last piece.
    ring: Closure<dyn FnMut()>,
}

impl Source {
    /// Puts a new source on the element. `ring` is called when it can be given something.
    pub(super) fn open(element: &HtmlVideoElement, ring: impl FnMut() + 'static) -> Result<Self, JsValue> {
        let media = MediaSource::new()?;
        let url = Url::create_object_url_with_source(&media)?;
        let ring = Closure::<dyn FnMut()>::new(ring);
        media.set_onsourceopen(Some(ring.as_ref().unchecked_ref()));
        element.set_src(&url);
        Ok(Self { media, url, buffer: None, mime: String::new(), ring })
    }

    /// Appends the initialisation segment of a stream of this type.
    pub(super) fn begin(&mut self, mime: &str, data: &ArrayBuffer) -> Result<(), Refused> {
        let buffer = match &self.buffer {
            Some(buffer) => {
                if self.mime != mime {
                    buffer.change_type(mime).map_err(|error| refused(&error))?;
                }
                buffer.clone()
            }
            None => {
                let buffer = self.media.add_source_buffer(mime).map_err(|error| refused(&error))?;
                buffer.set_onupdateend(Some(self.ring.as_ref().unchecked_ref()));
                self.buffer.insert(buffer).clone()
            }
        };
        mime.clone_into(&mut self.mime);
        buffer.append_buffer_with_array_buffer(data).map_err(|error| refused(&error))
    }

    /// Appends a media segment.
    pub(super) fn append(&self, data: &ArrayBuffer) -> Result<(), Refused> {
        let buffer = self.buffer.as_ref().ok_or(Refused::Broken)?;
        buffer.append_buffer_with_array_buffer(data).map_err(|error| refused(&error))
    }

    /// Gives back what lies before `end`, s. False when there is nothing that could be given back.
    pub(super) fn give_back(&self, end: f64) -> bool {
        let Some((begin, _)) = self.first() else { return false };
        // A buffer gives back up to the next key frame: a moment early is exact, a moment late is a whole group more.
        let end = end - 0.001;
        end > begin && self.buffer.as_ref().is_some_and(|buffer| buffer.remove(begin, end).is_ok())
    }

    /// Whether it can be given something now.
    pub(super) fn is_free(&self) -> bool {
        match &self.buffer {
            Some(buffer) => !buffer.updating(),
            None => self.media.ready_state() == MediaSourceReadyState::Open,
        }
    }

    /// The oldest stretch that is buffered, s.
    pub(super) fn first(&self) -> Option<(f64, f64)> {
        let ranges = self.buffer.as_ref()?.buffered().ok()?;
        Some((ranges.start(0).ok()?, ranges.end(0).ok()?))
    }

    /// The newest stretch that is buffered, s.
    pub(super) fn newest(&self) -> Option<(f64, f64)> {
        let ranges = self.buffer.as_ref()?.buffered().ok()?;
        let last = ranges.length().checked_sub(1)?;
        Some((ranges.start(last).ok()?, ranges.end(last).ok()?))
    }
}

impl Drop for Source {
    fn drop(&mut self) {
        self.media.set_onsourceopen(None);
        if let Some(buffer) = &self.buffer {
            buffer.set_onupdateend(None);
        }
        best_effort(Url::revoke_object_url(&self.url));
    }
}

fn refused(error: &JsValue) -> Refused {
    let name = error.dyn_ref::<DomException>().map(DomException::name);
    if name.as_deref() == Some("QuotaExceededError") { Refused::Full } else { Refused::Broken }
}
