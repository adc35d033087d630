//! Which build this is. `build.rs` finds it out.

/// The version of the release.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The commit it was built from, with `-dirty` if the sources were others; or `unknown`.
pub const COMMIT: &str = env!("SLEUTH_COMMIT");

/// The Cargo features it was built with, those that add something to the program.
pub const FEATURES: &str = env!("SLEUTH_FEATURES");

/// All of it.
pub const TEXT: &str =
    concat!(env!("CARGO_PKG_VERSION"), " (commit ", env!("SLEUTH_COMMIT"), ", features ", env!("SLEUTH_FEATURES"), ")");
