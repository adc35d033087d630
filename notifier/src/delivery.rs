//! What became of every part of every notification.

use std::collections::BTreeMap;

use serde::Serialize;

/// Which channel took which part, and the text of what was not taken.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct DeliveryReport {
    /// One entry a part, channel by channel, in the order of sending.
    pub parts: Vec<PartDelivery>,
}

/// What became of one part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PartDelivery {
    /// The channel: `slack`, `slack_channel`, `slack_dm`, `sns`, `email`, `email_owner`, `search`, `archive`, `memory`.
    pub channel: &'static str,
    /// Title of the notification.
    pub title: String,
    /// Number of this part, from 1.
    pub part: usize,
    /// How many parts the notification has on this channel.
    pub of: usize,
    /// How often it was tried; 0 if the channel had failed for good before.
    pub attempts: u32,
    /// What came of it.
    #[serde(flatten)]
    pub result: PartResult,
    /// The subjects of the lines in this part. An undelivered part of a channel with several readers is without those
    /// that another reader was told of: nobody is untold for its sake.
    #[serde(skip)]
    pub subjects: Vec<String>,
}

/// What came of sending a part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "result", rename_all = "snake_case")]
pub enum PartResult {
    /// The channel accepted it.
    Delivered,
    /// The person could not be told; everything that was to be said was delivered to everybody, by another part of this
    /// report.
    Redirected {
        /// Why.
        reason: String,
    },
    /// The channel did not accept it.
    Undelivered {
        /// Why.
        reason: String,
        /// The text nobody got through this channel.
        text: String,
    },
}

impl PartDelivery {
    /// Whether the channel accepted it.
    pub fn is_delivered(&self) -> bool {
        self.result == PartResult::Delivered
    }
}

impl DeliveryReport {
    /// The parts that were not delivered.
    pub fn undelivered(&self) -> impl Iterator<Item = (&PartDelivery, &str)> {
        self.parts.iter().filter_map(|part| match &part.result {
            PartResult::Delivered | PartResult::Redirected { .. } => None,
            PartResult::Undelivered { reason, .. } => Some((part, reason.as_str())),
        })
    }

    /// Whether somebody was told, for every subject that a part speaks of: `Ok` if at least one channel took every part
    /// that speaks of it, else the reasons why none did.
    pub fn told(&self) -> BTreeMap<&str, Result<(), String>> {
        let mut by_channel: BTreeMap<(&str, &str), Result<(), String>> = BTreeMap::new();
        // What was redirected was not told by this part, and the other one says whether it was at all.
        for part in self.parts.iter().filter(|part| !matches!(part.result, PartResult::Redirected { .. })) {
            for subject in &part.subjects {
                let told = by_channel.entry((subject, part.channel)).or_insert(Ok(()));
                if let PartResult::Undelivered { reason, .. } = &part.result {
                    *told = Err(format!("{}: {reason}", part.channel));
                }
            }
        }
        let mut told: BTreeMap<&str, Result<(), String>> = BTreeMap::new();
        for ((subject, _), on_channel) in by_channel {
            let known = told.remove(subject);
            let both = match (known, on_channel) {
                (Some(Err(one)), Err(other)) => Err(format!("{one}; {other}")),
                (Some(Err(_)) | None, on_channel) => on_channel,
                (Some(Ok(())), _) => Ok(()),
            };
            told.insert(subject, both);
        }
        told
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(channel: &'static str, subjects: &[&str], reason: Option<&str>) -> PartDelivery {
        PartDelivery {
            channel,
            title: "t".into(),
            part: 1,
            of: 1,
            attempts: 1,
            result: reason.map_or(PartResult::Delivered, |reason| PartResult::Undelivered {
                reason: reason.into(),
                text: "x".into(),
            }),
            subjects: subjects.iter().map(ToString::to_string).collect(),
        }
    }

    #[test]
    fn one_channel_is_enough_to_be_told() {
        let report =
            DeliveryReport { parts: vec![part("slack", &["a"], Some("gone")), part("sns", &["a", "b"], None)] };
        assert_eq!(report.told(), BTreeMap::from([("a", Ok(())), ("b", Ok(()))]));
        assert_eq!(report.undelivered().count(), 1);
    }

    #[test]
    fn half_a_line_is_not_told() {
        let report = DeliveryReport { parts: vec![part("slack", &["a"], None), part("slack", &["a"], Some("gone"))] };
        assert_eq!(report.told(), BTreeMap::from([("a", Err("slack: gone".into()))]));
    }

    #[test]
    fn nobody_is_told_for_all_reasons() {
        let report =
            DeliveryReport { parts: vec![part("slack", &["a"], Some("gone")), part("sns", &["a"], Some("denied"))] };
        assert_eq!(report.told(), BTreeMap::from([("a", Err("slack: gone; sns: denied".into()))]));
    }

    #[test]
    fn report_serialises_flat() {
        let report = DeliveryReport { parts: vec![part("slack", &["a"], Some("gone")), part("sns", &["a"], None)] };
        insta::assert_json_snapshot!(report, @r#"
        [
          {
            "channel": "slack",
            "title": "t",
            "part": 1,
            "of": 1,
            "attempts": 1,
            "result": "undelivered",
            "reason": "gone",
            "text": "x"
          },
          {
            "channel": "sns",
            "title": "t",
            "part": 1,
            "of": 1,
            "attempts": 1,
            "result": "delivered"
          }
        ]
        "#);
    }
}
