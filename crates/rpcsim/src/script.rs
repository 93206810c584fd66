//! Faults that a test orders: for the next request of a method, or for all.

use std::collections::{HashMap, VecDeque};

use crate::fault::Fault;

/// What stands for every method.
pub(crate) const ANY: &str = "*";

/// The orders of one replica.
#[derive(Debug, Default)]
pub(crate) struct Script {
    next: HashMap<String, VecDeque<Fault>>,
    always: HashMap<String, Fault>,
}

impl Script {
    pub(crate) fn next(&mut self, method: &str, fault: Fault) {
        self.next.entry(method.to_owned()).or_default().push_back(fault);
    }

    pub(crate) fn always(&mut self, method: &str, fault: Fault) {
        self.always.insert(method.to_owned(), fault);
    }

    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    pub(crate) fn clear_method(&mut self, method: &str) {
        self.next.remove(method);
        self.always.remove(method);
    }

    /// How many ordered faults nobody met yet.
    pub(crate) fn waiting(&self) -> usize {
        self.next.values().map(VecDeque::len).sum()
    }

    /// The fault of this request. What is ordered for the method comes before what is ordered for all, and what is
    /// ordered for once before what is ordered forever.
    pub(crate) fn take(&mut self, method: &str) -> Option<Fault> {
        let once = [method, ANY]
            .into_iter()
            .find_map(|name| self.next.get_mut(name)?.pop_front());
        once.or_else(|| {
            let ever = [method, ANY].into_iter().find_map(|name| self.always.get(name));
            ever.cloned()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(script: &mut Script, method: &str) -> Option<&'static str> {
        script.take(method).map(|fault| fault.name())
    }

    #[test]
    fn orders_for_once_come_in_their_order_before_those_for_ever() {
        let mut script = Script::default();
        script.always(ANY, Fault::Null);
        script.always("a", Fault::Empty);
        script.next("a", Fault::DropAfter);
        script.next("a", Fault::Truncate);
        assert_eq!(taken(&mut script, "b"), Some("null"));
        assert_eq!(script.waiting(), 2);
        assert_eq!(taken(&mut script, "a"), Some("drop_after"));
        assert_eq!(taken(&mut script, "a"), Some("truncate"));
        assert_eq!(taken(&mut script, "a"), Some("empty"));
        script.clear_method("a");
        assert_eq!(taken(&mut script, "a"), Some("null"));
        script.clear();
        assert_eq!(taken(&mut script, "a"), None);
    }
}
