//! What does not give the same when the body runs again over its journal, or would happen again: known by name. What
//! goes by another name, or is hidden in a function, the machine finds when a journal does not fit the code.

use syn::Path;

use crate::diagnostic::Diagnostic;

/// What kind of mistake it is.
#[derive(Clone, Copy)]
enum Offence {
    Clock,
    /// One that only measures.
    Stopwatch,
    Uuid,
    Random,
    Environment,
    Spawn,
    Join,
    Sleep,
    Timeout,
    Effect,
}

impl Offence {
    fn code(self) -> &'static str {
        match self {
            Offence::Clock | Offence::Stopwatch => "SG0701",
            Offence::Uuid | Offence::Random => "SG0702",
            Offence::Environment => "SG0703",
            Offence::Spawn | Offence::Join | Offence::Sleep | Offence::Timeout => "SG0704",
            Offence::Effect => "SG0705",
        }
    }

    fn why(self) -> &'static str {
        match self {
            Offence::Clock | Offence::Stopwatch | Offence::Uuid | Offence::Random | Offence::Environment => {
                "after a crash the body runs again over its records, and would get another value than before"
            }
            Offence::Spawn | Offence::Join | Offence::Effect => {
                "nothing records it, so it would happen again after a crash, and nothing would undo it"
            }
            Offence::Sleep | Offence::Timeout => {
                "the time is kept in this process alone, and would begin anew after a crash"
            }
        }
    }

    fn fix(self) -> &'static str {
        match self {
            Offence::Clock => {
                "`now().await`, which is recorded: `.to_string()` shows it as RFC 3339, `.0` is milliseconds since 1970"
            }
            Offence::Stopwatch => {
                "`let begun = now().await;`, which is recorded, and later `now().await.since(begun)` in place of `begun.elapsed()`"
            }
            Offence::Uuid => "`uuid().await`, which is recorded",
            Offence::Random => "draw in a `#[step(readonly)]`, and await that: its output is recorded",
            Offence::Environment => "hand it in with the saga's input, or read it in a `#[step(readonly)]`",
            Offence::Spawn => {
                "put it into a `#[step]` and await that; several at once are `all((a(…), b(…))).await?`"
            }
            Offence::Join => "`all(items.into_iter().map(|item| step(item))).await?`",
            Offence::Sleep => "`sleep(\"10s\").await`, which outlives a crash",
            Offence::Timeout => {
                "`timeout = \"10s\"` on the `#[step]`; `.within(\"10s\")` on a signal or an approval"
            }
            Offence::Effect => "put it into a `#[step]` that says how it is undone, and await that",
        }
    }
}

/// Returns what is wrong with naming this in a saga, if anything.
pub(crate) fn offence(path: &Path) -> Option<Diagnostic> {
    let names: Vec<String> = path.segments.iter().map(|s| s.ident.to_string()).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let offence = value(&names).or_else(|| time(&names)).or_else(|| effect(&names))?;
    let what = format!("`{}` in a saga", names.join("::"));
    Some(Diagnostic::over(offence.code(), path, what).why(offence.why()).fix(offence.fix()))
}

/// Gives another value each time.
fn value(names: &[&str]) -> Option<Offence> {
    Some(match names {
        [.., "SystemTime" | "Instant", "now"] => Offence::Stopwatch,
        // Whatever a `use` calls the type: what a type has by these names is a clock.
        [.., of, "now" | "today" | "now_utc" | "now_local" | "now_with_tz"] if is_type(of) => Offence::Clock,
        [.., of, "new_v1" | "new_v4" | "new_v6" | "new_v7" | "now_v1" | "now_v6" | "now_v7"]
            if is_type(of) =>
        {
            Offence::Uuid
        }
        [.., "Ulid", "new" | "generate"] => Offence::Uuid,
        // A generator with a seed gives the same each time.
        [.., "seed_from_u64" | "from_seed"] => return None,
        [.., "thread_rng" | "from_entropy" | "from_os_rng" | "OsRng"]
        | [.., "RandomState", "new" | "default"]
        | ["getrandom", ..] => Offence::Random,
        ["rand" | "fastrand", function] if is_function(function) => Offence::Random,
        ["fastrand", "Rng", "new"] => Offence::Random,
        ["std", "env", "consts", ..] => return None,
        ["std", "env", _, ..] => Offence::Environment,
        [
            "env",
            "var" | "vars" | "var_os" | "vars_os" | "args" | "args_os" | "current_dir" | "temp_dir"
            | "current_exe" | "home_dir" | "set_var" | "remove_var",
        ]
        | ["std", "process", "id"]
        | ["process", "id"]
        | [.., "available_parallelism"]
        | [.., "thread", "current"]
        | ["num_cpus", ..] => Offence::Environment,
        _ => return None,
    })
}

