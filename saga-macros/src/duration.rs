//! Lengths of time in attributes: `"200ms"`, `"10s"`, `"1h30m"`, and ranges of two.

use syn::{Expr, ExprLit, Lit, LitStr};

use crate::diagnostic::{Diagnostic, Report};

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
    let wrong = |what: String| {
        Diagnostic::over(value, what).code("SG0111").fix(format!(
            "write one like `{word} = \"10s\"`: a number and `ms`, `s`, `m`, `h` or `d`, as in `\"1h30m\"`"
        ))
    };
    let Some(text) = text_of(value) else {
        report.add(wrong(format!("`{word}` takes a length of time in quotes")));
        return None;
    };
    match millis(&text.value()) {
        Some(0) => {
            report.add(wrong(format!("`{word}` is no time at all")));
            None
        }
        Some(ms) if ms > MILLIS_MAX => {
            report.add(wrong(format!("`{word}` is longer than ten years")));
            None
        }
        Some(ms) => Some(ms),
        None => {
            report.add(wrong(format!("{:?} is no length of time", text.value())));
            None
        }
    }
}

/// Two lengths of time, `"200ms..5s"`, in milliseconds.
pub(crate) fn read_range(word: &str, value: &Expr, report: &mut Report) -> Option<(u64, u64)> {
    let wrong = |what: String| {
        Diagnostic::over(value, what)
            .code("SG0112")
            .fix(format!("write two like `{word} = \"200ms..5s\"`: the first wait, and the longest"))
    };
    let Some(text) = text_of(value) else {
        report.add(wrong(format!("`{word}` takes two lengths of time in quotes")));
        return None;
    };
    let ends = text.value();
    let ends = ends.split_once("..").and_then(|(a, b)| Some((millis(a)?, millis(b)?)));
    match ends {
        Some((a, b)) if a > b => {
            report.add(wrong(format!("the range {:?} ends before it begins", text.value())));
            None
        }
        Some((_, b)) if b > MILLIS_MAX => {
            report.add(wrong(format!("{:?} goes on for longer than ten years", text.value())));
            None
        }
        Some((_, 0)) => {
            report.add(wrong(format!("the range {:?} is no time at all", text.value())));
            None
        }
        Some(ends) => Some(ends),
        None => {
            report.add(wrong(format!("{:?} is no range of two lengths of time", text.value())));
            None
        }
    }
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
