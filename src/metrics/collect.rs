//! Reads the counters when somebody asks for them.

use super::Sources;
use crate::{
    milter::{Distribution, Failure, Histogram},
    skip::Skip,
    telemetry::Disposition,
};
use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeMetric, NoLabelSet},
    metrics::{MetricType, counter::ConstCounter, gauge::ConstGauge},
    registry::Unit,
};
use std::{fmt, sync::Arc};

/// What the milter counts.
#[derive(Debug)]
pub(super) struct Milter(pub(super) Arc<Sources>);

/// What the block log counts.
#[derive(Debug)]
pub(super) struct Log(pub(super) Arc<Sources>);

impl Collector for Milter {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let mut out = Out(encoder);
        let Sources { stats, gauges, .. } = &*self.0;
        let rules = gauges.rules();
        out.info(
            "build",
            "Version of the program",
            [("version", env!("CARGO_PKG_VERSION"))],
        )?;
        out.info(
            "rules",
            "Version of the rules in force",
            [("version", rules.version.as_str())],
        )?;
        out.gauge(
            "rules_loaded_timestamp_seconds",
            "When the rules were loaded",
            rules.loaded_at,
        )?;
        out.gauge("rules_loaded", "Rules in force", rules.count)?;
        out.gauge(
            "config_last_reload_successful",
            "1 unless the last reload was refused",
            u64::from(gauges.is_reload_good()),
        )?;
        out.gauge(
            "config_last_reload_timestamp_seconds",
            "When configuration and rules were last read",
            gauges.reload_at(),
        )?;
        out.family(
            "messages",
            "Messages that came to their end, by what became of them",
            Disposition::ALL
                .iter()
                .map(|d| ([("outcome", d.name())], stats.messages(*d))),
        )?;
        out.family(
            "skips",
            "Messages and parts that were not cleaned, by reason",
            Skip::ALL
                .iter()
                .map(|s| ([("reason", s.name())], stats.skips(*s))),
        )?;
        out.family(
            "failures",
            "Messages that could not be cleaned because something failed, by cause",
            Failure::ALL
                .iter()
                .map(|f| ([("cause", f.name())], stats.failures(*f))),
        )?;
        out.family(
            "failopen",
            "Messages that passed as they came because something failed, by cause",
            Failure::ALL
                .iter()
                .map(|f| ([("cause", f.name())], stats.fail_open(*f))),
        )?;
        out.family(
            "findings",
            "Findings, by how the URL is reached and what was done",
            stats
                .findings()
                .map(|(vector, action, n)| ([("vector", vector.name()), ("action", action)], n)),
        )?;
        out.family(
            "body_bytes",
            "Bytes of message bodies as they came and as they were passed on",
            [
                ([("direction", "in")], stats.bytes_in()),
                ([("direction", "out")], stats.bytes_out()),
            ]
            .into_iter(),
        )?;
        for (name, help, value) in [
            (
                "milter_connections_accepted",
                "Connections of MTAs",
                stats.connections(),
            ),
            (
                "milter_accept_errors",
                "Connections that could not be accepted",
                stats.accept_errors(),
            ),
            (
                "milter_broken_connections",
                "Connections that broke while something was written",
                stats.broken(),
            ),
            (
                "milter_stalled_connections",
                "Connections ended because the MTA stopped in the middle of a command or reply",
                stats.stalled(),
            ),
            (
                "milter_socket_rebinds",
                "Times that the socket file was gone and was made anew",
                stats.rebinds(),
            ),
            (
                "messages_aborted",
                "Messages given up by the MTA before their end",
                stats.aborted(),
            ),
            (
                "messages_powerless",
                "Messages not changed because the MTA had not agreed to changes",
                stats.powerless(),
            ),
        ] {
            out.counter(name, help, value)?;
        }
        out.gauge(
            "milter_connections_open",
            "Connections of MTAs open now",
            stats.open(),
        )?;
        out.gauge(
            "milter_connections_limit",
            "Connections of MTAs that may be open at a time",
            stats.max_connections(),
        )?;
        out.gauge(
            "messages_memory_bytes",
            "Memory that the messages in flight need, by estimate; the limit is limits.memory_bytes",
            stats.memory(),
        )?;
        out.gauge(
            "messages_in_flight",
            "Messages between MAIL and the reply to their end now",
            stats.in_flight(),
        )?;
        out.seconds(
            "end_of_message",
            "Time from the end of a message to the decision",
            stats.end_time(),
        )?;
        out.seconds(
            "message_work",
            "Time spent on a message in all",
            stats.work_time(),
        )?;
        out.bytes(
            "message_size",
            "Sizes of message bodies as they came",
            stats.sizes(),
        )
    }
}

