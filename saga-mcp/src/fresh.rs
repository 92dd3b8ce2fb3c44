//! Ids of new sessions: the one place in this crate that uses randomness.

/// Returns the id of a new session. It cannot be guessed: where sessions are arguments, knowing one is the right to use
/// it.
#[allow(clippy::disallowed_methods)]
pub(crate) fn session_id() -> String {
    format!("mcp-{}", uuid::Uuid::new_v4().simple())
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_fresh_id_is_an_id_of_a_saga_and_another_each_time() {
        let (one, other) = (super::session_id(), super::session_id());
        assert!(saga::SagaId::new(one.as_str()).is_ok(), "{one}");
        assert_ne!(one, other);
    }
}
