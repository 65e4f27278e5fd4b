//! Adds sums up by key and action.

use crate::{
    review::answers::Sum,
    telemetry::store::packed::{Malformed, Packed},
};
use ahash::AHashMap;
use std::collections::BTreeMap;

/// Sums that stand in the map itself: most keys have no more actions.
const FEW: usize = 3;

/// Sums by key and action. Long lists have some hundred thousand keys to add
/// up, most of which are not in the processor's cache: each costs one look at
/// the map.
#[derive(Default)]
pub(super) struct Tally {
    keys: AHashMap<Box<str>, Sums>,
    /// The names of all actions; there are a dozen.
    actions: Vec<String>,
}

/// Sums of one key, each with the place of its action's name.
#[derive(Default)]
struct Sums {
    few: [Option<(usize, Sum)>; FEW],
    more: Vec<(usize, Sum)>,
}

impl Sums {
    fn add(&mut self, action: usize, sum: Sum) {
        for place in &mut self.few {
            match place {
                Some((known, all)) if *known == action => return all.add(sum),
                Some(_) => {}
                None => {
                    *place = Some((action, sum));
                    return;
                }
            }
        }
        match self.more.iter_mut().find(|(known, _)| *known == action) {
            Some((_, all)) => all.add(sum),
            None => self.more.push((action, sum)),
        }
    }

    fn iter(&self) -> impl Iterator<Item = &(usize, Sum)> {
        self.few.iter().flatten().chain(&self.more)
    }
}

impl Tally {
    pub(super) fn add(&mut self, key: &str, action: &str, sum: Sum) {
        let action = self.action(action);
        self.change(key, |sums| sums.add(action, sum));
    }

    /// Adds all that is packed in one value.
    pub(super) fn add_packed(&mut self, mut packed: Packed<'_>) -> Result<(), Malformed> {
        let actions = packed.actions().iter();
        let actions: Vec<usize> = actions.map(|action| self.action(action)).collect();
        let mut found = Vec::new();
        while let Some(key) = packed.next(&mut found)? {
            self.change(key, |sums| {
                for (action, sum) in &found {
                    let action = actions.get(*action).ok_or(Malformed)?;
                    sums.add(*action, (*sum).into());
                }
                Ok(())
            })?;
        }
        Ok(())
    }

    /// Changes the sums of a key. Only a new one needs a name of its own.
    fn change<T>(&mut self, key: &str, change: impl FnOnce(&mut Sums) -> T) -> T {
        if let Some(sums) = self.keys.get_mut(key) {
            return change(sums);
        }
        let mut sums = Sums::default();
        let result = change(&mut sums);
        self.keys.insert(key.into(), sums);
        result
    }

    fn action(&mut self, name: &str) -> usize {
        let known = self.actions.iter().position(|known| known == name);
        known.unwrap_or_else(|| {
            self.actions.push(name.to_owned());
            self.actions.len() - 1
        })
    }

    /// Each key with all actions together; its messages are all that there
    /// are, if these are counted by themselves.
    pub(super) fn all(&self) -> impl Iterator<Item = (Sum, &str)> {
        let apart = self.actions.iter().position(String::is_empty);
        self.keys.iter().map(move |(key, sums)| {
            let mut all = Sum::default();
            let mut messages = None;
            for (action, sum) in sums.iter() {
                all.add(*sum);
                if Some(*action) == apart {
                    messages = Some(sum.messages);
                }
            }
            all.messages = messages.unwrap_or(all.messages);
            (all, &**key)
        })
    }

    /// Each action of a key by itself.
    pub(super) fn actions(&self, key: &str) -> BTreeMap<String, Sum> {
        let sums = self.keys.get(key).into_iter().flat_map(Sums::iter);
        let named = sums.filter_map(|(action, sum)| {
            let name = self.actions.get(*action).filter(|name| !name.is_empty())?;
            Some((name.clone(), *sum))
        });
        named.collect()
    }
}
