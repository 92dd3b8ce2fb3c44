use saga::prelude::*;

#[step(readonly)]
async fn look(what: impl ToString) -> Result<(), Failure> {
    let _ = what;
    Ok(())
}

fn main() {}
