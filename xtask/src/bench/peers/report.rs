//! The forms of the report.

use serde_json::json;

use super::figures::{Figure, Figures};

/// Formats for scripts: a JSON line for each figure.
pub(super) fn json(lines: &[Figure], figures: &Figures) -> String {
    let measured = lines.iter().map(|figure| {
        json!({
            "bench": "peers",
            "peer": figure.name,
            "durability": figure.durability,
            "concurrency": figure.concurrency,
            "steps_per_s": round(figure.steps_per_s, 1),
            "fsyncs_per_step": figure.fsyncs_per_step.map(|fsyncs| round(fsyncs, 4)),
            "ratio": figure.ratio.map(|ratio| round(ratio, 2)),
        })
    });
    let left_out = figures
        .left_out()
        .map(|(name, reason)| json!({ "bench": "peers", "peer": name, "left_out": reason }));
    measured.chain(left_out).map(|line| format!("{line}\n")).collect()
}

/// Formats as text: a table with an explanation.
pub(super) fn text(lines: &[Figure], figures: &Figures) -> String {
    let mut text = format!(
        "{:<24} {:>7} {:>10} {:>11} {:>13}  durability\n",
        "", "at once", "steps/s", "saga ÷ it", "fsyncs a step"
    );
    for figure in lines {
        let ratio = figure.ratio.map_or("-".to_owned(), |ratio| format!("{ratio:.1}"));
        let fsyncs = figure.fsyncs_per_step.map_or("-".to_owned(), |fsyncs| format!("{fsyncs:.3}"));
        text.push_str(&format!(
            "{:<24} {:>7} {:>10.0} {ratio:>11} {fsyncs:>13}  {}\n",
            figure.name, figure.concurrency, figure.steps_per_s, figure.durability
        ));
    }
    for (name, reason) in figures.left_out() {
        text.push_str(&format!("{name:<24} left out: {reason}\n"));
    }
    text.push_str(
        "\nW1: sagas of five steps, each giving 100 bytes and recorded before the next begins; medians of rounds that take\n\
         turns. More than 1 in the third column: saga is faster. Whoever has fewer fsyncs than commits is either grouping\n\
         those of many sagas, or not durable: compare at 1 at once. What each peer does otherwise: docs/comparison.md\n",
    );
    text
}

/// Formats for the documentation: a row for each peer and durability, with columns for each concurrency.
pub(super) fn markdown(lines: &[Figure], figures: &Figures) -> String {
    let mut concurrencies: Vec<usize> = lines.iter().map(|figure| figure.concurrency).collect();
    concurrencies.sort_unstable();
    concurrencies.dedup();
    let mut text = String::from("| |");
    for concurrency in &concurrencies {
        text.push_str(&format!(" steps/s, {concurrency} at once | saga ÷ it | fsyncs a step |"));
    }
    text.push_str(" durability |\n|");
    text.push_str(&" --- |".repeat(3 * concurrencies.len() + 2));
    let mut rows: Vec<(&str, &str)> = Vec::new();
    for figure in lines {
        let row = (figure.name.as_str(), figure.durability.as_str());
        if !rows.contains(&row) {
            rows.push(row);
        }
    }
    for (name, durability) in rows {
        text.push_str(&format!("\n| {name} |"));
        for concurrency in &concurrencies {
            let found = lines.iter().find(|figure| {
                figure.name == name && figure.durability == durability && figure.concurrency == *concurrency
            });
            text.push_str(&found.map_or(" - | - | - |".to_owned(), cells));
        }
        text.push_str(&format!(" {durability} |"));
    }
    text.push('\n');
    for (name, reason) in figures.left_out() {
        text.push_str(&format!("\n{name} is left out: {reason}\n"));
    }
    text
}

/// Returns the cells of one peer at one concurrency.
fn cells(figure: &Figure) -> String {
    let ratio = figure.ratio.map_or("-".to_owned(), |ratio| format!("{ratio:.1}"));
    let fsyncs = figure.fsyncs_per_step.map_or("-".to_owned(), |fsyncs| format!("{fsyncs:.3}"));
    format!(" {:.0} | {ratio} | {fsyncs} |", figure.steps_per_s)
}

fn round(value: f64, digits: i32) -> f64 {
    let scale = 10_f64.powi(digits);
    (value * scale).round() / scale
}

#[cfg(test)]
mod tests {
    use super::super::peer::PEERS;
    use super::*;

    fn figure(name: &str, ratio: Option<f64>) -> Figure {
        let (name, durability) = (name.to_owned(), "a file".to_owned());
        Figure { name, durability, concurrency: 64, steps_per_s: 1234.56, fsyncs_per_step: Some(0.03), ratio }
    }

    #[test]
    fn the_table_of_the_documentation_has_a_row_for_each_and_a_gap_for_what_is_missing() {
        let mut figures = Figures::default();
        figures.leave_out(PEERS[5], "missing: its server".to_owned());
        let lonely = Figure { concurrency: 1, fsyncs_per_step: None, ..figure("saga 1", None) };
        let lines = [lonely, figure("saga 1", None), figure("steno 2", Some(2.345))];
        assert_eq!(
            markdown(&lines, &figures),
            "| | steps/s, 1 at once | saga ÷ it | fsyncs a step | steps/s, 64 at once | saga ÷ it | fsyncs a step | \
             durability |\n\
             | --- | --- | --- | --- | --- | --- | --- | --- |\n\
             | saga 1 | 1235 | - | - | 1235 | - | 0.030 | a file |\n\
             | steno 2 | - | - | - | 1235 | 2.3 | 0.030 | a file |\n\
             \ncano is left out: missing: its server\n"
        );
    }

    #[test]
    fn both_say_the_ratio_and_what_is_left_out() {
        let mut figures = Figures::default();
        figures.leave_out(PEERS[5], "missing: its server".to_owned());
        let lines = [figure("saga 1", None), figure("steno 2", Some(2.345))];
        let text = text(&lines, &figures);
        assert!(
            text.contains("1235") && text.contains("2.3") && text.contains("left out: missing"),
            "{text}"
        );
        let json = json(&lines, &figures);
        let parsed: Vec<serde_json::Value> =
            json.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect();
        assert_eq!(parsed.len(), 3);
        assert_eq!((&parsed[1]["ratio"], &parsed[0]["ratio"]), (&json!(2.35), &json!(null)));
        assert_eq!(parsed[2]["left_out"], "missing: its server");
    }
}
