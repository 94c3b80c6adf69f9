//! A WebSocket to our own server that connects again for ever.
//!
//! At most one connection is in being. Its end, its silence and its failure all lead to the same place: wait
//! ([`Backoff`]), then connect again.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use js_sys::{ArrayBuffer, Reflect};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{BinaryType, MessageEvent, WebSocket};

use super::{after, best_effort, monotonic_ms, random};
use crate::live::backoff::Backoff;

/// What a socket tells its owner.
pub(crate) enum Incoming {
    /// Connected: say hello.
    Open,
    /// A text message.
    Text(String),
    /// A binary message.
    Binary(ArrayBuffer),
    /// Not connected any more.
    Closed,
}

type Handler = Box<dyn FnMut(Incoming)>;

/// The socket; clones are the same socket.
#[derive(Clone)]
pub(crate) struct Socket(Rc<Inner>);

struct Inner {
    url: String,
    protocol: &'static str,
    handler: RefCell<Option<Handler>>,
    connection: RefCell<Option<WebSocket>>,
    backoff: RefCell<Backoff>,
    /// When something last happened on this connection: its beginning or a message.
    active: Cell<f64>,
}

impl Socket {
    /// A socket for `path` of the page's own server. Nothing happens before [`Socket::start`].
    pub(crate) fn new(path: &str, protocol: &'static str) -> Self {
        Self(Rc::new(Inner {
            url: own_url(path),
            protocol,
            handler: RefCell::new(None),
            connection: RefCell::new(None),
            backoff: RefCell::default(),
            active: Cell::new(0.0),
        }))
    }

    /// Connects, and from now on gives everything to `handler`. The handler may call the socket.
    pub(crate) fn start(&self, handler: impl FnMut(Incoming) + 'static) {
        *self.0.handler.borrow_mut() = Some(Box::new(handler));
        self.connect();
    }

    /// Sends a text; one that cannot be sent is dropped, because the next connection begins anew anyway.
    pub(crate) fn send(&self, text: &str) {
        if let Some(socket) = &*self.0.connection.borrow() {
            best_effort(socket.send_with_str(text));
        }
    }

    /// Gives the connection up and makes a new one after a wait. Does not call the handler.
    pub(crate) fn reconnect(&self) {
        let Some(old) = self.0.connection.borrow_mut().take() else { return };
        old.set_onopen(None);
        old.set_onmessage(None);
        old.set_onclose(None);
        best_effort(old.close());
        self.connect_later();
    }

    /// Whether there is a connection on which nothing has happened for so long.
    pub(crate) fn is_idle(&self, limit_ms: f64) -> bool {
        self.0.connection.borrow().is_some() && monotonic_ms() - self.0.active.get() > limit_ms
    }

    fn connect_later(&self) {
        let wait = self.0.backoff.borrow_mut().next_ms(random());
        let this = self.clone();
        after(wait, move || this.connect());
    }

    fn connect(&self) {
        let Ok(socket) = WebSocket::new_with_str(&self.0.url, self.0.protocol) else {
            self.connect_later();
            return;
        };
        socket.set_binary_type(BinaryType::Arraybuffer);
        self.0.active.set(monotonic_ms());

        let this = self.clone();
        let open = Closure::<dyn FnMut()>::new(move || this.hand(Incoming::Open));
        socket.set_onopen(Some(open.into_js_value().unchecked_ref()));

        let this = self.clone();
        let message = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
            this.0.active.set(monotonic_ms());
            this.0.backoff.borrow_mut().reset();
            let data = event.data();
            if let Some(text) = data.as_string() {
                this.hand(Incoming::Text(text));
            } else if let Ok(bytes) = data.dyn_into::<ArrayBuffer>() {
                this.hand(Incoming::Binary(bytes));
            }
        });
        socket.set_onmessage(Some(message.into_js_value().unchecked_ref()));

        let this = self.clone();
        let close = Closure::<dyn FnMut()>::new(move || {
            this.0.connection.borrow_mut().take();
            this.hand(Incoming::Closed);
            this.connect_later();
        });
        socket.set_onclose(Some(close.into_js_value().unchecked_ref()));
        *self.0.connection.borrow_mut() = Some(socket);
    }

    fn hand(&self, incoming: Incoming) {
        // Browser events never nest, so the handler is free here.
        if let Ok(mut handler) = self.0.handler.try_borrow_mut()
            && let Some(handler) = &mut *handler
        {
            handler(incoming);
        }
    }
}

/// `ws://host/path` or `wss://host/path`, of the page or worker that this runs in.
fn own_url(path: &str) -> String {
    let location = Reflect::get(&js_sys::global(), &JsValue::from_str("location")).unwrap_or_default();
    let part = |name: &str| {
        Reflect::get(&location, &JsValue::from_str(name)).ok().and_then(|v| v.as_string()).unwrap_or_default()
    };
    let scheme = if part("protocol") == "https:" { "wss" } else { "ws" };
    format!("{scheme}://{}{path}", part("host"))
}
