//! Reading the registry again while the server runs: all or nothing, and what did not change is not touched.

use std::sync::Arc;

use pantau_schemas::toml_reader::Fault;
use tokio::sync::oneshot;

use crate::app::App;
use crate::core::Control;

/// Reads the configuration file and takes its registry over.
///
/// # Errors
/// Every fault; nothing has then changed.
pub(crate) async fn registry<S>(app: &App<S>) -> Result<(), Vec<Fault>> {
    let file = app.config_file.clone();
    let read = tokio::task::spawn_blocking(move || crate::config::load(file.as_deref())).await;
    let config = read.unwrap_or_else(|error| {
        let message = format!("reading the configuration failed: {error}");
        let (file, key) = (String::new(), String::new());
        Err(vec![Fault { file, line: 0, key, message, nearest: None }])
    })?;
    app.fleet.configure(config.cameras);
    app.stills.configure(config.stills);
    app.registry.send_replace(Arc::new(config.registry.clone()));
    let (done, waiting) = oneshot::channel();
    if app.control.send(Control::Registry(Box::new(config.registry), done)).await.is_ok() {
        drop(waiting.await);
    }
    tracing::info!("the registry was read again");
    Ok(())
}
