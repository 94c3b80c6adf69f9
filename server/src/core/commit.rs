//! The task that talks to the store: one batch at a time, tried until it is durable.
//!
//! A batch whose outcome is unknown is tried again; [`Store::commit`] gives the same end state however often
//! it is called. The core fills the next batch meanwhile.

use std::sync::Arc;
use std::time::Duration;

use pantau_schemas::world::World;
use pantau_store::{Batch, Committed, Store, StoreError};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// First pause after a failed commit; doubled up to [`RETRY_MAX`].
const RETRY_MIN: Duration = Duration::from_millis(100);
/// Longest pause: a store that is back is noticed within this time.
const RETRY_MAX: Duration = Duration::from_secs(2);

/// What the core asks for.
#[derive(Debug)]
pub(super) enum Work {
    /// Make this durable.
    Commit(Box<Batch>),
    /// Keep this World, all of whose entries are durable.
    Snapshot(Box<World>),
}

/// What the core is told.
#[derive(Debug)]
pub(super) enum Progress {
    /// The batch is durable.
    Done(Box<Batch>, Committed),
    /// The batch is not durable yet; it is tried again.
    Failed(String),
    /// Another server writes to this city now: nothing of ours will ever be durable again.
    Superseded,
}

/// Works until the core lets go of its end, or until cancelled while the store refuses.
pub(super) async fn run<S: Store>(
    store: Arc<S>,
    mut work: mpsc::Receiver<Work>,
    progress: mpsc::Sender<Progress>,
    abandon: CancellationToken,
) {
    while let Some(work) = work.recv().await {
        match work {
            Work::Snapshot(world) => {
                if let Err(error) = store.snapshot(&world).await {
                    tracing::warn!(%error, seq = %world.seq, "failed to keep a snapshot; recovery will take longer");
                }
            }
            Work::Commit(batch) => {
                let mut pause = RETRY_MIN;
                let committed = loop {
                    match store.commit(&batch).await {
                        Ok(committed) => break committed,
                        Err(StoreError::Superseded) => {
                            drop(progress.send(Progress::Superseded).await);
                            return;
                        }
                        Err(error) => {
                            tracing::error!(%error, "failed to commit; history is not being saved");
                            if progress.send(Progress::Failed(error.to_string())).await.is_err() {
                                return;
                            }
                        }
                    }
                    tokio::select! {
                        () = abandon.cancelled() => return,
                        () = tokio::time::sleep(pause) => pause = (pause * 2).min(RETRY_MAX),
                    }
                };
                if progress.send(Progress::Done(batch, committed)).await.is_err() {
                    return;
                }
            }
        }
    }
}
