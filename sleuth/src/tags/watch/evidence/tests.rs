use serde_json::{Value, json};

use super::*;
use crate::tags::{
    launch::Principal,
    watch::{
        Launched,
        event::{Content, open},
        tests::{fixture, seen},
    },
};

const ID: &str = "i-0722f23a4f14560c2";

fn at(seconds: i64) -> DateTime<Utc> {
    "2026-03-02T09:00:00Z".parse::<DateTime<Utc>>().unwrap() + TimeDelta::seconds(seconds)
}

fn tags(tags: &[(&str, &str)]) -> Tags {
    tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

fn sighting(name: &str, seconds: i64, change: Change) -> Sighting {
    let by = Some(Principal::User { name: format!("by-{seconds}") });
    let (id, name) = (Some(format!("event-{seconds}-{name}")), name.to_owned());
    Sighting {
        account: "123456789012".into(),
        region: RegionName("eu-west-1".into()),
        event: Event { id, name, at: at(seconds), by, arn: None, source_ip: None },
        instances: vec![(InstanceId(ID.into()), change)],
    }
}

fn shown(of: &[(&str, &str)], state: State) -> Instance {
    Instance { tags: tags(of), ..Instance::new(InstanceId(ID.into()), state) }
}

fn launch(seconds: i64, of: &[(&str, &str)]) -> Sighting {
    let launched = Launched { instance: shown(of, State::Running), tags_known: true };
    sighting("RunInstances", seconds, Change::Launched(Box::new(launched)))
}

fn doubtful(seconds: i64) -> Sighting {
    let launched = Launched { instance: shown(&[], State::Running), tags_known: false };
    sighting("RunInstances", seconds, Change::Launched(Box::new(launched)))
}

fn tagged(seconds: i64, of: &[(&str, &str)]) -> Sighting {
    sighting("CreateTags", seconds, Change::Tagged(tags(of)))
}

fn untagged(seconds: i64, of: &[(&str, Option<&str>)]) -> Sighting {
    let keys = of.iter().map(|(key, value)| ((*key).to_owned(), value.map(ToOwned::to_owned))).collect();
    sighting("DeleteTags", seconds, Change::Untagged(keys))
}

fn cleared(seconds: i64) -> Sighting {
    sighting("DeleteTags", seconds, Change::Cleared)
}

fn retagged(seconds: i64, of: &[(&str, &str)], changed: &[&str]) -> Sighting {
    let changed = changed.iter().map(|key| (*key).to_owned()).collect();
    sighting("Tag Change on Resource", seconds, Change::Retagged { tags: tags(of), changed })
}

fn started(seconds: i64) -> Sighting {
    sighting("StartInstances", seconds, Change::Started)
}

fn evidence(sightings: &[Sighting]) -> Evidence {
    let mut wanted = together(sightings);
    assert_eq!(wanted.len(), 1);
    wanted.remove(&(RegionName("eu-west-1".into()), InstanceId(ID.into()))).unwrap()
}

/// How a running instance with these tags is taken: `yes`, `not yet`, or what it waits for.
fn settled(sightings: &[Sighting], of: &[(&str, &str)]) -> String {
    match evidence(sightings).settled(&shown(of, State::Running)) {
        Settled::Yes => "yes".to_owned(),
        Settled::NotYet => "not yet".to_owned(),
        Settled::No(reason) => reason,
    }
}

fn waits_for(key: &str) -> String {
    format!("the tag `{key}` was set, and EC2 does not show it yet")
}

fn launched_tags(sightings: &[Sighting]) -> Tags {
    evidence(sightings).launched.unwrap().tags
}

#[test]
fn instance_is_settled_when_it_shows_the_tags_that_it_was_given() {
    let of = [launch(0, &[("A", "1"), ("B", "2")])];
    assert_eq!(settled(&of, &[]), waits_for("A"));
    assert_eq!(settled(&of, &[("A", "1")]), waits_for("B"));
    assert_eq!(settled(&of, &[("a", "1"), ("B", "2")]), waits_for("A"), "EC2 tells upper from lower case");
    assert_eq!(settled(&of, &[("A", "1"), ("B", "2")]), "yes");
    assert_eq!(settled(&of, &[("A", "1"), ("B", "2"), ("C", "3")]), "yes", "others may be from a launch template");
    assert_eq!(settled(&[launch(0, &[])], &[]), "yes");
    assert_eq!(settled(&[tagged(0, &[("A", "1")])], &[]), waits_for("A"));
    assert_eq!(settled(&[started(0)], &[]), "yes");
}

#[test]
fn value_that_is_not_the_one_set_last_is_not_settled() {
    let of = [launch(0, &[("A", "1")]), tagged(5, &[("A", "2")])];
    assert_eq!(settled(&of, &[("A", "2")]), "yes");
    assert_eq!(settled(&of, &[("A", "1")]), "the tag `A` was set, and EC2 shows another value");
    assert_eq!(settled(&of, &[]), waits_for("A"));
}

/// Scripts remove and set a tag in one go, and nothing tells what came first.
#[test]
fn tag_that_was_removed_and_set_in_one_second_is_taken_to_be_there() {
    for ids in [["a", "b"], ["b", "a"]] {
        let mut of = [untagged(5, &[("A", None)]), tagged(5, &[("A", "1")])];
        for (sighting, id) in of.iter_mut().zip(ids) {
            sighting.event.id = Some(id.to_owned());
        }
        assert_eq!((settled(&of, &[("A", "1")]), settled(&of, &[])), ("yes".to_owned(), waits_for("A")));
    }
}

#[test]
fn instance_that_was_started_is_not_settled_while_it_is_shown_as_stopped() {
    let stopped = |of: &[Sighting]| evidence(of).settled(&shown(&[], State::Stopped));
    let said = "it was started, and EC2 does not show it yet";
    assert_eq!(stopped(&[started(0)]), Settled::No(said.to_owned()));
    assert_eq!(stopped(&[untagged(0, &[("A", None)])]), Settled::Yes);
}

#[test]
fn tags_that_aws_set_stay_when_all_are_removed() {
    let of = [launch(0, &[("A", "1"), ("aws:autoscaling:groupName", "web")]), cleared(5)];
    assert_eq!(launched_tags(&of), tags(&[("aws:autoscaling:groupName", "web")]));
    assert_eq!(settled(&of, &[("aws:autoscaling:groupName", "web")]), "yes");
    assert_eq!(settled(&of, &[]), waits_for("aws:autoscaling:groupName"));
}

#[test]
fn event_that_is_dated_wrongly_does_not_end_the_wait_for_another() {
    let of = evidence(&[launch(0, &[]), started(86_400)]);
    assert!(of.is_fresh(at(60)));
    assert!(!evidence(&[started(86_400)]).is_fresh(at(60)), "nor does it go on for ever");
}

#[test]
fn removed_tags_are_waited_for_and_may_have_been_set_again() {
    let of = [launch(0, &[("A", "1"), ("B", "2")]), untagged(5, &[("A", None)])];
    assert_eq!(settled(&of, &[("A", "1"), ("B", "2")]), "not yet");
    assert_eq!(settled(&of, &[("B", "2")]), "yes");
    assert_eq!(settled(&of, &[]), waits_for("B"));
    assert_eq!(launched_tags(&of), tags(&[("B", "2")]));
    let again = [&of[..], &[tagged(9, &[("A", "3")])]].concat();
    assert_eq!(settled(&again, &[("B", "2")]), waits_for("A"));
    assert_eq!(launched_tags(&again), tags(&[("A", "3"), ("B", "2")]));
}

#[test]
fn tag_with_another_value_than_was_to_be_removed_is_still_there() {
    let of = [launch(0, &[("A", "1"), ("B", "2")]), untagged(5, &[("A", Some("x")), ("B", Some("2"))])];
    assert_eq!(launched_tags(&of), tags(&[("A", "1")]));
    assert_eq!(settled(&of, &[]), waits_for("A"));
    assert_eq!(settled(&of, &[("A", "1")]), "yes");
    // What value it had is not known, so whether it is gone is not either.
    assert_eq!(settled(&[untagged(5, &[("A", Some("x"))])], &[]), "yes");
    assert_eq!(settled(&[untagged(5, &[("A", Some("x"))])], &[("A", "1")]), "not yet");
}

#[test]
fn all_tags_can_be_removed_known_or_not() {
    let of = [launch(0, &[("A", "1")]), cleared(5)];
    assert_eq!((settled(&of, &[]), settled(&of, &[("A", "1")])), ("yes".into(), "not yet".into()));
    assert_eq!(launched_tags(&of), Tags::new());
    assert_eq!(settled(&[doubtful(0), cleared(5)], &[]), "yes", "there are none left to be in doubt");
}

#[test]
fn launch_whose_tags_nobody_knows_is_never_settled_until_somebody_tells_all() {
    let unknown = "CloudTrail left out which tags it was launched with";
    assert_eq!(settled(&[doubtful(0)], &[]), unknown);
    assert_eq!(settled(&[doubtful(0)], &[("A", "1")]), unknown);
    assert_eq!(settled(&[doubtful(0), tagged(5, &[("A", "1")])], &[("A", "1")]), unknown);
    assert_eq!(settled(&[doubtful(0), untagged(5, &[("A", None)])], &[]), unknown);
    assert_eq!(settled(&[doubtful(0), retagged(5, &[("A", "1")], &["A"])], &[]), waits_for("A"));
    assert_eq!(settled(&[doubtful(0), retagged(5, &[("A", "1")], &["A"])], &[("A", "1")]), "yes");
}

#[test]
fn change_of_tags_says_all_of_them() {
    let of = [launch(0, &[("A", "1"), ("B", "2")]), retagged(5, &[("B", "3")], &["A", "B"])];
    assert_eq!(settled(&of, &[("B", "3")]), "yes");
    assert_eq!(settled(&of, &[("A", "1"), ("B", "3")]), "not yet");
    assert_eq!(settled(&of, &[]), waits_for("B"));
    assert_eq!(launched_tags(&of), tags(&[("B", "3")]));
}

#[test]
fn instance_that_is_pending_waits_and_one_that_is_gone_does_not() {
    let of = |state: State| evidence(&[launch(0, &[("A", "1")])]).settled(&shown(&[("A", "1")], state));
    assert_eq!(of(State::Pending), Settled::No("it is still pending".into()));
    for state in [State::Running, State::Stopping, State::Stopped, State::Other("new".into())] {
        assert_eq!(of(state), Settled::Yes);
    }
    for state in [State::ShuttingDown, State::Terminated] {
        assert_eq!(evidence(&[doubtful(0)]).settled(&shown(&[], state)), Settled::Yes);
    }
}

#[test]
fn order_is_that_of_the_events_however_they_come() {
    let of = [launch(0, &[("A", "1")]), tagged(5, &[("B", "2")]), untagged(9, &[("A", None)]), started(9)];
    let whole = evidence(&of);
    assert_eq!(whole.launched.as_ref().unwrap().tags, tags(&[("B", "2")]));
    for turn in 0..of.len() {
        let mut turned = of.to_vec();
        turned.rotate_left(turn);
        assert_eq!(evidence(&turned), whole);
        turned.reverse();
        assert_eq!(evidence(&turned), whole);
    }
    // Of the same second: the launch comes first.
    let same = [tagged(0, &[("B", "2")]), launch(0, &[("A", "1")])];
    assert_eq!(launched_tags(&same), tags(&[("A", "1"), ("B", "2")]));
}

#[test]
fn launch_and_last_event_are_kept() {
    let names = |sightings: &[Sighting]| -> Vec<String> {
        evidence(sightings).events.iter().map(|event| format!("{} {}", event.name, event.at.timestamp() % 60)).collect()
    };
    let of = [launch(0, &[]), tagged(5, &[("A", "1")]), started(7), cleared(9)];
    assert_eq!(names(&of), ["RunInstances 0", "DeleteTags 9"]);
    assert_eq!(names(&of[..1]), ["RunInstances 0"]);
    assert_eq!(names(&of[1..]), ["DeleteTags 9"]);
    let twice = [of[0].clone(), of[0].clone(), of[3].clone(), of[3].clone()];
    assert_eq!(names(&twice), ["RunInstances 0", "DeleteTags 9"]);
    assert_eq!(evidence(&twice), evidence(&[of[0].clone(), of[3].clone()]));
}

#[test]
fn launcher_is_who_launched_it_and_not_who_tagged_it() {
    let by = |seconds: i64| Some(Launch { at: at(seconds), by: Principal::User { name: format!("by-{seconds}") } });
    assert_eq!(evidence(&[launch(0, &[]), tagged(5, &[("A", "1")])]).launch(), by(0));
    assert_eq!(evidence(&[tagged(5, &[("A", "1")])]).launch(), None);
    let mut nobody = launch(0, &[]);
    nobody.event.by = None;
    assert_eq!(evidence(&[nobody]).launch(), None);
}

#[test]
fn instance_is_fresh_for_a_quarter_of_an_hour_after_its_last_event() {
    let of = evidence(&[launch(0, &[]), started(60)]);
    assert!(of.is_fresh(at(-5)), "clocks differ");
    assert!(of.is_fresh(at(60 + 899)) && !of.is_fresh(at(60 + 900)));
}

#[test]
fn instances_of_other_regions_and_ids_are_kept_apart() {
    let mut other = tagged(5, &[("B", "2")]);
    other.region = RegionName("us-east-1".into());
    let mut two = launch(0, &[("A", "1")]);
    two.instances.push((InstanceId("i-0c3ccb28f041200bb".into()), Change::Started));
    let wanted = together(&[two, other]);
    let places: Vec<String> = wanted.keys().map(|(region, id)| format!("{region} {id}")).collect();
    assert_eq!(places, [format!("eu-west-1 {ID}"), "eu-west-1 i-0c3ccb28f041200bb".into(), format!("us-east-1 {ID}")]);
    assert!(wanted.values().all(|evidence| evidence.events.len() == 1));
}

#[test]
fn launch_that_is_re_tagged_and_cleared_as_recorded() {
    let about = |record: &str, pointer: &str| {
        let mut record = fixture(record);
        *record.pointer_mut(pointer).unwrap() = json!(ID);
        seen(&record)
    };
    let tagged = about("record-create-tags", "/requestParameters/resourcesSet/items/0/resourceId");
    let untagged = about("record-delete-tags", "/requestParameters/resourcesSet/items/0/resourceId");
    let mut change: Value = fixture("eventbridge-tag-change");
    change["resources"] = json!([format!("arn:aws:ec2:eu-west-1:123456789012:instance/{ID}")]);
    let Ok(Content::Seen(changed)) = open(&change).remove(0).content else { panic!() };
    let launched = seen(&fixture("record-run-instances-assumed-role"));
    let tags_after = |sightings: &[&Sighting]| {
        let mut wanted = together(sightings.iter().copied());
        let evidence = wanted.remove(&(RegionName("eu-west-1".into()), InstanceId(ID.into()))).unwrap();
        let tags = evidence.launched.unwrap().tags;
        tags.into_iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(tags_after(&[&launched]), "CostCenter=4711 Name=render-worker Owner=mira.holt@example.org");
    assert_eq!(
        tags_after(&[&tagged, &launched]),
        "CostCenter=0815 Name=render-worker Note= Owner=mira.holt@example.org"
    );
    // Of the cost centre only 4711 was to be removed.
    assert_eq!(tags_after(&[&untagged, &tagged, &launched]), "CostCenter=0815 Name=render-worker Note=");
    assert_eq!(tags_after(&[&untagged, &launched]), "Name=render-worker");
    assert_eq!(tags_after(&[&changed, &untagged, &tagged, &launched]), "CostCenter=0815 Name=render-worker");
}
