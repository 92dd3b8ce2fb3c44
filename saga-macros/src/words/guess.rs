//! What was meant by words that are not ours: those that other libraries have, and that people and language models
//! guess. The form that is right is named, with what was given.

use proc_macro2::{Ident, TokenStream};
use quote::ToTokens as _;
use syn::{Expr, Lit};

use super::{Value, Word};

/// What was probably meant.
pub(super) struct Meant {
    /// What to type.
    pub(super) form: String,
    /// The word that is taken as said, if it needs no more than that.
    pub(super) word: Option<Word>,
}

/// Returns what was meant by a word of another library.
pub(super) fn meant(of: &str, word: &Word) -> Option<Meant> {
    let name = word.key.to_string();
    match of {
        "#[step]" => of_step(&name, word),
        "#[saga]" => of_saga(&name, word),
        "retry" => of_retry(&name, word),
        _ => None,
    }
}

fn of_step(name: &str, word: &Word) -> Option<Meant> {
    let form = match name {
        "undo" | "compensation" | "compensated_by" | "compensator" | "compensating" | "undo_with"
        | "undone_by" | "rollback" | "revert" | "on_rollback" | "on_failure" | "cancel" => {
            let call = call_of(&word.value).unwrap_or_else(|| "release(output)".to_owned());
            return Some(Meant { form: format!("`compensate = {call}`"), word: None });
        }
        "retries" | "max_retries" | "attempts" | "max_attempts" | "retry_count" | "tries" => {
            let attempts = number_of(&word.value).unwrap_or(3).max(1);
            format!("`retry(attempts = {attempts})`")
        }
        "delay" | "backoff" | "interval" | "retry_delay" | "wait" => {
            let wait = text_of(&word.value).unwrap_or_else(|| "1s".to_owned());
            format!("`retry(attempts = 3, backoff = \"{}\")`", range(&wait))
        }
        "key" | "idempotency_key" | "keyed" | "dedupe" => {
            "take it as a parameter, `key: &IdempotencyKey`, and leave this word out".to_owned()
        }
        "pure" | "query" | "read_only" | "read" | "no_effect" => return Some(flag("readonly", word)),
        "pivot" | "final" | "irrevocable" | "no_undo" | "no_compensation" | "point_of_no_return" => {
            return Some(flag("irreversible", word));
        }
        "infallible" | "retryable" | "retry_forever" | "always" => return Some(flag("retriable", word)),
        "identity_of" | "unique" | "unique_by" | "dedup_by" | "dedupe_by" | "same" => {
            "`identity(order_id)`, with the parameters that make a call the same as another".to_owned()
        }
        "agent_tool" | "mcp" | "mcp_tool" | "function" | "llm_tool" => return Some(flag("tool", word)),
        "description" | "desc" | "doc" | "docs" | "title" => {
            "a doc comment above the function, `/// …`; leave this word out".to_owned()
        }
        "timeout_secs" | "timeout_ms" | "time_limit" | "deadline" => {
            let unit = if name.ends_with("ms") { "ms" } else { "s" };
            let length = number_of(&word.value).map(|number| format!("{number}{unit}"));
            let length = length.or_else(|| text_of(&word.value)).unwrap_or_else(|| "10s".to_owned());
            format!("`timeout = \"{length}\"`")
        }
        _ => return None,
    };
    Some(Meant { form, word: None })
}

fn of_saga(name: &str, word: &Word) -> Option<Meant> {
    let form = match name {
        "timeout" | "time_limit" | "within" | "expires" => {
            let length = text_of(&word.value).unwrap_or_else(|| "24h".to_owned());
            format!("`deadline = \"{length}\"`")
        }
        "retry" | "retries" | "attempts" | "backoff" => {
            "`retry(attempts = 3)` on each `#[step]` that is to be tried again; leave it out here".to_owned()
        }
        "compensate" | "undo" | "rollback" => {
            "`compensate = …` on each `#[step]`; a saga is undone by what undoes its steps; leave it out here"
                .to_owned()
        }
        _ => return None,
    };
    Some(Meant { form, word: None })
}

fn of_retry(name: &str, word: &Word) -> Option<Meant> {
    let form = match name {
        "max" | "times" | "n" | "count" | "retries" | "max_retries" | "max_attempts" | "limit" => {
            format!("`attempts = {}`", number_of(&word.value).unwrap_or(3).max(1))
        }
        "delay" | "wait" | "interval" | "initial" | "base" | "exponential" | "min" | "every" => {
            let wait = text_of(&word.value).unwrap_or_else(|| "200ms".to_owned());
            format!("`backoff = \"{}\"`", range(&wait))
        }
        "timeout" | "max_elapsed" | "total" | "deadline" => {
            let length = text_of(&word.value).unwrap_or_else(|| "1m".to_owned());
            format!("`within = \"{length}\"`")
        }
        _ => return None,
    };
    Some(Meant { form, word: None })
}