/// Waits, or lets something run beside the saga.
fn time(names: &[&str]) -> Option<Offence> {
    Some(match names {
        ["tokio" | "async_std" | "smol", "time", "sleep" | "sleep_until" | "interval" | "interval_at"]
        | ["time", "sleep" | "sleep_until" | "interval" | "interval_at"]
        | [.., "thread", "sleep" | "park" | "park_timeout"]
        | ["async_std", "task", "sleep"]
        | ["smol", "Timer", _] => Offence::Sleep,
        ["tokio" | "async_std", .., "timeout" | "timeout_at"] | ["time", "timeout" | "timeout_at"] => {
            Offence::Timeout
        }
        [
            "futures" | "futures_util" | "future",
            ..,
            "join" | "join3" | "join4" | "join5" | "join_all" | "try_join" | "try_join3" | "try_join4"
            | "try_join5" | "try_join_all" | "select" | "select_all" | "select_ok" | "try_select",
        ]
        | ["join_all" | "try_join_all"]
        | [.., "FuturesUnordered" | "FuturesOrdered" | "JoinSet", "new"] => Offence::Join,
        ["tokio" | "async_std" | "smol" | "rayon", "spawn" | "join" | "scope"]
        | ["tokio" | "async_std", "task", ..]
        | ["task", "spawn" | "spawn_blocking" | "spawn_local" | "block_in_place" | "yield_now"]
        | ["std", "thread", ..]
        | ["thread", "spawn" | "scope"]
        | ["spawn_blocking" | "block_in_place" | "block_on"]
        | ["tokio" | "futures" | "pollster" | "async_std" | "smol", .., "block_on"] => Offence::Spawn,
        _ => return None,
    })
}

/// Does something to the world, or asks it.
fn effect(names: &[&str]) -> Option<Offence> {
    match names {
        ["std" | "tokio" | "async_std", "fs" | "process", ..]
        | ["reqwest", "get"]
        | ["reqwest", "blocking", ..]
        | ["ureq" | "minreq", _]
        | [.., "io", "stdin"]
        | [.., "process", "exit" | "abort"]
        | [.., "process", "Command", "new"]
        | [.., "File", "open" | "create" | "create_new" | "options"]
        | [.., "OpenOptions", "new"]
        | [
            ..,
            "TcpStream" | "UnixStream" | "UdpSocket" | "TcpListener",
            "connect" | "bind" | "connect_timeout",
        ] => Some(Offence::Effect),
        ["fs", function] if is_function(function) => Some(Offence::Effect),
        _ => None,
    }
}

/// Returns true if the name is one of a type.
fn is_type(name: &str) -> bool {
    name.starts_with(char::is_uppercase)
}

/// Returns true if the name is one of a function, and not of a type.
fn is_function(name: &str) -> bool {
    name.starts_with(char::is_lowercase)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(path: &str) -> Option<&'static str> {
        let names: Vec<&str> = path.split("::").collect();
        value(&names).or_else(|| time(&names)).or_else(|| effect(&names)).map(Offence::code)
    }

    #[test]
    fn what_is_not_steady_is_known_by_name() {
        for (path, is) in [
            ("Instant::now", "SG0701"),
            ("chrono::offset::Local::now", "SG0701"),
            ("time::OffsetDateTime::now_utc", "SG0701"),
            ("Clock::now", "SG0701"),
            ("Id::new_v4", "SG0702"),
            ("Uuid::now_v7", "SG0702"),
            ("rand::rng", "SG0702"),
            ("rand::rngs::OsRng", "SG0702"),
            ("getrandom::fill", "SG0702"),
            ("env::args", "SG0703"),
            ("std::process::id", "SG0703"),
            ("tokio::task::spawn_blocking", "SG0704"),
            ("JoinSet::new", "SG0704"),
            ("thread::sleep", "SG0704"),
            ("time::timeout", "SG0704"),
            ("futures_util::future::select_all", "SG0704"),
            ("std::fs::read", "SG0705"),
            ("fs::write", "SG0705"),
            ("File::open", "SG0705"),
            ("std::net::TcpStream::connect", "SG0705"),
            ("reqwest::blocking::get", "SG0705"),
        ] {
            assert_eq!(code(path), Some(is), "{path}");
        }
    }

    #[test]
    fn what_is_steady_is_let_be() {
        for path in [
            "now",
            "saga::now",
            "clock::now",
            "Uuid::nil",
            "Uuid::from_u128",
            "rand::rngs::StdRng::seed_from_u64",
            "std::env::consts::OS",
            "std::net::Ipv4Addr::new",
            "std::io::Cursor::new",
            "std::time::Duration::from_secs",
            "select_all",
            "steps::spawn",
            "mail::send",
            "timeout",
            "HashMap::new",
        ] {
            assert_eq!(code(path), None, "{path}");
        }
    }
}
