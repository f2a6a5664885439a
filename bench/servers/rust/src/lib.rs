//! What the programs of this package share.

pub mod echo_mio;
pub mod echo_tokio;
pub mod listening;
pub mod wake;
