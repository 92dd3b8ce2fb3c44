//! The promise about the namespace of the keys.

use super::Place;
use crate::KeyNamespace;
use crate::store::Store;

/// Checks that a store has no key namespace until one is given, and keeps the first one: through every handle, also after
/// a restart, and whatever is given later.
pub async fn a_key_namespace_is_recorded_once(place: &dyn Place) {
    let namespace = |text| KeyNamespace::new(text).expect("it is valid");
    let (prod, staging) = (namespace("orders-prod"), namespace("eu/orders_staging.1:2"));
    let store = place.open().await;
    assert_eq!(told(&*store, None).await, None, "of a new store");
    assert_eq!(told(&*store, None).await, None, "asking records nothing");
    assert_eq!(told(&*store, Some(&prod)).await, Some(prod.clone()));
    assert_eq!(told(&*store, Some(&staging)).await, Some(prod.clone()), "the first one stays");
    assert_eq!(told(&*store, None).await, Some(prod.clone()));
    let other = place.open().await;
    assert_eq!(told(&*other, Some(&staging)).await, Some(prod.clone()));
    drop((store, other));
    let again = place.open().await;
    assert_eq!(told(&*again, None).await, Some(prod), "after a restart");
}

async fn told(store: &dyn Store, given: Option<&KeyNamespace>) -> Option<KeyNamespace> {
    store.key_namespace(given).await.expect("it can be read")
}
