//! Which events were dealt with before. AWS delivers each at least once.

use std::collections::{HashSet, VecDeque};

/// How many events are remembered. A function is given a new memory with each instance of it, so that this only saves work:
/// what is done twice does no harm.
const MOST: usize = 10_000;

/// The ids of events that were dealt with, the oldest forgotten first.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    ids: HashSet<String>,
    order: VecDeque<String>,
}

impl Seen {
    /// Whether an event was dealt with.
    pub fn contains(&self, id: &str) -> bool {
        self.ids.contains(id)
    }

    /// Remembers an event.
    pub fn insert(&mut self, id: String) {
        if !self.ids.insert(id.clone()) {
            return;
        }
        self.order.push_back(id);
        if self.order.len() > MOST
            && let Some(oldest) = self.order.pop_front()
        {
            self.ids.remove(&oldest);
        }
    }
}
