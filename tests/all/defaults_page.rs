//! The tables of `docs/defaults.md` are written from the constants here. With `SAGA_WRITE_DOCS=1` the page is written, else
//! it is compared.
#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::time::Duration;

use saga::policy::{DOUBT_TRIES_MAX, Retry, TIMEOUT_DEFAULT};
use saga::{defaults, store};

const PAGE: &str = "docs/defaults.md";

fn length(length: Duration) -> String {
    match length {
        length if length < Duration::from_secs(1) => format!("{} ms", length.as_millis()),
        length => format!("{} s", length.as_secs()),
    }
}

fn bytes(bytes: usize) -> String {
    match bytes {
        bytes if bytes >= 1 << 20 => format!("{} MiB", bytes >> 20),
        bytes if bytes >= 1 << 10 => format!("{} KiB", bytes >> 10),
        bytes => format!("{bytes} bytes"),
    }
}

fn table(head: [&str; 3], rows: &[(&str, String, &str)]) -> String {
    let rows = rows.iter().map(|(what, default, how)| format!("| {what} | {default} | {how} |\n"));
    format!("| {} |\n| --- | --- | --- |\n{}", head.join(" | "), rows.collect::<String>())
}

fn retries(retry: Retry) -> String {
    let (min, max) = (length(retry.backoff_min), length(retry.backoff_max));
    format!("{} attempts, full jitter up to {min}, doubling to {max}", retry.attempts)
}

fn step() -> String {
    let rows = [
        (
            "attempts",
            Retry::NONE.attempts.to_string(),
            "`retry(attempts = n)`; only transient errors are retried",
        ),
        (
            "attempts of a `retriable` step",
            retries(Retry::RETRIABLE),
            "`retry(attempts, backoff = \"a..b\", within)`",
        ),
        ("time of one attempt; past it the step is in doubt", length(TIMEOUT_DEFAULT), "`timeout = \"d\"`"),
        (
            "in doubt, with a key or `idempotent`",
            "run again under the same key".to_owned(),
            "`in_doubt = …`, `probe = …`",
        ),
        (
            "reruns and questions to a probe in doubt, before a person is asked",
            DOUBT_TRIES_MAX.to_string(),
            "fixed",
        ),
        ("time in which it can be undone", "without limit".to_owned(), "`undo_within = \"d\"`"),
    ];
    table(["what", "default", "set by"], &rows)
}

fn runtime() -> String {
    let rows = [
        ("sagas driven at a time", defaults::RUNNING_MAX.to_string(), "`Builder::running_max`"),
        (
            "compensations of one step at a time",
            defaults::COMPENSATIONS_MAX.to_string(),
            "`Builder::compensations_max`, `compensations_max_of`",
        ),
        ("longest wait of a saga in memory", length(defaults::LINGER), "`Builder::linger`"),
        (
            "life of a process before it runs a saga to which three deaths are charged, if others run",
            length(defaults::QUARANTINE_DELAY),
            "`Builder::quarantine_delay`; twice as long for each death more",
        ),
        ("a worker's lease", length(defaults::LEASE), "`Builder::lease`"),
        ("time to wait for the worker that holds the store", "none".to_owned(), "`Builder::wait_for_worker`"),
        (
            "size of a value from which it is warned of",
            bytes(defaults::PAYLOAD_BYTES_WARN),
            "`Builder::payload_bytes`",
        ),
        ("largest value that is recorded", bytes(defaults::PAYLOAD_BYTES_MAX), "`Builder::payload_bytes`"),
        ("deadline of a saga", "none".to_owned(), "`#[saga(deadline = \"d\")]`"),
        ("limit of `approve` and `signal`", "none".to_owned(), "`.within(\"d\")`"),
    ];
    table(["what", "default", "set by"], &rows)
}

fn session() -> String {
    let rows = [
        (
            "calls in it",
            defaults::session::CALLS_MAX.to_string(),
            "`calls_max`; answered repeats and undoing do not count",
        ),
        ("its whole time", "without limit".to_owned(), "`within`; rolled back then"),
        (
            "time without a call",
            length(defaults::session::IDLE),
            "`idle_after`; rolled back then, or committed as it says",
        ),
    ];
    table(["what", "default", "set by"], &rows)
}

fn limits() -> String {
    let rows = [
        ("id of a saga", bytes(saga::journal::SAGA_ID_BYTES_MAX), "`InvalidId`"),
        (
            "deaths without progress",
            store::QUARANTINE_DEATHS.to_string(),
            "quarantined: such sagas run one at a time, in a calm process eight",
        ),
        (
            "deaths that are charged; one of a saga that runs entirely alone counts twice",
            defaults::POISON_PILL_DEATHS.to_string(),
            "dead-lettered as `PoisonPill`: `Builder::poison_pill_deaths`",
        ),
        (
            "acts without effect in a journal",
            saga::state::ACTS_WITHOUT_EFFECT_MAX.to_string(),
            "refused as before, and no longer recorded",
        ),
    ];
    table(["what", "limit", "past it"], &rows)
}

#[test]
fn the_page_lists_the_defaults_of_the_code() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(PAGE);
    let page = std::fs::read_to_string(&path).unwrap();
    let mut written = page.clone();
    for (name, table) in
        [("step", step()), ("runtime", runtime()), ("session", session()), ("limits", limits())]
    {
        let (begin, end) = (format!("<!-- {name} -->\n"), format!("<!-- end of {name} -->"));
        let from = written.find(&begin).unwrap() + begin.len();
        let to = written.find(&end).unwrap();
        written.replace_range(from..to, &table);
    }
    if std::env::var_os("SAGA_WRITE_DOCS").is_some() {
        std::fs::write(&path, written).unwrap();
        return;
    }
    let stale = "stale: SAGA_WRITE_DOCS=1 cargo test --all-features --test all defaults_page";
    assert!(page == written, "{PAGE} is {stale}");
}

#[test]
fn the_first_page_of_the_documentation_has_the_defaults_of_the_code() {
    let page = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lib.rs")).unwrap();
    let (sagas, linger) = (defaults::RUNNING_MAX / 1000, length(defaults::LINGER));
    let rows = [
        format!("| sagas in memory | {sagas} 000 at a time; a waiting one is released after {linger} |"),
        format!("| a value | at most {} as JSON |", bytes(defaults::PAYLOAD_BYTES_MAX)),
        format!("| a step | one attempt of at most {}, unless it says otherwise |", length(TIMEOUT_DEFAULT)),
        format!("| oldest Rust | {};", env!("CARGO_PKG_RUST_VERSION").trim_end_matches(".0")),
    ];
    for row in rows {
        assert!(page.contains(&row), "src/lib.rs has no row {row:?}");
    }
}
