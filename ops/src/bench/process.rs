//! What the operating system says of a process.

use anyhow::Context as _;

/// Kernel ticks a second; 100 on every Linux that Rust runs on.
const TICKS: f64 = 100.0;

/// Processor seconds that a process has used, in user and kernel mode together.
///
/// # Errors
/// The process is gone.
pub(super) fn cpu_seconds(pid: u32) -> anyhow::Result<f64> {
    let stat =
        std::fs::read_to_string(format!("/proc/{pid}/stat")).context("the measured process is gone")?;
    // The name is in parentheses and may hold spaces; utime and stime are the 12th and 13th field after it.
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let field = |at: usize| fields.get(at).and_then(|text| text.parse::<f64>().ok()).unwrap_or_default();
    Ok((field(11) + field(12)) / TICKS)
}

/// Memory that a process holds, MiB.
///
/// # Errors
/// The process is gone.
pub(super) fn rss_mib(pid: u32) -> anyhow::Result<f64> {
    let status =
        std::fs::read_to_string(format!("/proc/{pid}/status")).context("the measured process is gone")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    let kib: f64 = line.split_whitespace().next().and_then(|text| text.parse().ok()).unwrap_or_default();
    Ok(kib / 1024.0)
}
