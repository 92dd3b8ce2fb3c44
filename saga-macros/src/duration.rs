//! Lengths of time in attributes: `"200ms"`, `"10s"`, `"1h30m"`, and ranges of two.

use syn::{Expr, ExprLit, Lit, LitStr};

use crate::diagnostic::{Diagnostic, Report};

/// Why a value is written out.
pub(crate) const WRITTEN: &str =
    "it is read while the program is compiled, when the value of a constant is not known";

/// Converts the text to milliseconds; `None` if it is not a length of time.
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

/// Returns the text that a word was given.
pub(crate) fn text_of(value: &Expr) -> Option<&LitStr> {
    match value {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text),
        _ => None,
    }
}

/// Nothing waits for longer: ten years.
const MILLIS_MAX: u64 = 10 * 366 * 86_400_000;

/// Where a length of time stands, which a message shows again.
#[derive(Clone, Copy)]
pub(crate) enum Place<'a> {
    /// `timeout = "10s"`.
    Word(&'a str),
    /// `sleep("10s")`, `.within("10s")`.
    Argument(&'a str),
}

impl Place<'_> {
    fn name(self) -> String {
        match self {
            Place::Word(word) | Place::Argument(word) => word.to_owned(),
        }
    }

    fn with(self, length: &str) -> String {
        match self {
            Place::Word(word) => format!("{word} = {length:?}"),
            Place::Argument(call) => format!("{call}({length:?})"),
        }
    }
}

/// Returns a length of time in quotes, in milliseconds; more than none.
pub(crate) fn read(word: &str, value: &Expr, report: &mut Report) -> Option<u64> {
    match judged(Place::Word(word), value) {
        Ok(ms) => Some(ms),
        Err(diagnostic) => {
            report.add(diagnostic);
            None
        }
    }
}

/// Reports an argument that is written out and is not a length of time. What is not written out is judged when it is
/// run.
pub(crate) fn check_argument(call: &str, value: &Expr, report: &mut Report) {
    let written = matches!(value, Expr::Lit(_));
    if let Err(diagnostic) = judged(Place::Argument(call), value)
        && written
    {
        report.add(diagnostic);
    }
}

fn judged(place: Place<'_>, value: &Expr) -> Result<u64, Diagnostic> {
    let name = place.name();
    let (what, why) = match text_of(value).map(|text| (text.value(), millis(&text.value()))) {
        Some((_, Some(0))) => (format!("`{name}` is no time at all"), "nothing could be done in it"),
        Some((_, Some(ms))) if ms > MILLIS_MAX => {
            (format!("`{name}` is longer than ten years"), "nothing is meant to take so long")
        }
        Some((_, Some(ms))) => return Ok(ms),
        Some((text, None)) => (format!("{text:?} is no length of time"), "nothing is guessed about time"),
        None => (format!("`{name}` takes a length of time in quotes"), unread(value)),
    };
    let meant = place.with(&meant(value).unwrap_or_else(|| "10s".to_owned()));
    let fix = format!("`{meant}`: a number and `ms`, `s`, `m`, `h` or `d`, as in `\"1h30m\"`");
    Err(Diagnostic::over("SG0111", value, what).why(why).fix(fix))
}

/// Returns the length of time that was probably meant: `"2h"` by `"2 hours"`, `"10s"` by `10` or
/// `Duration::from_secs(10)`.
pub(crate) fn meant(value: &Expr) -> Option<String> {
    match value {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => in_words(&text.value()),
        Expr::Lit(ExprLit { lit: Lit::Int(number), .. }) => Some(format!("{}s", positive(number)?)),
        Expr::Call(call) => {
            let Expr::Path(path) = &*call.func else { return None };
            let unit = match &*path.path.segments.last()?.ident.to_string() {
                "from_millis" => "ms",
                "from_secs" => "s",
                "from_mins" => "m",
                "from_hours" => "h",
                _ => return None,
            };
            match call.args.first()? {
                Expr::Lit(ExprLit { lit: Lit::Int(number), .. }) => {
                    Some(format!("{}{unit}", positive(number)?))
                }
                _ => None,
            }
        }
        _ => None,
    }
}

