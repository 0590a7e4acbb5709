//! The load: clients of every kind in one thread, which check each message that they get.
//!
//! It drives one server through one [`Plan`] and prints what it found as JSON. It is a process of
//! its own, as a process may have 20,000 descriptors on many machines and a bench needs as many on
//! the server's side.
//!
//! While CPU time is measured, the clients sleep between two looks at their sockets. If they slept
//! in `epoll_wait` instead, the server would be charged for waking them up, more or less often as
//! chance has it.

mod fleet;
mod head;
mod ledger;
mod payload;
mod publisher;
mod reader;
mod request;
mod sequence;
mod subscriber;
mod talk;

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, Result};

use super::plan::{Crowd, Findings, Latency, Order, Plan, Stalled, Transport, Trips};
use super::process::kernel_socket_bytes;
use super::row::Row;
use super::statistics::permille;
use fleet::{Fleet, Pace, Pause};

/// Subscribers that are there before anything is measured, so that what a server allocates once is
/// not divided among those who come later.
const FIRST_SUBSCRIBERS: usize = 64;

/// One in so many messages goes ahead of those that are measured.
const WARM_UP_SHARE: usize = 5;

const MEGABYTE: f64 = 1e6;

/// Follows an [`Order`] in JSON, and prints [`Findings`].
pub(crate) fn run(order: &str) -> Result<ExitCode> {
    let order: Order = serde_json::from_str(order).context("the order is not JSON of ours")?;
    let mut fleet = Fleet::new(order.address, order.server)?;
    let mut findings = Findings::default();
    match order.plan {
        Plan::Crowd(crowd) => measure_crowd(&mut fleet, crowd, &mut findings)?,
        Plan::Latency(latency) => measure_latency(&mut fleet, latency, &mut findings)?,
        Plan::Stalled(stalled) => measure_stalled(&mut fleet, stalled, &mut findings)?,
        Plan::Trips(trips) => measure_trips(&mut fleet, trips, &mut findings)?,
    }
    findings.faults = fleet.finish();
    println!("{}", serde_json::to_string(&findings)?);
    Ok(ExitCode::SUCCESS)
}

fn measure_crowd(fleet: &mut Fleet, plan: Crowd, findings: &mut Findings) -> Result<()> {
    fleet.join(plan.transport, FIRST_SUBSCRIBERS)?;
    enter(fleet, plan.transport)?;
    fleet.rest()?;
    publish_and_wait(fleet, 1, plan.message_bytes)?;
    fleet.rest()?;

    measure_joining(fleet, plan, findings)?;
    for _ in 0..plan.messages / WARM_UP_SHARE {
        publish_and_wait(fleet, 1, plan.message_bytes)?;
    }
    if let Some(row) = plan.rows.delivery {
        let cost = cost_per_delivery(fleet, plan, plan.messages, 1)?;
        findings.values.insert(row, cost);
    }
    if let Some(row) = plan.rows.burst {
        let cost = cost_per_delivery(fleet, plan, plan.bursts, plan.burst_messages)?;
        findings.values.insert(row, cost);
    }
    Ok(())
}

fn measure_joining(fleet: &mut Fleet, plan: Crowd, findings: &mut Findings) -> Result<()> {
    let joining = plan.subscribers.saturating_sub(FIRST_SUBSCRIBERS).max(1);
    let memory = fleet.server().resident()?;
    let cpu = cpu_of(fleet, |fleet| fleet.join(plan.transport, joining))?;
    enter(fleet, plan.transport)?;
    fleet.idle(Duration::from_secs(plan.settle_seconds))?;
    if let Some(row) = plan.rows.idle {
        let memory = difference(fleet.server().resident()?, memory) / count(joining);
        findings.values.insert(row, memory);
    }
    if let Some(row) = plan.rows.accept {
        let cost = microseconds(cpu) / count(joining);
        findings.values.insert(row, cost);
    }
    Ok(())
}

/// On Socket.IO one is connected first, then in a room.
fn enter(fleet: &mut Fleet, transport: Transport) -> Result<()> {
    if transport == Transport::SocketIo {
        fleet.enter()?;
        fleet.rest()?;
    }
    Ok(())
}

