//! Taking named parameters out of a request, one after another.

use std::collections::BTreeMap;
use std::fmt;

use super::kinds::Kind;

/// A request lacks the parameter that says what it is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the webhook has no parameter {name}, or contradicts itself about it")]
#[non_exhaustive]
pub struct MissingParam {
    /// The parameter's name, such as `CallSid`.
    pub name: &'static str,
}

/// Parameters by name, each with the values it was given.
///
/// `Debug` shows the names alone, for the values may be personal data.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct NamedValues(BTreeMap<String, Vec<String>>);

impl NamedValues {
    /// The value of `name`; `None` if it is missing, or was given several different values.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        match self.0.get(name).map(Vec::as_slice) {
            Some([value]) => Some(value),
            _ => None,
        }
    }

    /// All names and values, sorted by name; a name with several values once for each, in the order they came.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().flat_map(|(name, values)| values.iter().map(move |value| (name.as_str(), value.as_str())))
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many names there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    fn add(&mut self, name: &str, value: &str) {
        let values = self.0.entry(name.to_owned()).or_default();
        if !values.iter().any(|known| known == value) {
            values.push(value.to_owned());
        }
    }
}

impl fmt::Debug for NamedValues {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// What of a request has not been read yet.
#[derive(Debug, Default)]
pub struct Fields(NamedValues);

impl Fields {
    pub(super) fn of<N: AsRef<str>, V: AsRef<str>>(pairs: impl IntoIterator<Item = (N, V)>) -> Self {
        let mut values = NamedValues::default();
        for (name, value) in pairs {
            values.add(name.as_ref(), value.as_ref());
        }
        Self(values)
    }

    /// What nobody took.
    pub(super) fn rest(self) -> NamedValues {
        self.0
    }

    /// Takes `name` and reads it. What cannot be read, or has several values, stays; a blank one says nothing unless
    /// its kind keeps blanks, and is taken.
    pub(super) fn take<K: Kind>(&mut self, name: &str) -> Option<K::Value> {
        let text = self.0.get(name)?;
        let value = if text.is_empty() && !K::KEEPS_BLANK { None } else { Some(K::read(text)?) };
        self.0.0.remove(name);
        value
    }

    /// [`take`](Self::take), where the same is said again under a second name: that one is taken too if it agrees, and
    /// counts if the first is missing.
    pub(super) fn take_twin<K: Kind>(&mut self, name: &str, twin: &str) -> Option<K::Value> {
        if !self.0.0.contains_key(name) {
            return self.take::<K>(twin);
        }
        let agree = self.0.get(name).is_some() && self.0.get(name) == self.0.get(twin);
        let value = self.take::<K>(name);
        if agree && !self.0.0.contains_key(name) {
            self.0.0.remove(twin);
        }
        value
    }

    /// [`take`](Self::take) of what must be there, and not blank.
    pub(super) fn need<K: Kind>(&mut self, name: &'static str) -> Result<K::Value, MissingParam> {
        self.take::<K>(name).ok_or(MissingParam { name })
    }

    /// Takes all whose name begins with `prefix`, and names them by what follows it.
    pub(super) fn take_prefixed(&mut self, prefix: &str) -> NamedValues {
        let names: Vec<String> = self
            .0
            .0
            .range(prefix.to_owned()..)
            .map(|(n, _)| n)
            .take_while(|n| n.starts_with(prefix))
            .cloned()
            .collect();
        let mut taken = NamedValues::default();
        for name in names {
            if let Some(values) = self.0.0.remove(&name) {
                taken.0.insert(name.strip_prefix(prefix).unwrap_or_default().to_owned(), values);
            }
        }
        taken
    }
}
