//! What the milter needs of the configuration, in the milter's own types.

use crate::{
    config::{Config, Socket},
    milter,
};

pub(super) fn socket(config: &Config) -> milter::SocketAddr {
    match &config.milter.socket {
        Socket::Tcp { host, port } => milter::SocketAddr::Tcp {
            host: host.clone(),
            port: *port,
        },
        Socket::Unix(path) => milter::SocketAddr::Unix {
            path: path.clone(),
            mode: config.milter.socket_mode,
            group: config.milter.socket_group.clone(),
        },
    }
}

pub(super) fn service(config: &Config) -> milter::Service {
    milter::Service {
        socket: socket(config),
        max_connections: config.milter.max_connections,
        drain_time: config.milter.drain_time,
        stall_time: config.milter.stall_time,
    }
}

pub(super) fn policy(config: &Config) -> milter::Policy {
    milter::Policy {
        mode: config.mode,
        on_error: config.on_error,
        exempt: config.exempt.clone(),
        message_time: config.milter.message_time,
    }
}
