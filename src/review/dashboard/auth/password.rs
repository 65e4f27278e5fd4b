//! Passwords and tokens, and their hashes.

use argon2::{Argon2, PasswordHasher, PasswordVerifier, password_hash::phc::PasswordHash};
use data_encoding::BASE64URL_NOPAD;
use sha2::{Digest, Sha256};
use std::{io, ops::RangeInclusive};

/// Shortest and longest password; in characters and in bytes.
const LENGTH: RangeInclusive<usize> = 10..=1024;
/// What our tokens begin with, so that scanners for secrets can find them.
const TOKEN_PREFIX: &str = "utd_";

/// The argon2id hash of a new password, in PHC format, with 19 MiB, 2 passes
/// and 1 lane (OWASP's recommendation).
///
/// # Errors
///
/// It is too short or too long, or the system gives no random bytes.
pub fn hash(password: &str) -> io::Result<String> {
    let problem = if password.chars().count() < *LENGTH.start() {
        format!("shorter than {} characters", LENGTH.start())
    } else if password.len() > *LENGTH.end() {
        format!("longer than {} bytes", LENGTH.end())
    } else {
        let hash = Argon2::default().hash_password(password.as_bytes());
        return hash.map(|hash| hash.to_string()).map_err(io::Error::other);
    };
    Err(io::Error::new(io::ErrorKind::InvalidInput, problem))
}

/// Whether the password belongs to the hash. Takes some 50 ms and 19 MiB.
pub(super) fn is_right(password: &str, hash: &str) -> bool {
    let Ok(hash) = PasswordHash::new(hash) else {
        return false;
    };
    // The hash decides about memory and passes, so that they can be raised.
    Argon2::default()
        .verify_password(password.as_bytes(), &hash)
        .is_ok()
}

/// Whether a password could be this long at all.
pub(super) fn is_possible(password: &str) -> bool {
    password.len() <= *LENGTH.end()
}

/// Whether this is an argon2id hash that can be verified.
pub(super) fn is_hash(text: &str) -> bool {
    text.starts_with("$argon2id$")
        && PasswordHash::new(text).is_ok_and(|hash| hash.salt.is_some() && hash.hash.is_some())
}

/// A new token.
///
/// # Errors
///
/// The system gives no random bytes.
pub fn token() -> io::Result<String> {
    Ok(format!("{TOKEN_PREFIX}{}", random()?))
}

/// What is stored of a token.
pub fn token_hash(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

/// 256 random bits, as text for cookies and header fields.
pub(super) fn random() -> io::Result<String> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(io::Error::other)?;
    Ok(BASE64URL_NOPAD.encode(&bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_fits_its_own_hash_only() {
        let stored = hash("correct horse").unwrap();
        assert!(
            stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{stored}"
        );
        assert!(is_hash(&stored));
        assert!(is_right("correct horse", &stored));
        assert!(!is_right("correct horsf", &stored));
        assert!(!is_right("", &stored));
        assert_ne!(hash("correct horse").unwrap(), stored);
    }

    #[test]
    fn passwords_have_bounds() {
        assert!(hash("ninechars").is_err());
        assert!(hash("ten chars!").is_ok());
        assert!(hash("ä234567890").is_ok());
        assert!(hash(&"x".repeat(1025)).is_err());
    }

    #[test]
    fn other_hashes_are_none() {
        for text in [
            "",
            "x",
            "$argon2i$v=19$m=4096,t=3,p=1$c2FsdHNhbHQ$AAAA",
            "$argon2id$",
        ] {
            assert!(!is_hash(text), "{text}");
        }
    }

    #[test]
    fn tokens_differ() {
        let (one, other) = (token().unwrap(), token().unwrap());
        assert_ne!(one, other);
        assert_eq!(one.len(), 4 + 43);
        assert_ne!(token_hash(&one), token_hash(&other));
    }
}
