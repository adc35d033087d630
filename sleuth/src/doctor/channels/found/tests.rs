//! What is said of outputs.
