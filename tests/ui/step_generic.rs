use saga::prelude::*;

#[step(readonly)]
async fn look<T>(what: T) -> Result<(), Failure> {
    let _ = what;
    Ok(())
}

fn main() {}
