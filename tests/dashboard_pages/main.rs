//! The dashboard's pages over TCP: the numbers on them, worked out by hand;
//! where they lead; and that nothing of a hostile mail acts in them.

mod client;
mod exports;
mod hostile;
mod html;
mod live;
mod log;
mod message;
mod overview;
mod site;
