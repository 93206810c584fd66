//! `trellis deploy` and `trellis doctor --contract` against real chains, and the forge script beside them.

mod deploying;
mod examining;
mod script;
mod world;
