use saga::prelude::*;

#[step(readonly)]
async fn look<'a>(book: &'a Vec<u64>) -> Result<(), Failure> {
    let _ = book;
    Ok(())
}

fn main() {}
