//! The report: a line for each result, with its target.

/// The target of a result.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Target {
    /// A value on the wrong side of this is a defect.
    pub(crate) floor: f64,
    pub(crate) goal: f64,
    /// True if higher values are better.
    pub(crate) more: bool,
}

impl Target {
    pub(crate) fn at_least(floor: f64, goal: f64) -> Option<Self> {
        Some(Self { floor, goal, more: true })
    }

    pub(crate) fn at_most(floor: f64, goal: f64) -> Option<Self> {
        Some(Self { floor, goal, more: false })
    }

    fn verdict(self, value: f64) -> &'static str {
        let reaches = |wanted: f64| if self.more { value >= wanted } else { value <= wanted };
        match (reaches(self.goal), reaches(self.floor)) {
            (true, _) => "goal",
            (false, true) => "floor",
            (false, false) => "MISSED",
        }
    }
}

/// One line of the report.
pub(crate) struct Figure {
    pub(crate) bench: &'static str,
    /// The conditions of the measurement.
    pub(crate) at: String,
    /// The value of each round.
    pub(crate) values: Vec<f64>,
    pub(crate) unit: &'static str,
    pub(crate) target: Option<Target>,
    /// Medians of additional values.
    pub(crate) beside: Vec<(&'static str, f64)>,
}

impl Figure {
    fn json(&self, middle: f64, low: f64, high: f64) -> String {
        let Figure { bench, at, unit, .. } = self;
        let mut line = format!(
            "{{\"bench\":\"{bench}\",\"at\":\"{at}\",\"value\":{middle:.4},\"min\":{low:.4},\"max\":{high:.4},\
             \"rounds\":{},\"unit\":\"{unit}\"",
            self.values.len()
        );
        if let Some(target) = self.target {
            let (floor, goal, verdict) = (target.floor, target.goal, target.verdict(middle));
            line += &format!(",\"floor\":{floor},\"goal\":{goal},\"reaches\":\"{}\"", verdict.to_lowercase());
        }
        for (name, value) in &self.beside {
            line += &format!(",\"{}\":{value:.4}", name.replace([' ', '/'], "_"));
        }
        line + "}"
    }

    fn row(&self, middle: f64, low: f64, high: f64) -> String {
        let Figure { bench, at, unit, .. } = self;
        let spread =
            if self.values.len() > 1 { format!(" ({}..{})", short(low), short(high)) } else { String::new() };
        let target = self.target.map_or(String::new(), |target| {
            let sign = if target.more { '≥' } else { '≤' };
            format!("{sign} {}, {}", short(target.floor), short(target.goal))
        });
        let beside: Vec<String> =
            self.beside.iter().map(|(name, value)| format!("{} {name}", short(*value))).collect();
        format!("| {bench} | {at} | {}{spread} {unit} | {target} | {} |", short(middle), beside.join(", "))
    }

    fn text(&self, middle: f64, low: f64, high: f64) -> String {
        let Figure { bench, at, unit, .. } = self;
        let mut line = format!("{bench:<8} {at:<24} {} {unit}", short(middle));
        if self.values.len() > 1 {
            line += &format!(" ({}..{})", short(low), short(high));
        }
        if let Some(target) = self.target {
            let sign = if target.more { '≥' } else { '≤' };
            let (floor, goal) = (short(target.floor), short(target.goal));
            line = format!("{line:<62} {sign} {floor}, goal {goal}: {}", target.verdict(middle));
        }
        for (name, value) in &self.beside {
            line += &format!("\n{:<33} {:>9} {name}", "", short(*value));
        }
        line
    }
}

/// Formats with three significant digits.
fn short(value: f64) -> String {
    match value.abs() {
        size if size >= 100.0 || value == 0.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        size if size >= 0.1 => format!("{value:.2}"),
        _ => format!("{value:.4}"),
    }
}

/// Returns the median.
pub(crate) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
}

/// The form of the lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// For a terminal.
    Text,
    /// For programs.
    Json,
    /// For `docs/performance.md`.
    Markdown,
}

/// Prints lines as they come.
pub(crate) struct Report {
    form: Form,
    missed: Vec<String>,
}

impl Report {
    pub(crate) fn new(form: Form) -> Self {
        if form == Form::Markdown {
            println!("| section | at | median (min..max of the rounds) | to reach, goal | beside |");
            println!("| --- | --- | --- | --- | --- |");
        }
        Self { form, missed: Vec::new() }
    }

    /// Prints a title.
    pub(crate) fn title(&self, text: &str) {
        if self.form == Form::Text {
            println!("\n{text}");
        }
    }

    pub(crate) fn add(&mut self, figure: &Figure) {
        let middle = median(&figure.values);
        let low = figure.values.iter().copied().fold(f64::INFINITY, f64::min);
        let high = figure.values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        if figure.target.is_some_and(|target| target.verdict(middle) == "MISSED") {
            self.missed.push(format!("{} {}", figure.bench, figure.at));
        }
        let line = match self.form {
            Form::Text => figure.text(middle, low, high),
            Form::Json => figure.json(middle, low, high),
            Form::Markdown => figure.row(middle, low, high),
        };
        println!("{line}");
    }

    /// Prints the missed targets. A miss does not fail the benchmark: the machine may have been busy otherwise.
    pub(crate) fn end(&self) {
        if self.form != Form::Text {
            return;
        }
        match &self.missed[..] {
            [] => println!("\nno target was missed"),
            missed => println!("\nmissed: {}", missed.join("; ")),
        }
    }
}
