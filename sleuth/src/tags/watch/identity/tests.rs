use super::*;
use crate::tags::watch::tests::{fixture, seen};

fn made(own: &Own, arn: Option<&str>) -> bool {
    let event = seen(&fixture("record-start-instances")).event;
    own.made(&Event { arn: arn.map(ToOwned::to_owned), ..event })
}

#[test]
fn every_session_of_the_own_role_is_own_and_no_other_is() {
    let own = Own::of("arn:aws:sts::123456789012:assumed-role/sleuth-tags/run-1");
    for (arn, wanted) in [
        ("arn:aws:sts::123456789012:assumed-role/sleuth-tags/run-1", true),
        ("arn:aws:sts::123456789012:assumed-role/sleuth-tags/another", true),
        ("arn:aws:sts::210987654321:assumed-role/sleuth-tags/run-1", false),
        ("arn:aws:sts::123456789012:assumed-role/sleuth-tags-2/run-1", false),
        ("arn:aws:sts::123456789012:assumed-role/sleuth/run-1", false),
        ("arn:aws-cn:sts::123456789012:assumed-role/sleuth-tags/run-1", false),
        ("arn:aws:sts::123456789012:assumed-role/sleuth-tags", false),
        ("arn:aws:iam::123456789012:role/sleuth-tags", false),
        ("arn:aws:iam::123456789012:user/sleuth-tags", false),
        ("arn:aws:iam::123456789012:root", false),
        ("", false),
    ] {
        assert_eq!(made(&own, Some(arn)), wanted, "{arn}");
    }
    assert!(!made(&own, None));
    assert!(!made(&Own::default(), Some("")) && !made(&Own::default(), None));
}

/// The ARN of a session does not have the path of its role.
#[test]
fn role_with_a_path_is_known_by_its_name() {
    let own = Own::of("arn:aws:sts::123456789012:assumed-role/larkspur-dev/x");
    let event = seen(&fixture("record-run-instances-assumed-role")).event;
    assert!(own.made(&event));
    assert!(!Own::of("arn:aws:sts::123456789012:assumed-role/render/x").made(&event));
}

#[test]
fn users_and_root_are_own_by_their_whole_arn() {
    for arn in ["arn:aws:iam::123456789012:user/teams/oleg", "arn:aws:iam::123456789012:root"] {
        let own = Own::of(arn);
        assert!(made(&own, Some(arn)));
        assert!(!made(&own, Some("arn:aws:iam::123456789012:user/teams/eve")));
        assert!(!made(&own, Some("arn:aws:iam::210987654321:root")));
        assert!(!made(&own, Some("arn:aws:sts::123456789012:assumed-role/oleg/x")));
    }
}

#[test]
fn roles_of_other_accounts_can_be_own_too() {
    let mut own = Own::of("arn:aws:sts::123456789012:assumed-role/sleuth/x");
    own.add(Own::of("arn:aws:sts::210987654321:assumed-role/sleuth-member/x"));
    assert!(made(&own, Some("arn:aws:sts::123456789012:assumed-role/sleuth/y")));
    assert!(made(&own, Some("arn:aws:sts::210987654321:assumed-role/sleuth-member/y")));
    assert!(!made(&own, Some("arn:aws:sts::210987654321:assumed-role/sleuth/y")));
}

#[test]
fn own_tagging_is_recognised_as_recorded() {
    let event = seen(&fixture("record-own-role-create-tags")).event;
    assert!(Own::of("arn:aws:sts::123456789012:assumed-role/sleuth-tags/of-today").made(&event));
    assert!(!Own::of("arn:aws:sts::210987654321:assumed-role/sleuth-tags/sleuth-tags").made(&event));
}
