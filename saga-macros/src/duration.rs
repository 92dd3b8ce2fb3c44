//! Lengths of time in attributes: `"200ms"`, `"10s"`, `"1h30m"`, and ranges of two.

use syn::{Expr, ExprLit, Lit, LitStr};

use crate::diagnostic::{Diagnostic, Report};
use crate::words::WRITTEN;

/// In milliseconds; `None` if the text is no length of time.
pub(crate) fn millis(text: &str) -> Option<u64> {
    let mut rest = text.trim();
    let mut total: u64 = 0;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let number: u64 = rest[..digits].parse().ok()?;
        rest = &rest[digits..];
        let letters = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_alphabetic()).len();
        let unit = match &rest[..letters] {
            "ms" => 1,
            "s" => 1000,
            "m" | "min" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            _ => return None,
        };
        rest = rest[letters..].trim_start();
        total = number.checked_mul(unit).and_then(|ms| total.checked_add(ms))?;
    }
    Some(total)
}

/// The text that a word was given.
pub(crate) fn text_of(value: &Expr) -> Option<&LitStr> {
    match value {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text),
        _ => None,
    }
}

/// Nothing waits for longer: ten years.
const MILLIS_MAX: u64 = 10 * 366 * 86_400_000;

/// A length of time in quotes, in milliseconds; more than none.
pub(crate) fn read(word: &str, value: &Expr, report: &mut Report) -> Option<u64> {
    let (what, why) = match text_of(value).map(|text| (text.value(), millis(&text.value()))) {
        Some((_, Some(0))) => (format!("`{word}` is no time at all"), "nothing could be done in it"),
        Some((_, Some(ms))) if ms > MILLIS_MAX => {
            (format!("`{word}` is longer than ten years"), "nothing is meant to take so long")
        }
        Some((_, Some(ms))) => return Some(ms),
        Some((text, None)) => (format!("{text:?} is no length of time"), "nothing is guessed about time"),
        None => (format!("`{word}` takes a length of time in quotes"), unread(value)),
    };
    let fix = format!(
        "write one like `{word} = \"10s\"`: a number and `ms`, `s`, `m`, `h` or `d`, as in `\"1h30m\"`"
    );
    report.add(Diagnostic::over("SG0111", value, what).why(why).fix(fix));
    None
}

/// Two lengths of time, `"200ms..5s"`, in milliseconds.
pub(crate) fn read_range(word: &str, value: &Expr, report: &mut Report) -> Option<(u64, u64)> {
    let (what, why) = match text_of(value).map(|text| (text.value(), ends(&text.value()))) {
        Some((text, Some((a, b)))) if a > b => {
            (format!("the range {text:?} ends before it begins"), "the first wait is the shortest")
        }
        Some((text, Some((_, 0)))) => {
            (format!("the range {text:?} is no time at all"), "what is busy would be asked again at once")
        }
        Some((text, Some((_, b)))) if b > MILLIS_MAX => {
            (format!("{text:?} goes on for longer than ten years"), "nothing is meant to take so long")
        }
        Some((_, Some(ends))) => return Some(ends),
        Some((text, None)) => {
            (format!("{text:?} is no range of two lengths of time"), "waits grow from a first to a longest")
        }
        None => (format!("`{word}` takes two lengths of time in quotes"), unread(value)),
    };
    let fix = format!("write two like `{word} = \"200ms..5s\"`: the first wait, and the longest");
    report.add(Diagnostic::over("SG0112", value, what).why(why).fix(fix));
    None
}

/// Why it is written in quotes.
fn unread(value: &Expr) -> &'static str {
    match value {
        Expr::Lit(_) | Expr::Range(_) => "a number by itself does not say of what",
        _ => WRITTEN,
    }
}

fn ends(text: &str) -> Option<(u64, u64)> {
    let (a, b) = text.split_once("..")?;
    Some((millis(a)?, millis(b)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time_are_read_as_the_runtime_reads_them() {
        assert_eq!(millis("1h30m"), Some(5_400_000));
        assert_eq!(millis("200ms"), Some(200));
        for wrong in ["", "10", "s", "ten s", "1y", "-1s", "99999999999999999999d"] {
            assert_eq!(millis(wrong), None, "{wrong}");
        }
    }
}
