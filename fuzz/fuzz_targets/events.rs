//! Any bytes are an event, a log file, or neither. What comes out names accounts, regions and instances as AWS writes them,
//! and can be held up to an instance.
#![no_main]

use chrono::{DateTime, Utc};
use libfuzzer_sys::fuzz_target;
use sleuth::{
    logfile,
    tags::{
        Instance, InstanceId, RegionName, State,
        watch::{
            Sighting,
            event::{Content, is_delivery, open},
            evidence::{Settled, together},
            identity::Own,
            record::{Record, read},
        },
    },
};

fuzz_target!(|bytes: &[u8]| {
    let mut seen = Vec::new();
    if let Ok(event) = serde_json::from_slice(bytes) {
        is_delivery(&event);
        for leaf in open(&event) {
            match leaf.content {
                Ok(Content::Record { json, account }) => seen.extend(sighting(&json, account.as_deref())),
                Ok(Content::Seen(sighting)) => seen.push(sighting),
                Ok(Content::Log(object)) => assert!(object.account().is_some_and(is_account), "{object:?}"),
                Ok(Content::Skipped(_)) => {}
                Err(error) => assert!(!error.is_empty(), "refused without a word"),
            }
        }
    }
    // As it is, and as part of a log, so that not each of the texts has to begin as logs do.
    let log = [br#"{"Records":["#, bytes, b"]}"].concat();
    for log in [bytes, &log] {
        let mut records = 0;
        let ended = logfile::read(log, |record| {
            records += 1;
            seen.extend(sighting(record, Some("123456789012")));
        });
        assert!(ended.is_err() || records <= log.len(), "{records} records");
    }

    seen.iter().for_each(check);
    let own = Own::of("arn:aws:sts::123456789012:assumed-role/sleuth/run");
    for sighting in &seen {
        own.made(&sighting.event);
    }
    for ((_, id), evidence) in together(&seen) {
        assert!((1..=2).contains(&evidence.events.len()), "{evidence:?}");
        assert!(evidence.launched.as_ref().is_none_or(|launched| launched.id == id), "{evidence:?}");
        evidence.is_fresh(DateTime::<Utc>::UNIX_EPOCH);
        evidence.launch();
        let bare = Instance::new(id.clone(), State::Running);
        let wants_tags = evidence.launched.as_ref().is_some_and(|launched| !launched.tags.is_empty());
        if evidence.events.len() == 1 && wants_tags {
            assert!(matches!(evidence.settled(&bare), Settled::No(_)), "taken for launched bare: {evidence:?}");
        }
    }
});

fn sighting(json: &str, account: Option<&str>) -> Option<Sighting> {
    match read(json, account) {
        Ok(Record::Seen(sighting)) => Some(*sighting),
        Ok(Record::Skipped(_)) => None,
        Err(error) => {
            assert!(!error.is_empty(), "refused without a word");
            None
        }
    }
}

fn check(Sighting { account, region, instances, .. }: &Sighting) {
    assert!(is_account(account), "{account:?}");
    assert_eq!(RegionName::parse(&region.0).as_ref(), Some(region));
    assert!(!instances.is_empty());
    for (InstanceId(id), _) in instances {
        let digits = id.strip_prefix("i-").unwrap_or_default();
        let whole = matches!(digits.len(), 8 | 17) && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        assert!(whole, "{id:?}");
    }
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}