impl Collector for Log {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let mut out = Out(encoder);
        let Some(recorder) = &self.0.recorder else {
            return Ok(());
        };
        let log = recorder.statistics();
        out.gauge(
            "log_queue_depth",
            "Messages that wait to be recorded",
            log.depth as u64,
        )?;
        out.counter(
            "log_messages_stored",
            "Messages recorded in the block log",
            log.stored,
        )?;
        out.family(
            "log_messages_lost",
            "Messages that the block log could not record, by cause",
            log.lost_by
                .by_cause()
                .into_iter()
                .map(|(cause, lost)| ([("cause", cause)], lost)),
        )?;
        out.counter(
            "log_messages_evicted",
            "Messages taken out of the block log before their time, for space",
            log.evicted,
        )?;
        out.counter(
            "log_write_failures",
            "Attempts to write the block log that failed",
            log.failures,
        )?;
        out.gauge(
            "log_healthy",
            "1 if the last attempt to write the block log succeeded",
            u64::from(log.is_healthy),
        )
    }
}

/// Writes one metric after the other.
struct Out<'a>(DescriptorEncoder<'a>);

impl Out<'_> {
    fn info(&mut self, name: &str, help: &str, labels: [(&str, &str); 1]) -> fmt::Result {
        self.0
            .encode_descriptor(name, help, None, MetricType::Info)?
            .encode_info(&labels)
    }

    fn gauge(&mut self, name: &str, help: &str, value: u64) -> fmt::Result {
        let gauge = ConstGauge::new(i64::try_from(value).unwrap_or(i64::MAX));
        let described = self
            .0
            .encode_descriptor(name, help, None, gauge.metric_type())?;
        gauge.encode(described)
    }

    fn counter(&mut self, name: &str, help: &str, value: u64) -> fmt::Result {
        let counter = ConstCounter::new(value);
        let described = self
            .0
            .encode_descriptor(name, help, None, counter.metric_type())?;
        counter.encode(described)
    }

    /// A counter with labels.
    fn family<'l, const N: usize>(
        &mut self,
        name: &str,
        help: &str,
        values: impl Iterator<Item = ([(&'l str, &'l str); N], u64)>,
    ) -> fmt::Result {
        let mut described = self
            .0
            .encode_descriptor(name, help, None, MetricType::Counter)?;
        for (labels, value) in values {
            let counter = ConstCounter::new(value);
            counter.encode(described.encode_family(&labels)?)?;
        }
        Ok(())
    }

    fn seconds(&mut self, name: &str, help: &str, histogram: &Histogram) -> fmt::Result {
        self.histogram(name, help, &Unit::Seconds, histogram, 1e-6)
    }

    fn bytes(&mut self, name: &str, help: &str, histogram: &Histogram) -> fmt::Result {
        self.histogram(name, help, &Unit::Bytes, histogram, 1.0)
    }

    fn histogram(
        &mut self,
        name: &str,
        help: &str,
        unit: &Unit,
        histogram: &Histogram,
        factor: f64,
    ) -> fmt::Result {
        let distribution = histogram.distribution();
        let buckets = buckets(&distribution, factor);
        self.0
            .encode_descriptor(name, help, Some(unit), MetricType::Histogram)?
            .encode_histogram::<NoLabelSet>(
                distribution.sum as f64 * factor,
                distribution.count(),
                &buckets,
                None,
            )
    }
}

/// Bounds in the metric's unit, with how many fell into each.
fn buckets(distribution: &Distribution, factor: f64) -> Vec<(f64, u64)> {
    let bounded = distribution.buckets.iter();
    bounded
        .map(|(bound, count)| (*bound as f64 * factor, *count))
        .chain([(f64::MAX, distribution.above)])
        .collect()
}
