//! Objects of which an error says where they are wrong.

use std::borrow::Cow;

use kube::Resource;
use kube::core::ObjectMeta;
use serde::de::{Deserialize, Deserializer, Error};

/// An object which, where it cannot be read, says so with the path of the field that is wrong.
#[derive(Clone, Debug)]
pub struct WithPath<K>(pub K);

impl<'de, K: Deserialize<'de>> Deserialize<'de> for WithPath<K> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        serde_path_to_error::deserialize(deserializer)
            .map(Self)
            .map_err(Error::custom)
    }
}

impl<K: Resource> Resource for WithPath<K> {
    type DynamicType = K::DynamicType;
    type Scope = K::Scope;

    fn kind(dynamic: &Self::DynamicType) -> Cow<'_, str> {
        K::kind(dynamic)
    }

    fn group(dynamic: &Self::DynamicType) -> Cow<'_, str> {
        K::group(dynamic)
    }

    fn version(dynamic: &Self::DynamicType) -> Cow<'_, str> {
        K::version(dynamic)
    }

    fn plural(dynamic: &Self::DynamicType) -> Cow<'_, str> {
        K::plural(dynamic)
    }

    fn meta(&self) -> &ObjectMeta {
        self.0.meta()
    }

    fn meta_mut(&mut self) -> &mut ObjectMeta {
        self.0.meta_mut()
    }
}

#[cfg(test)]
mod tests {
    use kube::core::DeserializeGuard;
    use serde_json::json;

    use super::*;
    use crate::NetworkFault;

    fn problem(spec: &serde_json::Value) -> String {
        let object = json!({
            "apiVersion": "netfault.dev/v1alpha1",
            "kind": "NetworkFault",
            "metadata": { "name": "odd" },
            "spec": spec,
        });
        let read: DeserializeGuard<WithPath<NetworkFault>> =
            serde_json::from_value(object).unwrap();
        read.0.unwrap_err().error
    }

    #[test]
    fn the_field_that_is_wrong_is_named() {
        let spec = json!({ "mode": "all", "faults": { "reset": {} }, "duration": "a while" });
        let said = problem(&spec);
        assert!(said.starts_with("spec.duration: "), "{said}");
        let spec = json!({ "faults": { "delay": { "latency": "soon" } }, "duration": "5s" });
        let said = problem(&spec);
        assert!(said.starts_with("spec.faults.delay"), "{said}");
        let spec = json!({ "faults": { "reset": {} }, "duration": "5s", "later": 1 });
        let said = problem(&spec);
        assert!(said.starts_with("spec.later: "), "{said}");
    }
}
