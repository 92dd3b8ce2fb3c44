use saga::prelude::*;

#[saga]
async fn order(item: u64) -> Result<u64, Failure> {
    Ok(item)
}

#[derive(Default)]
struct Nothing;

impl saga::test::World for Nothing {
    type Seen = ();
    fn resources(&self, builder: saga::Builder) -> saga::Builder {
        builder
    }
    fn look(&self) {}
}

async fn try_all() {
    saga::test::matrix(order(3)).world(Nothing::default).run().await.assert();
}

fn main() {
    saga::test::in_virtual_time(try_all());
}
