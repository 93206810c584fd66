//! `trellis deploy`, `trellis operate` and `trellis doctor --contract` against real chains, and the forge script beside them.

mod deploying;
mod examining;
mod operating;
mod runbooks;
mod script;
mod world;
