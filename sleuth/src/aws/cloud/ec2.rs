//! The calls of EC2.

use aws_sdk_ec2::{
    Client,
    config::Builder,
    error::{ProvideErrorMetadata, SdkError},
    types::{
        AttributeBooleanValue, Filter, Instance as AwsInstance, InstanceAttributeName, InstanceLifecycleType,
        InstanceStateChange, Reservation, Tag as AwsTag,
    },
};
use tokio::time::Instant as Moment;

use crate::{
    aws::{
        error::{read_error, strange, write_error},
        patience, time,
    },
    deadline::before,
    facts::Tags,
    ports::{NoAnswer, WriteError, tags::Instances},
    tags::{Instance, InstanceId, Protection, State},
};

/// Instances a page: the most EC2 gives
/// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstances.html>).
const PAGE: i32 = 1_000;
/// Values of a filter: the most EC2 takes (same source).
const FILTER: usize = 200;

/// The instances of a region in some states, or those that could be listed until `end`.
pub(super) async fn instances(ec2: &Client, states: &[State], end: Option<Moment>) -> Instances {
    let mut listing = Instances::default();
    let states = states.iter().map(|state| state.as_str().to_owned()).collect();
    list(ec2, "instance-state-name", states, end, &mut listing).await;
    listing
}

/// Those of the instances with these ids that there are, or those that could be listed until `end`. They are asked for by a
/// filter, as otherwise one id that does not exist would fail all.
pub(super) async fn named(ec2: &Client, ids: &[InstanceId], end: Option<Moment>) -> Instances {
    let mut listing = Instances::default();
    for ids in ids.chunks(FILTER) {
        list(ec2, "instance-id", ids.iter().map(|id| id.0.clone()).collect(), end, &mut listing).await;
    }
    listing
}

/// The instances that a filter lets through.
async fn list(ec2: &Client, filter: &str, values: Vec<String>, end: Option<Moment>, listing: &mut Instances) {
    const CALL: &str = "DescribeInstances";
    let filter = Filter::builder().name(filter).set_values(Some(values)).build();
    let mut pages = ec2.describe_instances().filters(filter).into_paginator().page_size(PAGE).send();
    loop {
        let page = match before(end, pages.next()).await {
            Ok(None) => return,
            Ok(Some(Ok(page))) => page,
            Ok(Some(Err(error))) => return listing.errors.push(read_error(CALL, &error)),
            Err(over) => return listing.errors.push(over),
        };
        for found in page.reservations().iter().flat_map(Reservation::instances) {
            match seen(found) {
                Some(instance) => listing.found.push(instance),
                None => listing.errors.push(strange(CALL, "an instance without an id or a state")),
            }
        }
    }
}

/// One instance as it is now.
pub(super) async fn instance(ec2: &Client, id: &InstanceId) -> Result<Instance, NoAnswer> {
    const CALL: &str = "DescribeInstances";
    let answer = ec2.describe_instances().instance_ids(&id.0).send().await;
    let answer = answer.map_err(|error| no_answer(CALL, &error))?;
    let mut found = answer.reservations().iter().flat_map(Reservation::instances);
    let found = found.find(|found| found.instance_id() == Some(&id.0));
    // An answer without the instance is not EC2's way to say that there is none.
    seen(found.ok_or_else(|| strange(CALL, "nothing"))?)
        .ok_or_else(|| strange(CALL, "an instance without an id or a state").into())
}

/// What protects an instance.
pub(super) async fn protection(ec2: &Client, id: &InstanceId) -> Result<Protection, NoAnswer> {
    const CALL: &str = "DescribeInstanceAttribute";
    let ask = |attribute| ec2.describe_instance_attribute().instance_id(&id.0).attribute(attribute).send();
    let (termination, stop) =
        futures::join!(ask(InstanceAttributeName::DisableApiTermination), ask(InstanceAttributeName::DisableApiStop));
    let termination = termination.map_err(|error| no_answer(CALL, &error))?.disable_api_termination;
    let stop = stop.map_err(|error| no_answer(CALL, &error))?.disable_api_stop;
    let value = |attribute: Option<AttributeBooleanValue>| attribute.and_then(|attribute| attribute.value);
    match (value(termination), value(stop)) {
        (Some(termination), Some(stop)) => Ok(Protection { termination, stop }),
        _ => Err(strange(CALL, "no value").into()),
    }
}

