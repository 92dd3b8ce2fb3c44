//! Each parameter that is wrong is a report, and so is each word.

use saga::prelude::*;

#[step(readonly, probe = find(name))]
async fn look(name: &str, (row, seat): (u64, u64)) -> Result<u64, Failure> {
    Ok(name.len() as u64 + row + seat)
}

#[step(readonly)]
async fn find(name: String) -> Result<Probe<u64>, Failure> {
    Ok(Probe::Happened(name.len() as u64))
}

fn main() {}
