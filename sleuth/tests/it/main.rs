//! Sleuth from outside: the real binaries, over HTTP, against an AWS emulator and servers on this machine.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may fail loudly")]
#![expect(clippy::disallowed_methods, reason = "tests read the clock and name the tools by environment variable")]

mod account;
mod architecture;
mod browser;
mod channels;
mod cli;
mod cloud;
mod denied;
mod destinations;
mod diff;
mod doctor;
mod doctor_fake;
mod doctor_table;
mod documentation;
mod emulator;
mod fake_cloud;
mod fakes;
mod faults;
mod inventory;
mod lambda;
mod lambda_both;
mod outputs;
mod policies;
mod policies_needs;
mod policies_trial;
mod race;
mod race_tags;
mod render;
mod secrets;
mod servers;
mod stub;
mod support;
mod tags;
mod tags_held;
mod tags_owner;
mod tags_rules;
mod tags_saved;
mod tags_table;
mod trail;
mod watch;
mod watch_instances;
mod watch_logs;
mod watch_reach;
mod watch_replay;
mod watch_settle;
