//! The rows of the tables in `docs/values.md`: each says what a journal does to a value, as it was found to do.
#![allow(dead_code, reason = "two tests use it, and not all of it")]

use std::fmt::Debug;
use std::path::Path;

use saga::test::comes_back;
use saga::{
    by_hand::Recorded,
    payload::{EncodeError, Payload},
};
use serde::Serialize;

/// Returns the row of a value: how it is written, and what is read from that.
pub(crate) fn row<T: Recorded + Serialize>(kind: &str, value: &T, same: impl Fn(&T, &T) -> bool) -> String {
    let written = Payload::encode(value).map(|payload| payload.shown());
    let written = written.map_or("—".to_owned(), |text| match text.len() > 60 {
        true => format!("`{}…`", text.chars().take(40).collect::<String>()),
        false => format!("`{text}`"),
    });
    let fate = match comes_back(value) {
        Ok(back) if same(value, &back) => "comes back the same".to_owned(),
        Ok(_) => "comes back without that, the first time and on replay".to_owned(),
        Err(EncodeError::Json(error)) => format!("refused: {error}"),
        Err(EncodeError::Unreadable { source, .. }) => {
            let why = std::error::Error::source(&source).map(ToString::to_string).unwrap_or_default();
            format!("refused: it could not be read again ({why})")
        }
        Err(EncodeError::Changed { .. }) => "refused: another value would come back".to_owned(),
        Err(error) => format!("refused: {error}"),
    };
    format!("| {kind} | {} | {} |\n", written.replace('|', "\\|"), fate.replace('|', "\\|"))
}

/// The same, of values that can be compared.
pub(crate) fn plain<T: Recorded + Serialize + PartialEq>(kind: &str, value: T) -> String {
    row(kind, &value, |a, b| a == b)
}

/// The same, of values that can only be shown.
pub(crate) fn shown<T: Recorded + Serialize + Debug>(kind: &str, value: T) -> String {
    row(kind, &value, |a, b| format!("{a:?}") == format!("{b:?}"))
}

/// The table of that name in the page is these rows, or is written so if `SAGA_WRITE_DOCS` is set.
pub(crate) fn hold(name: &str, rows: &[String]) {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let path = here.ancestors().map(|root| root.join("docs/values.md")).find(|page| page.exists()).unwrap();
    let page = std::fs::read_to_string(&path).unwrap();
    let (begin, end) = (format!("<!-- {name} -->\n"), format!("<!-- end of {name} -->"));
    let (before, rest) = page.split_once(&begin).unwrap_or_else(|| panic!("no table of {name}"));
    let (there, after) = rest.split_once(&end).unwrap();
    let table = format!("| value | written as | what happens |\n| --- | --- | --- |\n{}", rows.concat());
    if std::env::var_os("SAGA_WRITE_DOCS").is_some() {
        return std::fs::write(&path, format!("{before}{begin}{table}{end}{after}")).unwrap();
    }
    for (is, should_be) in there.lines().zip(table.lines()) {
        assert_eq!(is, should_be, "the table of {name} in docs/values.md; SAGA_WRITE_DOCS=1 writes it");
    }
    assert_eq!(there, table);
}
