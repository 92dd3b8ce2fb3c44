use saga::prelude::*;

#[step(readonly)]
async fn look(what: Option<&str>) -> Result<(), Failure> {
    let _ = what;
    Ok(())
}

fn main() {}
