//! Reports as Markdown, as GitHub and GitLab show it, for issues and wikis. These are read by many, so that access keys
//! are masked.

pub mod accounts;
pub mod keys;
mod page;
mod quoted;
pub mod tags;

#[cfg(test)]
mod tests;
