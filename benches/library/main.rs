//! Each step of the work on a message, and its limits, as criterion measures
//! them. `make bench`; the ratios stand in one table in the benchmark `ratios`.

#[allow(dead_code, reason = "each benchmark needs a part of it")]
#[path = "../classes/mod.rs"]
mod classes;
#[allow(dead_code, reason = "each benchmark needs a part of it")]
#[path = "../limit/mod.rs"]
mod limit;
#[allow(dead_code, reason = "each benchmark needs a part of it")]
#[path = "../mail/mod.rs"]
mod mail;
#[allow(dead_code, reason = "each benchmark needs a part of it")]
#[path = "../stage/mod.rs"]
mod stage;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use stage::{Limit, stages};
use std::{sync::Arc, time::Duration};
use untrackd::clean::Cleaner;

fn library(c: &mut Criterion) {
    let cleaner = Arc::new(Cleaner::builtin().expect("the built-in data load"));
    for class in classes::all(&cleaner) {
        let (html, body) = (class.html_bytes(), class.body_bytes());
        let mut group = c.benchmark_group(&class.name);
        for stage in stages(html, body) {
            let bytes = stage.limit.bytes(html, body);
            group.throughput(Throughput::Bytes(bytes as u64));
            group.bench_function(stage.name, |b| {
                b.iter(|| -> usize {
                    let subjects = class.subjects.iter();
                    subjects.map(|s| (stage.run)(&cleaner, s)).sum()
                });
            });
        }
        for limit in Limit::ALL {
            let bytes = limit.bytes(html, body);
            if bytes == 0 {
                continue;
            }
            let mut memory = Vec::new();
            group.throughput(Throughput::Bytes(bytes as u64));
            group.bench_function(format!("limit: {}", limit.name()), |b| {
                b.iter(|| -> usize {
                    let subjects = class.subjects.iter();
                    subjects.map(|s| limit.run(s, &mut memory)).sum()
                });
            });
        }
        group.finish();
    }
}

criterion_group! {
    name = all;
    // Half of what criterion takes by default: there are a hundred of them.
    config = Criterion::default()
        .warm_up_time(Duration::from_secs(1))
        .measurement_time(Duration::from_secs(2))
        .sample_size(20);
    targets = library
}
criterion_main!(all);