/// Microseconds per delivery, when so many messages are published back to back so many times.
fn cost_per_delivery(fleet: &mut Fleet, plan: Crowd, times: usize, messages: usize) -> Result<f64> {
    let cpu = cpu_of(fleet, |fleet| {
        (0..times).try_for_each(|_| publish_and_wait(fleet, messages, plan.message_bytes))
    })?;
    Ok(microseconds(cpu) / count(times * messages * plan.subscribers))
}

fn measure_latency(fleet: &mut Fleet, plan: Latency, findings: &mut Findings) -> Result<()> {
    fleet.join(Transport::WebSocket, plan.subscribers)?;
    fleet.rest()?;
    let pace = Pace {
        messages: plan.messages / WARM_UP_SHARE,
        message_bytes: plan.message_bytes,
        messages_per_second: plan.messages_per_second,
    };
    fleet.publish_steadily(pace)?;
    let mut latencies = fleet.timed(Pace {
        messages: plan.messages,
        ..pace
    })?;
    insert(findings, Row::LatencyMedian, permille(&mut latencies, 500));
    insert(findings, Row::LatencyTail, permille(&mut latencies, 990));
    Ok(())
}

fn measure_trips(fleet: &mut Fleet, plan: Trips, findings: &mut Findings) -> Result<()> {
    fleet.join(Transport::SocketIo, plan.connections)?;
    fleet.rest()?;
    let pace = Pace {
        messages: plan.trips / WARM_UP_SHARE,
        message_bytes: plan.message_bytes,
        messages_per_second: plan.trips_per_second,
    };
    fleet.timed_trips(pace)?;
    let mut latencies = fleet.timed_trips(Pace {
        messages: plan.trips,
        ..pace
    })?;
    insert(findings, Row::TripMedian, permille(&mut latencies, 500));
    insert(findings, Row::TripTail, permille(&mut latencies, 990));
    Ok(())
}

fn measure_stalled(fleet: &mut Fleet, plan: Stalled, findings: &mut Findings) -> Result<()> {
    let pace = |messages| Pace {
        messages,
        message_bytes: plan.message_bytes,
        messages_per_second: plan.messages_per_second,
    };
    fleet.join(Transport::WebSocket, 1)?;
    fleet.rest()?;
    fleet.publish_steadily(pace(plan.messages_alone / WARM_UP_SHARE))?;
    let mut latencies = fleet.timed(pace(plan.messages_alone))?;
    insert(findings, Row::FastAlone, permille(&mut latencies, 990));

    let memory = fleet.server().resident()?;
    let kernel_memory = kernel_socket_bytes()?;
    fleet.join_stalled(Transport::WebSocket, plan.stalled)?;
    fleet.rest()?;
    fleet.publish_steadily(pace(plan.messages_filling))?;
    let mut latencies = fleet.timed(pace(plan.messages_beside))?;
    insert(
        findings,
        Row::FastBesideStalled,
        permille(&mut latencies, 990),
    );
    let grown = difference(fleet.server().resident()?, memory);
    findings.values.insert(Row::StalledMemory, grown / MEGABYTE);
    let grown = difference(kernel_socket_bytes()?, kernel_memory);
    findings
        .values
        .insert(Row::StalledKernelMemory, grown / MEGABYTE);
    Ok(())
}

fn publish_and_wait(fleet: &mut Fleet, messages: usize, message_bytes: usize) -> Result<()> {
    fleet.publish(messages, message_bytes)?;
    fleet.wait_for_deliveries(Pause::Sleep)
}

/// CPU time of the server for some work, until it is at rest again.
fn cpu_of(fleet: &mut Fleet, work: impl FnOnce(&mut Fleet) -> Result<()>) -> Result<Duration> {
    let before = fleet.server().cpu()?;
    work(fleet)?;
    fleet.rest()?;
    Ok(fleet.server().cpu()?.saturating_sub(before))
}

fn insert(findings: &mut Findings, row: Row, nanoseconds: Option<u64>) {
    if let Some(nanoseconds) = nanoseconds {
        findings
            .values
            .insert(row, microseconds(Duration::from_nanos(nanoseconds)));
    }
}

fn microseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e6
}

fn count(number: usize) -> f64 {
    number as f64
}

fn difference(now: u64, before: u64) -> f64 {
    now as f64 - before as f64
}
