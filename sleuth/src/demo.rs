//! An account that is compiled in: Larkspur Logistics, which does not exist. Every verdict and most edge cases occur in it.

pub mod keys;
pub mod tags;

#[cfg(test)]
pub(crate) mod reports {
    //! What plain runs find in it, for tests of all that is made of reports.

    use crate::{
        report::{keys::KeysReport, tags::TagsReport},
        run,
    };

    pub(crate) fn of_keys() -> KeysReport {
        let inventory = super::keys::inventory().unwrap();
        run::keys::dry(&inventory, &super::keys::config().unwrap(), super::keys::now(&inventory))
    }

    pub(crate) fn of_tags() -> TagsReport {
        let inventory = super::tags::inventory().unwrap();
        run::tags::dry(&inventory, &super::tags::policy().unwrap(), super::tags::now(&inventory))
    }
}
