//! The listener, driven by clients we did not write and by bytes no client would send.

mod bridge;
mod ends;
mod hostile;
mod promise;
mod protocol;
mod raw;
mod rights;
mod sink;
