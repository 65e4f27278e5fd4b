//! `untrackd privacy`: what is kept about people, and getting rid of it.

use super::{exit::Code, exit::Failure};
use crate::review::audit::AuditError;

/// What cannot be recorded does not take place.
impl From<AuditError> for Failure {
    fn from(e: AuditError) -> Self {
        let code = if e.is_denied() {
            Code::Permission
        } else {
            Code::Io
        };
        Self::new(code, e.to_string())
    }
}
