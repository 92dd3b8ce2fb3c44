//! Several mistakes in the body of one saga are reported at once.

use saga::prelude::*;

#[step(readonly)]
async fn price(item: u64) -> Result<u64, Failure> {
    Ok(item)
}

#[saga]
async fn trip(items: Vec<u64>) -> Result<u64, Failure> {
    let began = std::time::Instant::now();
    let mut sum = 0;
    loop {
        sum += price(1).await?;
        println!("{}", price(2).await?);
        let call = price(3);
        sum += call.await?;
        if began.elapsed().as_secs() > 9 {
            return Ok(sum + items.len() as u64);
        }
    }
}

fn main() {}