fn flag(name: &str, word: &Word) -> Meant {
    let word = Word { key: Ident::new(name, word.key.span()), value: Value::Nothing };
    Meant { form: format!("`{name}`"), word: Some(word) }
}

/// `timeout(10)` and `compensate(release)`, as they are written.
pub(super) fn as_value(name: &str, given: &Value) -> Option<String> {
    match name {
        "compensate" | "probe" | "in_doubt" => call_of(given).map(|call| format!("{name} = {call}")),
        "timeout" | "undo_within" | "within" | "deadline" => {
            let length = text_of(given).or_else(|| number_of(given).map(|number| format!("{number}s")))?;
            Some(format!("{name} = \"{length}\""))
        }
        "attempts" | "version" => number_of(given).map(|number| format!("{name} = {number}")),
        _ => None,
    }
}

/// `retry(3)` and `retry = 3`, as they are written.
pub(super) fn as_list(name: &str, given: &Value) -> Option<String> {
    (name == "retry").then(|| format!("retry(attempts = {})", number_of(given).unwrap_or(3).max(1)))
}

/// Returns the call of a step that was given in some form.
fn call_of(given: &Value) -> Option<String> {
    match given {
        Value::Is(Expr::Path(path)) => Some(format!("{}(output)", written(path.to_token_stream()))),
        Value::Is(Expr::Call(call)) => Some(written(call.to_token_stream())),
        Value::Is(Expr::Lit(lit)) => match &lit.lit {
            Lit::Str(text) => {
                syn::parse_str::<Ident>(&text.value()).ok().map(|name| format!("{name}(output)"))
            }
            _ => None,
        },
        Value::List(words) => match &words[..] {
            [Word { key, value: Value::Nothing }] => Some(format!("{key}(output)")),
            [Word { key, value: Value::Raw(given) }] => Some(format!("{key}({})", written(given.clone()))),
            [Word { key, value: Value::List(given) }] => {
                let names: Option<Vec<String>> = given.iter().map(name_of).collect();
                Some(format!("{key}({})", names?.join(", ")))
            }
            _ => None,
        },
        Value::Raw(tokens) => {
            let value: Expr = syn::parse2(tokens.clone()).ok()?;
            call_of(&Value::Is(value))
        }
        _ => None,
    }
}

/// Returns a word that is nothing but a name.
fn name_of(word: &Word) -> Option<String> {
    matches!(word.value, Value::Nothing).then(|| word.key.to_string())
}

fn expr_of(given: &Value) -> Option<Expr> {
    match given {
        Value::Is(value) => Some(value.clone()),
        Value::Raw(tokens) => syn::parse2(tokens.clone()).ok(),
        _ => None,
    }
}

fn number_of(given: &Value) -> Option<u32> {
    super::number_of(&expr_of(given)?)
}

/// Returns a length of time, in whatever form it was given.
fn text_of(given: &Value) -> Option<String> {
    crate::duration::meant(&expr_of(given)?)
}

/// One wait, as the first and the longest.
fn range(wait: &str) -> String {
    format!("{wait}..{wait}")
}

fn written(tokens: TokenStream) -> String {
    super::shown(&tokens)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proc_macro2::Span;

    #[test]
    fn what_others_call_it_is_named_in_our_form() {
        let word = |name: &str, value: &str| Word {
            key: Ident::new(name, Span::call_site()),
            value: Value::Is(syn::parse_str(value).expect("it is an expression")),
        };
        for (of, name, value, form) in [
            ("#[step]", "undo", "put_back(output.id)", "`compensate = put_back(output.id)`"),
            ("#[step]", "undo", "put_back", "`compensate = put_back(output)`"),
            ("#[step]", "retries", "3", "`retry(attempts = 3)`"),
            ("#[step]", "delay", "\"2 seconds\"", "`retry(attempts = 3, backoff = \"2s..2s\")`"),
            ("#[step]", "timeout_ms", "250", "`timeout = \"250ms\"`"),
            ("#[saga]", "timeout", "\"1h\"", "`deadline = \"1h\"`"),
            ("retry", "delay", "\"1s\"", "`backoff = \"1s..1s\"`"),
            ("retry", "times", "5", "`attempts = 5`"),
        ] {
            assert_eq!(
                meant(of, &word(name, value)).map(|meant| meant.form).as_deref(),
                Some(form),
                "{name}"
            );
        }
        let raw = |text: &str| Value::Raw(text.parse().expect("they are tokens"));
        assert_eq!(as_list("retry", &raw("3")).as_deref(), Some("retry(attempts = 3)"));
        assert_eq!(as_value("timeout", &raw("10")).as_deref(), Some("timeout = \"10s\""));
        assert_eq!(
            as_value("compensate", &raw("free(output.id)")).as_deref(),
            Some("compensate = free(output.id)")
        );
    }
}
