//! Reports as one HTML file that needs nothing else: no network, no script to be read, nothing to be hidden in its data.
//!
//! Style and script stand in the file and are allowed by their hashes; its policy forbids everything else. Without
//! JavaScript it is a plain table.

pub mod accounts;
mod chart;
mod grid;
pub mod keys;
mod page;
mod parts;
pub mod tags;
mod tone;

#[cfg(test)]
mod tests;
