use saga::prelude::*;

#[step(readonly)]
async fn count(counter: &mut u64) -> Result<(), Failure> {
    *counter += 1;
    Ok(())
}

fn main() {}
