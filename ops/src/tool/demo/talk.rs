//! The conversation with the person at the keyboard.

use std::io::BufRead as _;
use std::net::SocketAddr;

use anyhow::Context as _;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;

use super::report::Report;
use crate::sim::{City, FAULTS};
use crate::tool::console::Console;

/// Lines typed ahead that are kept; more wait in the terminal.
const LINES_AHEAD: usize = 16;

/// Says where the wall is.
pub fn welcome(address: SocketAddr, report: &Report, console: Console) {
    console.line(format!("\n  the wall      http://{address}/wall/main"));
    console.line(format!("  operations    http://{address}/ops"));
    console.line(format!("  cameras live  {} of {}\n", report.cameras_live, report.cameras));
    console.line("Type a fault and Enter to break something, `help` for the list, `quit` or Ctrl-C to end.");
}

/// Takes commands until the person wants to end. Ends never when there is no keyboard.
pub async fn talk(city: &City, console: Console) {
    let mut lines = keyboard();
    while let Some(line) = lines.recv().await {
        match line.trim() {
            "" => {}
            "quit" | "exit" => return,
            "help" => {
                console.line(format!("  {}\n  stats, quit", FAULTS.trim_start()));
            }
            "stats" => console.line(serde_json::to_string(&city.stats()).unwrap_or_default()),
            fault => match city.fault(fault) {
                Ok(()) => console.line(format!("done: {fault}")),
                Err(error) => console.line(format!("{error}; `help` lists what there is")),
            },
        }
    }
    std::future::pending().await
}

/// The lines of standard input. Reading a terminal blocks, so a thread does it; it ends with the process.
fn keyboard() -> mpsc::Receiver<String> {
    let (sender, receiver) = mpsc::channel(LINES_AHEAD);
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            if sender.blocking_send(line).is_err() {
                return;
            }
        }
    });
    receiver
}

/// Ctrl-C, the polite request of another program, or the end of the terminal.
#[derive(Debug)]
pub struct StopSignal {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
    hangup: tokio::signal::unix::Signal,
}

impl StopSignal {
    /// Ends when somebody wants us to.
    pub async fn recv(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
            _ = self.hangup.recv() => {}
        }
    }
}

/// Begins to listen for the wish to stop; from now on it no longer ends the process by itself.
///
/// # Errors
/// When the system refuses.
pub fn stop_signal() -> anyhow::Result<StopSignal> {
    Ok(StopSignal {
        interrupt: signal(SignalKind::interrupt()).context("failed to listen for Ctrl-C")?,
        terminate: signal(SignalKind::terminate()).context("failed to listen for the stop signal")?,
        hangup: signal(SignalKind::hangup()).context("failed to listen for the end of the terminal")?,
    })
}
