//! Threads of their own for what may not wait for the rest.
//!
//! Pictures (the cameras' tasks and the windows'), screens (the readers of the journal) and the store (the committer and its
//! connection) each have some, so that a flood of telemetry, a snapshot of a large World or a page's long query never
//! stands between a camera and a viewer, nor between an alarm and a wall, nor between a database and the rows that it
//! waits for. Few threads are better than many: a frame is handed from its camera to its windows by
//! the thread that read it, because waking another one costs more than the frame does.

use tokio::runtime::{Builder, Handle, Runtime};

/// A runtime of its own. Whatever still runs on it when it is dropped is dropped with it.
#[derive(Debug)]
pub(crate) struct Threads(Option<Runtime>);

impl Threads {
    /// Half as many as the machine has processors, and at least one; `name` is for whoever looks at the process.
    ///
    /// # Errors
    /// The system gives no threads.
    pub(crate) fn start(name: &str) -> std::io::Result<Self> {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        Builder::new_multi_thread()
            .worker_threads((processors / 2).max(1))
            .thread_name(name)
            .enable_all()
            .build()
            .map(|runtime| Self(Some(runtime)))
    }

    /// Where to spawn what belongs here.
    pub(crate) fn handle(&self) -> Handle {
        self.0.as_ref().map_or_else(Handle::current, |runtime| runtime.handle().clone())
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        // A runtime may not wait for its threads inside another one.
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}
