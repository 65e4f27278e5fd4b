//! The pages about companies, trackers, senders, rules, lists, the allowlist,
//! privacy and the system, over TCP: their numbers worked out by hand, where
//! they lead, who may change what, and that nothing of a hostile mail acts in
//! them.

mod allowlist;
mod client;
mod entities;
mod events;
mod hostile;
mod lists;
mod page;
mod privacy;
mod site;
mod system;
