//! What the code under test logs on this thread, at every level.
//!
//! One subscriber for the whole test program, installed before anything logs. A subscriber of one thread (`set_default`)
//! is not enough: `tracing` remembers of each place in the code whether anybody listens, and a place that another test
//! meets first while this one is being installed can be remembered as heard by nobody.

use std::cell::RefCell;
use std::io::Write;
use std::sync::Once;

thread_local! { static LOGGED: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) }; }

struct ThisThread;

impl Write for ThisThread {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        LOGGED.with_borrow_mut(|logged| logged.write(bytes))
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Listens from now on; every test begins with it.
pub(crate) fn start() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_writer(|| ThisThread)
            .with_ansi(false)
            .finish();
        // Not `init`: that would bring in what retina says through `log`, which the server holds to warnings.
        tracing::subscriber::set_global_default(subscriber).unwrap();
    });
    LOGGED.with_borrow_mut(Vec::clear);
}

/// Everything that this thread has logged since [`start`].
pub(crate) fn text() -> String {
    LOGGED.with_borrow(|logged| String::from_utf8_lossy(logged).into_owned())
}
