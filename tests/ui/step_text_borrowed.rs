use saga::prelude::*;

#[step(readonly)]
async fn greet(name: &str) -> Result<(), Failure> {
    let _ = name;
    Ok(())
}

fn main() {}
