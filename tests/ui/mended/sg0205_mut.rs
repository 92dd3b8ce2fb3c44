use saga::prelude::*;

struct Counter {
    seen: std::sync::atomic::AtomicU64,
}

#[step(readonly)]
async fn look(counter: &Counter, at: u64) -> Result<u64, Failure> {
    Ok(at + counter.seen.fetch_add(at, std::sync::atomic::Ordering::SeqCst))
}

fn main() {
    let resources = Resources::default().with(Counter { seen: 1.into() });
    assert_eq!(saga::test::in_virtual_time(look::run(&resources, 7)), Ok(8));
}
