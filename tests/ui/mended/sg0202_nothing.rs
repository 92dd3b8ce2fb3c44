use saga::prelude::*;

#[step(irreversible, idempotent)]
async fn ring(times: u64) -> Result<(), Failure> {
    let _ = times;
    Ok(())
}

fn main() {
    let rung = saga::test::in_virtual_time(ring::run(&Resources::default(), 3));
    assert_eq!(rung, Ok(()));
}
