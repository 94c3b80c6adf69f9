//! The specification of walls: whatever people command and whatever rings, in whatever order, this holds.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod alarms;
mod always;
mod any;
mod cells;
mod kept;
mod room;
mod screens;
mod tours;
