//! The first example of the README: its program, and what the page says it prints.

use std::path::Path;
use std::process::Command;

use super::create;

/// How the page calls the program.
const CALL: &str = "$ cargo run -p hello";

/// Returns the first program of the page.
pub(super) fn program(readme: &str) -> Result<&str, String> {
    block(readme, "```rust\n").ok_or_else(|| "`README.md` has no program".to_owned())
}

fn block<'a>(page: &'a str, opening: &str) -> Option<&'a str> {
    let (_, rest) = page.split_once(opening)?;
    rest.split_once("```").map(|(text, _)| text)
}

/// A call of the program, and the lines that it prints.
#[derive(Debug, PartialEq)]
struct Call<'a> {
    words: Vec<&'a str>,
    printed: Vec<&'a str>,
}

/// Returns the calls of the program in the order of the page.
fn calls(readme: &str) -> Vec<Call<'_>> {
    let mut calls: Vec<Call<'_>> = Vec::new();
    let console = readme.split("```text\n").find(|block| block.starts_with(CALL)).unwrap_or_default();
    for line in console.lines().take_while(|line| !line.starts_with("```")) {
        match line.strip_prefix(CALL) {
            Some(words) => {
                let words = words.split_whitespace().filter(|word| *word != "--").collect();
                calls.push(Call { words, printed: Vec::new() });
            }
            None => calls.last_mut().expect("the block starts with a call").printed.push(line),
        }
    }
    calls
}

/// Runs the program as the page does, in a new directory: it dies, and resumes.
pub(super) fn follow(readme: &str, program: &Path, directory: &Path) -> Result<(), String> {
    create(directory)?;
    let calls = calls(readme);
    let mut died = false;
    for Call { words, printed } in &calls {
        let ran = Command::new(program).args(words).current_dir(directory).output();
        let ran = ran.map_err(|error| format!("`{}` cannot be started: {error}", program.display()))?;
        let said = String::from_utf8_lossy(&ran.stdout);
        if !said.lines().eq(printed.iter().copied()) {
            return Err(format!(
                "with {words:?} the example of `README.md` printed\n{said}and not\n{}",
                printed.join("\n")
            ));
        }
        died |= ran.status.code().is_none();
    }
    match calls.last() {
        Some(last) if died && last.words.is_empty() => Ok(()),
        _ => Err(format!("`README.md` does not kill and resume its example: {calls:?}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "# A\n\n```rust\nfn main() {}\n```\n\n```text\n$ cargo run -p hello -- --die\nsoup\n\
                        $ cargo run -p hello\nsoup\ndone\n```\n\n```text\n$ ls\n```\n";

    #[test]
    fn program_and_calls_are_read_from_the_page() {
        assert_eq!(program(PAGE), Ok("fn main() {}\n"));
        let died = Call { words: vec!["--die"], printed: vec!["soup"] };
        assert_eq!(calls(PAGE), [died, Call { words: vec![], printed: vec!["soup", "done"] }]);
        assert!(program("# A").is_err() && calls("# A").is_empty());
    }

    #[test]
    fn a_program_that_prints_something_else_is_found() {
        let directory = std::env::temp_dir();
        let error = follow(PAGE, Path::new("true"), &directory).expect_err("`true` prints nothing");
        assert!(error.contains("and not\nsoup"), "{error}");
        let error = follow("# A", Path::new("true"), &directory).expect_err("no call");
        assert!(error.contains("does not kill and resume"), "{error}");
    }
}
