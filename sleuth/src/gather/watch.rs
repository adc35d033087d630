//! Fills inventories of the instances that events name, and of those only.

mod harvest;
mod recorded;
mod saved;
mod settle;

pub use harvest::{Admission, Failure, Harvest, Reading, harvest};
pub use recorded::{OutOfReach, Recorded};
pub use saved::{SavedError, files, saved};
pub use settle::{Settling, inventory};

/// How often something is asked for again that AWS may not show yet: pauses double from `FIRST` to `LONGEST`.
mod pauses {
    use std::time::Duration;

    use tokio::time::{Instant, sleep};

    const FIRST: Duration = Duration::from_millis(500);
    const LONGEST: Duration = Duration::from_secs(8);

    /// Pauses until a time.
    pub(super) struct Pauses {
        next: Duration,
        until: Instant,
    }

    impl Pauses {
        /// For so long, but not longer than half of the time that is left until `end`: what is there needs time, too.
        pub(super) fn within(patience: Duration, end: Option<Instant>) -> Self {
            let now = Instant::now();
            let most = end.map(|end| end.saturating_duration_since(now) / 2);
            Self { next: FIRST, until: now + most.map_or(patience, |most| most.min(patience)) }
        }

        /// Waits, or says that there is no time to.
        pub(super) async fn wait(&mut self) -> bool {
            let left = self.until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            // The last time is at the end.
            sleep(self.next.min(left)).await;
            self.next = (self.next * 2).min(LONGEST);
            true
        }
    }
}
