//! `/metrics`: what the node counts, for Prometheus. Names and units are listed in
//! `docs/metrics.md`; no label is ever chosen by a client.

use std::sync::atomic::Ordering;

use bytes::Bytes;
use fanfare_link::ShardMetrics;
use http::header::{CONTENT_TYPE, HeaderValue};
use http::{Response, StatusCode};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric, text};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::{Registry, Unit};

use crate::adapters::KINDS;
use crate::node::Node;
use crate::socketio;

/// Answers a scrape.
pub(crate) fn answer(node: &Node) -> Response<Bytes> {
    let mut registry = Registry::with_prefix("fanfare");
    registry.register_collector(Box::new(Snapshot::take(node)));
    let mut body = String::new();
    let mut response = Response::new(Bytes::new());
    if text::encode(&mut body, &registry).is_err() {
        // Writing to a string fails only if a collector says so, and ours never does.
        *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    }
    *response.body_mut() = Bytes::from(body);
    let text =
        HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, text);
    response
}

/// All numbers at one moment. Taken whole, so that a scrape is consistent and the hot paths keep
/// plain counters per shard.
#[derive(Debug)]
struct Snapshot {
    counters: Vec<(&'static str, &'static str, u64)>,
    gauges: Vec<(&'static str, &'static str, u64)>,
    held: Vec<(&'static str, u64)>,
    memory: Vec<(&'static str, u64)>,
}

impl Snapshot {
    fn take(node: &Node) -> Self {
        let sum =
            |of: fn(&ShardMetrics) -> u64| node.shards().iter().map(|shard| of(shard)).sum::<u64>();
        let usage = node.hub.usage();
        let published = node.hub.published();
        let socketio = node.socketio.as_ref();
        let (delivered, gaps) = socketio.map_or((0, 0), socketio::Mount::counts);
        let counters = vec![
            ("published", "Messages published", published.messages()),
            (
                "published_bytes",
                "Payload bytes published",
                published.bytes(),
            ),
            (
                "refused",
                "Publisher requests refused",
                node.refused.load(Ordering::Relaxed),
            ),
            (
                "delivered",
                "Messages delivered, one per message and reader",
                sum(|s| s.deliveries.value()) + delivered,
            ),
            (
                "gaps",
                "Gaps that readers were told of",
                sum(|s| s.gaps.value()) + gaps,
            ),
            (
                "slow_readers_cut",
                "Readers dropped because they took too little",
                sum(|s| s.slow_readers_cut.value()),
            ),
            (
                "accepted",
                "Connections accepted",
                sum(|s| s.accepted.value()),
            ),
            (
                "turned_away",
                "Connections refused because the node was full",
                sum(|s| s.turned_away.value()),
            ),
            (
                "heads_refused",
                "Request heads refused",
                sum(|s| s.heads_refused.value()),
            ),
            (
                "evicted",
                "Messages evicted because the node's memory bound was reached",
                usage.evicted,
            ),
        ];
        let gauges = vec![
            (
                "connections",
                "Connections open",
                sum(|s| s.connections.value() + s.lent.value()),
            ),
            (
                "subscriptions",
                "Subscriptions, one per channel and reader",
                node.hub.subscriptions() as u64,
            ),
            ("channels", "Channels known", usage.channels as u64),
            ("messages", "Messages stored", usage.messages as u64),
            (
                "socketio_sessions",
                "Sessions of Socket.IO, whatever carries them",
                node.socketio
                    .as_ref()
                    .map_or(0, |mount| mount.sessions() as u64),
            ),
        ];
        let held = KINDS
            .iter()
            .map(|(kind, name)| (*name, node.shards().iter().map(|s| s.held_of(*kind)).sum()))
            .collect();
        let memory = vec![
            ("messages", usage.message_bytes as u64),
            ("encoded", usage.encoded_bytes as u64),
            ("backlog", sum(|s| s.backlog_bytes.value())),
            ("resident", resident_bytes()),
        ];
        Self {
            counters,
            gauges,
            held,
            memory,
        }
    }
}

impl Collector for Snapshot {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
        for (name, help, value) in &self.counters {
            let counter = ConstCounter::new(*value);
            counter.encode(encoder.encode_descriptor(
                name,
                help,
                None,
                counter.metric_type(),
            )?)?;
        }
        for (name, help, value) in &self.gauges {
            let gauge = ConstGauge::new(gauge(*value));
            gauge.encode(encoder.encode_descriptor(name, help, None, gauge.metric_type())?)?;
        }
        let help = "Connections held, by transport";
        encode_family(
            &mut encoder,
            "held_connections",
            help,
            None,
            "transport",
            &self.held,
        )?;
        let help = "Memory, by what it is used for";
        encode_family(
            &mut encoder,
            "memory",
            help,
            Some(&Unit::Bytes),
            "kind",
            &self.memory,
        )
    }
}

fn encode_family(
    encoder: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    unit: Option<&Unit>,
    label: &'static str,
    values: &[(&'static str, u64)],
) -> Result<(), std::fmt::Error> {
    let kind = ConstGauge::new(0_i64).metric_type();
    let mut family = encoder.encode_descriptor(name, help, unit, kind)?;
    for (value, number) in values {
        ConstGauge::new(gauge(*number)).encode(family.encode_family(&[(label, *value)])?)?;
    }
    Ok(())
}

fn gauge(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// Resident memory of the process; 0 where the system does not say.
fn resident_bytes() -> u64 {
    const PAGE_BYTES: u64 = 4096;
    let pages = std::fs::read_to_string("/proc/self/statm").ok();
    let resident = pages
        .as_deref()
        .and_then(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok());
    resident.unwrap_or(0) * PAGE_BYTES
}
