use saga::prelude::*;

#[step(readonly)]
async fn look((a, b): (u64, u64)) -> Result<(), Failure> {
    let _ = a + b;
    Ok(())
}

fn main() {}