fn positive(number: &syn::LitInt) -> Option<u64> {
    number.base10_parse().ok().filter(|number| *number > 0)
}

/// Returns a length of time in the words of every day: `2 hours and 30 minutes`, `1.5h` not among them.
fn in_words(text: &str) -> Option<String> {
    let text = text.to_lowercase().replace("and", " ").replace(',', " ");
    let mut rest = text.trim();
    let mut length = String::new();
    while !rest.is_empty() {
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let number: u64 = rest[..digits].parse().ok().filter(|number| *number > 0)?;
        rest = rest[digits..].trim_start();
        let letters = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_alphabetic()).len();
        let (number, unit) = match &rest[..letters] {
            "ms" | "msec" | "msecs" | "millis" | "millisecond" | "milliseconds" => (number, "ms"),
            "" | "s" | "sec" | "secs" | "second" | "seconds" => (number, "s"),
            "m" | "min" | "mins" | "minute" | "minutes" => (number, "m"),
            "h" | "hr" | "hrs" | "hour" | "hours" => (number, "h"),
            "d" | "day" | "days" => (number, "d"),
            "w" | "week" | "weeks" => (number.checked_mul(7)?, "d"),
            _ => return None,
        };
        rest = rest[letters..].trim_start();
        length.push_str(&format!("{number}{unit}"));
    }
    millis(&length).filter(|ms| (1..=MILLIS_MAX).contains(ms)).map(|_| length)
}

/// Reads two lengths of time, `"200ms..5s"`, in milliseconds.
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
    let meant = meant(value).map_or_else(|| "200ms..5s".to_owned(), |wait| format!("{wait}..{wait}"));
    let fix = format!("`{word} = {meant:?}`: the first wait, and the longest");
    report.add(Diagnostic::over("SG0112", value, what).why(why).fix(fix));
    None
}

/// Returns why it is written in quotes.
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
    fn what_was_meant_is_offered() {
        for (written, meant) in [
            ("\"2 hours\"", Some("2h")),
            ("\"1 hour and 30 minutes\"", Some("1h30m")),
            ("\"2 weeks\"", Some("14d")),
            ("\"30\"", Some("30s")),
            ("10", Some("10s")),
            ("std::time::Duration::from_millis(200)", Some("200ms")),
            ("\"soon\"", None),
            ("\"0 hours\"", None),
            ("0", None),
            ("PERIOD", None),
        ] {
            let value = syn::parse_str(written).expect("it is an expression");
            assert_eq!(super::meant(&value).as_deref(), meant, "{written}");
        }
    }

    #[test]
    fn lengths_of_time_are_read_as_the_runtime_reads_them() {
        assert_eq!(millis("1h30m"), Some(5_400_000));
        assert_eq!(millis("200ms"), Some(200));
        for wrong in ["", "10", "s", "ten s", "1y", "-1s", "99999999999999999999d"] {
            assert_eq!(millis(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn random_lengths_of_time_are_read_as_their_sum() {
        const UNITS: [(&str, u64); 6] =
            [("d", 86_400_000), ("h", 3_600_000), ("min", 60_000), ("m", 60_000), ("s", 1000), ("ms", 1)];
        let mut state = 1_u64;
        let mut draw = |below: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as usize % below
        };
        for _ in 0..100_000 {
            let (mut text, mut sum) = (String::new(), 0);
            for _ in 0..=draw(3) {
                let (number, (unit, ms)) = (draw(10_000), UNITS[draw(UNITS.len())]);
                text += &format!("{number}{unit}{}", " ".repeat(draw(2)));
                sum += number as u64 * ms;
            }
            assert_eq!(millis(&text), Some(sum), "{text}");
            // Damaged, it is refused or read; spaces around it change nothing, and nothing overflows.
            let at = draw(text.len());
            text.replace_range(at..=at, ["", "0", " ", "m", "x", "-", "é", "99999999999"][draw(8)]);
            assert_eq!(millis(&format!(" {text} ")), millis(&text), "{text}");
        }
    }
}
