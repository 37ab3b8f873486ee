//! Where something stands in a document. Written out only when there is something to say about it.

use std::fmt;

/// An element's place: `Response/Gather[0]/Say[1]`. The number counts all elements of the same parent, from 0.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'a> {
    up: Option<&'a Self>,
    name: &'a str,
    at: usize,
}

impl<'a> Place<'a> {
    pub(super) fn root(name: &'a str) -> Self {
        Self { up: None, name, at: 0 }
    }

    #[inline]
    pub(super) fn child(&'a self, name: &'a str, at: usize) -> Self {
        Self { up: Some(self), name, at }
    }

    pub(super) fn name(&self) -> &'a str {
        self.name
    }

    /// The name of the element around this one; empty for the root.
    pub(super) fn parent(&self) -> &'a str {
        self.up.map_or("", |up| up.name)
    }

    /// How many elements this one is below the nearest one of that name; 0 when it is that one itself.
    pub(super) fn levels_below(&self, name: &str) -> usize {
        match self.up {
            Some(up) if self.name != name => 1 + up.levels_below(name),
            _ => 0,
        }
    }

    /// How many elements stand before it and before each element around it, from the root's child to this one.
    pub(super) fn path(&self) -> Vec<usize> {
        let Some(up) = self.up else { return Vec::new() };
        let mut path = up.path();
        path.push(self.at);
        path
    }

    /// The place of one of its attributes.
    pub(super) fn attribute(&self, name: &str) -> String {
        format!("{self}@{name}")
    }
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.up {
            Some(up) => write!(f, "{up}/{}[{}]", self.name, self.at),
            None => f.write_str(self.name),
        }
    }
}
