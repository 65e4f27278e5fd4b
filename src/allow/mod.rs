//! The allowlist: what an administrator wants left alone, although rules or
//! evidence speak against it.
