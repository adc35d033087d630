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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_dealt_with_is_known_until_there_is_too_much_of_it() {
        let mut seen = Seen::default();
        assert!(!seen.contains("0"));
        (0..MOST).for_each(|id| seen.insert(id.to_string()));
        // Once more is not once newer, and takes no place.
        seen.insert("0".into());
        assert!(seen.contains("0") && seen.contains("1"));
        seen.insert("new".into());
        assert!(!seen.contains("0") && seen.contains("1") && seen.contains("new"));
        (0..3 * MOST).for_each(|id| seen.insert(id.to_string()));
        assert_eq!((seen.ids.len(), seen.order.len()), (MOST, MOST));
    }
}