/// Sets tags.
pub(super) async fn tag(ec2: &Client, id: &InstanceId, tags: &Tags) -> Result<(), WriteError> {
    let tags = tags.iter().map(|(key, value)| AwsTag::builder().key(key).value(value).build()).collect();
    let call = ec2.create_tags().resources(&id.0).set_tags(Some(tags));
    done(call.customize().config_override(soon()).send().await)
}

/// Stops an instance, and says what state it is in then.
pub(super) async fn stop(ec2: &Client, id: &InstanceId) -> Result<State, WriteError> {
    let answer = ec2.stop_instances().instance_ids(&id.0).customize().config_override(soon()).send().await;
    let answer = answer.map_err(|error| write_error(&error))?;
    Ok(state_after(answer.stopping_instances(), id).unwrap_or(State::Stopping))
}

/// Terminates an instance, and says what state it is in then.
pub(super) async fn terminate(ec2: &Client, id: &InstanceId) -> Result<State, WriteError> {
    let answer = ec2.terminate_instances().instance_ids(&id.0).customize().config_override(soon()).send().await;
    let answer = answer.map_err(|error| write_error(&error))?;
    Ok(state_after(answer.terminating_instances(), id).unwrap_or(State::ShuttingDown))
}

fn state_after(changes: &[InstanceStateChange], id: &InstanceId) -> Option<State> {
    let change = changes.iter().find(|change| change.instance_id() == Some(&id.0))?;
    Some(State::from(change.current_state()?.name()?.as_str().to_owned()))
}

/// Changes what protects an instance: EC2 takes one attribute a call. Switching on goes on if one fails, switching off does
/// not.
pub(super) async fn protect(ec2: &Client, id: &InstanceId, from: Protection, to: Protection) -> Result<(), WriteError> {
    let call = || ec2.modify_instance_attribute().instance_id(&id.0);
    let value = |on| AttributeBooleanValue::builder().value(on).build();
    let termination = async {
        if from.termination == to.termination {
            return Ok(());
        }
        let call = call().disable_api_termination(value(to.termination));
        done(call.customize().config_override(soon()).send().await)
    };
    let stop = async {
        if from.stop == to.stop {
            return Ok(());
        }
        let call = call().disable_api_stop(value(to.stop));
        done(call.customize().config_override(soon()).send().await)
    };
    if to == Protection::default() {
        termination.await?;
        return stop.await;
    }
    let (termination, stop) = futures::join!(termination, stop);
    termination.and(stop)
}

fn soon() -> Builder {
    let (retries, timeout) = patience::soon();
    aws_sdk_ec2::Config::builder().retry_config(retries).timeout_config(timeout)
}

fn done<T, E>(answer: Result<T, SdkError<E>>) -> Result<(), WriteError>
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    answer.map(|_| ()).map_err(|error| write_error(&error))
}

fn no_answer<E>(operation: &str, error: &SdkError<E>) -> NoAnswer
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    match error.code() {
        Some("InvalidInstanceID.NotFound") => NoAnswer::Gone,
        _ => NoAnswer::Unread(read_error(operation, error)),
    }
}

/// An instance as it is listed, if it has an id and a state.
pub(in crate::aws) fn seen(found: &AwsInstance) -> Option<Instance> {
    let attached = found.block_device_mappings().iter().filter_map(|device| device.ebs()?.attach_time());
    let tags =
        found.tags().iter().filter_map(|tag| Some((tag.key()?.to_owned(), tag.value().unwrap_or("").to_owned())));
    let id = InstanceId(found.instance_id()?.to_owned());
    let state = State::from(found.state()?.name()?.as_str().to_owned());
    Some(Instance {
        launched: found.launch_time().and_then(time),
        attached: attached.filter_map(time).min(),
        tags: tags.collect(),
        instance_type: found.instance_type().map(|kind| kind.as_str().to_owned()),
        image: found.image_id().map(ToOwned::to_owned),
        vpc: found.vpc_id().map(ToOwned::to_owned),
        operator: found
            .operator()
            .filter(|operator| operator.managed() == Some(true))
            .map(|operator| operator.principal().unwrap_or("that EC2 does not name").to_owned()),
        spot: found.instance_lifecycle() == Some(&InstanceLifecycleType::Spot),
        ..Instance::new(id, state)
    })
}
