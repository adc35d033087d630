//! `sleuth watch replay`.
