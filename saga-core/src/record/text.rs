//! The JSON form of records. The frequent kinds are written by hand, several times as fast as by serde's derive. A test
//! holds both to the same text.

use super::{Call, Finder, Record};

type Written = Result<(), serde_json::Error>;

impl Record {
    /// Appends the record to `text` as JSON, equal to the output of [`serde_json::to_string`].
    ///
    /// # Errors
    /// If it has no JSON form; `text` may then end in a part of it.
    #[expect(clippy::wildcard_enum_match_arm, reason = "all others are written by serde")]
    pub fn write_json(&self, text: &mut String) -> Written {
        match self {
            Record::Intent { site, step, input, undo, in_doubt: None, again: None } => {
                string(text, r#"{"intent":{"site":"#, site.as_str())?;
                string(text, r#","step":"#, step)?;
                join(text, [r#","input":"#, input.as_json(), r#","undo":""#, undo.as_str(), r#""}}"#]);
            }
            Record::Done {
                site,
                output: Ok(output),
                undo: undo @ (None | Some(Ok(_))),
                by: Finder::Attempt,
            } => {
                string(text, r#"{"done":{"site":"#, site.as_str())?;
                join(text, [r#","output":{"Ok":"#, output.as_json(), "}"]);
                if let Some(Ok(undo)) = undo {
                    text.push_str(r#","undo":{"Ok":"#);
                    call(text, undo)?;
                    text.push('}');
                }
                text.push_str("}}");
            }
            Record::UndoIntent { site, in_doubt: false } => {
                string(text, r#"{"undo_intent":{"site":"#, site.as_str())?;
                text.push_str("}}");
            }
            Record::Undone { site, by: Finder::Attempt } => {
                string(text, r#"{"undone":{"site":"#, site.as_str())?;
                text.push_str("}}");
            }
            other => text.push_str(&serde_json::to_string(other)?),
        }
        Ok(())
    }
}

fn call(text: &mut String, call: &Call) -> Written {
    string(text, r#"{"step":"#, &call.step)?;
    join(text, [r#","input":"#, call.input.as_json()]);
    if let Some(leaves) = &call.leaves {
        string(text, r#","leaves":"#, leaves)?;
    }
    if let Some(until) = call.until {
        join(text, [r#","until":"#, &until.0.to_string()]);
    }
    text.push('}');
    Ok(())
}

/// Appends `before`, and `value` as a JSON string.
fn string(text: &mut String, before: &str, value: &str) -> Written {
    let is_plain = value.bytes().all(|byte| byte >= b' ' && byte != b'"' && byte != b'\\');
    match is_plain {
        true => join(text, [before, "\"", value, "\""]),
        false => join(text, [before, &serde_json::to_string(value)?]),
    }
    Ok(())
}

fn join<const PARTS: usize>(text: &mut String, parts: [&str; PARTS]) {
    parts.into_iter().for_each(|part| text.push_str(part));
}

#[cfg(test)]
#[cfg(feature = "conformance")]
mod tests {
    use super::*;
    use crate::conformance::records::every_record;
    use crate::{Kind, Payload};

    fn is_as_serde_has_it(record: &Record) {
        let mut text = "before ".to_owned();
        record.write_json(&mut text).unwrap();
        assert_eq!(text, format!("before {}", serde_json::to_string(record).unwrap()));
    }

    #[test]
    fn every_record_is_written_as_serde_has_it() {
        every_record().iter().for_each(is_as_serde_has_it);
    }

    #[test]
    fn what_every_step_writes_is_written_as_serde_has_it() {
        let payload = Payload::encode(&["ü\u{0}\"\\\n\u{1F6EB}", ""]).unwrap();
        for site in ["hold#2[3]", "all.1/hold", "", "quote\" \\ \n ü \u{7f}"] {
            let plain =
                Call { step: site.to_owned().into(), input: payload.clone(), leaves: None, until: None };
            let leaves = Call { leaves: Some(site.to_owned()), ..plain.clone() };
            let until = Call { until: Some(crate::Timestamp(-7)), ..leaves.clone() };
            let site = crate::SitePath::from(site);
            for undo in [Kind::Compensated, Kind::Irreversible, Kind::Readonly, Kind::Auxiliary] {
                let (site, step, input) = (site.clone(), plain.step.clone(), payload.clone());
                is_as_serde_has_it(&Record::Intent { site, step, input, undo, in_doubt: None, again: None });
            }
            for undo in [None, Some(Ok(plain)), Some(Ok(leaves)), Some(Ok(until))] {
                let (site, output, by) = (site.clone(), Ok(payload.clone()), Finder::Attempt);
                is_as_serde_has_it(&Record::Done { site, output, undo, by });
            }
            is_as_serde_has_it(&Record::UndoIntent { site: site.clone(), in_doubt: false });
            is_as_serde_has_it(&Record::Undone { site, by: Finder::Attempt });
        }
    }
}
