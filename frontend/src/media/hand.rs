//! The page's end of one media worker: what is said to it, what it last reported, and when.

use js_sys::Array;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{MessageEvent, Worker, WorkerOptions, WorkerType};

use super::choice::{Missing, PlayerKind};
use super::message::{Command, Report};
use crate::browser::{best_effort, monotonic_ms};

/// A worker.
pub(super) struct Hand {
    worker: Worker,
    /// It listens; before that, messages wait.
    ready: bool,
    waiting: Vec<Array>,
    pub(super) report: Report,
    /// When it last reported.
    pub(super) heard: f64,
}

impl Hand {
    /// Starts one that plays with `player`.
    pub(super) fn start(player: PlayerKind) -> Result<Self, Missing> {
        let options = WorkerOptions::new();
        options.set_type(WorkerType::Module);
        let worker = Worker::new_with_options("/assets/media-worker.js", &options);
        let mut this = Self {
            worker: worker.map_err(|_no_module_workers| Missing::Player)?,
            ready: false,
            waiting: Vec::new(),
            report: Report::default(),
            heard: monotonic_ms(),
        };
        this.post(&Command::Player { player }, None);
        Ok(this)
    }

    /// From now on `call` gets what it says.
    pub(super) fn listen(&self, call: impl Fn(&JsValue) + 'static) {
        let call = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| call(&event.data()));
        self.worker.set_onmessage(Some(call.into_js_value().unchecked_ref()));
    }

    /// It listens now.
    pub(super) fn ready(&mut self) {
        self.ready = true;
        for message in std::mem::take(&mut self.waiting) {
            self.send(&message);
        }
    }

    /// Says something; `canvas` moves over to it.
    pub(super) fn post(&mut self, command: &Command, canvas: Option<JsValue>) {
        let Ok(text) = serde_json::to_string(command) else { return };
        let message = Array::of1(&JsValue::from_str(&text));
        if let Some(canvas) = canvas {
            message.push(&canvas);
        }
        if self.ready {
            self.send(&message);
        } else {
            self.waiting.push(message);
        }
    }

    fn send(&self, message: &Array) {
        let transfer = message.slice(1, message.length());
        best_effort(self.worker.post_message_with_transfer(message, &transfer));
    }
}
