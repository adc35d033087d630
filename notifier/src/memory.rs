//! A channel that keeps what it is given. For tests of programs that notify.

use std::sync::{Arc, Mutex, PoisonError};

use crate::{
    delivery::{PartDelivery, PartResult},
    notification::{Messages, Notification},
};

/// Keeps notifications, or refuses them all. Clones share what is kept.
#[derive(Debug, Clone, Default)]
pub struct Memory {
    kept: Arc<Mutex<Vec<Notification>>>,
    refuses: Option<String>,
}

impl Memory {
    /// A channel that takes nothing, for the given reason.
    pub fn refusing(reason: &str) -> Self {
        Self { refuses: Some(reason.to_owned()), ..Self::default() }
    }

    /// What was sent so far.
    pub fn sent(&self) -> Vec<Notification> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn send(&self, messages: &Messages) -> Vec<PartDelivery> {
        messages.everyone.iter().filter(|notification| !notification.is_empty()).map(|n| self.take(n)).collect()
    }

    fn take(&self, notification: &Notification) -> PartDelivery {
        let lines = || notification.groups.iter().flat_map(|group| &group.lines);
        let result = match &self.refuses {
            Some(reason) => PartResult::Undelivered {
                reason: reason.clone(),
                text: lines().map(|line| line.plain() + "\n").collect(),
            },
            None => {
                self.kept.lock().unwrap_or_else(PoisonError::into_inner).push(notification.clone());
                PartResult::Delivered
            }
        };
        PartDelivery {
            channel: "memory",
            title: notification.title.clone(),
            part: 1,
            of: 1,
            attempts: 1,
            result,
            subjects: lines().map(|line| line.subject.clone()).collect(),
        }
    }
}
