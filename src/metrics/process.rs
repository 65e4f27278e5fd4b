//! What the process itself uses, under the names that every Prometheus
//! exporter has for it.

use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeMetric},
    metrics::{counter::ConstCounter, gauge::ConstGauge},
};
use std::{fmt, fs};

/// Reads `/proc/self` (proc(5)). What cannot be read is left out.
#[derive(Debug)]
pub(super) struct Process;

impl Collector for Process {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        if let Some(stat) = Stat::read() {
            let cpu = ConstCounter::new(stat.cpu_seconds);
            let described = encoder.encode_descriptor(
                "process_cpu_seconds",
                "User and system time used",
                None,
                cpu.metric_type(),
            )?;
            cpu.encode(described)?;
            for (name, help, value) in [
                (
                    "process_resident_memory_bytes",
                    "Memory held",
                    stat.resident,
                ),
                (
                    "process_virtual_memory_bytes",
                    "Address space in use",
                    stat.virtual_bytes,
                ),
            ] {
                gauge(&mut encoder, name, help, value)?;
            }
        }
        if let Ok(open) = fs::read_dir("/proc/self/fd") {
            let open = open.count() as f64;
            gauge(
                &mut encoder,
                "process_open_fds",
                "File descriptors open",
                open,
            )?;
        }
        Ok(())
    }
}

fn gauge(encoder: &mut DescriptorEncoder<'_>, name: &str, help: &str, value: f64) -> fmt::Result {
    let gauge = ConstGauge::new(value);
    let described = encoder.encode_descriptor(name, help, None, gauge.metric_type())?;
    gauge.encode(described)
}

struct Stat {
    cpu_seconds: f64,
    virtual_bytes: f64,
    resident: f64,
}

impl Stat {
    fn read() -> Option<Self> {
        Self::parse(
            &fs::read_to_string("/proc/self/stat").ok()?,
            rustix::param::clock_ticks_per_second() as f64,
            rustix::param::page_size() as f64,
        )
    }

    /// The command's name, in parentheses, may hold anything, so what counts
    /// comes after the last one: state is the third field, utime the
    /// fourteenth.
    fn parse(stat: &str, ticks: f64, page: f64) -> Option<Self> {
        let (_, rest) = stat.rsplit_once(')')?;
        let fields: Vec<&str> = rest.split_ascii_whitespace().collect();
        let number = |place: usize| fields.get(place - 3)?.parse::<f64>().ok();
        Some(Self {
            cpu_seconds: (number(14)? + number(15)?) / ticks,
            virtual_bytes: number(23)?,
            resident: number(24)? * page,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fields_are_those_of_proc_5() {
        // 1 (comm) S ppid … with the field's own number in each place.
        let rest: Vec<String> = (4..=52).map(|n| (n * 100).to_string()).collect();
        let stat = Stat::parse(&format!("1 (a) b) S {}", rest.join(" ")), 100.0, 4096.0).unwrap();
        assert!((stat.cpu_seconds - (1400.0 + 1500.0) / 100.0).abs() < 1e-9);
        assert!((stat.virtual_bytes - 2300.0).abs() < 1e-9);
        assert!((stat.resident - 2400.0 * 4096.0).abs() < 1e-9);
        assert!(Stat::parse("", 100.0, 4096.0).is_none());
        assert!(Stat::read().unwrap().resident > 100_000.0);
    }
}
